"""Batches come in an order that is the seed's, whoever draws them."""

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from gesso.core.errors import GessoError
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order, Turn, turns


class Drawn(NamedTuple):
    indices: Tensor
    noise: Tensor


class Numbers:
    def __init__(self, settings: Training):
        self.order = Order(23, settings)

    def __call__(self, turn: Turn) -> Drawn:
        return Drawn(self.order(turn), torch.rand(2, generator=turn.generator))


def settings(**values: Any) -> Training:
    return Training.model_validate({"steps": 12, "batch": 4, "seed": 3, **values})


def drawn(first: int = 0, rank: int = 0, world: int = 1, **values: Any) -> list[list[Drawn]]:
    told = settings(**values)
    return [[batch for batch, _ in parts] for parts in turns(Numbers(told), told, first, rank, world)]


def indices(steps: list[list[Drawn]]) -> list[set[int]]:
    return [{int(i) for batch in parts for i in batch.indices} for parts in steps]


def test_an_epoch_takes_each_example_at_most_once_and_epochs_differ() -> None:
    steps = indices(drawn(steps=10))
    first, second = steps[:5], steps[5:]
    assert len(set().union(*first)) == len(set().union(*second)) == 20
    assert first != second


def test_another_seed_is_another_order() -> None:
    assert indices(drawn()) != indices(drawn(seed=4))


def test_going_on_in_the_midst_of_an_epoch_gives_what_would_have_come() -> None:
    assert indices(drawn(first=7)) == indices(drawn())[7:]


@pytest.mark.parametrize("parts", [{"accumulate": 2}, {"accumulate": 4}])
def test_parts_of_a_batch_make_up_the_batch(parts: dict[str, int]) -> None:
    assert indices(drawn(**parts)) == indices(drawn())


def test_two_processes_share_a_batch() -> None:
    one, other = (indices(drawn(rank=rank, world=2)) for rank in range(2))
    assert [a | b for a, b in zip(one, other, strict=True)] == indices(drawn())
    assert all(len(a) == len(b) == 2 for a, b in zip(one, other, strict=True))


def test_parts_are_random_in_their_own_ways() -> None:
    for parts in drawn(accumulate=2):
        assert not torch.equal(parts[0].noise, parts[1].noise)


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # as many as this machine has cores
@pytest.mark.parametrize("workers", [1, 3])
def test_workers_draw_the_same_and_leave_the_same_generators(workers: int) -> None:
    told = settings()
    alone = list(turns(Numbers(told), told, 2))
    ahead = list(turns(Numbers(told), told.model_copy(update={"workers": workers}), 2))
    for (ours,), (theirs,) in zip(alone, ahead, strict=True):
        assert torch.equal(ours[0].indices, theirs[0].indices)
        assert torch.equal(ours[0].noise, theirs[0].noise)
        assert torch.equal(ours[1].get_state(), theirs[1].get_state())


class Vanishing(Numbers):
    def __call__(self, turn: Turn) -> Drawn:
        if turn.step == 3:
            raise GessoError("sunflower.png is gone")
        return super().__call__(turn)


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("workers", [0, 2])
def test_what_a_worker_cannot_read_is_one_line_here(workers: int) -> None:
    told = settings(workers=workers)
    with pytest.raises(GessoError, match=r"^sunflower.png is gone$"):
        list(turns(Vanishing(told), told, 0))


def test_too_few_examples_for_a_batch() -> None:
    with pytest.raises(GessoError, match="3 examples do not fill a batch of 4"):
        Order(3, settings())


def test_a_batch_that_does_not_go_into_its_parts() -> None:
    with pytest.raises(GessoError, match="a batch of 4 does not go into 3 equal parts"):
        drawn(world=3)
