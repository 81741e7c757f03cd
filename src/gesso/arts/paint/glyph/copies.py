"""Whether characters are invented: how near each is to the one it is likest to, among those learned from."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor
from torch.nn import functional as F

from gesso.pipeline.data.strokes import Stroke, Strokes

ALIKE = 0.05
"""Drawings whose bitmaps are nearer than this are one character drawn twice, in whichever order of strokes."""

SHIFTED = 0.1
"""Drawings of which no stroke lies farther than this from the other's are one character written by two hands.

In sides of the character. Among the nearest of test kanji and training kanji few pairs lie between 0.07 and 0.12.
"""

SIDE = 32
_PLACES = 8  # at which two strokes are compared
_SPREAD = 0.31  # of the points of a character around its middle, root mean square, in sides
_FINER, _EDGE, _THICK, _SOFT = 4, 0.1, 0.05, 0.03  # the last three as shares of the side


def bitmap(strokes: Strokes) -> Tensor:
    """A drawing as large as fits in the middle of a square, in soft lines of one width: (SIDE * SIDE,) in [0, 1]."""
    side = SIDE * _FINER
    points = np.concatenate(strokes)
    least, most = points.min(0), points.max(0)
    scale = (1 - 2 * _EDGE) * side / max(float((most - least).max()), 1e-6)
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        line = (stroke - (least + most) / 2) * scale + side / 2
        draw.line([*map(tuple, line)], 255, round(_THICK * side), joint="curve")
    image = image.filter(ImageFilter.GaussianBlur(_SOFT * side)).reduce(_FINER)
    return torch.from_numpy(np.array(image)).flatten().float() / 255


def nearest(drawings: Sequence[Strokes], others: Sequence[Strokes]) -> Tensor:
    """For each of N drawings how far the likest of `others` is: (N,), 1 less the cosine of their bitmaps."""
    ours, theirs = (F.normalize(torch.stack([bitmap(each) for each in part])) for part in (drawings, others))
    return 1 - (ours @ theirs.T).amax(1)


def twins(drawings: Sequence[Strokes], others: Sequence[Strokes]) -> Tensor:
    """Which of N drawings are a character that is among `others`: bool (N,).

    They look the same, or are written with the same strokes, each of them a little elsewhere.
    """
    return (nearest(drawings, others) < ALIKE) | (shifted(drawings, others) < SHIFTED)


def shifted(drawings: Sequence[Strokes], others: Sequence[Strokes]) -> Tensor:
    """For each of N drawings how far that stroke lies which is farthest from its like in the likest of `others`: (N,).

    Two drawings are compared as large as one another, stroke by stroke; infinity where none has as many strokes.
    """
    theirs = {count: places for count, (_, places) in _by_count(others).items()}
    found = torch.full((len(drawings),), math.inf)
    for count, (numbers, places) in _by_count(drawings).items():
        if count in theirs:
            for number, one in zip(numbers, places, strict=True):
                gaps = (theirs[count] - one).norm(dim=-1).mean(-1)  # (M, strokes)
                found[number] = gaps.amax(1).amin()
    return found


def _by_count(drawings: Sequence[Strokes]) -> dict[int, tuple[list[int], Tensor]]:
    """By how many strokes drawings have: which these are, and the places of their strokes (M, strokes, _PLACES, 2)."""
    counts: dict[int, list[int]] = {}
    for number, strokes in enumerate(drawings):
        counts.setdefault(len(strokes), []).append(number)
    return {
        count: (numbers, torch.stack([_placed(drawings[number]) for number in numbers]))
        for count, numbers in counts.items()
    }


def _placed(strokes: Strokes) -> Tensor:
    """Points at even steps along each stroke, around the middle of the drawing and as large as any: (S, _PLACES, 2)."""
    points = torch.from_numpy(np.stack([_at_even_steps(stroke) for stroke in strokes])).float()
    points = points - points.mean((0, 1))
    return points * (_SPREAD / points.square().sum(-1).mean().sqrt().clamp_min(1e-6))


def _at_even_steps(stroke: Stroke) -> Stroke:
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])
    at = np.linspace(0, along[-1], _PLACES)
    return np.stack([np.interp(at, along, stroke[:, axis]) for axis in (0, 1)], axis=1)
