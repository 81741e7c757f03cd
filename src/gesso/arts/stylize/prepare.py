"""Photographs and paintings -> batches of (content, style) crops, never the same twice, all a function of the seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.core.errors import GessoError
from gesso.pipeline.pictures import load_pool, mixed, picture_files, random_crop, recoloured, texture
from gesso.pipeline.turns import Turn

LOADED_SIDE = 768  # longer side of the pictures held in memory: 500 pictures take half a gigabyte


class Batch(NamedTuple):
    """Pairs to train on, each (B, 3, S, S) in [0, 1]; the last pair is one picture twice, to be left as it is."""

    content: Tensor
    style: Tensor


class Pairs:
    """Draws batches from pictures held in memory."""

    def __init__(self, content: Sequence[Path], style: Sequence[Path], size: int, batch: int):
        if not content or not style:
            raise GessoError("no pictures left to train on: give more than one folder of photographs and of styles")
        self.content, self.style = load_pool(content, LOADED_SIDE), load_pool(style, LOADED_SIDE)
        self.size, self.batch = size, batch

    def draw(self, turn: Turn) -> Batch:
        """The pairs of `turn`, a function of its generator's state alone."""
        pairs, generator = self.batch // turn.parts, turn.generator
        content = torch.stack([self._photograph(generator) for _ in range(pairs)])
        style = torch.stack([self._style(generator) for _ in range(pairs - 1)] + [content[-1]])
        return Batch(*(x.contiguous(memory_format=torch.channels_last) for x in (content, style)))

    def _photograph(self, generator: Generator) -> Tensor:
        return random_crop(_pick(self.content, generator), self.size, generator, smallest=0.35)

    def _style(self, generator: Generator) -> Tensor:
        """A painting's crop; a third of them recoloured, some mixed or made up: 140 paintings are few."""
        kind = float(torch.rand((), generator=generator))
        if kind < 0.06:
            return texture(self.size, generator)
        x = self._painting(generator)
        if kind < 0.16:
            return mixed(x, self._painting(generator), generator)
        return recoloured(x, generator) if kind < 0.45 else x

    def _painting(self, generator: Generator) -> Tensor:
        return random_crop(_pick(self.style, generator), self.size, generator, smallest=0.4)


def _pick(pool: list[Tensor], generator: Generator) -> Tensor:
    return pool[int(torch.randint(len(pool), (), generator=generator))]


def held_out(content: Sequence[Path], style: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The pictures that are never trained on, from folders of photographs and of paintings.

    They are the first five photographs of the first folder, and of each folder of paintings every 14th from its first.
    """
    return picture_files(content[:1])[:5], [file for folder in style for file in picture_files([folder])[::14]]


def to_train_on(content: Sequence[Path], style: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """All the pictures in the folders that are not held out."""
    held_content, held_style = held_out(content, style)
    return (
        [file for file in picture_files(content) if file not in held_content],
        [file for file in picture_files(style) if file not in held_style],
    )
