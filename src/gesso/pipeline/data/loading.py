"""Examples as training takes them, whatever they are read from: by number, with labels, in batches."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from gesso.core.errors import GessoError

_CHUNK = 1024


class Loaded(NamedTuple):
    """What `load` gives.

    Attributes:
        inputs: uint8 pictures (B, C, H, W), or float32 sounds (B, samples).
        skipped: the names of files that could not be read; the next readable one of the same class stands in.
    """

    inputs: Tensor
    skipped: tuple[str, ...] = ()


class Examples(Protocol):
    """Labelled pictures or sounds.

    Attributes:
        classes: the names of the classes.
        labels: int64 (N,), the number of each example's class.
    """

    classes: tuple[str, ...]
    labels: Tensor

    def __len__(self) -> int: ...

    def load(self, indices: Tensor) -> Loaded:
        """The examples with these numbers, int64 (B,)."""
        ...


class InMemory:
    """Examples that are held decoded in memory.

    Args:
        inputs: (N, C, H, W) uint8, or (N, samples) float32.
        labels: (N,) int64.
        titles: what single examples are called, empty for those without a name of their own; none if none has one.
    """

    def __init__(self, inputs: Tensor, labels: Tensor, classes: tuple[str, ...], titles: tuple[str, ...] = ()) -> None:
        if len(inputs) != len(labels):
            raise ValueError(f"{len(inputs)} inputs but {len(labels)} labels")
        self.inputs, self.labels, self.classes, self.titles = inputs, labels, classes, titles

    def __len__(self) -> int:
        return len(self.labels)

    def load(self, indices: Tensor) -> Loaded:
        """The examples with these numbers, int64 (B,)."""
        return Loaded(self.inputs[indices])


def gather(indices: Tensor, labels: Tensor, read: Callable[[int], Tensor], name: Callable[[int], str]) -> Loaded:
    """Read the examples `indices` (B,) one by one; for each that cannot be read, the next of its class.

    Args:
        labels: (N,), the class of every example.
        read: gives the example with a number; raises GessoError when it cannot.
        name: what an example is called among those that were skipped.

    Raises:
        GessoError: no example of a class can be read.
    """
    inputs: list[Tensor] = []
    skipped: dict[str, None] = {}
    for index in indices.tolist():
        try:
            inputs.append(read(index))
        except GessoError:
            skipped[name(index)] = None
            inputs.append(_next(index, labels, read, name, skipped))
    return Loaded(torch.stack(inputs), tuple(skipped))


def _next(
    index: int, labels: Tensor, read: Callable[[int], Tensor], name: Callable[[int], str], skipped: dict[str, None]
) -> Tensor:
    of_class = (labels == labels[index]).nonzero()[:, 0]
    place = int((of_class == index).nonzero())
    for other in [*of_class[place + 1 :].tolist(), *of_class[:place].tolist()]:
        try:
            return read(other)
        except GessoError:
            skipped[name(other)] = None
    raise GessoError(f"none of the {len(of_class)} files of the class of {name(index)} can be read; mend or remove it")


class _ByNumber(Dataset[Loaded]):
    """`load` as DataLoader calls it."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples

    def __getitem__(self, indices: Tensor) -> Loaded:
        return self.examples.load(indices)


def _as_it_is(batch: Any) -> Any:
    return batch


def batches(
    examples: Examples, order: Iterable[Tensor], *, workers: int = 0, start: str | None = None
) -> Iterator[Loaded]:
    """`examples.load(indices)` for each `indices` (B,) of `order`, in that order, read ahead by worker processes.

    Args:
        workers: processes that read; 0 reads in this one.
        start: how they are started: "spawn", "fork", "forkserver"; None as the platform does.
    """
    if not workers:
        yield from map(examples.load, order)
        return
    yield from DataLoader(
        _ByNumber(examples),
        sampler=order,  # pyright: ignore[reportArgumentType]  it yields what __getitem__ takes, batches
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        multiprocessing_context=start,
    )


class Skips:
    """Keeps count of what could not be read, in the main process: each is named in a warning, once."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def note(self, names: Iterable[str]) -> None:
        """Warn of those of the skipped files `names` that are new."""
        for name in names:
            if name not in self.names:
                self.names[name] = None
                warnings.warn(f"{name} cannot be read and is left out", stacklevel=2)

    def __len__(self) -> int:
        return len(self.names)

    def summary(self) -> str:
        """One line for the end: how many were left out; empty when none was."""
        if not self.names:
            return ""
        files = "1 file" if len(self) == 1 else f"{len(self)} files"
        return f"{files} could not be read and {'was' if len(self) == 1 else 'were'} left out: {', '.join(self.names)}"


def at_size(inputs: Tensor, size: int | None) -> Tensor:
    """uint8 pictures (N, C, H, W) resampled to (N, C, size, size), bilinear with antialiasing; as they are for None."""
    if size is None or inputs.shape[-2:] == (size, size):
        return inputs
    sizes = [
        F.interpolate(part.float(), (size, size), mode="bilinear", antialias=True, align_corners=False)
        for part in inputs.split(_CHUNK)
    ]
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in sizes])
