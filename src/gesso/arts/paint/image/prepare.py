"""Pictures, and words for them -> batches; a part of the pictures is held out."""

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.arts.paint.image.art import PaintImageTraining
from gesso.arts.paint.image.augment import augmented
from gesso.arts.paint.image.build import numbered, words_in
from gesso.arts.paint.image.recolor import COLORS, in_color, recolored
from gesso.core import places
from gesso.core.errors import GessoError
from gesso.core.suffixes import PICTURES
from gesso.pipeline.data import openmoji
from gesso.pipeline.data.examples import SoundFolder, open_examples
from gesso.pipeline.data.folder import Folder
from gesso.pipeline.data.hub import PREFIX
from gesso.pipeline.data.listing import HELD_OUT, Listing, Split
from gesso.pipeline.data.loading import Examples, InMemory, Skips, at_size, in_memory, load_or_next
from gesso.pipeline.data.registry import find, require
from gesso.pipeline.turns import Order, Turn

SIZE = 64  # of the pictures of a folder, unless told otherwise
HELD = 300_000_000  # bytes of pictures, at most, that are decoded once and held in memory
SELDOM = 2  # pictures of which a tag has to be said for the model to learn it
FEW, MANY = 30, 3000  # pictures: fewer are learned by heart, more need no help
ORDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Batch(NamedTuple):
    """Pictures (B, C, S, S) in [-1, 1], their words (B, L), how they were changed (B, 6), whether leaps are learned."""

    pictures: Tensor
    words: Tensor
    augmented: Tensor
    leaps: Tensor
    skipped: tuple[str, ...]


class Described(NamedTuple):
    """Pictures of a split, and for each two lists of words: what it is called, and all that may be said of it."""

    examples: Examples
    called: list[tuple[str, ...]]
    said: list[tuple[str, ...]]


