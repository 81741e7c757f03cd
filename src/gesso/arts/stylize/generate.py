"""A picture and the settings -> the picture repainted."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import torch

from gesso.arts.stylize import color
from gesso.arts.stylize.art import Stylize
from gesso.arts.stylize.build import Painter, load_painter
from gesso.arts.stylize.color import Mask, Rgb
from gesso.arts.stylize.fast import paint
from gesso.arts.stylize.fine import refine
from gesso.arts.stylize.styles import Statistics, mix, statistics_of
from gesso.core import weights
from gesso.core.media import Picture
from gesso.core.pictures import Raster, resized
from gesso.core.progress import Progress
from gesso.core.rasters import fitted, to_rgb, to_tensor
from gesso.core.work import ModelRef, Output
from gesso.networks import feature_models
from gesso.networks.features import Features

PACKAGE = "gesso.arts.stylize"
FINE_SIDE = 1024  # longer side at which `fine` works at most; larger results are enlarged from it


def generate(
    settings: Stylize, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """Repaint the content of `settings`.

    Raises GessoError when a picture cannot be read, or the model or a style is not there.
    """
    usual = Stylize.model_fields
    if settings.engine != "fine":
        for name in ("features", "steps"):
            if getattr(settings, name) != usual[name].default:
                warnings.warn(f"--{name} changes nothing without --engine fine", stacklevel=2)
    found = weights.find(PACKAGE, model or "fast")
    content = settings.content.decode()
    if settings.size is not None:
        content = resized(content, _with_longer_side(content.size, settings.size))
    photo = content.rgb
    # Masks are read before the work begins, so that a wrong file costs no time.
    masks = [read_mask(mask, content.size) for mask in settings.mask]
    protected = read_mask(settings.protect, content.size) if settings.protect else None
    painter, features = load_painter(found.path, device), feature_models.load(settings.features, device)
    styles = [statistics_of(style, painter, features, found.sha256) for style in settings.style]
    shares = settings.weight or (1.0,) * len(styles)

    studio = Studio(settings, painter, features, seed, progress)
    progress.stage("painting", 1 if not masks else len(masks))
    if masks:
        painted = [studio.paint(photo, style) for style in styles]
        parts = [mask * np.float32(share / max(shares)) for mask, share in zip(masks, shares, strict=True)]
        result = color.laid_over(photo, painted, parts)
    else:
        result = studio.paint(photo, mix(styles, shares))
    if protected is not None:
        result = color.blended(result, photo, protected)
    used = ModelRef(name=found.name, sha256=found.sha256)
    return [Output(replace(content, rgb=result), used, found.licences)]


@dataclass(frozen=True)
class Studio:
    """All that a picture is painted with."""

    settings: Stylize
    painter: Painter
    features: Features
    seed: int
    progress: Progress

    def paint(self, photo: Rgb, style: Statistics) -> Rgb:
        """`photo` (H, W, 3) in one style, by the engine and with the colours that the settings name."""
        strength = self.settings.strength
        if strength == 0:
            return photo
        match self.settings.color:
            case "only":
                return color.blended(photo, color.with_color_statistics(photo, *style.color), strength)
            case "photo":
                return color.with_colors_of(self._repainted(photo, style), photo)
            case "style":
                return self._repainted(photo, style)

    def _repainted(self, photo: Rgb, style: Statistics) -> Rgb:
        height, width = photo.shape[:2]
        fine = self.settings.engine == "fine"
        # Brush marks have the size that the network gives them: larger ones come from painting small and enlarging.
        side = max(height, width) / self.settings.style_scale
        if fine:
            side = min(side, FINE_SIDE)
        work = photo if round(side) == max(height, width) else resized(photo, _with_longer_side((width, height), side))
        device = next(self.painter.parameters()).device
        strength = 1.0 if fine else self.settings.strength
        result = paint(self.painter, work, style.code.to(device), strength=strength, seed=self.seed)
        self.progress.advance()
        if fine:
            result = self._refined(work, result, style)
        if result.shape != photo.shape:
            result = resized(result, (width, height))
        return color.blended(photo, result, self.settings.strength) if fine else result

    def _refined(self, photo: Rgb, painted: Rgb, style: Statistics) -> Rgb:
        height, width = photo.shape[:2]
        device = next(self.features.parameters()).device
        start, content = (to_tensor(fitted(Raster(x), max(height, width)).rgb).to(device) for x in (painted, photo))
        refined = refine(start, content, style.layers, self.features, steps=self.settings.steps, progress=self.progress)
        return resized(to_rgb(refined), (width, height))


def read_mask(mask: Picture, size: tuple[int, int]) -> Mask:
    """A mask's brightness as (H, W) in [0, 1], at `size` (width, height); where it is transparent it is black."""
    raster = mask.decode()
    grey = raster.rgb.astype(np.float32) @ color.LUMA
    if raster.alpha is not None:
        grey = grey * (raster.alpha / np.float32(255))
    return resized(np.rint(grey).clip(0, 255).astype(np.uint8), size).astype(np.float32) / np.float32(255)


def _with_longer_side(size: tuple[int, int], side: float) -> tuple[int, int]:
    scale = side / max(size)
    width, height = (max(1, round(s * scale)) for s in size)
    return width, height
