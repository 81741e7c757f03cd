"""Whose turn it is: which batch, and which part of it, is drawn next, by this process or by workers ahead of it."""

import signal
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.settings import Training


class Turn(NamedTuple):
    """Part `part` of the `parts` equal parts of the batch of `step`, and the generator of all that is random in it.

    Several processes, and a process that works through its batch in pieces, each take parts of their own.
    """

    step: int
    part: int
    parts: int
    generator: Generator


Draw = Callable[[Turn], Any]


class Order:
    """Indices of examples, in an order that is a function of (seed, epoch): each example once in an epoch.

    The last examples of an epoch that do not fill a batch are left out of it; the next epoch's order is another.
    """

    def __init__(self, examples: int, settings: Training):
        if examples < settings.batch:
            raise GessoError(f"{examples} examples do not fill a batch of {settings.batch}: lower --batch")
        self.examples, self.batch, self.seed = examples, settings.batch, settings.seed
        self.steps = examples // settings.batch  # in an epoch
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def epoch(self, turn: Turn) -> int:
        """How many epochs came before that of `turn`."""
        return turn.step // self.steps

    def __call__(self, turn: Turn) -> Tensor:
        """The indices of the examples of `turn`: int64 (batch / parts,)."""
        epoch, at = self.epoch(turn), turn.step % self.steps
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = torch.randperm(self.examples, generator=generator(self.seed, "epoch", epoch))
        return self._order[at * self.batch : (at + 1) * self.batch][turn.part :: turn.parts]


def turns(draw: Draw, settings: Training, first: int, rank: int = 0, world: int = 1) -> Iterator[list[Any]]:
    """For each step from `first`, the batch and the generator of every part that falls to process `rank` of `world`.

    With `settings.workers` they are drawn ahead by that many processes, to the same result.
    """
    parts = world * settings.accumulate
    if settings.batch % parts:
        raise GessoError(f"a batch of {settings.batch} does not go into {parts} equal parts: change --batch")
    mine = range(rank * settings.accumulate, (rank + 1) * settings.accumulate)
    drawn = DataLoader(
        _Steps(draw, settings.seed, mine, parts),
        batch_size=None,
        sampler=range(first, settings.steps),
        num_workers=settings.workers,
        worker_init_fn=_leave_ctrl_c_to_the_loop,
    )
    for batches in drawn:
        if isinstance(batches, GessoError):
            raise batches
        yield [(batch, _restored(state)) for batch, state in batches]


class _Steps(Dataset[Any]):
    """Step -> the batches of the parts `mine`, each with the state in which drawing it left its generator."""

    def __init__(self, draw: Draw, seed: int, mine: range, parts: int):
        self.draw, self.seed, self.mine, self.parts = draw, seed, mine, parts

    def __getitem__(self, step: int) -> Any:
        batches: list[tuple[Any, Tensor]] = []
        try:
            for part in self.mine:
                path = (step,) if self.parts == 1 else (step, part)
                source = generator(self.seed, "step", *path)
                batches.append((self.draw(Turn(step, part, self.parts, source)), source.get_state()))
        except GessoError as error:
            return error  # raised there, it would reach the person with a worker's traceback in its text
        return batches


def _restored(state: Tensor) -> Generator:
    source = Generator()
    source.set_state(state)
    return source


def _leave_ctrl_c_to_the_loop(_: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
