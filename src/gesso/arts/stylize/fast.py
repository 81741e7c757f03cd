"""Painting with the feed-forward network, at any size, in tiles without seams."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gesso.arts.stylize.build import STRIDE, Painter
from gesso.core.pictures import Raster
from gesso.core.rasters import fitted, to_rgb, to_tensor
from gesso.core.seeds import generator
from gesso.networks.modulated import Statistics

Rgb = NDArray[np.uint8]

WHOLE_SIDE = 512  # the normalising statistics are taken from the picture at no more than this, at every size
LEAST_SIDE = 2 * STRIDE  # reflecting borders needs two pixels at an eighth of the resolution
HALO = 112  # pixels by which a tile sees beyond itself, a multiple of 8: the network's convolutions reach 100
TILE = 768  # pixels; memory grows with its square


@torch.inference_mode()
def paint(model: Painter, picture: Rgb, code: Tensor, *, strength: float = 1.0, seed: int = 0, tile: int = TILE) -> Rgb:
    """Repaint `picture` (H, W, 3) in the style of `code` (L,).

    A `strength` under 1 moves the code towards the picture's own, and adds what the network cannot reproduce of the
    picture in that measure, so that 0 is the picture itself.
    """
    if strength == 0:
        return picture
    device = code.device
    padded = _padded(picture)
    height, width = padded.shape[:2]
    small = max(height, width) <= WHOLE_SIDE
    whole = to_tensor(padded if small else fitted(Raster(picture), WHOLE_SIDE).rgb).to(device)
    codes = [code[None]]
    if strength < 1:
        own = model.encode(whole)
        codes = [own.lerp(code[None], strength), own]

    noise = model.noise(height, width, generator(seed, "noise"))
    pieces = list(tiles(height, width, tile))
    statistics: list[Statistics | None] = [None] * len(codes)
    if not (small and len(pieces) == 1):  # a small picture in one piece is normalised by its own anyway
        noise_of_whole = model.noise(whole.shape[2], whole.shape[3], generator(seed, "noise")).to(device)
        statistics = [model(whole, c, noise_of_whole)[1] for c in codes]
    result = np.empty_like(padded)
    for top, left, bottom, right in pieces:
        y0, x0 = max(0, top - HALO), max(0, left - HALO)
        y1, x1 = min(height, bottom + HALO), min(width, right + HALO)
        x = to_tensor(padded[y0:y1, x0:x1]).to(device)
        z = noise.tile(y0, x0, y1 - y0, x1 - x0).to(device)
        y, *plain = (model(x, c, z, s)[0] for c, s in zip(codes, statistics, strict=True))
        for p in plain:
            y = y + (1 - strength) * (x - p)
        result[top:bottom, left:right] = to_rgb(y[:, :, top - y0 : bottom - y0, left - x0 : right - x0])
    return result[: picture.shape[0], : picture.shape[1]]


def tiles(height: int, width: int, tile: int) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, bottom, right) of tiles of even size, about `tile` pixels a side, that begin at the stride."""
    rows, columns = _cuts(height, tile), _cuts(width, tile)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            yield top, left, bottom, right


def _cuts(length: int, tile: int) -> list[int]:
    count = -(-length // tile)
    return [round(length * i / count / STRIDE) * STRIDE for i in range(count)] + [length]


def _padded(picture: Rgb) -> Rgb:
    """The picture with its last row and column repeated up to sides that the network takes."""
    height, width = picture.shape[:2]
    more = [max(LEAST_SIDE, -(-side // STRIDE) * STRIDE) - side for side in (height, width)]
    return np.pad(picture, ((0, more[0]), (0, more[1]), (0, 0)), mode="edge") if any(more) else picture
