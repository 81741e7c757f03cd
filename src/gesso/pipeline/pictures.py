"""Pictures as training data: held decoded in memory, cropped and recoloured by the seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gesso.core.errors import GessoError
from gesso.core.pictures import decode, resized
from gesso.core.suffixes import PICTURES


def picture_files(folders: Sequence[Path]) -> list[Path]:
    """Every picture below `folders`, sorted by name within each folder."""
    files: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise GessoError(f"no folder {folder}: name a folder of pictures")
        found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)
        if not found:
            raise GessoError(f"no pictures in {folder}: it needs PNG, JPEG, WebP or TIFF files")
        files += found
    return files


def load_pool(files: Sequence[Path], side: int) -> list[Tensor]:
    """Decode `files`, the longer side at most `side`: a list of uint8 (3, H, W)."""
    return [torch.from_numpy(np.ascontiguousarray(fit(f, side).transpose(2, 0, 1))) for f in files]


def fit(file: Path, side: int) -> np.ndarray:
    """The picture in `file` as uint8 (H, W, 3), its longer side at most `side`."""
    raster = decode(file)
    height, width = raster.rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        raster = resized(raster, (max(1, round(width * scale)), max(1, round(height * scale))))
    return raster.rgb


def uniform(low: float, high: float, generator: Generator, shape: tuple[int, ...] = ()) -> Tensor:
    """Numbers drawn evenly from [low, high)."""
    return torch.rand(shape, generator=generator) * (high - low) + low


def random_crop(picture: Tensor, size: int, generator: Generator, *, smallest: float = 0.4) -> Tensor:
    """A square of uint8 `picture` (3, H, W), flipped half of the time: float (3, size, size) in [0, 1].

    The square's side is drawn evenly between `smallest` and 1 times the picture's shorter side.
    """
    height, width = picture.shape[1:]
    short = min(height, width)
    side = min(short, max(16, int(uniform(smallest, 1.0, generator) * short)))
    top = int(torch.randint(height - side + 1, (), generator=generator))
    left = int(torch.randint(width - side + 1, (), generator=generator))
    crop = picture[None, :, top : top + side, left : left + side].float() / 255
    crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=side > size, align_corners=False)[0]
    return crop.flip(2) if torch.rand((), generator=generator) < 0.5 else crop


def recoloured(x: Tensor, generator: Generator, *, amount: float = 0.3) -> Tensor:
    """x (3, H, W) with its channels permuted half of the time, then brightness, contrast and saturation changed."""
    if torch.rand((), generator=generator) < 0.5:
        x = x[torch.randperm(3, generator=generator)]
    brightness, contrast, saturation = uniform(1 - amount, 1 + amount, generator, (3,))
    grey = x.mean(dim=0, keepdim=True)
    x = grey + (x - grey) * saturation
    return ((x - x.mean()) * contrast + x.mean() * brightness).clamp(0, 1)


def mixed(x: Tensor, y: Tensor, generator: Generator) -> Tensor:
    """x and y (3, H, W) in one picture: blended, or side by side along a wavy line."""
    share = uniform(0.3, 0.7, generator)
    if torch.rand((), generator=generator) < 0.5:
        return x * share + y * (1 - share)
    coarse = torch.rand((1, 1, 4, 4), generator=generator)
    field = F.interpolate(coarse, x.shape[1:], mode="bicubic", align_corners=False)[0]
    return torch.where(field < share, x, y)


def texture(size: int, generator: Generator) -> Tensor:
    """A made-up texture, (3, size, size) in [0, 1]: oriented noise of several scales in a random palette.

    Noise is stretched along one direction, as strokes are, and mapped through colours drawn at random.
    """
    height = torch.zeros(1, 1, size, size)
    for octave in range(3):
        cells = 2 ** (3 + octave) * torch.tensor([1.0, float(uniform(0.15, 1.0, generator))])
        noise = torch.rand((1, 1, max(2, int(cells[0])), max(2, int(cells[1]))), generator=generator)
        height = height + F.interpolate(noise, (size, size), mode="bicubic", align_corners=False) / 1.5**octave
    angle = uniform(0, torch.pi, generator)
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])]) * 0.7
    grid = F.affine_grid(F.pad(turn, (0, 1))[None], [1, 1, size, size], align_corners=False)
    height = F.grid_sample(height, grid, padding_mode="reflection", align_corners=False)[0, 0]
    height = (height - height.min()) / (height.max() - height.min() + 1e-6)
    palette = torch.rand((5, 3), generator=generator)  # colours at heights 0, 1/4 ... 1
    position = height * 4
    lower = position.floor().clamp(max=3).long()
    blend = (position - lower)[..., None]
    return (palette[lower] * (1 - blend) + palette[lower + 1] * blend).permute(2, 0, 1)
