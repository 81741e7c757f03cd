"""Pictures that a painting begins from: as a model knows pictures, and where a mask lets them be repainted."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.arts.paint.image.build import Configuration
from gesso.arts.paint.image.showing import repainted
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, on_white, resized
from gesso.core.rasters import to_tensor


def taken_in(raster: Raster, c: Configuration) -> Tensor:
    """A picture as the model knows pictures, (1, C, S, S) in [-1, 1]: its middle square, of ink the darkness."""
    x = to_tensor(raster.rgb)  # (1, 3, H, W)
    opacity = torch.ones_like(x[:, :1])
    if raster.alpha is not None:
        opacity = torch.as_tensor(raster.alpha)[None, None].float() / 255
        x = x * opacity + 1 - opacity
    if c.channels == 1:
        x = 1 - x.mean(1, keepdim=True)
    elif c.channels == 4:
        if raster.alpha is None:
            opacity = (x.amin(1, keepdim=True) < 0.98).float()  # white paper is no part of it
        x = torch.cat([x, opacity], 1)
    rows, columns = _square(x.shape[2], x.shape[3])
    x = F.interpolate(x[:, :, rows, columns], (c.size, c.size), mode="bilinear", antialias=True, align_corners=False)
    return x * 2 - 1


@dataclass(frozen=True)
class Gap:
    """A picture and where it is repainted.

    Attributes:
        whole: the picture.
        mask: (1, 1, H, W) in [0, 1], of all of it: 1 where it is repainted.
        window: rows and columns of the square of it that is painted.
    """

    whole: Raster
    mask: Tensor
    window: tuple[slice, slice]

    def square(self) -> Raster:
        """The square that is painted, as it was."""
        alpha = self.whole.alpha
        return Raster(self.whole.rgb[self.window], None if alpha is None else alpha[self.window])

    def square_mask(self, size: int) -> Tensor:
        """The mask of that square, (1, 1, size, size)."""
        rows, columns = self.window
        return _at_size(self.mask[:, :, rows, columns], size, size)

    def filled(self, painted: Raster) -> Raster:
        """The whole picture with the square as it was painted, where the mask lets it in; on white if that is."""
        rgb, alpha = self.whole.rgb.copy(), None
        if painted.alpha is None:
            rgb = on_white(self.whole).copy()
        else:
            alpha = np.full(rgb.shape[:2], 255, np.uint8) if self.whole.alpha is None else self.whole.alpha.copy()
        original = Raster(rgb[self.window], None if alpha is None else alpha[self.window])
        square = repainted(painted, original, self.square_mask(len(original.rgb)))
        rgb[self.window] = square.rgb
        if alpha is not None and square.alpha is not None:
            alpha[self.window] = square.alpha
        return Raster(rgb, alpha)


def gap_in(picture: Raster, mask: Raster, size: int | None) -> Gap:
    """Where a picture, its shorter side brought to `size` if given, is repainted: where its mask is white and opaque.

    A square mask is of the picture's middle square, any other of all of it. The square that is painted is the largest
    that there is, as near as can be to the middle of what is white. A warning says if it does not hold all of that.

    Raises GessoError when nothing is white.
    """
    if size is not None and size != min(picture.size):
        width, height = (round(side * size / min(picture.size)) for side in picture.size)
        picture = resized(picture, (width, height))
    width, height = picture.size
    side = min(width, height)
    white = to_tensor(mask.rgb).mean(1, keepdim=True)
    if mask.alpha is not None:
        white = white * torch.as_tensor(mask.alpha)[None, None].float() / 255
    if white.shape[2] == white.shape[3]:
        rows, columns = _square(height, width)
        whole = torch.zeros(1, 1, height, width)
        whole[:, :, rows, columns] = _at_size(white, side, side)
    else:
        whole = _at_size(white, height, width)
    if not whole.any():
        raise GessoError("--mask: nothing in it is white, so nothing would be repainted: paint white what is to change")
    rows, columns = _square(height, width, _middle(whole.amax((0, 1, 3))), _middle(whole.amax((0, 1, 2))))
    if whole[:, :, rows, columns].count_nonzero() < whole.count_nonzero():
        warnings.warn(
            f"the mask is wider than what can be painted at once, {side} x {side} pixels: what is white beyond stays "
            "as it is; repaint the result again there",
            stacklevel=2,
        )
    return Gap(picture, whole, (rows, columns))


def _middle(white: Tensor) -> float:
    """The middle of what is above 0 in a row (N,)."""
    there = white.nonzero()
    return float(there.min() + there.max() + 1) / 2


def _square(height: int, width: int, row: float | None = None, column: float | None = None) -> tuple[slice, slice]:
    """Rows and columns of the largest square, around a row and a column as near as can be; else the middle one."""
    side = min(height, width)

    def part(length: int, middle: float | None) -> slice:
        first = (length - side) // 2 if middle is None else min(max(0, round(middle - side / 2)), length - side)
        return slice(first, first + side)

    return part(height, row), part(width, column)


def _at_size(mask: Tensor, height: int, width: int) -> Tensor:
    """A mask (1, 1, H, W) at another size; what is enlarged keeps its edges sharp."""
    if height >= mask.shape[2] and width >= mask.shape[3]:
        return F.interpolate(mask, (height, width), mode="nearest-exact")
    return F.interpolate(mask, (height, width), mode="bilinear", antialias=True, align_corners=False)
