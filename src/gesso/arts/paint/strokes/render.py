"""Strokes -> pixels, at any size: every stroke in its order with all of its texture, band by band."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.flow import slopes
from gesso.arts.paint.strokes.marks import MARKS, Spot, tooth
from gesso.arts.paint.strokes.noise import Noise
from gesso.arts.paint.strokes.stroke import Strokes
from gesso.core.seeds import generator

BAND = 512  # rows that are painted at once, so that large pictures need little memory
HALO = 2  # rows beyond a band, for the light on its relief
THREADS = 128  # of the canvas, along the longer side
USUAL = 512  # pixels of the longer side at which heights are pixels


@torch.inference_mode()
def render(
    strokes: Strokes,
    medium: Medium,
    ground: Tensor,
    size: tuple[int, int],
    *,
    seed: int,
    painted: Callable[[int], None] = lambda rows: None,
) -> NDArray[np.uint8]:
    """The painting (H, W, 3), sRGB, at `size`, width and height.

    Args:
        ground: (3,) sRGB of what is painted on.
        painted: is told of every band how many rows it has.
    """
    width, height = size
    result = np.empty((height, width, 3), np.uint8)
    noise = Noise(generator(seed, "noise"))
    for top in range(0, height, BAND):
        bottom = min(top + BAND, height)
        band = _band(strokes, medium, ground, (top - HALO, bottom + HALO), width, max(size), noise)
        result[top:bottom] = (band[HALO:-HALO].clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        painted(bottom - top)
    return result


def _band(
    strokes: Strokes,
    medium: Medium,
    ground: Tensor,
    rows: tuple[int, int],
    width: int,
    scale: int,
    noise: Noise,
) -> Tensor:
    """The rows from the first of `rows` up to the second, (h, W, 3)."""
    first, last = rows
    brush, mark = BRUSHES[medium], MARKS[medium]
    x, y = (torch.arange(width) + 0.5) / scale, (torch.arange(first, last) + 0.5) / scale
    canvas = (ground if brush.covers else torch.zeros(3)).repeat(last - first, width, 1)
    height = torch.zeros(last - first, width)
    # Marks wander beyond the outline, by half a width at most.
    reach = strokes.reach + strokes.width / 2 + 2 / scale
    edges = torch.stack([strokes.x - reach, strokes.x + reach, strokes.y - reach, strokes.y + reach])
    box = (edges * scale).round().long() - torch.tensor([0, 0, first, first])[:, None]
    box = torch.cat([box[:2].clamp(0, width), box[2:].clamp(0, last - first)])  # (4, N): left, right, top, bottom
    seen = ((box[0] < box[1]) & (box[2] < box[3])).nonzero().flatten()
    for i, (left, right, top, bottom) in zip(seen.tolist(), box[:, seen].T.tolist(), strict=True):
        at_x, at_y = x[None, None, left:right], y[None, top:bottom, None]
        spot = Spot(strokes[i : i + 1], at_x, at_y, 1 / scale, noise)
        amount, color, thick = mark(spot)
        place = canvas[top:bottom, left:right]
        if brush.covers:
            place += amount[..., None] * (color - place)
        else:
            place += amount[..., None] * color
        if thick is not None:
            below = height[top:bottom, left:right]
            below += amount * (thick + 0.25 * below - below)
    return _finished(canvas, height, medium, ground, x, y, scale, noise)


def _finished(
    canvas: Tensor, height: Tensor, medium: Medium, ground: Tensor, x: Tensor, y: Tensor, scale: int, noise: Noise
) -> Tensor:
    """The colours (h, W, 3) of what was laid on at the points x (W,) and y (h,), in the light."""
    if medium == "pen":
        return ground * torch.exp(-canvas)
    paper = tooth(noise, x[None, :], y[:, None])  # (h, W)
    if medium == "watercolour":
        lit = _light(0.5 * paper, scale, 0.05)
        return ground * torch.exp(-canvas * (0.86 + 0.28 * paper)[..., None]) * lit[..., None]
    if medium == "pastel":
        return canvas * _light(0.5 * paper, scale, 0.06)[..., None]
    # Thick paint fills the weave.
    lit = _light(1.6 * height + _weave(x, y, scale) * (1 - 0.8 * height.clamp(0, 1)), scale, 0.16)
    return canvas * lit.clamp(max=1.25)[..., None] + 0.10 * (lit - 1.12).clamp(min=0)[..., None]


def _weave(x: Tensor, y: Tensor, scale: int) -> Tensor:
    """How high a canvas stands at x (W,) and y (h,), (h, W): each thread over one that crosses it, under the next.

    Threads too fine for the pixels would be seen as coarser ones that are not there, so they fade.
    """
    seen = min(1.0, max(0.0, scale / THREADS / 2 - 1))
    down, across = torch.sin(torch.pi * THREADS * x)[None, :], torch.sin(torch.pi * THREADS * y)[:, None]
    over = down * across  # above 0 where the thread across lies on the one down
    return 0.12 * seen * torch.maximum(across.abs() + over, down.abs() - over)


def _light(height: Tensor, scale: int, strength: float) -> Tensor:
    """How bright a relief (h, W) is under a light from the upper left, 1 where it is level."""
    dx, dy = slopes(height[None])
    steep = (dx + dy)[0] * (scale / USUAL)
    return 1 + strength * 2 * torch.tanh(steep)
