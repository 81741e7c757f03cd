"""Examples by name or folder: `open_examples("mnist", "train")`, `open_examples("photos/", "test", size=128)`."""

import re
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gesso.core import places
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.pipeline.data import cifar, idx, openmoji
from gesso.pipeline.data.folder import RATE, Fit, Folder, SoundFolder
from gesso.pipeline.data.hub import PREFIX, open_hub
from gesso.pipeline.data.listing import Listing, Split, list_all, list_classes
from gesso.pipeline.data.loading import Examples, InMemory, Loaded, Skips, at_size, batches
from gesso.pipeline.data.registry import DATASETS, Dataset, require

__all__ = ["Examples", "Folder", "InMemory", "Loaded", "Skips", "SoundFolder", "batches", "open_examples"]

SIZE = 224
"""Pixels of a side of the pictures in a folder, unless told otherwise."""

SECONDS = 5
"""The length of sounds, unless told otherwise."""

_DIGITS = tuple("0123456789")
_GARMENTS = (
    *("T-shirt or top", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


def open_examples(
    source: str, split: Split, *, size: int | None = None, fit: Fit = "crop", skips: Skips | None = None
) -> Examples:
    """The examples of a split.

    Args:
        source: a name of the registry, "hf:user/name" of the Hugging Face Hub, or a folder of class folders.
        size: pixels of a side for pictures, samples at 16 kHz for sounds; None: what a named set of pictures has,
            224 for a folder of pictures, five seconds for sounds.
        fit: how pictures of a folder become square: "crop" or "pad".
        skips: keeps count of the damaged pictures of a set that is read as a whole; they are named in any case.

    Named sets of pictures are held in memory, as uint8 (1 or 3, H, W); folders, sounds and the Hub are read when
    they are loaded.

    Raises:
        GessoError: the set is not here (nothing is fetched unasked), is damaged, or there is none by this name.
    """
    if size is not None and size < 1:
        raise GessoError(f"size {size} is too small: it must be at least 1")
    if source.startswith(PREFIX):
        return open_hub(source, split, size or SIZE, fit)
    for dataset in DATASETS:
        if dataset.name == source:
            return _named(dataset, split, size, Skips() if skips is None else skips)
    folder = Path(source).expanduser()
    if not folder.is_dir():
        known = [dataset.name for dataset in DATASETS]
        near = nearest(source, known) or f"; there are {', '.join(known)}"
        raise GessoError(f"{source} is neither a data set nor a folder{near}")
    return _of_folder(list_classes(folder, split), size, fit)


def _of_folder(listing: Listing, size: int | None, fit: Fit) -> Examples:
    if listing.kind == "sounds":
        return SoundFolder(listing, size or SECONDS * RATE)
    return Folder(listing, size or SIZE, fit=fit)


def _named(dataset: Dataset, split: Split, size: int | None, skips: Skips) -> Examples:
    learner = {"strokes": "paint/glyph", "music": "compose", "text": "write"}.get(dataset.kind)
    if learner is not None:
        raise GessoError(
            f"{dataset.name} holds {dataset.kind}, not pictures or sounds: gesso train {learner} learns from them"
        )
    folder = require(dataset, places.data())
    match dataset.name:
        case "mnist" | "fashion-mnist":
            classes = _DIGITS if dataset.name == "mnist" else _GARMENTS
            prefix = "train" if split == "train" else "t10k"
            x, y = idx.read_pair(
                folder / f"{prefix}-images-idx3-ubyte.gz", folder / f"{prefix}-labels-idx1-ubyte.gz", len(classes)
            )
            return _in_memory(x[:, None], y, classes, size)  # (N, 1, H, W)
        case "cifar10":
            return _cifar(folder, dataset, split, size, skips)
        case "openmoji":
            x, y, emoji, wrong = openmoji.read_openmoji(folder, split)
            skips.note(wrong)
            return _in_memory(x, y, openmoji.GROUPS, size, openmoji.titles(emoji))
        case _:
            return SoundFolder(_fold(folder, split), size or SECONDS * RATE)


def _in_memory(
    x: NDArray[np.uint8],
    y: NDArray[np.integer],
    classes: tuple[str, ...],
    size: int | None,
    titles: tuple[str, ...] = (),
) -> InMemory:
    # Copied, since what is read from a file may not be written to.
    return InMemory(at_size(torch.tensor(x), size), torch.tensor(y.astype(np.int64)), classes, titles)


def _cifar(folder: Path, dataset: Dataset, split: Split, size: int | None, skips: Skips) -> InMemory:
    binary = folder / "cifar-10-batches-bin"
    if all((binary / name).is_file() for name in cifar.BATCHES[split]):
        return _in_memory(*cifar.read_binary(binary, split), cifar.CLASSES, size)
    x, y, wrong = cifar.read_streams(folder / (dataset.instead or ""), split)
    skips.note(wrong)
    return _in_memory(x, y, cifar.CLASSES, size)


def _fold(folder: Path, split: Split) -> Listing:
    """ESC-10 by its folds, the first digit of a file's name: the last one is for testing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what lies beside the class folders
        listing = list_all(folder)[0]
    folds = [Path(name).name.split("-")[0] for name in listing.names]
    kept = [place for place, fold in enumerate(folds) if (fold == max(folds)) == (split == "test")]
    if not kept:
        raise GessoError(f"{folder} has only one fold, {max(folds)}: nothing is left for {split}; get esc10 again")
    classes = tuple(re.sub(r"^\d+_-_", "", name).replace("_", " ") for name in listing.classes)
    return Listing(
        folder,
        listing.kind,
        classes,
        [listing.names[place] for place in kept],
        [listing.labels[place] for place in kept],
    )
