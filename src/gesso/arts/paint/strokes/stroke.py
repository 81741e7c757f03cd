"""Strokes, and how much of each there is at a point: the formulas of the renderer, differentiable in all they take.

Lengths are shares of the picture's longer side, so that strokes can be drawn at any size. A stroke is a rounded box
that is bent along a parabola.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Strokes:
    """N strokes, in the order in which they are painted.

    Attributes:
        x, y: (N,) their middles, from the picture's upper left corner, y downwards.
        angle: (N,) radians from the x axis towards the y axis.
        length, width: (N,) from end to end and from side to side.
        bend: (N,) radians by which a stroke turns from its one end to its other.
        color: (N, 3) sRGB in [0, 1]; of a medium that lets light through, the absorbance of red, green and blue.
        opacity: (N,) in [0, 1].
        dry: (N,) in [0, 1], how much of what is below shows between bristles; 0 of a full, smooth stroke.
        chance: (N, 6) numbers in [0, 1] that make each stroke another.
    """

    x: Tensor
    y: Tensor
    angle: Tensor
    length: Tensor
    width: Tensor
    bend: Tensor
    color: Tensor
    opacity: Tensor
    dry: Tensor
    chance: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, which: Tensor | slice) -> "Strokes":
        return Strokes(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def curvature(self) -> Tensor:
        """(N,) that of each stroke in its middle."""
        return 2 * (self.bend / 2).tan() / self.length

    @property
    def reach(self) -> Tensor:
        """(N,) half the side of an upright square around its middle that a stroke does not leave."""
        sagitta = self.length * self.bend.abs() / 8
        return (self.length**2 + self.width**2).sqrt() / 2 + sagitta


def joined(parts: Sequence[Strokes]) -> Strokes:
    """All strokes of `parts`, one after the other."""
    return Strokes(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Strokes)))


def along_and_across(strokes: Strokes, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Where the points x, y (N, h, w) lie: along each bent stroke from its middle, and across it, (N, h, w)."""
    dx, dy = x - strokes.x[:, None, None], y - strokes.y[:, None, None]
    cos, sin = strokes.angle.cos()[:, None, None], strokes.angle.sin()[:, None, None]
    along = dx * cos + dy * sin
    length = strokes.length[:, None, None]
    curve = strokes.curvature[:, None, None] / 2 * (along.square() - length.square() / 12)
    return along, dy * cos - dx * sin - curve


def depth(along: Tensor, across: Tensor, length: Tensor, width: Tensor, corner: float) -> Tensor:
    """How far points are inside a stroke's outline, negative outside; all (N, h, w) or (N, 1, 1).

    Args:
        corner: radius of the corners, as a share of half the shorter side: 1 rounds the ends fully.
    """
    radius = corner / 2 * torch.minimum(length, width)
    qx = along.abs() - (length / 2 - radius)
    qy = across.abs() - (width / 2 - radius)
    outside = (qx.clamp(min=0).square() + qy.clamp(min=0).square() + 1e-12).sqrt()
    return radius - outside - torch.maximum(qx, qy).clamp(max=0)
