"""Random numbers that are a function of a seed and of what they are for, never of what ran before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive(seed: int, *path: str | int) -> int:
    """A 63-bit seed for one purpose, such as `derive(seed, "noise", epoch)`.

    Different paths give independent streams, and the same path gives the same one on every platform.
    """
    # repr tells 1 from "1"; the separator tells ("ab", "c") from ("a", "bc").
    words = "\x1f".join(repr(word) for word in (int(seed), *path))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *path: str | int) -> torch.Generator:
    """A CPU generator seeded by `derive(seed, *path)`.

    It is on the CPU for every device: drawn there and moved, noise is the same on a laptop and on a GPU.
    """
    import torch

    return torch.Generator().manual_seed(derive(seed, *path))
