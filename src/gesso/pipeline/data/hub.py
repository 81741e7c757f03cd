"""Data sets of the Hugging Face Hub, by name, with the `datasets` library: installed with gesso[data]."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gesso.core.errors import GessoError
from gesso.core.pictures import decode
from gesso.pipeline.data.folder import Fit, square
from gesso.pipeline.data.listing import HELD_OUT, Split
from gesso.pipeline.data.loading import Loaded, gather

PREFIX = "hf:"


class Hub:
    """Pictures of a data set of the Hub, decoded when they are loaded.

    Args:
        rows: a `datasets.Dataset` whose column `column` gives the bytes of a picture file, or where it lies.
        labels: (N,) int64.
        source: what the set is called when one of its pictures is named.
    """

    def __init__(
        self, rows: Any, column: str, labels: Tensor, classes: tuple[str, ...], size: int, source: str, fit: Fit
    ) -> None:
        self.rows, self.column, self.source = rows, column, source
        self.labels, self.classes = labels, classes
        self.size = size
        self.fit: Fit = fit

    def __len__(self) -> int:
        return len(self.labels)

    def load(self, indices: Tensor) -> Loaded:
        """uint8 (B, 3, size, size); a picture that cannot be read is named and left out, as in `Folder`."""
        return gather(indices, self._read, self._name)

    def _read(self, index: int) -> Tensor:
        cell = self.rows[index][self.column] or {}
        if not cell.get("bytes") and not cell.get("path"):
            raise GessoError(f"{self._name(index)} has no picture")
        return square(decode(cell.get("bytes") or Path(cell["path"])), self.size, self.fit)

    def _name(self, index: int) -> str:
        return f"{self.source} row {index}"


def open_hub(source: str, split: Split, size: int, fit: Fit = "crop") -> Hub:
    """A split of "hf:user/name", fetched by the `datasets` library if it is not in its cache.

    The column of pictures and the one of classes are found by their types. For "test" the split `test` is taken, or
    `validation`; where there is neither, every fifth row is held out.

    Raises:
        GessoError: the library is not installed, there is no such data set, or it has no pictures with classes.
    """
    try:
        import datasets  # pyright: ignore[reportMissingImports]  an extra
    except ImportError:
        raise GessoError(f"{source} needs the library datasets: pip install 'gesso[data]'") from None
    try:
        found: Any = datasets.load_dataset(source.removeprefix(PREFIX))
    except Exception as error:  # whatever that library raises for what it cannot find, fetch or read
        raise GessoError(f"{source} cannot be opened: {' '.join(str(error).split())[:300]}") from error
    rows, held_out = _split(found, split, source)
    column = _column(rows, datasets.Image, source, "pictures")
    label = _column(rows, datasets.ClassLabel, source, "classes")
    classes: tuple[str, ...] = tuple(rows.features[label].names)
    if held_out:
        rows = rows.select([row for row in range(len(rows)) if (row % HELD_OUT == HELD_OUT - 1) == (split == "test")])
    labels = torch.tensor(rows[label][:] if len(rows) else [], dtype=torch.int64)
    if not len(labels):
        raise GessoError(f"{source} has no rows for {split}")
    if int(labels.min()) < 0:
        raise GessoError(f"{source} has rows without a class in its split for {split}; take a data set with all")
    # Bytes, since pictures are decoded by core/pictures alone.
    rows = rows.select_columns([column]).cast_column(column, datasets.Image(decode=False))
    return Hub(rows, column, labels, classes, size, source, fit)


def _split(found: Any, split: Split, source: str) -> tuple[Any, bool]:
    """The rows to take a split from, and whether it has to be held out of them."""
    train = found.get("train")
    test = found.get("test") or found.get("validation")
    if train is None:
        raise GessoError(f"{source} has no split train, only {', '.join(found)}")
    if split == "test" and test is not None:
        return test, False
    return train, test is None


def _column(rows: Any, kind: type, source: str, what: str) -> str:
    for name, feature in rows.features.items():
        if isinstance(feature, kind):
            return name
    raise GessoError(f"{source} has no column of {what}, only {', '.join(rows.features)}")
