"""How well a writer foresees drawings that it was not trained on."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from gesso.arts.paint.glyph.art import GlyphEvaluation
from gesso.arts.paint.glyph.baseline import Markov
from gesso.arts.paint.glyph.build import Writer, load_writer
from gesso.arts.paint.glyph.copies import nearest, twins
from gesso.arts.paint.glyph.mixture import log_density, read
from gesso.arts.paint.glyph.prepare import Batch, in_chunks, to_train_on, usable
from gesso.arts.paint.glyph.writing import write
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.strokes import Strokes, read_drawings

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
        total += float(places.cpu().double().sum() + pens.cpu().double().sum())  # MPS has no doubles
        points += len(places)
    return total, points


def evaluate(settings: GlyphEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate paint/glyph` on the test part.

    nats_per_stroke: the surprise -log p at all that is drawn after a character's first point, at where each point
    lies and at what the pen does then, in nats, over the strokes that were drawn with the pen down. nats_per_point:
    the same over those points. Densities are over offsets in `unit`, which is the same for the baseline; n units of
    the data in one make a point cost 2 log n less than over offsets in units of the data.

    Those that begin with unseen_ are of the test drawings alone that have no twin among the drawings to learn from:
    data sets hold variants of one character that look the same, and a writer may know those by heart.

    With `copies`, nearest_train is the median distance of invented characters to the likest drawing learned from, and
    nearest_unseen that of the unseen test drawings, which no one copied; see `copies.nearest`. copied is the share of
    the invented that have a twin; see `copies.twins`.

    Raises GessoError when the model or the data are not there.
    """
    found = weights.find(PACKAGE, settings.model)
    writer = load_writer(found.path, device)
    data = settings.data or found.configuration["data"]
    parts = read_drawings(data)
    test = [strokes for strokes in parts["test"] if sum(map(len, strokes)) > 1]
    if not test or not parts["train"]:
        raise GessoError(
            f"{data} has nothing for {'testing' if not test else 'training'}: give twenty drawings or more"
        )
    progress.stage("comparing")
    unseen = list(itertools.compress(test, (~twins(test, parts["train"])).tolist()))
    unit = writer.configuration.unit
    progress.stage("foreseeing")
    judges: dict[str, Callable[[Batch], float]] = {"": lambda batch: nats(writer, [batch], device)[0]}
    if settings.baseline:
        judges["baseline_"] = Markov(in_chunks(to_train_on(parts), unit), generator(0, "baseline")).nats
    metrics: dict[str, Any] = {}
    for which, drawings in (("", test), ("unseen_", unseen)):
        for judge, surprise_at in judges.items():
            metrics |= _figures(which + judge, drawings, unit, surprise_at)
    metrics |= {"unit": round(unit, 4), "drawings": len(test), "unseen_drawings": len(unseen)}
    if settings.copies:
        invented = write(writer, settings.copies, settings.temperature, seed=0, progress=progress)
        metrics |= {
            "nearest_train": round(float(nearest(invented, parts["train"]).median()), 4),
            "copied": round(float(twins(invented, parts["train"]).float().mean()), 4),
        }
        metrics["nearest_unseen"] = round(float(nearest(unseen, parts["train"]).median()), 4) if unseen else None
    return {
        "model": found.name,
        "data": f"{data}, {len(test)} test drawings",
        "metrics": metrics,
        "parameters": sum(p.numel() for p in writer.parameters()),
    }


def _figures(
    prefix: str, drawings: Sequence[Strokes], unit: float, surprise_at: Callable[[Batch], float]
) -> dict[str, float]:
    """The surprise at drawings, over their strokes and over their points; nothing where there are none."""
    if not drawings:
        return {}
    total = sum(surprise_at(batch) for batch in in_chunks(usable(drawings), unit))
    strokes, points = sum(map(len, drawings)), sum(sum(map(len, each)) - 1 for each in drawings)
    return {
        f"{prefix}nats_per_stroke": round(total / strokes, 4),
        f"{prefix}nats_per_point": round(total / points, 4),
    }
