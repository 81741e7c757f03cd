"""What the painter learns: keep what the photograph shows, take how the painting is made, leave itself as it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.stylize.art import StylizeTraining
from gesso.arts.stylize.build import Painter, build
from gesso.arts.stylize.distances import content_distance, stroke_distance, style_distance
from gesso.arts.stylize.evaluate import distances, judged, painted_with
from gesso.arts.stylize.prepare import Batch, Pairs, held_out, to_train_on
from gesso.core import weights
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.rasters import to_rgb
from gesso.core.seeds import generator
from gesso.networks import feature_models
from gesso.networks.features import CONTENT_LAYER, STYLE_LAYERS, Features
from gesso.pipeline import loop


class Objective:
    """Loss and figures of a batch, as `features` sees them."""

    def __init__(self, settings: StylizeTraining, features: Features):
        self.settings, self.features = settings, features

    def __call__(self, model: Painter, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to minimise and the figures to log; the noise that paints comes from `generator`."""
        content, style = batch
        height, width = content.shape[2:]
        noise = model.noise(height, width, generator, len(content)).to(content.device)
        result, _ = model(content, model.encode(style), noise)
        with torch.no_grad():
            of_content, of_style = self._seen(content, (CONTENT_LAYER,)), self._seen(style)
        of_result = self._seen(result)
        with torch.autocast(content.device.type, enabled=False):  # small gaps of large numbers need every digit
            figures = {
                "content": content_distance(of_result, of_content)[:-1].mean(),
                "style": style_distance(of_result, of_style)[:-1].mean(),
                "stroke": stroke_distance(of_result, of_style)[:-1].mean(),
                # The last pair is one picture twice: what is painted in its own style should come out as it went in.
                "identity": F.mse_loss(result[-1], content[-1]),
            }
        return weighted(figures, self.settings), figures

    def _seen(self, x: Tensor, layers: Sequence[str] = STYLE_LAYERS) -> dict[str, Tensor]:
        """Features in full precision, in which they are compared."""
        return {name: feature.float() for name, feature in self.features(x, layers).items()}


def weighted(figures: dict[str, Tensor], settings: StylizeTraining) -> Tensor:
    """The sum of `figures`, each times its weight in `settings`."""
    weights: Sequence[tuple[str, float]] = (
        ("content", 1.0),
        ("style", settings.style_weight),
        ("stroke", settings.stroke_weight),
        ("identity", settings.identity_weight),
    )
    return torch.stack([figures[name] * weight for name, weight in weights]).sum()


def train(
    settings: StylizeTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a painter in the folder `run`, and save it in `run`/model."""
    photographs, paintings = to_train_on(settings.content, settings.data)
    held_content, held_style = held_out(settings.content, settings.data)
    judge = feature_models.load(str(settings.teacher or "gesso"), device)
    model = build()
    model.initialise(generator(settings.seed, "weights"))
    figures: dict[str, float] = {}

    def validate(painter: Painter) -> dict[str, float]:
        # Two photographs and every other painting: the whole takes longer than the steps in between.
        figures.update(distances(painted_with(painter), held_content[:2], held_style[::2], judge))
        return figures

    @torch.no_grad()
    def sample(painter: Painter) -> Raster:
        paint, shown = painted_with(painter), [judged(file).to(device) for file in held_style[:3]]
        photograph = judged(held_content[0]).to(device)
        painted = [to_rgb(paint(photograph, style).clamp(0, 1)) for style in shown]
        return Raster(np.concatenate([to_rgb(photograph), *painted], axis=1))

    average = loop.train(
        model,
        Pairs(photographs, paintings, settings.crop, settings.batch).draw,
        Objective(settings, judge),
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate,
        sample=sample,
        methods=("encode",),
        resume=resume,
    )
    configuration = {"network": average.configuration.model_dump(mode="json"), "licences": ["as the data it saw"]}
    measured = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
    figure = f"On held-out pairs: {measured or 'not measured'}."
    card = f"# {run.name}\n\nA painter of `gesso stylize`, trained for {settings.steps} steps. {figure}\n"
    return weights.save(run / "model", run.name, average.state_dict(), configuration, card)
