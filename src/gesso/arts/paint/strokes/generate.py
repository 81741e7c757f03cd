"""A photograph -> a painting of it in strokes."""

import torch
from torch import Tensor

from gesso.arts.paint.strokes import vector
from gesso.arts.paint.strokes.art import PaintStrokes
from gesso.arts.paint.strokes.brushes import BRUSHES, Brush
from gesso.arts.paint.strokes.fit import Sitter, attention, paint, rough
from gesso.arts.paint.strokes.flow import blurred
from gesso.arts.paint.strokes.layers import USUAL, layers
from gesso.arts.paint.strokes.marks import ground_of
from gesso.arts.paint.strokes.patches import TEXTURE
from gesso.arts.paint.strokes.pigment import divided
from gesso.arts.paint.strokes.render import render
from gesso.core.contents import Drawing
from gesso.core.pictures import Raster, resized
from gesso.core.progress import Progress
from gesso.core.work import Output

PIXELS = 16  # of the photograph for each stroke at least, if nobody says how many
DARKEST = 0.04  # sRGB that absorbance is taken of; darker would need ink without end


def generate(
    settings: PaintStrokes, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """One painting. It is computed on the processor whatever `device` is: patches are too small for more to pay.

    Raises GessoError when the photograph cannot be read.
    """
    photo = settings.content.decode()
    size = photo.size if settings.size is None else _with_longer_side(photo.size, settings.size)
    brush = BRUSHES[settings.brush]
    count = settings.strokes or _usual(photo.size)
    plan = layers(brush, count, photo.size, width=settings.width, detail=settings.detail)
    small = resized(photo, _with_longer_side(photo.size, max(layer.resolution for layer in plan)))
    picture = torch.from_numpy(small.rgb.copy()).permute(2, 0, 1).float() / 255  # (3, H, W)
    alpha = torch.ones_like(picture[:1]) if small.alpha is None else torch.from_numpy(small.alpha)[None].float() / 255
    mean = (picture * alpha).sum((1, 2)) / alpha.sum().clamp(min=1e-6)
    picture = mean[:, None, None] + (picture - mean[:, None, None]) * alpha
    ground = ground_of(settings.brush, mean)

    target = picture if brush.covers else absorbance(picture, ground, brush)
    weight = attention(picture, alpha)
    if not brush.covers:
        # A gap of absorbances is seen the less, the darker the place.
        weight = weight * (0.2 + torch.exp(-2 * target.mean(0)))
    bare = ground if brush.covers else torch.zeros(3)
    if brush.bristle:
        target, bare = torch.cat([target, TEXTURE * rough(picture)]), torch.cat([bare, torch.zeros(1)])
    sitter = Sitter(target, weight, bare)
    progress.stage("painting", count)
    strokes = paint(sitter, brush, plan, bend=settings.bend, steps=settings.steps, seed=seed, painted=progress.advance)
    if settings.brush == "points":
        strokes = divided(strokes, seed)
    progress.stage("drawing", size[1])
    rgb = render(strokes, settings.brush, ground, size, seed=seed, painted=progress.advance)
    transparency = None if photo.alpha is None else resized(photo.alpha, size)
    return [
        Output(
            Drawing(
                vector.svg(strokes, settings.brush, ground, size, photo.alpha),
                Raster(rgb, transparency),
                vector.data(strokes, settings.brush, ground, size),
                "PNG",
            )
        )
    ]


def absorbance(picture: Tensor, ground: Tensor, brush: Brush) -> Tensor:
    """What light has to lose on `ground` (3,) to look like `picture` (3, H, W); of ink the tone alone, (3, H, W)."""
    if not brush.ink:
        return -(picture.clamp(min=DARKEST) / ground[:, None, None]).clamp(max=1).log()
    grey = (picture * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True)
    # A pen draws differences: what is darker than around it becomes darker still.
    longer = max(picture.shape[1:])
    grey = (grey + 0.9 * (grey - blurred(grey, 0.012 * longer)) + 0.4 * (grey - blurred(grey, 0.08 * longer)))[0]
    grey = grey.clamp(max=1)  # no lighter than paper
    light, dark = (float(v) for v in grey.flatten().quantile(torch.tensor([0.97, 0.02])))
    tone = ((light - grey) / max(light - dark, 0.05)).clamp(0, 1)  # 0 bare paper, 1 the most ink
    return -(1 - 0.86 * tone).log() * (torch.tensor(brush.ink) / torch.tensor(brush.ink).mean())[:, None, None]


def _usual(size: tuple[int, int]) -> int:
    """How many strokes a picture of `size` gets when nobody says: in a small one there is less to be painted."""
    return max(10, min(USUAL, size[0] * size[1] // PIXELS))


def _with_longer_side(size: tuple[int, int], side: int) -> tuple[int, int]:
    width, height = (max(1, round(s * side / max(size))) for s in size)
    return width, height
