"""Which way a picture's forms run: its structure tensor (Di Zenzo 1986), smoothed so that flat places follow edges."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def blurred(x: Tensor, sigma: float) -> Tensor:
    """x (C, H, W) convolved with a Gaussian of `sigma` pixels, its edges repeated outwards."""
    if sigma < 0.2:
        return x
    reach = max(1, math.ceil(2.5 * sigma))
    taps = torch.arange(-reach, reach + 1, dtype=x.dtype)
    kernel = torch.exp(-(taps**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    x = F.pad(x[:, None], (reach, reach, reach, reach), mode="replicate")  # (C, 1, H + 2r, W + 2r)
    return F.conv2d(F.conv2d(x, kernel[None, None, None]), kernel[None, None, :, None])[:, 0]


def slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences of x (C, H, W) along x and y."""
    wide = F.pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    return (wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2]) / 2, (wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]) / 2


def flow(picture: Tensor, sigma: float, hand: float) -> Tensor:
    """The doubled angle of the forms of `picture` (3, H, W), as (2, H, W): its cosine and its sine, times how sure.

    An angle and its opposite are one direction, which doubling makes equal. Blurs of `sigma` pixels and of 4 and 16
    times that are added with falling weights: where nothing is near, what is far away decides. `hand` adds a slant from
    the lower left to the upper right, as a share of the average certainty.
    """
    x, y = slopes(blurred(picture, sigma / 3))
    # The direction of least change is at right angles to the gradient, which turns the doubled angle by half a circle.
    doubled = torch.stack([(y * y - x * x).sum(0), (-2 * x * y).sum(0)])  # (2, H, W)
    total = blurred(doubled, sigma)
    for times in (4, 16):
        small = F.avg_pool2d(doubled[None], times, ceil_mode=True)
        far = blurred(small[0], sigma)
        far = F.interpolate(far[None], size=doubled.shape[1:], mode="bilinear", align_corners=False)[0]
        total = total + far * (0.2 / times)
    slant = hand * total.square().sum(0).sqrt().mean()
    return total - torch.tensor([0.0, 1.0])[:, None, None] * slant


def at(field: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The values of `field` (C, H, W) at points in pixels x, y (...), nearest, as (C, ...)."""
    height, width = field.shape[1:]
    column, row = x.long().clamp(0, width - 1), y.long().clamp(0, height - 1)
    return field[:, row, column]


def direction(field: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The angle (...) in radians, between plus and minus a quarter circle, of a `flow` at points in pixels x, y."""
    cos, sin = at(field, x, y)
    return torch.atan2(sin, cos) / 2
