"""Whether characters are invented: how near each is to the one it is likest to, among those learned from."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor
from torch.nn import functional as F

from gesso.pipeline.data.strokes import Strokes

TWIN = 0.05
"""Drawings nearer than this are one character written twice: among kanji hardly any pair lies between 0.03 and 0.06."""

SIDE = 32
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
