"""Characters drawn from a writer, each from a generator of its own, and those that went astray drawn anew."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.paint.glyph.begun import MARGIN, SIDE
from gesso.arts.paint.glyph.build import Writer, heard
from gesso.arts.paint.glyph.mixture import END, GO_ON, LIFT, read, sample
from gesso.arts.paint.glyph.prepare import Written, written
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.strokes import Strokes, simplified_drawing

Points = NDArray[np.float64]

TRIES = 30
"""How often a character is drawn at most, until one has not gone astray."""

WIDEST = 94.0  # hundredths of the side that a character takes at most; a wider one is made smaller


class Attempt(NamedTuple):
    """The strokes of a character, and whether the writer brought it to an end."""

    strokes: Strokes
    ended: bool


def write(
    writer: Writer,
    count: int,
    temperature: float,
    seed: int,
    begun: Strokes | None = None,
    progress: Progress | None = None,
) -> list[Strokes]:
    """`count` characters in a square of 100, each with the `begun` strokes first, which stay as they are.

    A character is a function of the seed, of its number and of how often it was drawn anew, never of the others. One
    that goes astray every time is left as it came out last, with a warning.

    Raises GessoError when all that complete a begun character go astray every time.
    """
    progress = (progress or Progress(shown=False)).stage("writing", count)
    limits = writer.configuration.limits
    done: dict[int, Strokes] = {}
    lost = 0
    for again in range(1, TRIES + 1):
        left = [number for number in range(count) if number not in done]
        if not left:
            break
        drawn = attempts(writer, chances(seed, left, again, limits.points), temperature, begun)
        for number, attempt in zip(left, drawn, strict=True):
            if again < TRIES and astray(attempt, writer, begun):
                continue
            done[number] = [*begun, *attempt.strokes] if begun else centred(attempt.strokes)
            lost += astray(attempt, writer, begun)
            progress.advance()
    if begun and lost == count:
        raise GessoError(
            f"what was begun could not be completed within its square in {TRIES} tries: begin another way, or lower "
            "--temperature"
        )
    if lost:
        warnings.warn(
            f"{lost} of {count} characters went astray {TRIES} times, too large, too small or without an end, and "
            "are left as they came out last: lower --temperature",
            stacklevel=2,
        )
    return [done[number] for number in range(count)]


def chances(seed: int, numbers: Sequence[int], again: int, points: int) -> Tensor:
    """All the chance in an attempt at these characters: (B, points, 4), two uniform and two normal numbers a point."""
    found: list[Tensor] = []
    for number in numbers:
        source = generator(seed, "glyph", number, again)
        parts = [torch.rand(points, 2, generator=source), torch.randn(points, 2, generator=source)]
        found.append(torch.cat(parts, dim=1))
    return torch.stack(found)


@torch.no_grad()
def attempts(writer: Writer, chance: Tensor, temperature: float, begun: Strokes | None = None) -> list[Attempt]:
    """What the writer adds to the `begun` strokes, for each row of `chance` (B, P, 4)."""
    c = writer.configuration
    scale = c.unit * SIDE / c.side  # from what is 1 to the network to hundredths of the square
    start = Written(torch.zeros(1, 2), torch.tensor([GO_ON]))
    origin = np.zeros(2)
    if begun:
        origin = begun[0][0]
        start = written([(stroke - origin) / scale for stroke in simplified_drawing(begun)])
        start.pens[-1] = LIFT
    device = next(writer.parameters()).device
    rows = len(chance)
    offsets = F.pad(start.points.diff(dim=0), (0, 0, 1, 0))[None]  # (1, S, 2)
    x = heard(offsets, start.pens[None]).expand(rows, -1, -1).to(device)
    place = start.points[-1].expand(rows, 2).to(device)
    least, most = (bound.expand(rows, 2).to(device) for bound in (start.points.amin(0), start.points.amax(0)))
    said, states = writer.continued(x, ())
    places, pens = [], []
    ended = torch.zeros(rows, dtype=torch.bool, device=device)
    for step in chance.transpose(0, 1).to(device):  # (B, 4)
        offset, pen = sample(read(said[:, -1], temperature), step)
        place = place + offset
        least, most = torch.minimum(least, place), torch.maximum(most, place)
        places.append(place)
        pens.append(pen)
        ended |= pen == END
        if bool(ended.all()):
            break
        up = F.one_hot(pen, END + 1)[:, :END].float()
        x = torch.cat([offset, up, place, least - place, most - place], -1)[:, None]  # (B, 1, 10)
        said, states = writer.continued(x, states)
    first = [] if begun else [torch.zeros(rows, 2, device=device)]
    points = torch.stack([*first, *places], dim=1).cpu().double().numpy() * scale + origin  # (B, N, 2)
    lifted = torch.stack(pens, dim=1).cpu()  # (B, N) or, with a first point, (B, N - 1)
    return [_attempt(points[row], lifted[row], len(first)) for row in range(rows)]


def _attempt(points: Points, pens: Tensor, before: int) -> Attempt:
    """The strokes up to where the pen ends; `before` points stand before the first that `pens` is known of."""
    ends = (pens == END).nonzero()
    last = int(ends[0]) + 1 if len(ends) else len(pens)
    lifts = (pens[: last - 1] == LIFT).nonzero()[:, 0].numpy() + 1 + before
    return Attempt(np.split(points[: last + before], lifts), len(ends) > 0)


def astray(attempt: Attempt, writer: Writer, begun: Strokes | None) -> bool:
    """Whether a character does not end, has too few or too many strokes, or is smaller or larger than usual.

    One that was begun is too large when what is added leaves the square.
    """
    strokes = [*(begun or []), *attempt.strokes]
    limits = writer.configuration.limits
    least, most = limits.strokes
    if not (attempt.ended and least <= len(strokes) <= most):
        return True
    size = float(np.ptp(np.concatenate(strokes), axis=0).max()) * writer.configuration.side / SIDE
    added = np.concatenate(attempt.strokes)
    small = size < limits.sides[0]
    large = (added.min() < -MARGIN or added.max() > SIDE + MARGIN) if begun else size > limits.sides[1]
    return bool(small or large)


def centred(strokes: Strokes) -> Strokes:
    """The character in the middle of its square, made smaller where it would not fit."""
    points = np.concatenate(strokes)
    least, most = points.min(0), points.max(0)
    scale = min(1.0, WIDEST / max(float((most - least).max()), 1e-6))
    return [(stroke - (least + most) / 2) * scale + SIDE / 2 for stroke in strokes]
