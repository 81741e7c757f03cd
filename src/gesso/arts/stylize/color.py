"""Colours kept, colours taken, and pictures laid over one another through masks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Rgb = NDArray[np.uint8]
Mask = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
BAND = 512  # rows worked at once, so that large pictures need no large floats


def with_colors_of(painted: Rgb, photo: Rgb) -> Rgb:
    """The light and dark of `painted` in the colours of `photo`, both (H, W, 3) (Gatys et al. 2016, luminance only)."""
    result = np.empty_like(photo)
    for rows in _bands(len(photo)):
        light = painted[rows].astype(np.float32) @ LUMA - photo[rows].astype(np.float32) @ LUMA  # (h, W)
        result[rows] = _rounded(photo[rows] + light[..., None])
    return result


def with_color_statistics(photo: Rgb, mean: Tensor, covariance: Tensor) -> Rgb:
    """`photo` (H, W, 3) moved to RGB of this mean (3,) and covariance (3, 3), both in [0, 1].

    The linear map that moves the colours least (Monge-Kantorovich; Pitié and Kokaram 2007).
    """
    pixels = photo[:: max(1, len(photo) // 512), :: max(1, photo.shape[1] // 512)].reshape(-1, 3) / 255.0
    own = np.cov(pixels.T) + 1e-4 * np.eye(3) if len(pixels) > 1 else 1e-4 * np.eye(3)
    root = _root(own)
    back = np.linalg.inv(root)
    map_ = back @ _root(root @ (covariance.double().numpy() + 1e-6 * np.eye(3)) @ root) @ back
    offset = mean.double().numpy() - pixels.mean(0) @ map_
    result = np.empty_like(photo)
    for rows in _bands(len(photo)):
        result[rows] = _rounded((photo[rows] @ map_.astype(np.float32)) + 255 * offset.astype(np.float32))
    return result


def blended(photo: Rgb, painted: Rgb, share: float | Mask) -> Rgb:
    """`share` of `painted` over `photo`, both (H, W, 3); a mask (H, W) in [0, 1] says it pixel by pixel."""
    result = np.empty_like(photo)
    for rows in _bands(len(photo)):
        part = share[rows, :, None] if isinstance(share, np.ndarray) else np.float32(share)
        result[rows] = _rounded(photo[rows] + (painted[rows].astype(np.float32) - photo[rows]) * part)
    return result


def laid_over(photo: Rgb, painted: Sequence[Rgb], masks: Sequence[Mask]) -> Rgb:
    """Several paintings of `photo`, each where its mask (H, W) is white; where masks overlap, in their proportion."""
    result = np.empty_like(photo)
    for rows in _bands(len(photo)):
        total = sum(mask[rows] for mask in masks)
        crowded = np.maximum(total, 1)[..., None]
        changed = photo[rows].astype(np.float32)
        for picture, mask in zip(painted, masks, strict=True):
            changed += (picture[rows].astype(np.float32) - photo[rows]) * mask[rows, :, None] / crowded
        result[rows] = _rounded(changed)
    return result


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root of a positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _bands(height: int) -> list[slice]:
    return [slice(top, min(top + BAND, height)) for top in range(0, height, BAND)]


def _rounded(x: NDArray[np.floating]) -> Rgb:
    return np.rint(x).clip(0, 255).astype(np.uint8)
