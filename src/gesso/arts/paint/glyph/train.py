"""What a writer learns: where the next point of a drawing lies, and what the pen does there."""

from pathlib import Path

import torch
from torch import Generator, Tensor

from gesso.arts.paint.glyph.art import Glyph, GlyphTraining
from gesso.arts.paint.glyph.build import Configuration, Writer, build
from gesso.arts.paint.glyph.evaluate import nats, surprise
from gesso.arts.paint.glyph.page import laid_out
from gesso.arts.paint.glyph.pixels import raster
from gesso.arts.paint.glyph.prepare import Batch, Drawings
from gesso.arts.paint.glyph.writing import attempts, centred, chances
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop
from gesso.pipeline.data.registry import DATASETS

SHOWN = 40  # attempts at a character in a picture of what was learned so far


def objective(model: Writer, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean surprise at a point in nats, and its two parts (Ha and Eck 2017, equation 9)."""
    places, pens = surprise(model(batch.heard, generator), batch)
    place, pen = places.mean(), pens.mean()
    return place + pen, {"place": place.detach(), "pen": pen.detach()}


def train(
    settings: GlyphTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a writer in the folder `run`, and save it in `run`/model. The part for testing is never learned from."""
    drawings = Drawings(settings)
    configuration = Configuration(
        unit=drawings.unit,
        side=drawings.side,
        limits=drawings.limits,
        **settings.model_dump(include={"hidden", "layers", "mixtures", "dropout"}),
    )
    model = build(configuration)
    model.initialise(generator(settings.seed, "weights"))
    figures: dict[str, float] = {}

    def validate(average: Writer) -> dict[str, float]:
        total, points = nats(average, drawings.held_out(), device)
        figures["nats_per_point"] = total / points
        return figures

    def sample(average: Writer) -> Raster:
        page = check(Glyph, {"sheet": True, "columns": 8, "size": 96})
        tries = attempts(average, chances(settings.seed, range(SHOWN), 0, drawings.limits.points), page.temperature)
        return raster(laid_out([centred(strokes) for strokes, _ in tries], page))

    average = loop.train(
        model,
        drawings.draw,
        objective,
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate if drawings.validation else None,
        sample=sample,
        resume=resume,
    )
    licences = [dataset.licence for dataset in DATASETS if dataset.name == settings.data] or ["as the data it saw"]
    saved = {
        "art": "paint/glyph",
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": licences,
    }
    measured = f"{figures['nats_per_point']:.4f} nats a point" if figures else "not measured"
    card = (
        f"# {run.name}\n\nA writer of characters, trained on {len(drawings.training)} drawings of {settings.data} for "
        f"{settings.steps} steps. On the {len(drawings.validation)} drawings for validation: {measured}.\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), saved, card)
