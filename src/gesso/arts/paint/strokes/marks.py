"""The mark that one stroke of each medium leaves: bristles, wet edges, chalk on tooth, ink, dots.

All sizes are shares of the picture's longer side, so that a mark looks the same at every size of the picture.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.bristles import CLUMPS, MOST, bristled, step
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.noise import Noise
from gesso.arts.paint.strokes.stroke import Strokes, along_and_across, depth

DUST = 0.45  # share of its chalk that a pastel leaves in the pits of the paper


class Spot(NamedTuple):
    """One stroke, and the points where it may be seen.

    Attributes:
        stroke: the one.
        x, y: (1, 1, w) and (1, h, 1) the points.
        pixel: how far they are apart.
        noise: for all strokes.
    """

    stroke: Strokes
    x: Tensor
    y: Tensor
    pixel: float
    noise: Noise


class Mark(NamedTuple):
    """What a stroke leaves: paint (h, w), its colour (h, w, 3) or (3,), and how thick it stands (h, w)."""

    amount: Tensor
    color: Tensor
    height: Tensor | None = None


def oil(spot: Spot) -> Mark:
    """Bristles draw furrows that end raggedly, run dry towards the end, and differ a little in colour."""
    stroke, noise, chance = spot.stroke, spot.noise, spot.stroke.chance[0] * 256
    length, width = float(stroke.length), float(stroke.width)
    along, across = along_and_across(stroke, spot.x, spot.y)
    dry = float(stroke.dry)
    hair = across * (min(MOST, max(CLUMPS, width / BRUSHES["oil"].bristle)) / width)
    ragged = (noise(hair * 0.8 + chance[2], chance[3]) - 0.5) * min(0.9 * width, 0.3 * length) * (0.4 + 0.6 * dry)
    uneven = (noise(along * (1.3 / width) + chance[4], chance[5]) - 0.5) * 0.16 * width
    inside = depth(along + ragged, across + uneven, stroke.length[:, None, None], stroke.width[:, None, None], 0.5)
    body = step(inside / max(spot.pixel, 0.05 * width) + 0.5)
    furrow, gaps = bristled(stroke, along, across, body > 0, BRUSHES["oil"], spot.pixel)
    streak = noise(hair * 0.4 + chance[2], along / (9 * width) + chance[0]) - 0.5
    shift = 0.035 * (stroke.chance[0, :3] - 0.5)
    color = stroke.color[0] * (1 + 0.16 * streak[0, ..., None]) + 0.03 * streak[0, ..., None] + shift
    ridge = torch.exp(-(inside / (0.09 * width + spot.pixel)).square())
    height = (0.35 + (0.4 + 0.6 * dry) * furrow + (0.2 + 0.25 * dry) * ridge) * (0.3 + 0.7 * min(1.0, width / 0.02))
    return Mark((body * gaps * stroke.opacity[:, None, None])[0], color.clamp(0, 1), height[0])


def watercolour(spot: Spot) -> Mark:
    """A wash with a wandering outline; pigment flows to its edge, and pools here and there."""
    stroke, noise, chance = spot.stroke, spot.noise, spot.stroke.chance[0] * 256
    width = float(stroke.width)
    along, across = along_and_across(stroke, spot.x, spot.y)
    x, y = spot.x / width, spot.y / width
    wander = min(0.4, 0.025 / width) * (noise(1.1 * x + chance[0], 1.1 * y + chance[1]) - 0.5)
    wander = wander + 0.16 * (noise(3.7 * x + chance[2], 3.7 * y + chance[3]) - 0.5)
    inside = depth(along, across, stroke.length[:, None, None], stroke.width[:, None, None], 0.5) + wander * width
    # Broad washes run into one another; of finer ones some have dry, crisp edges, and others run.
    wet = 0.3 * min(1.0, width / 0.15) + 0.4 * float(stroke.chance[0, 4]) ** 2
    wet = 0.03 + wet * min(1.0, width / 0.03)
    body = step(inside / max(1.5 * spot.pixel, wet * width) + 0.5)
    edge = torch.exp(-(inside / (min(0.08 * width, 0.004) + spot.pixel)).square()) * max(0.0, 1 - 2.5 * wet)
    pool = noise(1.9 * x + chance[4], 1.9 * y + chance[5])
    return Mark((body * (0.75 + 0.4 * pool + 0.35 * edge) * stroke.opacity[:, None, None])[0], stroke.color[0])


def pastel(spot: Spot) -> Mark:
    """Chalk stays on the tooth of the paper, more where it is pressed; its dust fills the pits, layer by layer."""
    stroke, noise, chance = spot.stroke, spot.noise, spot.stroke.chance[0] * 256
    width, length = float(stroke.width), float(stroke.length)
    along, across = along_and_across(stroke, spot.x, spot.y)
    dry = float(stroke.dry)
    ragged = (noise(across * (4 / width) + chance[2], chance[3]) - 0.5) * min(0.8 * width, 0.3 * length)
    inside = depth(along + ragged, across, stroke.length[:, None, None], stroke.width[:, None, None], 0.4)
    soft = 0.22 * width + spot.pixel
    body = step(inside / soft + 0.5)
    lines, left = bristled(stroke, along, across, body > 0, BRUSHES["pastel"], spot.pixel)
    pressed = body * (0.42 + 0.54 * stroke.opacity[:, None, None]) * left
    grain = step((pressed - 0.92 * tooth(noise, spot.x, spot.y)) / 0.22 + 0.5)
    color = stroke.color[0] + 0.05 * (stroke.chance[0, :3] - 0.5) + 0.05 * (lines[0, ..., None] - 0.5)
    chalk = torch.maximum(grain, (DUST + 0.15 * (1 - dry)) * body) * (pressed > 0.02)
    return Mark(chalk[0], color.clamp(0, 1))


def pen(spot: Spot) -> Mark:
    """A line of ink that trembles, swells and thins out towards its ends."""
    stroke, noise, chance = spot.stroke, spot.noise, spot.stroke.chance[0] * 256
    length, width = float(stroke.length), float(stroke.width)
    along, across = along_and_across(stroke, spot.x, spot.y)
    tremble = (noise(along * (5 / length) + chance[0], chance[1]) - 0.5) * 0.9 * width
    swell = 0.7 + 0.6 * noise(along * (3 / length) + chance[2], chance[3])
    thin = (1 - (2 * along / length).square().clamp(max=1)).clamp(min=0).sqrt()
    breadth = 1.15 * width * swell * (0.3 + 0.7 * thin)
    inside = torch.minimum(breadth / 2 - (across + tremble).abs(), length / 2 - along.abs())
    drawn = (inside / spot.pixel + 0.5).clamp(0, 1) * stroke.opacity[:, None, None]
    return Mark(drawn[0], stroke.color[0])


def points(spot: Spot) -> Mark:
    """A dab of one colour, nearly round, thick at its rim."""
    stroke, noise, chance = spot.stroke, spot.noise, spot.stroke.chance[0] * 256
    width = float(stroke.width)
    along, across = along_and_across(stroke, spot.x, spot.y)
    around = 0.22 * (noise(along * (2.2 / width) + chance[0], across * (2.2 / width) + chance[1]) - 0.5)
    oval = 1 + 0.25 * (float(stroke.chance[0, 5]) - 0.5)
    inside = width / 2 * (1 + around) - ((along / oval).square() + (across * oval).square()).sqrt()
    body = step(inside / max(spot.pixel, 0.06 * width) + 0.5)
    height = 0.35 + 0.3 * step(inside / (0.3 * width)) + 0.4 * around
    return Mark((body * stroke.opacity[:, None, None])[0], stroke.color[0], height[0] * min(1.0, width / 0.012))


MARKS: dict[Medium, Callable[[Spot], Mark]] = {
    "oil": oil,
    "watercolour": watercolour,
    "pastel": pastel,
    "pen": pen,
    "points": points,
}


def tooth(noise: Noise, x: Tensor, y: Tensor) -> Tensor:
    """How high the fibres of paper stand at x, y, in [0, 1], about evenly spread."""
    height = 0.6 * noise(170 * x + 50 * y, 170 * y - 50 * x) + 0.4 * noise(370 * x - 90 * y + 7, 370 * y + 90 * x)
    return torch.sigmoid((height - 0.5) * 11)


def ground_of(medium: Medium, mean: Tensor) -> Tensor:
    """sRGB (3,) of what is painted on; where the medium tones it, by the mean (3,) of the picture."""
    ground = BRUSHES[medium].ground
    return torch.tensor(ground) if ground else 0.75 * mean + 0.25 * torch.tensor([0.62, 0.50, 0.38])
