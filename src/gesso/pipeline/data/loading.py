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
        indices: int64 (B,), the numbers of the examples that these are.
        skipped: the names of files that could not be read, and so are not among them.
    """

    inputs: Tensor
    indices: Tensor
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
        """Those of the examples with these numbers, int64 (B,), that can be read."""
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
        return Loaded(self.inputs[indices], indices)


def gather(indices: Tensor, read: Callable[[int], Tensor], name: Callable[[int], str]) -> Loaded:
    """Read the examples `indices` (B,) one by one, without those that cannot be.

    Args:
        read: gives the example with a number; raises GessoError when it cannot.
        name: what an example is called among those that were skipped.
    """
    inputs: list[Tensor] = []
    kept: list[int] = []
    skipped: dict[str, None] = {}
    for index in indices.tolist():
        try:
            inputs.append(read(index))
            kept.append(index)
        except GessoError:
            skipped[name(index)] = None
    return Loaded(
        torch.stack(inputs) if inputs else torch.empty(0), torch.tensor(kept, dtype=torch.int64), tuple(skipped)
    )


def load_or_next(examples: Examples, indices: Tensor, among: Tensor | None = None) -> Loaded:
    """The examples `indices` (B,), all of them: for each that cannot be read, the next of its class.

    A training takes them so, for its batches are to be full.

    Args:
        among: the numbers of those that may stand in, and of `indices`, int64 (M,); any if not given.

    Raises:
        GessoError: none of a class can be read.
    """
    loaded = examples.load(indices)
    if not loaded.skipped:
        return loaded
    rows = dict(zip(loaded.indices.tolist(), loaded.inputs, strict=True))
    skipped = dict.fromkeys(loaded.skipped)
    taken: list[int] = []
    for index in indices.tolist():
        if index in rows:
            taken.append(index)
            continue
        found = _next(examples, index, torch.arange(len(examples)) if among is None else among)
        skipped |= dict.fromkeys(found.skipped)
        taken.append(int(found.indices))
        rows[taken[-1]] = found.inputs[0]
    return Loaded(torch.stack([rows[index] for index in taken]), torch.tensor(taken), tuple(skipped))


def _next(examples: Examples, index: int, among: Tensor) -> Loaded:
    """The example that follows `index` in its class and can be read, and the names of those that cannot."""
    of_class = among[examples.labels[among] == examples.labels[index]]
    place = int((of_class == index).nonzero()[0])
    skipped: list[str] = []
    for other in torch.cat([of_class[place + 1 :], of_class[: place + 1]]).split(1):  # it comes last itself
        loaded = examples.load(other)
        skipped += loaded.skipped
        if len(loaded.indices):
            return loaded._replace(skipped=tuple(skipped))
    raise GessoError(f"none of the {len(of_class)} files of the class of {skipped[-1]} can be read; mend or remove it")


def first_of(examples: Examples) -> Tensor:
    """The first example that can be read: (C, H, W) or (samples,). Raises GessoError when none can."""
    for index in torch.arange(len(examples)).split(1):
        loaded = examples.load(index)
        if len(loaded.indices):
            return loaded.inputs[0]
    raise none_of(len(examples))


def none_of(count: int) -> GessoError:
    """What is raised when none of `count` files can be read."""
    return GessoError(f"none of the {count} files can be read: gesso data check FOLDER tells why")


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

    def sum_up(self) -> None:
        """Warn, at the end of a command, of how many were left out, if any was."""
        if self.names:
            warnings.warn(self.summary(), stacklevel=2)


def in_memory(examples: Examples, skips: Skips) -> InMemory:
    """All the examples that can be read, decoded once; the others are dropped, and noted in `skips`.

    Raises GessoError when none can be read.
    """
    loaded = examples.load(torch.arange(len(examples)))
    skips.note(loaded.skipped)
    if not len(loaded.indices):
        raise none_of(len(examples))
    return InMemory(loaded.inputs, examples.labels[loaded.indices], examples.classes)


def at_size(inputs: Tensor, size: int | None) -> Tensor:
    """uint8 pictures (N, C, H, W) resampled to (N, C, size, size), bilinear with antialiasing; as they are for None."""
    if size is None or inputs.shape[-2:] == (size, size):
        return inputs
    sizes = [
        F.interpolate(part.float(), (size, size), mode="bilinear", antialias=True, align_corners=False)
        for part in inputs.split(_CHUNK)
    ]
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in sizes])
