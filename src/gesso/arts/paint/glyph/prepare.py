"""Drawings -> batches: offsets from point to point, normalised, each drawing a little other than the last time."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.paint.glyph.art import GlyphTraining
from gesso.arts.paint.glyph.build import Limits, heard
from gesso.arts.paint.glyph.mixture import END, GO_ON, LIFT
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.strokes import Part, Strokes, read_drawings
from gesso.pipeline.turns import Turn

GATHERED = 16
"""Batches that are sorted by length together: drawings of about one length stand in a batch, in no order of batches."""

CHUNK = 100


class Written(NamedTuple):
    """A drawing of N points: where they are (N, 2), and what the pen does after each (N,): go on, lift or end."""

    points: Tensor
    pens: Tensor


class Batch(NamedTuple):
    """What the writer hears (B, T, 10), the offsets (B, T, 2) and pens (B, T) that follow, and which count (B, T)."""

    heard: Tensor
    offsets: Tensor
    pens: Tensor
    counted: Tensor


def written(strokes: Strokes) -> Written:
    """A drawing as the writer knows it."""
    pens = torch.full((sum(map(len, strokes)),), GO_ON)
    pens[torch.tensor([len(stroke) for stroke in strokes]).cumsum(0) - 1] = LIFT
    pens[-1] = END
    return Written(torch.from_numpy(np.concatenate(strokes)).float(), pens)


def collated(drawings: Sequence[Written], unit: float) -> Batch:
    """A batch of drawings, the shorter ones followed by nothing that counts. The first point is where one begins.

    A point after that is known by its offset from the one before in `unit`s, and what the pen does after it.
    """
    steps = max(len(each.points) for each in drawings) - 1
    offsets, pens, counted = [], [], []
    for points, pen in drawings:
        rest = steps - len(points) + 1
        offsets.append(F.pad(points.diff(dim=0) / unit, (0, 0, 1, rest)))  # (T + 1, 2), nothing before the first
        pens.append(F.pad(pen, (0, rest), value=END))
        counted.append(F.pad(torch.ones(len(points) - 1), (0, rest)))
    offset, pen = torch.stack(offsets), torch.stack(pens)
    return Batch(heard(offset[:, :-1], pen[:, :-1]), offset[:, 1:], pen[:, 1:], torch.stack(counted))


class Drawings:
    """The training drawings of a data set, augmented; and those for validation."""

    def __init__(self, settings: GlyphTraining):
        parts = read_drawings(settings.data)
        self.settings = settings
        self.training, self.validation = to_train_on(parts), usable(parts["valid"])
        if len(self.training) < settings.batch:
            raise GessoError(f"{len(self.training)} drawings do not fill a batch of {settings.batch}: lower --batch")
        self.unit = float(torch.cat([each.points.diff(dim=0) for each in self.training]).std())
        sides = torch.tensor([side(each) for each in self.training])
        self.side = 1.2 * float(sides.quantile(0.99))
        self.limits = _limits(self.training, sides)
        self.lengths = torch.tensor([len(each.points) for each in self.training])
        self._epoch, self._batches = -1, torch.empty(0, 0)

    def draw(self, turn: Turn) -> Batch:
        """The drawings of `turn`, a function of its step and its generator's state alone."""
        epoch, at = divmod(turn.step, len(self.training) // self.settings.batch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._order(epoch)
        chosen = self._batches[at][turn.part :: turn.parts].tolist()
        return collated([augmented(self.training[i], self.settings, turn.generator) for i in chosen], self.unit)

    def _order(self, epoch: int) -> Tensor:
        """Whose turn it is in an epoch: (batches, B), each drawing once, but for those that fill no batch."""
        source = generator(self.settings.seed, "epoch", epoch)
        order = torch.randperm(len(self.training), generator=source)
        size = self.settings.batch
        order = order[: len(order) // size * size]
        together = [part[self.lengths[part].argsort(stable=True)] for part in order.split(GATHERED * size)]
        batches = torch.cat(together).view(-1, size)
        return batches[torch.randperm(len(batches), generator=source)]

    def held_out(self) -> Iterable[Batch]:
        """The drawings for validation."""
        return in_chunks(self.validation, self.unit)


def in_chunks(drawings: Sequence[Written], unit: float) -> Iterable[Batch]:
    """Batches of drawings as they are, those of about one length together."""
    ordered = sorted(drawings, key=lambda each: len(each.points))
    for at in range(0, len(ordered), CHUNK):
        yield collated(ordered[at : at + CHUNK], unit)


def usable(drawings: Iterable[Strokes]) -> list[Written]:
    """Those that have a second point."""
    return [written(strokes) for strokes in drawings if sum(map(len, strokes)) > 1]


def to_train_on(parts: dict[Part, list[Strokes]]) -> list[Written]:
    """The drawings for training, but for those that are held out too: data sets hold some drawings twice."""
    held = {_mark(each) for part in ("valid", "test") for each in usable(parts[part])}
    return [each for each in usable(parts["train"]) if _mark(each) not in held]


def _mark(drawing: Written) -> bytes:
    offsets = drawing.points.diff(dim=0).double().mul(1000).round().to(torch.int64)
    return offsets.numpy().tobytes() + drawing.pens.numpy().tobytes()


def side(drawing: Written) -> float:
    """The longer side of what a drawing covers."""
    return float((drawing.points.amax(0) - drawing.points.amin(0)).max())


def _limits(drawings: Sequence[Written], sides: Tensor) -> Limits:
    strokes = torch.tensor([int((each.pens != GO_ON).sum()) for each in drawings]).float()
    points = torch.tensor([len(each.points) for each in drawings]).float()
    return Limits(
        strokes=(int(strokes.quantile(0.02)), math.ceil(strokes.quantile(0.998))),
        points=math.ceil(points.quantile(0.998)),
        sides=(float(sides.quantile(0.02)), float(sides.quantile(0.998))),
    )


def augmented(drawing: Written, settings: GlyphTraining, generator: Generator) -> Written:
    """A drawing scaled, turned and slanted a little, with points left out of its lines where they hardly bend."""
    points, pens = drawing
    chance = torch.rand(4, generator=generator) * 2 - 1
    if settings.drop:
        dropped = torch.rand(len(points), generator=generator) < settings.drop
        kept = ~(dropped & _bends_little(points, pens))
        points, pens = points[kept], pens[kept]
    angle = math.radians(settings.rotate) * chance[0]
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).view(2, 2)
    stretch = torch.diag(1 + settings.scale * chance[1:3])
    stretch[1, 0] = settings.shear * chance[3]  # brush writing slants its horizontals, never its verticals
    return Written(points @ (turn @ stretch).T, pens)


def _bends_little(points: Tensor, pens: Tensor) -> Tensor:
    """Which points (N,) lie within a line that turns there by less than 45 degrees."""
    within = torch.zeros(len(points), dtype=torch.bool)
    if len(points) > 2:
        before, after = points[1:-1] - points[:-2], points[2:] - points[1:-1]
        cosine = F.cosine_similarity(before, after)
        within[1:-1] = (cosine > math.sqrt(0.5)) & (pens[1:-1] == GO_ON) & (pens[:-2] == GO_ON)
    return within
