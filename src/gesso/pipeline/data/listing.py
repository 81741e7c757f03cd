"""What lies in a folder of classes: the names of its files and their classes. No torch, and nothing is decoded."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gesso.core.errors import GessoError
from gesso.core.suffixes import PICTURES, SOUNDS
from gesso.pipeline.data.registry import Kind

Split = Literal["train", "test", "all"]
"""What is learned from, what is held out, or of a folder that is not divided all of it."""

HELD_OUT = 5
"""Every fifth file of a class is held out where there is no folder of test files."""

_SUFFIXES: dict[Kind, tuple[str, ...]] = {"pictures": tuple(PICTURES), "sounds": tuple(SOUNDS)}


@dataclass(frozen=True)
class Listing:
    """The files of a split.

    Attributes:
        names: of the files below `folder`, sorted within each class, class after class.
        labels: the number of each one's class.
    """

    folder: Path
    kind: Kind
    classes: tuple[str, ...]
    names: list[str]
    labels: list[int]


def list_classes(folder: Path, split: Split) -> Listing:
    """The files of a split of a folder that has a folder for each class, as ImageNet's has.

    A folder with `train` and `test` or `val` folders is split that way; in any other the files 5, 10, 15 ... of each
    class, by name, are the test files. What begins with a dot is left alone.

    Raises:
        GessoError: there is no such folder, it has no class folders, one of them is empty, there are both pictures
            and sounds, or nothing is left for the split.
    """
    if not folder.is_dir():
        raise GessoError(f"there is no folder {folder}; name a data set or a folder of class folders")
    given = {name: folder / name for name in ("train", "test", "val") if (folder / name).is_dir()}
    if is_whole(folder):
        return _list(folder) if split == "all" else _fifth(_list(folder), split)
    train = _list(given["train"])
    if len(given) == 1:
        return _fifth(train, split)
    if split == "train":
        return train
    test = _list(given.get("test") or given["val"])
    if unknown := sorted(set(test.classes) - set(train.classes)):
        raise GessoError(f"{test.folder} has the class {unknown[0]}, which {train.folder} has not; add or remove it")
    if test.kind != train.kind:
        raise GessoError(f"{test.folder} has {test.kind}, {train.folder} has {train.kind}; keep one kind")
    numbers = [train.classes.index(name) for name in test.classes]
    return Listing(test.folder, test.kind, train.classes, test.names, [numbers[label] for label in test.labels])


def is_whole(folder: Path) -> bool:
    """Whether this is a folder that is not divided into training and test files."""
    return folder.is_dir() and not (folder / "train").is_dir()


def list_all(folder: Path) -> list[Listing]:
    """All the files of a folder of classes, whatever the split: one listing, or one for each of train, test and val.

    Raises GessoError as `list_classes` does.
    """
    if not folder.is_dir():
        raise GessoError(f"there is no folder {folder}; name a data set or a folder of class folders")
    parts = [folder / name for name in ("train", "test", "val") if (folder / name).is_dir()]
    return [_list(part) for part in parts] if folder / "train" in parts else [_list(folder)]


def _list(folder: Path) -> Listing:
    with os.scandir(folder) as entries:
        there = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    classes = [entry.name for entry in there if entry.is_dir()]
    for name in classes:
        if name.encode(errors="replace") != name.encode(errors="surrogateescape"):
            raise GessoError(f"{folder} has a class folder whose name is not in UTF-8: {name!r}; rename it")
    loose = sum(_kind(entry.name) is not None for entry in there if not entry.is_dir())
    if not classes:
        what = f"its {loose} files belong to no class" if loose else "it is empty"
        raise GessoError(f"{folder} has no class folders: {what}; give each class a folder, named for it")
    if loose:
        warnings.warn(f"{loose} files that lie in {folder} itself belong to no class and are left out", stacklevel=2)
    found = [_files(folder, name) for name in classes]
    kinds: set[Kind] = {kind for files in found for _, kind in files}
    if len(kinds) > 1:
        raise GessoError(f"{folder} has pictures and sounds; keep one kind in it")
    for name, files in zip(classes, found, strict=True):
        if not files:
            raise GessoError(
                f"the class folder {folder / name} has no pictures or sounds in it; add some or remove the folder"
            )
    names = [name for files in found for name, _ in files]
    labels = [label for label, files in enumerate(found) for _ in files]
    return Listing(folder, kinds.pop(), tuple(classes), names, labels)


def _files(folder: Path, name: str) -> list[tuple[str, Kind]]:
    """The pictures and sounds anywhere below a class folder, sorted, as names below `folder`."""
    found: list[tuple[str, Kind]] = []
    for base, folders, files in os.walk(folder / name):
        folders[:] = [each for each in folders if not each.startswith(".")]
        inside = os.path.relpath(base, folder)
        for file in files:
            kind = _kind(file)
            if kind and not file.startswith("."):
                found.append((f"{inside}/{file}", kind))
    return sorted(found)


def _kind(name: str) -> Kind | None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  ten times as fast as Path for a million names
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


def _fifth(listing: Listing, split: Split) -> Listing:
    """The files of a split where none is given: every fifth of a class is held out."""
    starts: dict[int, int] = {}
    for position, label in enumerate(listing.labels):
        starts.setdefault(label, position)
    kept = [
        position
        for position, label in enumerate(listing.labels)
        if ((position - starts[label]) % HELD_OUT == HELD_OUT - 1) == (split == "test")
    ]
    if not kept:
        raise GessoError(
            f"nothing in {listing.folder} is held out for a test: give a class {HELD_OUT} files or more, "
            "or make the folders train and test"
        )
    return Listing(
        listing.folder,
        listing.kind,
        listing.classes,
        [listing.names[position] for position in kept],
        [listing.labels[position] for position in kept],
    )
