"""What a painter makes as pictures for people: enlarged with sharp edges, on white or on nothing, on sheets."""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.core.pictures import Raster

SHARPENING = 1.0
PALEST = 0.04  # fainter ink is none
GAP = 8  # of the side of a picture is the space between two on a sheet


def rasters(x: Tensor, size: int, *, transparent: bool = False) -> list[Raster]:
    """Pictures x (B, C, S, S) in [-1, 1], `size` pixels wide each.

    One channel is ink, dark on white; a fourth is opacity. With `transparent` there is ink, or what is opaque, alone.
    """
    x = enlarged((x.float().clamp(-1, 1) + 1) / 2, size)
    if x.shape[1] == 1:
        x = ((x - PALEST) / (1 - PALEST)).clamp(min=0)
        rgb, alpha = (1 - x).expand(-1, 3, -1, -1), x[:, 0]
        if transparent:
            rgb = torch.zeros_like(rgb)
    elif x.shape[1] == 4:
        rgb, alpha = x[:, :3], ((x[:, 3] - 0.1) / 0.8).clamp(0, 1)  # so that what is nearly clear or opaque is it
        if transparent:  # what was laid on white is taken off it
            rgb = ((rgb - 1 + alpha[:, None]) / alpha[:, None].clamp(min=1 / 255)).clamp(0, 1)
    else:
        rgb, alpha = x, torch.ones_like(x[:, 0])
    colours, opacities = _bytes(rgb.permute(0, 2, 3, 1)), _bytes(alpha)
    return [Raster(colours[i], opacities[i] if transparent else None) for i in range(len(x))]


def enlarged(x: Tensor, size: int) -> Tensor:
    """x (B, C, S, S) in [0, 1] -> (B, C, size, size).

    Doubled as often as it takes, each time smoothed, so that no stair of pixels is left, and sharpened as far as no
    value leaves the range of its neighbours: so edges become steep and hardly ring.
    """
    while x.shape[3] < size:
        x = F.interpolate(x, scale_factor=2.0, mode="bicubic", align_corners=False)
        near = F.pad(x, (1, 1, 1, 1), mode="replicate")
        x = F.avg_pool2d(F.avg_pool2d(near, 2, 1), 2, 1)  # 1 2 1 in each direction
        wide = F.pad(x, (2, 2, 2, 2), mode="replicate")
        blurred = F.avg_pool2d(wide, 5, 1)
        near = F.pad(x, (1, 1, 1, 1), mode="replicate")
        least, most = -F.max_pool2d(-near, 3, 1), F.max_pool2d(near, 3, 1)
        x = (x + SHARPENING * (x - blurred)).maximum(least).minimum(most)
    if x.shape[3] != size:
        x = F.interpolate(x, (size, size), mode="bicubic", antialias=True, align_corners=False)
    return x.clamp(0, 1)


def repainted(painted: Raster, original: Raster, mask: Tensor) -> Raster:
    """The original with what was painted where the mask (1, 1, S, S) is 1; all have one size.

    Where the mask is 0 the original stays bit for bit: the edge is soft for a pixel on the inside of the mask.
    """
    near = F.pad(mask, (1, 1, 1, 1), mode="replicate")
    share = mask.minimum(F.avg_pool2d(near, 3, 1))[0, 0].numpy()  # (S, S)
    old, new = (255 if each.alpha is None else each.alpha.astype(np.float32) for each in (original, painted))
    opacity = (1 - share) * old + share * new
    weight = (share * new / np.maximum(opacity, 1))[:, :, None]  # colours count by how opaque they are
    rgb = np.rint((1 - weight) * original.rgb + weight * painted.rgb).astype(np.uint8)
    return Raster(rgb, None if painted.alpha is None else np.rint(opacity).astype(np.uint8))


def laid_out(pictures: Sequence[Raster], columns: int | None = None) -> Raster:
    """Pictures of one size on one sheet, row after row, on white, or on nothing if they are transparent."""
    across = columns or columns_for(len(pictures))
    down = -(-len(pictures) // across)
    width, height = pictures[0].size
    gap = max(1, width // GAP) if columns is None else 0
    sheet = np.full((down * (height + gap) + gap, across * (width + gap) + gap, 4), 255, np.uint8)
    clear = pictures[0].alpha is not None
    sheet[:, :, 3] = 0 if clear else 255
    for number, picture in enumerate(pictures):
        top, left = (
            gap + place * (side + gap) for place, side in zip(divmod(number, across), (height, width), strict=True)
        )
        there = sheet[top : top + height, left : left + width]
        there[:, :, :3] = picture.rgb
        if picture.alpha is not None:
            there[:, :, 3] = picture.alpha
    return Raster(np.ascontiguousarray(sheet[:, :, :3]), np.ascontiguousarray(sheet[:, :, 3]) if clear else None)


def columns_for(count: int) -> int:
    """How many pictures stand in a row of a sheet of `count`: so many that its last row is full, if there are such.

    The sheet is never taller than wide, nor more than three times as wide.
    """
    full = (n for n in range(1, count + 1) if count % n == 0 and count <= n * n <= 3 * count)
    return next(full, math.ceil(math.sqrt(count * 4 / 3)))


def _bytes(x: Tensor) -> np.ndarray:
    return (x * 255).round().to(torch.uint8).cpu().contiguous().numpy()
