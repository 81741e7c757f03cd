"""Labelled pictures or sounds -> batches; a tenth of them, 2,500 at most, is kept for validation."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.recognize.art import Look, RecognizeTraining
from gesso.arts.recognize.augment import augmented, mirrored, varied
from gesso.arts.recognize.spectrogram import Spectrograms
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.examples import SoundFolder, open_examples
from gesso.pipeline.data.listing import Split
from gesso.pipeline.data.loading import Examples, InMemory, Skips, first_of, in_memory, load_or_next, none_of
from gesso.pipeline.turns import Order, Turn

CHUNK, PIXELS = 500, 4_000_000  # pictures, and the pixels of all, that are looked at together at most
VALIDATION = 2500  # examples, at most, that are kept from training: they tell an accuracy of 90 % to within 1.2 points
HELD = 4000  # sounds, at most, whose spectrograms are held in memory: 64 MB
LOOKS: dict[str, Look] = {"mnist": "ink", "fashion-mnist": "garment"}


class Batch(NamedTuple):
    """Pictures (B, C, H, W) in [0, 1], their labels (B,), and the names of files that could not be read."""

    pictures: Tensor
    labels: Tensor
    skipped: tuple[str, ...]


class Labelled:
    """The training split of a data set, in random order, each picture augmented; and its validation part.

    Attributes:
        skips: what could not be read, of all that a training reads.
    """

    def __init__(self, settings: RecognizeTraining):
        self.skips = Skips()
        self.examples, sounds = open_inputs(settings.data, "train", settings.size, self.skips)
        self.look: Look = settings.look or ("sound" if sounds else LOOKS.get(settings.data, "photo"))
        if (self.look == "sound") != sounds:
            raise GessoError(f"{settings.data} holds {'sounds' if sounds else 'pictures'}: --look {self.look} is wrong")
        if len(self.examples) < 2 or len(self.examples.classes) < 2:
            raise GessoError(f"{settings.data} has too little to learn from: give two classes of examples or more")
        counts = self.examples.labels.bincount(minlength=len(self.examples.classes))
        if sounds and not counts.all():
            lost = self.examples.classes[int(counts.argmin())]
            raise GessoError(f"no sound of the class {lost} of {settings.data} can be read; mend or remove it")
        self.titles = self.examples.titles if isinstance(self.examples, InMemory) else ()
        self.settings = settings.model_copy(update={"look": self.look})
        shuffled = torch.randperm(len(self.examples), generator=generator(settings.seed, "validation"))
        held = min(max(1, len(shuffled) // 10), VALIDATION)
        self.validation, self.training = shuffled.tensor_split([held])
        self.order = Order(len(self.training), settings)

    def draw(self, turn: Turn) -> Batch:
        """The pictures of `turn`, a function of its step and its generator's state alone."""
        places = self.order(turn)
        loaded = load_or_next(self.examples, self.training[places], self.training)
        x = loaded.inputs.float() / 255
        if self.look == "sound":
            x = varied(x, self.settings, turn.generator)
        else:
            if self.settings.flip:
                x = mirrored(x, places, self.order.epoch(turn))
            x = augmented(x, self.settings, turn.generator)
        return Batch(x, self.examples.labels[loaded.indices], loaded.skipped)

    def unchanged(self, indices: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """These of its examples as they are, `in_chunks`."""
        return in_chunks(self.examples, indices, self.skips)


def open_inputs(source: str, split: Split, size: int | None, skips: Skips) -> tuple[Examples, bool]:
    """The pictures of a data set or a folder, or the spectrograms of its sounds; and whether it holds sounds.

    What is read at once and cannot be is no example, and noted in `skips`.

    Raises GessoError when there are none, or when sounds are to have a size.
    """
    examples = open_examples(source, split, size=size, skips=skips)
    if not isinstance(examples, SoundFolder):
        return examples, False
    if size is not None:
        raise GessoError(f"{source} holds sounds, which have no size in pixels: give pictures, or leave --size out")
    sounds = Spectrograms(examples)
    return (sounds if len(sounds) > HELD else in_memory(sounds, skips)), True


def in_chunks(examples: Examples, indices: Tensor, skips: Skips) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures (B, C, H, W) in [0, 1] and labels (B,) of these examples, in their order.

    What cannot be read is left out, and noted in `skips`. Raises GessoError when nothing can.
    """
    read = 0
    for part in indices.split(chunk(examples)):
        loaded = examples.load(part)
        skips.note(loaded.skipped)
        read += len(loaded.indices)
        if len(loaded.indices):
            yield loaded.inputs.float() / 255, examples.labels[loaded.indices]
    if not read:
        raise none_of(len(indices))


def chunk(examples: Examples) -> int:
    """How many examples are looked at together: the fewer, the larger they are."""
    return max(1, min(CHUNK, PIXELS // first_of(examples)[0].numel()))
