"""Between pictures and tensors."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gesso.core.pictures import Raster, resized

if TYPE_CHECKING:
    from torch import Tensor


def to_tensor(rgb: NDArray[np.uint8]) -> "Tensor":
    """uint8 (H, W, 3) -> float (1, 3, H, W) in [0, 1], channels last in memory."""
    import torch

    return torch.as_tensor(rgb).permute(2, 0, 1)[None].float() / 255


def to_rgb(x: "Tensor") -> NDArray[np.uint8]:
    """Float (1, 3, H, W), clamped to [0, 1] -> uint8 (H, W, 3)."""
    import torch

    return (x[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def fitted(raster: Raster, side: int, *, multiple: int = 16, enlarge: bool = True) -> Raster:
    """The picture with its longer side at `side`, both sides rounded to a multiple, by Lanczos.

    Without `enlarge` a smaller picture is only rounded.
    """
    width, height = raster.size
    scale = side / max(width, height)
    if not enlarge:
        scale = min(1.0, scale)
    wide, high = (max(multiple, round(s * scale / multiple) * multiple) for s in (width, height))
    return raster if (wide, high) == raster.size else resized(raster, (wide, high))
