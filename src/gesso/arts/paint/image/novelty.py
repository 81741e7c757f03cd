"""What is painted is led away from the pictures that were learned from (sparse repellency, Kirchhof et al. 2025)."""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 16
"""Side of the small pictures that are compared: what lies apart at this size is no copy at any other."""
REACH = 1.75
"""How far away the flow is led, in distances at which it is to arrive: from there it comes back in part."""
UNTIL = 0.7
"""The time from which it is led no longer: what is changed later the network has no time to make good."""
STRONGEST = 1.0
"""How much farther from the nearest picture one step leads at most, as a share of how far it is."""


def small(x: Tensor) -> Tensor:
    """Pictures (B, C, S, S) as rows of their means in SIDE x SIDE squares, (B, C * SIDE * SIDE)."""
    return F.adaptive_avg_pool2d(x, SIDE).flatten(1)


def nearest_small(one: Tensor, learned: Tensor) -> tuple[Tensor, Tensor]:
    """How far each row of `one` (B, D) is from the nearest of `learned` (N, D), root mean square, and which it is."""
    distance, place = torch.cdist(one, learned).min(1)
    return distance / one.shape[1] ** 0.5, place


def led_away(x: Tensor, learned: Tensor, distance: float) -> Tensor:
    """Pictures x (B, C, S, S), those nearer than REACH * `distance` to one of `learned` (N, D) moved away from it."""
    rows = small(x)
    gap, place = nearest_small(rows, learned)
    share = (REACH * distance / gap.clamp(min=1e-6) - 1).clamp(0, STRONGEST)
    away = share[:, None] * (rows - learned[place])
    away = away.unflatten(1, (x.shape[1], SIDE, SIDE))
    return x + F.interpolate(away, size=x.shape[2:], mode="bilinear", align_corners=False)
