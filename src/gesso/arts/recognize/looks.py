"""A user's picture, of any size, made like those that a model has learned from.

MNIST's digits were scaled to fit 20 x 20 pixels, keeping their shape, and laid into 28 x 28 so that their centre of
mass is in the middle, white on black (LeCun et al. 1998). Fashion-MNIST's garments fill 28 x 28 on black (Xiao et al.
2017). A photograph of paper is neither: lit unevenly, dark on light, the figure anywhere.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gesso.arts.recognize.art import Look
from gesso.core.pictures import Raster

WORKING_SIDE = 512  # longer side at which a figure is looked for
FAINTEST = 24.0  # of 255: what stands out less from its ground is none
_LUMA = np.array([0.299, 0.587, 0.114])

Grey = NDArray[np.float64]


def prepared(picture: Raster, look: Look, *, channels: int, size: int) -> Tensor:
    """A picture of any size -> uint8 (1, `channels`, `size`, `size`), as `look` says.

    A picture that has the right size already and a black rim, as one of MNIST's own, is only made grey.
    """
    image = on_white(picture)
    if look == "photo":
        rgb = np.asarray(_square(image, size))  # (S, S, 3)
        pixels = rgb if channels == 3 else np.rint(rgb @ _LUMA).astype(np.uint8)[:, :, None]
        return torch.tensor(pixels).permute(2, 0, 1)[None]
    grey: Grey = np.asarray(image) @ _LUMA
    if not (grey.shape == (size, size) and _rim(grey).max() < FAINTEST):
        if max(image.size) > WORKING_SIDE:
            image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS)
            grey = np.asarray(image) @ _LUMA
        inner = round(size * 20 / 28) if look == "ink" else size
        grey = centred(figure(grey), size, inner, by_mass=look == "ink")
    return torch.tensor(np.rint(grey).astype(np.uint8))[None, None].repeat(1, channels, 1, 1)


def on_white(picture: Raster) -> Image.Image:
    """The picture as an RGB image, what is transparent laid on white."""
    image = Image.fromarray(picture.rgb)
    if picture.alpha is None:
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=Image.fromarray(picture.alpha))
    return white


def figure(grey: Grey) -> Grey:
    """What stands out from the ground, bright on black: (H, W) in 0 … 255, all 0 where nothing does.

    The ground is a plane through the rim's brightness, for paper is lit from one side. The figure may be darker or
    brighter than it: whichever it is on the whole.
    """
    height, width = grey.shape
    y, x = np.mgrid[0:height, 0:width]
    places = np.stack([np.ones(grey.size), y.ravel() / height, x.ravel() / width], axis=1)  # (H W, 3)
    on_rim = _rim(np.arange(grey.size).reshape(height, width))
    plane, *_ = np.linalg.lstsq(places[on_rim], grey.ravel()[on_rim], rcond=None)
    out = grey - (places @ plane).reshape(height, width)
    out = np.maximum(out if out.sum() > 0 else -out, 0)
    if out.max() < FAINTEST:
        return np.zeros_like(out)
    threshold = otsu(out)
    strong = np.percentile(out[out >= threshold], 90)
    # Paper's grain, below half the threshold, becomes black, and the darkest ink white.
    return np.clip((out - threshold / 2) / max(strong - threshold / 2, 1.0), 0, 1) * 255


def otsu(values: Grey) -> float:
    """The value that divides `values`, 0 … 255, into the two groups farthest apart (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=256, range=(0, 256))
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * edges[:-1])
    above = values.size - below
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
        between = np.nan_to_num(below * above * gap**2)
    return float(edges[1:-1][between.argmax()])


def centred(bright: Grey, size: int, inner: int, *, by_mass: bool) -> Grey:
    """The figure in `bright` (H, W), cut out, its longer side scaled to `inner`, in the middle of (size, size).

    With `by_mass` its centre of mass is in the middle, as far as that leaves it whole; else its box is.
    """
    rows, columns = (np.flatnonzero((bright > FAINTEST).any(axis)) for axis in (1, 0))
    result = np.zeros((size, size))
    if not rows.size:
        return result
    box = bright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = inner / max(box.shape)
    high, wide = (max(1, round(side * scale)) for side in box.shape)
    image = Image.fromarray(box.astype(np.float32)).resize((wide, high), Image.Resampling.BOX if scale < 1 else 2)
    small = np.asarray(image, np.float64).clip(0, 255)
    top, left = ((size - side) / 2 for side in small.shape)
    if by_mass and small.sum() > 0:
        y, x = np.mgrid[0:high, 0:wide]
        top, left = (size / 2 - ((c + 0.5) * small).sum() / small.sum() for c in (y, x))
    at_y, at_x = (int(np.clip(round(at), 0, size - side)) for at, side in ((top, high), (left, wide)))
    result[at_y : at_y + high, at_x : at_x + wide] = small
    return result


def _rim(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _square(image: Image.Image, size: int) -> Image.Image:
    """The middle square of a picture, as training crops those of a folder."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.LANCZOS, box=box)
