"""Where new strokes go: many are tried where the canvas is wrong, and those that mend most are kept.

After Hertzmann (1998), who puts strokes where the error is largest and ends them where the colour changes. Angle, bend,
length, width and colour come from the picture in closed form.
"""

from dataclasses import dataclass, replace
from math import pi

import torch
from torch import Generator, Tensor
from torch.nn.functional import normalize

from gesso.arts.paint.strokes.brushes import Brush, Manner
from gesso.arts.paint.strokes.flow import at, blurred, direction, flow
from gesso.arts.paint.strokes.patches import TEXTURE, Grid, amounts, paint_of
from gesso.arts.paint.strokes.stroke import Strokes, joined

TRIED = 4  # candidates for each stroke
SAMPLES = 8  # along each half of a stroke
CHUNK = 4_000_000  # pixels of patches that are held at once


@dataclass(frozen=True)
class Scene:
    """What is painted, at the resolution of one layer.

    Attributes:
        target: (C, H, W) what the canvas is to become, sRGB, or absorbance for paint that light passes through, and for
            a brush with bristles how rough.
        weight: (1, H, W) how much each pixel matters, 1 on the average.
        grid: the pixels.
    """

    target: Tensor
    weight: Tensor
    grid: Grid


def propose(
    scene: Scene,
    canvas: Tensor,
    brush: Brush,
    width: float,
    count: int,
    *,
    bend: float,
    manner: Manner,
    everywhere: bool,
    densest: float,
    side: int,
    generator: Generator,
) -> Strokes:
    """Up to `count` new strokes of about `width` for a canvas (H + 2m, W + 2m, C), the most useful last.

    Where paint can only darken, strokes that would mend nothing are left out, unless they are to go everywhere.

    Args:
        bend: how far they follow curves, 1 fully.
        manner: how they run.
        everywhere: spread over all of the picture, for a first layer; else where they mend most.
        densest: the most absorbance that one of them has.
        side: of their patches in pixels.
    """
    grid, target = scene.grid, scene.target
    if manner.above:
        scene = replace(scene, weight=scene.weight * (target.mean(0) > manner.above))
    seen = max(width, brush.blend) * grid.scale  # pixels
    wrong = ((target - grid.inner(canvas)).square().sum(0, keepdim=True) * scene.weight)[None]
    if everywhere:
        x, y = _spread(count, grid, generator)
    else:
        likely = blurred(wrong[0], seen / 3).flatten() + 1e-9
        place = torch.multinomial(likely, TRIED * count, replacement=True, generator=generator)
        x = place % grid.width + torch.rand(len(place), generator=generator)
        y = place // grid.width + torch.rand(len(place), generator=generator)
    strokes = _shaped(scene, x, y, brush, width, bend, manner, generator)
    pieces = strokes_in_chunks(strokes, side)
    fitted = [_colored(scene, canvas, piece, brush, densest, side) for piece in pieces]
    strokes, gain = joined([piece for piece, _ in fitted]), torch.cat([gain for _, gain in fitted])
    if everywhere:
        return strokes[torch.randperm(count, generator=generator)]
    best = gain.argsort(descending=True, stable=True)
    if not brush.covers:
        best = best[gain[best] > 0]
    # Of the strokes in one cell about as large as they are, the best is worth more than the next best.
    cell = (strokes.x * grid.scale / seen).long() * 1_000_003 + (strokes.y * grid.scale / seen).long()
    taken: set[int] = set()
    chosen, spare = list[int](), list[int]()
    for i, c in zip(best.tolist(), cell[best].tolist(), strict=True):
        (spare if c in taken else chosen).append(i)
        taken.add(c)
    return strokes[torch.tensor((chosen + spare)[:count], dtype=torch.long).flip(0)]