class Pictures:
    """The training split of a data set in random order, each picture augmented in its own way.

    Attributes:
        skips: what could not be read, of all that a training reads.
    """

    def __init__(self, settings: PaintImageTraining):
        self.settings, self.skips = settings, Skips()
        self.examples, self.called, self.said = described(settings.data, "train", settings.size, self.skips)
        count = len(self.examples)
        if count < FEW:
            warnings.warn(
                f"{settings.data} has {count} pictures to learn from: the model will learn them by heart; "
                f"{FEW} are a beginning, some hundreds are better",
                stacklevel=2,
            )
        self.colors = tuple(COLORS) if settings.recolor else ()
        self.words = vocabulary(self.called, self.said, self.colors)
        self.share = settings.augment if settings.augment is not None else (0.0 if count > MANY else 0.5)
        first = load_or_next(self.examples, torch.arange(min(count, 64))).inputs.float() / 127.5 - 1
        self.channels, self.size = first.shape[1], first.shape[3]
        if settings.recolor and self.channels == 1:
            raise GessoError(f"--recolor: the pictures of {settings.data} are of ink alone, without colours")
        self.ground = first[..., 0, :].transpose(0, 1).flatten(1).median(1).values  # (C,), along the upper edges
        # A set that is smaller than a batch is gone through several times in it.
        self.repeated = max(1, -(-settings.batch // count))
        self.order = Order(count * self.repeated, settings)

    def draw(self, turn: Turn) -> Batch:
        """The pictures of `turn`, a function of its step and its generator's state alone."""
        loaded = load_or_next(self.examples, self.order(turn) % len(self.examples))
        x = loaded.inputs.float() / 127.5 - 1
        colors = [""] * len(x)
        if self.settings.recolor:
            x, colors = recolored(x, self.settings.recolor, turn.generator)
        x, numbers = augmented(x, self.share, self.settings.mirror, self.ground, turn.generator)
        said = [self._some_words(i, turn.generator) for i in loaded.indices.tolist()]
        words = numbered([in_color(text, color) for text, color in zip(said, colors, strict=True)], self.words)
        wordless = torch.rand(len(x), generator=turn.generator) < self.settings.wordless
        words[wordless] = 0
        leaps = torch.tensor(turn.step >= self.settings.steps * (1 - self.settings.shorten))
        return Batch(x, words, numbers, leaps, loaded.skipped)

    def _some_words(self, index: int, generator: Generator) -> Sequence[str]:
        """What a picture is called, or as often some of the words that may be said of it: so each is learned alone."""
        name, said = self.called[index], self.said[index]
        kind, share = torch.rand(2, generator=generator).tolist()
        if kind < 0.5 or len(said) < 2:
            return name
        chosen = torch.rand(len(said), generator=generator) < max(share, 1 / len(said))
        return [word for word, taken in zip(said, chosen.tolist(), strict=True) if taken] or name


def described(source: str, split: Split, size: int | None, skips: Skips) -> Described:
    """The pictures of a data set or a folder, uint8 and square, with what may be said of each.

    A folder of class folders has the names of these for words, a folder of pictures none. What is read at once and
    cannot be is left out, and noted in `skips`.

    Raises GessoError when there are no pictures.
    """
    if source == "openmoji":
        return _emoji(split, size or SIZE, skips)
    folder = Path(source).expanduser()
    if folder.is_dir() and (loose := _loose(folder, split)):
        examples: Examples = Folder(loose, size or SIZE)
    else:
        own = not folder.is_dir() and not source.startswith(PREFIX)  # pictures that have a size of their own
        examples = open_examples(source, split, size=size or (None if own else SIZE), skips=skips)
    if isinstance(examples, Folder):
        if len(examples) * 3 * examples.size**2 <= HELD:
            examples = in_memory(examples, skips)
    elif isinstance(examples, SoundFolder):
        raise GessoError(f"{source} holds sounds; a painter learns from pictures")
    names = [_named(source, name) for name in examples.classes]
    texts = [names[label] for label in examples.labels.tolist()]
    return Described(examples, texts, texts)


def vocabulary(
    called: Sequence[Sequence[str]], said: Sequence[Sequence[str]], colors: Sequence[str] = ()
) -> tuple[str, ...]:
    """The words that pictures are called, those said of `SELDOM` pictures or more, and colours, by the alphabet."""
    counts = Counter(chain.from_iterable(said))
    return tuple(sorted({*chain.from_iterable(called), *colors, *(word for word in counts if counts[word] >= SELDOM)}))


def titles(called: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> tuple[str, ...]:
    """What pictures are called, each once, in order of the alphabet; without what has a word of no vocabulary."""
    known = set(vocabulary)
    return tuple(sorted({" ".join(words) for words in called if words and known.issuperset(words)}))


def _named(source: str, name: str) -> tuple[str, ...]:
    if source == "mnist":
        return (name, ORDINALS[int(name)])
    return words_in(re.sub(r"[_.]", " ", name))


def _loose(folder: Path, split: Split) -> Listing | None:
    """The pictures that lie in `folder` itself, every fifth of them held out; None when there are class folders."""
    if any(path.is_dir() and not path.name.startswith(".") for path in folder.iterdir()):
        return None
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in PICTURES and path.name[0] != "."]
    if not files:
        raise GessoError(f"there are no pictures in {folder}; looked for {', '.join(PICTURES)}")
    kept = [path.name for place, path in enumerate(files) if (place % HELD_OUT == HELD_OUT - 1) == (split == "test")]
    if not kept:
        raise GessoError(
            f"{folder} has only {len(files)} pictures: nothing is held out for {split}; give {HELD_OUT} or more"
        )
    return Listing(folder, "pictures", ("",), kept, [0] * len(kept))


def _emoji(split: Split, size: int, skips: Skips) -> Described:
    """OpenMoji and its extras with their opacity, without the variants in tones of skin."""
    folder = require(find("openmoji"), places.data())
    x, labels, emoji, wrong = openmoji.read_openmoji(folder, split, alpha=True, extras=True)
    skips.note(wrong)
    kept = [place for place, each in enumerate(emoji) if not each.toned]
    pictures = at_size(torch.tensor(x[kept]), size)
    examples = InMemory(pictures, torch.tensor(labels[kept]), (*openmoji.GROUPS, openmoji.EXTRAS))
    names = [words_in(emoji[place].name) for place in kept]
    said = [words_in(f"{emoji[place].name}, {emoji[place].tags}") for place in kept]
    return Described(examples, names, said)
