"""A stroke's points to the outline that a brush leaves: pressed where it sets down and turns, lifted where it leaves.

The footprint of the brush is an ellipse that lies aslant, so that horizontals are finer than verticals; how hard it is
pressed follows from the way a stroke goes, as handbooks of regular script (kaishu) teach it.
"""

import itertools
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Line = Literal["brush", "pen"]

HALF = 3.3
"""Half the width of a vertical of a character with ten strokes, in hundredths of its square."""

CORNER = 52.0
"""Degrees by which a line turns at least where the brush stops and goes on in another direction."""

PEN = 0.6
"""How wide the line of a pen is, beside a brush's."""

POINTED = 0.1
"""The pressure below which the end of a stroke is a point."""

_SLANT, _ROUNDNESS = math.radians(32), 0.6
SMALL = 0.3  # of a circle, in hundredths of the square
NEAR = 0.05  # units, within which two points of a stroke are one
INSIDE = 0.97  # of a circle's radius: points of an outline that are nearer to its middle lie under ink
_FINE = 8  # steps between two points of a stroke, along which its curve is measured
_CAP = 5  # steps around an end


def outlines(stroke: Points, line: Line, width: float) -> list[Points]:
    """The closed curves, one for each part of the stroke between corners, that together cover its ink.

    Args:
        stroke: (n, 2), y pointing down.
        width: half the width where the brush is pressed as usual.

    Returns:
        Points (k, 2) that smooth closed curves go through, all turning the same way.
    """
    parts = at_corners(tidy(stroke))
    if line == "pen":
        return [envelope(part, np.full(len(part), PEN * width)) for part in map(curved, parts)]
    if len(parts) > 1 and _is_hook(parts[-1], width):
        way = parts[-1][-1] - parts[-1][-2]
        tip = parts[-1][-1] + way / np.linalg.norm(way) * width  # what the line before is wide would hide it
        parts[-1] = np.concatenate([parts[-1][:-1], [tip]])
    nib = _nib()
    inked: list[Points] = []
    for number, part in enumerate(parts):
        curve = curved(part)
        pressure = pressed(part, curve, first=number == 0, last=number == len(parts) - 1, width=width)
        inked.append(envelope(curve @ np.linalg.inv(nib).T, pressure * width) @ nib.T)
    return inked


def half_width(strokes: int, weight: float) -> float:
    """Half the width of the line of a character of so many strokes: the more, the finer, bold ones above all."""
    crowded = max(1.0, weight) if strokes > 10 else 1.0
    return HALF * weight * min(1.2, max(0.72, (10 / strokes) ** 0.3)) ** crowded


def _nib() -> Points:
    """The linear map from a circle to the footprint."""
    cos, sin = math.cos(_SLANT), math.sin(_SLANT)
    turn = np.array([[cos, -sin], [sin, cos]])
    return turn @ np.diag([1.08, 1.08 * _ROUNDNESS]) @ turn.T


def tidy(stroke: Points) -> Points:
    """The stroke without points that hardly differ from the one kept before; a dot becomes a short line."""
    kept = [stroke[0]]
    for point in stroke[1:]:
        if math.dist(point, kept[-1]) > NEAR:
            kept.append(point)
    return np.stack(kept) if len(kept) > 1 else kept[0] + np.array([[-0.4, -0.4], [0.4, 0.4]])


def at_corners(stroke: Points) -> list[Points]:
    """The parts of a stroke between its corners; each begins where the one before ends."""
    way = np.diff(stroke, axis=0)
    angle = np.arctan2(way[:, 1], way[:, 0])
    turn = np.degrees(np.abs((np.diff(angle) + math.pi) % (2 * math.pi) - math.pi))
    cuts = [0, *(np.flatnonzero(turn > CORNER) + 1), len(stroke) - 1]
    return [stroke[a : b + 1] for a, b in itertools.pairwise(cuts)]


def curved(part: Points) -> Points:
    """Points along a smooth curve through those of a part: a centripetal Catmull-Rom spline (Yuksel et al. 2011)."""
    gaps = np.sqrt(np.linalg.norm(np.diff(part, axis=0), axis=1))
    knots = np.concatenate([[0], np.cumsum(gaps)])
    slopes = np.diff(part, axis=0) / gaps[:, None]  # (n - 1, 2)
    tangents = np.empty_like(part)
    tangents[0], tangents[-1] = slopes[0], slopes[-1]
    share = (gaps[1:] / (gaps[:-1] + gaps[1:]))[:, None]
    tangents[1:-1] = share * slopes[:-1] + (1 - share) * slopes[1:]
    fine = np.concatenate([[0], *(knots[i] + gaps[i] * np.arange(1, _FINE + 1) / _FINE for i in range(len(gaps)))])
    i = np.clip(np.searchsorted(knots, fine, side="left") - 1, 0, len(gaps) - 1)
    h, u = gaps[i][:, None], ((fine - knots[i]) / gaps[i])[:, None]
    curve = (
        (1 + 2 * u) * (1 - u) ** 2 * part[i]
        + u * (1 - u) ** 2 * h * tangents[i]
        + u * u * (3 - 2 * u) * part[i + 1]
        + u * u * (u - 1) * h * tangents[i + 1]
    )
    return _spaced(curve)


