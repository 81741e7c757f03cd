"""Class folders of pictures or sounds, read one file at a time when it is needed, by worker processes too."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gesso.core.pictures import Raster, decode, on_white, resized
from gesso.core.sounds import read_sound
from gesso.pipeline.data.listing import Listing
from gesso.pipeline.data.loading import Loaded, gather
from gesso.pipeline.data.resample import resample

Fit = Literal["crop", "pad"]

RATE = 16_000
"""Samples a second of every sound that is loaded."""


class Folder:
    """Pictures in class folders. Nothing is decoded before it is loaded, so a million files are no more to hold.

    Args:
        size: height and width in pixels of what `load` gives.
        fit: "crop" brings the shorter side to `size` and cuts the middle out; "pad" brings the longer side to `size`
            and fills up with white.
    """

    def __init__(self, listing: Listing, size: int, *, fit: Fit = "crop") -> None:
        self.folder, self.names = listing.folder, listing.names
        self.classes, self.labels = listing.classes, torch.tensor(listing.labels)
        self.size = size
        self.fit: Fit = fit

    def __len__(self) -> int:
        return len(self.names)

    def load(self, indices: Tensor) -> Loaded:
        """uint8 (B, 3, size, size), transparency on white; a file that cannot be read is named and left out."""
        return gather(indices, self._read, self._name)

    def _read(self, index: int) -> Tensor:
        return square(decode(self.folder / self.names[index]), self.size, self.fit)

    def _name(self, index: int) -> str:
        return str(self.folder / self.names[index])


class SoundFolder:
    """Sounds in class folders, mono at 16 kHz. Nothing is decoded before it is loaded.

    Args:
        samples: the length of what `load` gives: the beginning of a longer sound, a shorter one followed by silence.
    """

    def __init__(self, listing: Listing, samples: int) -> None:
        self.folder, self.names = listing.folder, listing.names
        self.classes, self.labels = listing.classes, torch.tensor(listing.labels)
        self.samples = samples

    def __len__(self) -> int:
        return len(self.names)

    def load(self, indices: Tensor) -> Loaded:
        """float32 (B, samples), in [-1, 1] as a rule; a file that cannot be read is named and left out."""
        return gather(indices, self._read, self._name)

    def _read(self, index: int) -> Tensor:
        sound, rate = read_sound(Path(self._name(index)), seconds=self.samples / RATE + 0.05)
        x = resample(torch.from_numpy(sound), rate, RATE)[: self.samples]
        return F.pad(x, (0, self.samples - len(x)))

    def _name(self, index: int) -> str:
        return str(self.folder / self.names[index])


def square(picture: Raster, size: int, fit: Fit) -> Tensor:
    """A picture as uint8 (3, size, size), cropped or padded as `Folder` says."""
    width, height = picture.size
    scale = size / (min if fit == "crop" else max)(width, height)
    # A ribbon of 30000 x 10 would grow beyond memory before it is cropped: its middle is taken first.
    if fit == "crop" and max(width, height) > 4 * min(width, height):
        picture = _middle(picture, 4 * min(width, height))
        width, height = picture.size
    target = max(1, round(width * scale)), max(1, round(height * scale))
    rgb = on_white(picture if target == picture.size else resized(picture, target))
    if fit == "pad":
        canvas = np.full((size, size, 3), 255, np.uint8)
        top, left = (size - rgb.shape[0]) // 2, (size - rgb.shape[1]) // 2
        canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
        return _tensor(canvas)
    top, left = (rgb.shape[0] - size) // 2, (rgb.shape[1] - size) // 2
    return _tensor(rgb[top : top + size, left : left + size])


def _middle(picture: Raster, longest: int) -> Raster:
    width, height = picture.size
    top, left = max(0, (height - longest) // 2), max(0, (width - longest) // 2)
    part = np.s_[top : top + longest, left : left + longest]
    return Raster(picture.rgb[part], None if picture.alpha is None else picture.alpha[part], picture.format)


def _tensor(rgb: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))  # (3, H, W)