def strokes_in_chunks(strokes: Strokes, side: int) -> list[Strokes]:
    """The strokes in pieces whose patches of `side` pixels fit into memory together."""
    step = max(1, CHUNK // (side * side))
    return [strokes[i : i + step] for i in range(0, len(strokes), step)]


def _spread(count: int, grid: Grid, generator: Generator) -> tuple[Tensor, Tensor]:
    """`count` points in pixels, x and y, evenly spread: the R2 sequence (Roberts 2018), moved by chance."""
    steps = torch.arange(count, dtype=torch.float64)[:, None] * torch.tensor([0.7548776662466927, 0.5698402909980532])
    points = (steps + torch.rand(2, generator=generator)).remainder(1).float()
    return points[:, 0] * grid.width, points[:, 1] * grid.height


def _shaped(
    scene: Scene, x: Tensor, y: Tensor, brush: Brush, width: float, bend: float, manner: Manner, generator: Generator
) -> Strokes:
    """Strokes through the points x, y (N,) in pixels that follow the forms and end where the colour changes."""
    scale, seen = scene.grid.scale, max(width, brush.blend) * scene.grid.scale
    picture = scene.target[:3]
    smooth = blurred(picture, seen / 5)
    forms = flow(picture, manner.steady * seen, manner.hand)
    least, most = (width * scale * times for times in brush.slender)
    angle = (
        direction(forms, x, y)
        + manner.turn
        + (0.04 if brush.blend else 0.12) * torch.randn(len(x), generator=generator)
    )
    cos, sin = angle.cos(), angle.sin()
    quarter = most / 4
    turned = direction(forms, x + quarter * cos, y + quarter * sin) - direction(
        forms, x - quarter * cos, y - quarter * sin
    )
    turned = (turned + pi / 2).remainder(pi) - pi / 2  # directions have no sign
    curve = (bend * turned).clamp(-0.9, 0.9) * (2 * quarter / most)  # radians over half of the longest stroke
    own = at(smooth, x, y)  # (3, N)
    ends: list[Tensor] = []
    for sign in (-1, 1):
        steps = torch.linspace(0, most / 2, SAMPLES + 1)[1:]  # (S,)
        rise = curve[:, None] / most * steps.square()
        px = x[:, None] + sign * steps * cos[:, None] - rise * sin[:, None]
        py = y[:, None] + sign * steps * sin[:, None] + rise * cos[:, None]
        change = (at(smooth, px, py) - own[..., None]).square().mean(0).sqrt()  # (N, S)
        outside = (px < -seen) | (py < -seen) | (px > scene.grid.width + seen) | (py > scene.grid.height + seen)
        alike = ((change < brush.stop) & ~outside).long().cumprod(1).sum(1)
        ends.append(alike * (most / 2 / SAMPLES))
    length = (ends[0] + ends[1]).clamp(least, most)
    middle = (ends[1] - ends[0]) / 2 * (length < most)
    breadth = width * (0.75 + 0.3 * own.mean(0).clamp(max=1.5)) if brush.ink else torch.full_like(x, width)
    if not brush.blend:
        half = torch.stack([0.5 * width * scale * share * torch.ones_like(x) for share in (-1.0, -0.6, 0.6, 1.0)], 1)
        across = (at(smooth, x[:, None] - half * sin[:, None], y[:, None] + half * cos[:, None]) - own[..., None]).abs()
        breadth = width * (1 - 0.4 * (across.mean(0).amax(1) / 0.2).clamp(max=1))
        breadth = breadth * (1 + 0.12 * torch.randn(len(x), generator=generator)).clamp(0.75, 1.3)
    if brush.slender[1] == 1:  # dots
        length, middle = breadth * scale, torch.zeros_like(x)
    return Strokes(
        x=(x + middle * cos) / scale,
        y=(y + middle * sin) / scale,
        angle=angle,
        length=length / scale,
        width=breadth,
        bend=curve * length / most,
        color=torch.zeros(len(x), 3),
        opacity=torch.full_like(x, brush.opacity[0]),
        dry=torch.zeros_like(x),
        chance=torch.rand((len(x), 6), generator=generator),
    )


def _colored(
    scene: Scene, canvas: Tensor, strokes: Strokes, brush: Brush, densest: float, side: int
) -> tuple[Strokes, Tensor]:
    """The strokes in the colours that mend the canvas most, by least squares, and by how much each does, (N,)."""
    grid = scene.grid
    left, top = grid.corners(strokes, side)
    x, y = grid.points(left, top, side)
    amount = amounts(strokes, x, y, brush, 1 / grid.scale)[..., None]  # (N, h, w, 1)
    rows, columns = top[:, None, None] + torch.arange(side)[:, None], left[:, None, None] + torch.arange(side)
    below, weight = canvas[rows, columns], _weight(scene)[rows, columns]
    wanted = grid.padded(scene.target)[rows, columns]
    missing = wanted - below * (1 - amount) if brush.covers else wanted - below
    pull = (weight * amount * missing).sum((1, 2)) / ((weight * amount.square()).sum((1, 2)) + 1e-6)  # (N, C)
    if brush.ink:
        color = torch.tensor(brush.ink).expand(len(strokes), 3)
    elif brush.covers:
        color = pull[:, :3].clamp(0, 1)
    else:
        # A glaze has the hue of what is wanted, not of what is missing: stray hues would show side by side.
        hue = normalize((weight * amount * wanted).sum((1, 2)))
        color = (0.85 * (pull * hue).sum(1, keepdim=True) * hue).clamp(min=0)
        color = color * (densest / color.amax(1, keepdim=True).clamp(min=densest))
    strokes = replace(strokes, color=color)
    if brush.bristle:
        strokes = replace(strokes, dry=(pull[:, 3] / TEXTURE).clamp(0, 1))
    after = missing - amount * paint_of(strokes, brush)[:, None, None]
    gain = (weight * ((wanted - below).square() - after.square())).sum((1, 2, 3))
    return strokes, gain


def _weight(scene: Scene) -> Tensor:
    """How much pixels matter, (H + 2m, W + 2m, 1): those of the margin not at all."""
    m = scene.grid.margin
    return torch.nn.functional.pad(scene.weight[0], (m, m, m, m))[..., None]