def _spaced(curve: Points) -> Points:
    """Points of a curve, closer to one another towards both ends, where the pressure changes."""
    along = _along(curve)
    steps = int(np.clip(along[-1] / 5, 6, max(15, len(curve) // _FINE)))
    even = np.arange(steps + 1) / steps
    at = along[-1] * (0.4 * even + 0.6 * (0.5 - 0.5 * np.cos(np.pi * even)))
    return np.stack([np.interp(at, along, curve[:, axis]) for axis in (0, 1)], axis=1)


def _along(curve: Points) -> NDArray[np.float64]:
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])


def pressed(part: Points, curve: Points, *, first: bool, last: bool, width: float) -> NDArray[np.float64]:
    """How hard the brush is pressed along the curve of a part of a stroke: (k,), 1 as usual."""
    along = _along(curve)
    length = float(along[-1])
    x, y = part[-1] - part[0]
    down = math.degrees(math.atan2(y, x))  # 0 to the right, 90 down
    if first and last and length < 5.5 * width:
        knots = _dot(down)
    elif last and not first and _is_hook(part, width):
        knots = [(0.0, 1.0), (1.0, 0.04)]
    else:
        head = _head(down, length, width) if first else [(0.0, 1.0), (min(0.4, 1.6 * width / length), 0.88)]
        tail = _tail(down, length, width) if last else [(1 - min(0.4, 1.8 * width / length), 0.86), (1.0, 1.0)]
        knots = head + [knot for knot in tail if knot[0] > head[-1][0]]
    return _eased(along / length, knots)


Knots = list[tuple[float, float]]


def _dot(down: float) -> Knots:
    """A short stroke: a drop that falls to the right, or one that is flicked away."""
    if 0 <= down < 100:
        return [(0, 0.3), (0.35, 0.75), (0.75, 1.15), (1, 0.85)]
    if 100 <= down < 180:
        return [(0, 0.8), (0.25, 1.1), (1, 0.25)]
    return [(0, 0.9), (0.2, 1.1), (1, 0.2)]


def _head(down: float, length: float, width: float) -> Knots:
    near = min(0.35, 2.2 * width / length)
    if 22 < down < 72:  # na sets down lightly
        return [(0, 0.4), (near, 0.55)]
    return [(0, 0.78), (0.4 * near, 1.08), (near, 0.86)]


def _is_hook(part: Points, width: float) -> bool:
    """Whether the last part of a stroke is short, and neither falls nor goes on to the right."""
    x, y = part[-1] - part[0]
    return math.hypot(x, y) < 7 * width and not 0 < math.degrees(math.atan2(y, x)) < 100


def _tail(down: float, length: float, width: float) -> Knots:
    near = min(0.4, 2.4 * width / length)
    if -25 <= down <= 22:  # heng
        return [(0.5, 0.78), (1 - near, 0.86), (1 - 0.3 * near, 1.12), (1, 0.9)]
    if 72 <= down <= 105:  # shu
        return [(0.55, 0.86), (1 - near, 0.9), (1 - 0.35 * near, 1.0), (1, 0.72)]
    if 22 < down < 72:  # na
        return [(0.45, 0.8), (0.76, 1.4), (1, 0.05)]
    return [(0.4, 0.88), (1, 0.04)]  # pie, and what rises


def _eased(share: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
    """The pressure at shares of the length, from knots (share, pressure), without kinks between them."""
    at, value = (np.array(column) for column in zip(*knots, strict=True))
    i = np.clip(np.searchsorted(at, share, side="right") - 1, 0, len(at) - 2)
    u = np.clip((share - at[i]) / (at[i + 1] - at[i]), 0, 1)
    pointed = value[i + 1] < POINTED  # a brush that leaves the paper rises ever faster
    u = np.where(pointed, 0.5 * (u + u * u), u * u * (3 - 2 * u))
    return value[i] + (value[i + 1] - value[i]) * u


def envelope(curve: Points, radius: NDArray[np.float64]) -> Points:
    """Points around what circles of these radii (k,) cover whose middle moves along the curve (k, 2).

    Where a circle is so large that it holds others, which meet no envelope, only the largest of these are seen.
    """
    seen = _seen(curve, radius)
    if seen.sum() == 1:
        (middle,), (size,) = curve[seen], radius[seen]
        return middle + size * _circle()
    curve, radius = curve[seen], radius[seen]
    along = _along(curve)
    tangent = np.gradient(curve, along, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    lean = np.clip(np.gradient(radius, along), -0.9, 0.9)[
        :, None
    ]  # circles that grow touch their envelope further back
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    reach = np.sqrt(1 - lean * lean)
    r = radius[:, None]
    left, right = curve + r * (reach * normal - lean * tangent), curve + r * (-reach * normal - lean * tangent)
    end = _arc(curve[-1], left[-1], right[-1], -1)
    start = _arc(curve[0], right[0], left[0], -1)
    ring = np.concatenate([left, end, right[::-1], start])
    gaps = np.linalg.norm(ring[:, None] - curve, axis=-1)  # (points, k)
    return ring[(gaps > INSIDE * radius).all(1)]


def _seen(curve: Points, radius: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which circles (k,) do not lie within another one."""
    gaps = np.linalg.norm(curve[:, None] - curve, axis=-1)
    within = gaps + radius[:, None] <= radius
    np.fill_diagonal(within, False)
    return ~within.any(1)


def _circle() -> Points:
    angles = -2 * np.pi * np.arange(12) / 12
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _arc(middle: Points, start: Points, end: Points, way: int) -> Points:
    """Points between two on a circle around `middle`, in the sense of `way`, without those two; of a small one none."""
    if np.linalg.norm(start - middle) < SMALL:
        return np.empty((0, 2))
    a, b = (math.atan2(*(point - middle)[::-1]) for point in (start, end))
    sweep = way * ((way * (b - a)) % (2 * math.pi))
    angles = a + sweep * np.arange(1, _CAP) / _CAP
    return middle + np.linalg.norm(start - middle) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
