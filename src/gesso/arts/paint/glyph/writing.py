"""Characters drawn from a writer, each from a generator of its own, and those that went astray drawn anew."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.paint.glyph.begun import SIDE
from gesso.arts.paint.glyph.build import Limits, Writer, heard
from gesso.arts.paint.glyph.mixture import END, GO_ON, LIFT, read, sample
from gesso.arts.paint.glyph.prepare import Written, written
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.strokes import Strokes, simplified_drawing

TRIES = 30
"""How often a character is drawn anew that went astray."""

WIDEST = 94.0  # hundredths of the side that a character takes at most; a wider one is made smaller
MARGIN = 3.0  # hundredths of the side by which what completes a begun character may leave its square


def write(
    writer: Writer,
    count: int,
    temperature: float,
    seed: int,
    begun: Strokes | None = None,
    advance: Callable[[], object] = lambda: None,
) -> list[Strokes]:
    """`count` characters in a square of 100, each with the `begun` strokes first, which stay as they are.

    A character is a function of the seed, of its number and of how often it was drawn anew, never of the others.
    `advance` is called for each that is done.

    Raises GessoError when a character goes astray every time.
    """
    limits = writer.configuration.limits
    done: dict[int, Strokes] = {}
    for again in range(TRIES):
        left = [number for number in range(count) if number not in done]
        if not left:
            break
        chance = chances(seed, left, again, limits.points)
        for number, strokes in zip(left, attempts(writer, chance, temperature, begun), strict=True):
            if strokes is None or astray(strokes, writer, begun):
                continue
            done[number] = [*begun, *strokes] if begun else centred(strokes)
            advance()
    if len(done) < count:
        what = "what was begun cannot be completed" if begun else "a character would not come out well"
        raise GessoError(f"{what}: it went astray {TRIES} times; lower --temperature or choose another --seed")
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
def attempts(writer: Writer, chance: Tensor, temperature: float, begun: Strokes | None = None) -> list[Strokes | None]:
    """What the writer adds to the `begun` strokes, for each row of `chance` (B, P, 4); None where it does not end."""
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
    return [_strokes(points[row], lifted[row], len(first)) for row in range(rows)]


def _strokes(points: np.ndarray, pens: Tensor, before: int) -> Strokes | None:
    """The strokes up to where the pen ends; `before` points stand before the first that `pens` is known of."""
    ends = (pens == END).nonzero()
    if not len(ends):
        return None
    last = int(ends[0]) + 1
    lifts = (pens[: last - 1] == LIFT).nonzero()[:, 0].numpy() + 1 + before
    return np.split(points[: last + before], lifts)


def astray(strokes: Strokes, writer: Writer, begun: Strokes | None) -> bool:
    """Whether a character has too few or too many strokes, or is smaller or larger than usual.

    One that was begun is, when what is added leaves the square or is too much.
    """
    limits: Limits = writer.configuration.limits
    points = np.concatenate(strokes)
    least, most = limits.strokes
    if begun:
        inside = points.min() >= -MARGIN and points.max() <= SIDE + MARGIN
        return not inside or len(begun) + len(strokes) > max(most, len(begun) + 1)
    size = float(np.ptp(points, axis=0).max()) * writer.configuration.side / SIDE
    return not (least <= len(strokes) <= most and limits.sides[0] <= size <= limits.sides[1])


def centred(strokes: Strokes) -> Strokes:
    """The character in the middle of its square, made smaller where it would not fit."""
    points = np.concatenate(strokes)
    least, most = points.min(0), points.max(0)
    scale = min(1.0, WIDEST / float((most - least).max()))
    return [(stroke - (least + most) / 2) * scale + SIDE / 2 for stroke in strokes]
