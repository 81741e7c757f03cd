"""Strokes as small patches of a canvas, laid on in their order: the renderer that gradients flow through.

A stroke touches few pixels, so each is drawn in a square of its own; all squares of a group have one size, and their
shapes are computed at once. What remains to be done stroke by stroke is in numpy, whose calls are quicker than torch's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gesso.arts.paint.strokes.bristles import bristled
from gesso.arts.paint.strokes.brushes import Brush
from gesso.arts.paint.strokes.stroke import Strokes, along_and_across, depth

FAINT = 1e-3  # of paint: where there is less, bristles are not looked at
TEXTURE = 0.25  # how much the roughness of a canvas matters beside its colours


@dataclass(frozen=True)
class Grid:
    """A canvas of pixels: `scale` of them are the longer side, and `margin` more lie around it on every side."""

    height: int
    width: int
    scale: float
    margin: int

    def corners(self, strokes: Strokes, side: int) -> tuple[Tensor, Tensor]:
        """Column and row, in the canvas with its margin, at which the patch of each stroke begins, (N,)."""
        left = (strokes.x * self.scale - side / 2).round().long().clamp(-self.margin, self.width + self.margin - side)
        top = (strokes.y * self.scale - side / 2).round().long().clamp(-self.margin, self.height + self.margin - side)
        return left + self.margin, top + self.margin

    def points(self, left: Tensor, top: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """The middles of the patches' pixels as shares of the longer side, x (N, 1, side) and y (N, side, 1)."""
        steps = torch.arange(side) + 0.5 - self.margin
        return (left[:, None] + steps)[:, None, :] / self.scale, (top[:, None] + steps)[:, :, None] / self.scale

    def padded(self, x: Tensor) -> Tensor:
        """x (C, H, W) with the margin around it, (H + 2m, W + 2m, C)."""
        m = self.margin
        return torch.nn.functional.pad(x[None], (m, m, m, m), mode="replicate")[0].permute(1, 2, 0).contiguous()

    def inner(self, canvas: Tensor) -> Tensor:
        """The canvas (H + 2m, W + 2m, C) without its margin, as (C, H, W)."""
        m = self.margin
        return canvas[m : m + self.height, m : m + self.width].permute(2, 0, 1)


def amounts(strokes: Strokes, x: Tensor, y: Tensor, brush: Brush, pixel: float) -> Tensor:
    """How much paint each of N strokes leaves at points x (N, 1, w) and y (N, h, 1), as (N, h, w).

    Fine lines are seen as the tone that they add up to: a stroke narrower than the brush's `blend` is spread over that.
    """
    along, across = along_and_across(strokes, x, y)
    length, width = strokes.length[:, None, None], strokes.width[:, None, None]
    broad = (width.square() + brush.blend**2).sqrt()
    inside = depth(along, across, length, broad, brush.corner)
    soft = brush.soft * broad + pixel
    covered = torch.sigmoid(inside * 4 / soft)
    if brush.rim:
        covered = covered * (1 - brush.rim / 2 + brush.rim * torch.exp(-(inside / (0.18 * broad)).square()))
    if brush.bristle:
        covered = covered * bristled(strokes, along, across, covered.detach() > FAINT, brush, pixel)[1]
    return covered * (width / broad) * strokes.opacity[:, None, None]


def paint_of(strokes: Strokes, brush: Brush) -> Tensor:
    """What each stroke brings to a canvas, (N, C): its colour, and of bristles how rough they leave it."""
    return torch.cat([strokes.color, TEXTURE * strokes.dry[:, None]], 1) if brush.bristle else strokes.color


class _Covered(torch.autograd.Function):
    """Paint that covers, stroke over stroke: each leaves (1 - alpha) of what was there and adds alpha of its colour."""

    @staticmethod
    def forward(ctx: Any, canvas: Tensor, alpha: Tensor, color: Tensor, left: Tensor, top: Tensor) -> Tensor:
        result = canvas.clone()
        pixels, alphas, colors = result.numpy(), alpha.detach().numpy()[..., None], color.detach().numpy()
        side = alpha.shape[1]
        places = list(zip(left.tolist(), top.tolist(), strict=True))
        change = np.empty((len(places), side, side, pixels.shape[2]), np.float32)  # colour less what was below it
        for i, (x, y) in enumerate(places):
            patch = pixels[y : y + side, x : x + side]
            np.subtract(colors[i], patch, out=change[i])
            patch += alphas[i] * change[i]
        ctx.places, ctx.change, ctx.alphas = places, change, alphas
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        gradient = gradients[0].clone(memory_format=torch.contiguous_format)
        pixels, side = gradient.numpy(), ctx.change.shape[1]
        taken = np.empty_like(ctx.change)  # the gradient as it reaches each stroke, from the last to the first
        for i in range(len(ctx.places) - 1, -1, -1):
            x, y = ctx.places[i]
            patch = pixels[y : y + side, x : x + side]
            taken[i] = patch
            patch -= ctx.alphas[i] * patch
        alpha = np.einsum("nhwc,nhwc->nhw", taken, ctx.change)
        color = np.einsum("nhwc,nhw->nc", taken, ctx.alphas[..., 0])
        return gradient, torch.from_numpy(alpha), torch.from_numpy(color), None, None


class _Added(torch.autograd.Function):
    """Paint that light passes through: absorbances add up, in any order."""

    @staticmethod
    def forward(ctx: Any, canvas: Tensor, amount: Tensor, color: Tensor, left: Tensor, top: Tensor) -> Tensor:
        result = canvas.clone()
        pixels, shares, colors = result.numpy(), amount.detach().numpy()[..., None], color.detach().numpy()
        side = amount.shape[1]
        ctx.places = list(zip(left.tolist(), top.tolist(), strict=True))
        ctx.shares, ctx.colors = shares, colors
        for i, (x, y) in enumerate(ctx.places):
            pixels[y : y + side, x : x + side] += shares[i] * colors[i]
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        pixels, side = gradients[0].contiguous().numpy(), ctx.shares.shape[1]
        taken = np.stack([pixels[y : y + side, x : x + side] for x, y in ctx.places])  # (N, h, w, C)
        amount = np.einsum("nhwc,nc->nhw", taken, ctx.colors)
        color = np.einsum("nhwc,nhw->nc", taken, ctx.shares[..., 0])
        return gradients[0], torch.from_numpy(amount), torch.from_numpy(color), None, None


def laid_on(canvas: Tensor, strokes: Strokes, brush: Brush, grid: Grid, side: int) -> Tensor:
    """`canvas` (H + 2m, W + 2m, C) with the strokes painted on it in their order, differentiable in the strokes.

    Args:
        canvas: sRGB for paint that covers, else absorbance; for a brush with bristles a fourth value, how rough it is.
        side: of the patches in pixels, at most the margin of `grid`.
    """
    if not len(strokes):
        return canvas
    with torch.no_grad():
        column, row = grid.corners(strokes, side)
        x, y = grid.points(column, row, side)
    amount = amounts(strokes, x, y, brush, 1 / grid.scale)
    function = _Covered if brush.covers else _Added
    return function.apply(canvas, amount, paint_of(strokes, brush), column, row)  # pyright: ignore[reportReturnType]
