"""Labelled pictures -> batches, a tenth of them kept for validation."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.recognize.art import Look, RecognizeTraining
from gesso.arts.recognize.augment import augmented
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.listing import Split
from gesso.pipeline.data.loading import Examples
from gesso.pipeline.turns import Order, Turn

CHUNK = 500
LOOKS: dict[str, Look] = {"mnist": "ink", "fashion-mnist": "garment"}


class Batch(NamedTuple):
    """Pictures (B, C, H, W) in [0, 1], their labels (B,), and the names of files that could not be read."""

    pictures: Tensor
    labels: Tensor
    skipped: tuple[str, ...]


class Labelled:
    """The training split of a data set, in random order, each picture augmented; and its validation part."""

    def __init__(self, settings: RecognizeTraining):
        self.examples = open_pictures(settings.data, "train", settings.size)
        if len(self.examples) < 2 or len(self.examples.classes) < 2:
            raise GessoError(f"{settings.data} has too little to learn from: give two classes of pictures or more")
        self.settings = settings
        shuffled = torch.randperm(len(self.examples), generator=generator(settings.seed, "validation"))
        self.validation, self.training = shuffled.tensor_split([max(1, len(shuffled) // 10)])
        self.order = Order(len(self.training), settings)

    def draw(self, turn: Turn) -> Batch:
        """The pictures of `turn`, a function of its step and its generator's state alone."""
        indices = self.training[self.order(turn)]
        loaded = self.examples.load(indices)
        x = augmented(loaded.inputs.float() / 255, self.settings, turn.generator)
        return Batch(x, self.examples.labels[indices], loaded.skipped)


def open_pictures(source: str, split: Split, size: int | None) -> Examples:
    """The pictures of a data set or a folder. Raises GessoError when there are none, or when it holds sounds."""
    examples = open_examples(source, split, size=size)
    if examples.load(torch.tensor([0])).inputs.ndim != 4:
        raise GessoError(f"{source} holds sounds, and only pictures are recognised; choose other --data")
    return examples


def in_chunks(examples: Examples, indices: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures (B, C, H, W) in [0, 1] and labels (B,) of these examples, in their order."""
    for part in indices.split(CHUNK):
        yield examples.load(part).inputs.float() / 255, examples.labels[part]
