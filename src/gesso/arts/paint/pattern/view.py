"""Which places a picture shows: its frame, zoom and middle, and how symmetry folds them together."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gesso.arts.paint.pattern.art import Pattern, Symmetry

_ROUND = 0.02  # how far folds are rounded, so that nothing has a crease


@dataclass(frozen=True)
class View:
    """A frame of area 4 around the origin, x to the right and y down, and what is done with places in it.

    Attributes:
        half: half the width and half the height of the frame.
    """

    half: tuple[float, float]
    symmetry: Symmetry = "none"
    order: int = 6
    tile: bool = False
    zoom: float = 1.0
    middle: tuple[float, float] = (0.0, 0.0)

    @property
    def period(self) -> tuple[float, float] | None:
        """Width and height after which all repeats, or None."""
        return (2 * self.half[0], 2 * self.half[1]) if self.tile else None

    def measured(self) -> "View":
        """The view by which form and colours are spread: what is shown, or the unzoomed picture, if that is more."""
        return self if self.zoom < 1 else View(self.half, self.symmetry, self.order, self.tile)

    def places(self, columns: Tensor, rows: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """x (1, W) and y (H, 1) of the middles of samples, counted from 0, where the picture has `size` of them."""
        (width, height), (hx, hy), (cx, cy) = size, self.half, self.middle
        # Whole numbers first, so that places left and right of the middle differ in nothing but their sign.
        x = ((2 * columns + 1 - width) / width * (hx / self.zoom))[None] + cx * hx
        y = ((2 * rows + 1 - height) / height * (hy / self.zoom))[:, None] + cy * hy
        return x, y

    def folded(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The places that the network is asked for where x (1, W) and y (H, 1) are to be painted, each (H, W)."""
        if self.tile:
            x, y = ((p + h) % (2 * h) - h for p, h in zip((x, y), self.half, strict=True))
        if self.symmetry in ("mirror", "four"):
            x = _rounded(x)
        if self.symmetry == "four":
            y = _rounded(y)
        x, y = torch.broadcast_tensors(x, y)
        if self.symmetry in ("none", "mirror", "four"):
            return x, y
        r = (x * x + y * y).sqrt()
        n = self.order
        if self.symmetry == "kaleidoscope":
            # Angles run from the vertical, so that left and right are alike for every order.
            angle = torch.atan2(x.abs(), -y)
            wedge = ((1 - _ROUND / 20) * (n * angle).cos()).acos() / n
            return r * wedge.sin(), r * wedge.cos()
        angle = n * torch.atan2(x, -y)
        around = r / math.sqrt(n)
        return 1.2 * r - 0.8 + around * angle.cos(), 0.3 * r + around * angle.sin()

    def light(self, x: Tensor, y: Tensor) -> tuple[Tensor | float, Tensor | float]:
        """Where the light comes from at x (1, W) and y (H, 1), a unit vector: symmetric where the picture is."""
        if self.symmetry == "none":
            return -0.6, -0.8
        if self.symmetry == "mirror":
            return 0.0, -1.0
        if self.tile:
            x, y = ((p + h) % (2 * h) - h for p, h in zip((x, y), self.half, strict=True))
        r = (x * x + y * y + _ROUND).sqrt()
        return -x / r, -y / r


def view_of(settings: Pattern) -> View:
    """The view that the settings describe."""
    width, height = settings.size
    half = (math.sqrt(width / height), math.sqrt(height / width))
    return View(half, settings.symmetry, settings.order, settings.tile, settings.zoom, (settings.x, settings.y))


def _rounded(x: Tensor) -> Tensor:
    return (x * x + _ROUND**2).sqrt()
