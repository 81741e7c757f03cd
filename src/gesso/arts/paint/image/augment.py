"""Pictures changed at random, with numbers that say how: what the network is told does not leak into what it paints.

Karras et al. (2022): at painting time the numbers are zero, and so are the changes.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SHIFT, TURN, SCALE = 0.1, math.radians(15), 0.2  # at most: of the side, radians, natural logarithm


def augmented(x: Tensor, share: float, mirror: bool, ground: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A `share` of the pictures x (B, C, S, S), each moved, turned and scaled in its own way; half mirrored if asked.

    Gives them and the numbers (B, 6): shift left and up, cosine less 1 and sine of the turn, scale, mirrored or not,
    each about 1 at most. What comes in from outside is `ground` (C,).
    """
    changed = torch.rand(len(x), generator=generator) < share
    left, up, turn, scale = (2 * torch.rand((4, len(x)), generator=generator) - 1) * changed
    flipped = (torch.rand(len(x), generator=generator) < 0.5).float() * mirror
    cos, sin, size = (turn * TURN).cos(), (turn * TURN).sin(), (-scale * SCALE).exp()
    rows = [
        torch.stack([cos * size * (1 - 2 * flipped), -sin * size, 2 * SHIFT * left], 1),
        torch.stack([sin * size * (1 - 2 * flipped), cos * size, 2 * SHIFT * up], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)  # (B, S, S, 2)
    base = ground[:, None, None]
    moved = F.grid_sample(x - base, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + base
    numbers = torch.stack([left, up, (cos - 1) * 10, sin * 3, scale, flipped], 1)
    return torch.where((changed | (flipped > 0))[:, None, None, None], moved, x), numbers
