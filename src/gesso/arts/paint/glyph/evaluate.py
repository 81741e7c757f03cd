"""How well a writer foresees drawings that it was not trained on."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from gesso.arts.paint.glyph.art import GlyphEvaluation
from gesso.arts.paint.glyph.baseline import Markov
from gesso.arts.paint.glyph.build import Writer, load_writer
from gesso.arts.paint.glyph.mixture import GO_ON, log_density, read
from gesso.arts.paint.glyph.prepare import Batch, in_chunks, to_train_on, usable
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.strokes import read_drawings

PACKAGE = "gesso.arts.paint.glyph"


def surprise(parameters: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """-log p of the places and of the pen, in nats, of every point that counts: each (N,).

    `parameters` (B, T, 6 M + 3) are what the writer says of each next point.
    """
    chosen = batch.counted.bool()
    mixture = read(parameters[chosen])
    pens = mixture.pen.gather(-1, batch.pens[chosen][:, None])[:, 0]
    return -log_density(mixture, batch.offsets[chosen]), -pens


@torch.no_grad()
def nats(writer: Writer, batches: Iterable[Batch], device: torch.device) -> tuple[float, int]:
    """The surprise at all the points in `batches`, in nats, and how many they are."""
    total, points = 0.0, 0
    for batch in batches:
        there = Batch(*(x.to(device) for x in batch))
        places, pens = surprise(writer(there.heard), there)
        total += float(places.double().sum() + pens.double().sum())
        points += len(places)
    return total, points


def evaluate(settings: GlyphEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate paint/glyph` on the test part.

    nats_per_stroke: the surprise -log p at all that is drawn after a character's first point, at where each point
    lies and at what the pen does then, in nats, over the strokes that were drawn with the pen down. nats_per_point:
    the same over those points. Densities are over offsets in `unit`, which is the same for the baseline; n units of
    the data in one make a point cost 2 log n less than over offsets in units of the data.

    Raises GessoError when the model or the data are not there.
    """
    found = weights.find(PACKAGE, settings.model)
    writer = load_writer(found.path, device)
    data = settings.data or found.configuration["data"]
    parts = read_drawings(data)
    test = usable(parts["test"])
    if not test:
        raise GessoError(f"{data} has nothing for testing: give twenty drawings or more")
    unit = writer.configuration.unit
    strokes = sum(int((each.pens != GO_ON).sum()) for each in test)
    progress.stage("foreseeing", 2 if settings.baseline else 1)
    total, points = nats(writer, in_chunks(test, unit), device)
    progress.advance()
    metrics = _figures("", total, points, strokes) | {"points": points, "strokes": strokes, "unit": round(unit, 4)}
    if settings.baseline:
        markov = Markov(in_chunks(to_train_on(parts), unit), generator(0, "baseline"))
        surprises = [markov.nats(batch)[0] for batch in in_chunks(test, unit)]
        metrics |= _figures("baseline_", sum(surprises), points, strokes)
        progress.advance()
    return {
        "model": found.name,
        "data": f"{data}, {len(test)} test drawings",
        "metrics": metrics,
        "parameters": sum(p.numel() for p in writer.parameters()),
    }


def _figures(prefix: str, total: float, points: int, strokes: int) -> dict[str, Any]:
    return {
        f"{prefix}nats_per_stroke": round(total / strokes, 4),
        f"{prefix}nats_per_point": round(total / points, 4),
    }
