"""Fourier transforms of real sounds, with the types that torch does not declare."""

import torch
from torch import Tensor


def spectrum(x: Tensor, size: int | None = None) -> Tensor:
    """Of real x (..., n), with zeros up to `size` -> complex (..., size / 2 + 1)."""
    return torch.fft.rfft(x, size)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def sound(spectrum: Tensor, size: int | None = None) -> Tensor:
    """The real sound (..., size) of a spectrum (..., size / 2 + 1)."""
    return torch.fft.irfft(spectrum, size)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def frequencies(size: int, rate: int) -> Tensor:
    """In hertz (size / 2 + 1,)."""
    return torch.fft.rfftfreq(size, 1 / rate)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
