"""What bristles, or the crumbs of a stick of chalk, leave of a stroke: the same where strokes are found and drawn.

A brush is clumps of bristles, bristles and hairs. Each is noise across the stroke that changes slowly along it, and
says how high the paint stands. The drier the brush, the higher it must stand to be left on the canvas at all.
"""

from functools import cache

import torch
from torch import Tensor

from gesso.arts.paint.strokes.brushes import Brush
from gesso.arts.paint.strokes.noise import Noise
from gesso.arts.paint.strokes.stroke import Strokes
from gesso.core.seeds import generator

CLUMPS, MOST = 2.6, 22.0  # across a stroke: clumps, and bristles at most
HAIRS = 4.3  # to a bristle
SHARES = (0.60, 0.44, 0.26)  # of clumps, bristles and hairs in the height
DEVIATION = 0.19  # of noise
CRISP = 0.16  # how much higher than none is all of the paint
BARE, DRY, SPENT = -0.1, 0.5, 0.35  # how high none is: under a full brush, more of a dry one, and more at its end


def bristled(
    strokes: Strokes, along: Tensor, across: Tensor, where: Tensor, brush: Brush, pixel: float
) -> tuple[Tensor, Tensor]:
    """How high paint stands, about 0.5, and the share of it that is left, at points of N strokes, all (N, h, w).

    What is finer than `pixel` is seen as its mean. Differentiable in the points, in width, length and dryness.

    Args:
        along, across: the points, from the middle of each stroke.
        where: whether to work a point out; elsewhere all of the paint is left. Most of a square is beside its stroke.
    """
    each = strokes[where.nonzero()[:, 0]] if len(strokes) > 1 else strokes  # a stroke for each of M points
    u, v = along[where][:, None, None], across[where][:, None, None]
    height, unseen = _heights(each, u, v, brush, pixel)
    share = _left(each, u, height, unseen)
    full = torch.ones_like(along)
    return (full / 2).masked_scatter(where, height), full.masked_scatter(where, share)


def covering(strokes: Strokes, brush: Brush) -> Tensor:
    """The share of its paint that a stroke leaves, on the average along it, (N,)."""
    if not brush.bristle:
        return torch.ones_like(strokes.dry)
    along = strokes.length[:, None, None] * ((torch.arange(16) + 0.5) / 16 - 0.5)  # (N, 1, 16)
    far = 1.0  # so that no bristle is seen
    return bristled(strokes, along, torch.zeros_like(along), torch.ones_like(along).bool(), brush, far)[1].mean((1, 2))


def _heights(strokes: Strokes, along: Tensor, across: Tensor, brush: Brush, pixel: float) -> tuple[Tensor, Tensor]:
    """How high paint stands, and the variance of what is too fine for `pixel` to be seen in that."""
    width, chance = strokes.width[:, None, None], strokes.chance[..., None, None] * 256
    bristles = (width / brush.bristle).clamp(CLUMPS, MOST)
    height, unseen = torch.full_like(across, 0.5), torch.zeros_like(width)
    for k, count in enumerate((torch.full_like(width, CLUMPS), bristles, HAIRS * bristles)):
        seen = (width / count / pixel - 0.9).clamp(0, 1)
        if bool((seen > 0).any()):
            noise = _noise()(across * (count / width) + chance[:, k], along / (5 * width) + chance[:, k + 1])
            height = height + SHARES[k] * seen * (noise - 0.5)
        unseen = unseen + (SHARES[k] * (1 - seen) * DEVIATION).square()
    return height, unseen


def _left(strokes: Strokes, along: Tensor, height: Tensor, unseen: Tensor) -> Tensor:
    """The share of paint that is left where it stands so high: ever less, as a brush runs dry."""
    dry, width, length = (value[:, None, None] for value in (strokes.dry, strokes.width, strokes.length))
    spent = (along / length + 0.5).clamp(0, 1).square()
    # Fine strokes are drawing: gaps in them would be flecks.
    bare = BARE + dry * (width / 0.02).clamp(max=1) * (DRY + SPENT * spent)
    # A step that is seen through unseen noise is a slope: this one deviates by 0.22 of its breadth.
    return step((height - bare) / (CRISP**2 + unseen / 0.22**2).sqrt() + 0.5)


def step(x: Tensor) -> Tensor:
    """0 below 0, 1 above 1, smooth between."""
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


@cache
def _noise() -> Noise:
    """The same for all paintings: what chance moves is where each stroke lies in it."""
    return Noise(generator(0, "bristles"))
