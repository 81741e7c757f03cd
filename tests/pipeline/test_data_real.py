"""The real data sets, where they are: what is known of them."""

from collections.abc import Callable

import pytest
import torch

from gesso.core import places
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.registry import find, is_here

SETS: list[tuple[str, int, int, Callable[[torch.Tensor], bool]]] = [
    ("mnist", 60_000, 10_000, lambda y: torch.bincount(y)[:3].tolist() == [5923, 6742, 5958]),
    ("fashion-mnist", 60_000, 10_000, lambda y: torch.bincount(y).tolist() == [6000] * 10),
]


@pytest.mark.parametrize(("name", "train", "test", "right"), SETS)
def test_the_real_set_has_its_known_counts(
    name: str, train: int, test: int, right: Callable[[torch.Tensor], bool]
) -> None:
    with_real_data(name)
    examples = open_examples(name, "train")
    assert (len(examples), len(open_examples(name, "test"))) == (train, test)
    assert right(examples.labels)


def test_real_openmoji_has_no_picture_in_both_splits() -> None:
    with_real_data("openmoji")
    train, test = open_examples("openmoji", "train"), open_examples("openmoji", "test")
    seen = {train.load(torch.tensor([i])).inputs.numpy().tobytes() for i in range(len(train))}
    assert not any(test.load(torch.tensor([i])).inputs.numpy().tobytes() in seen for i in range(len(test)))
    assert 0.12 < len(test) / (len(test) + len(train)) < 0.28
    assert (torch.bincount(test.labels, minlength=9) >= 10).all()


def with_real_data(name: str) -> None:
    """Skips the test where the set is not in the data folder."""
    if not is_here(find(name), places.data()):
        pytest.skip(f"{name} is not in {places.data()}: gesso data get {name}, or set GESSO_DATA")


def test_real_esc10_keeps_the_clips_of_a_recording_together() -> None:
    with_real_data("esc10")
    train, test = open_examples("esc10", "train"), open_examples("esc10", "test")
    recordings = [{name.split("-")[1] for name in part.names} for part in (train, test)]  # pyright: ignore[reportAttributeAccessIssue]
    assert not recordings[0] & recordings[1]
    assert torch.bincount(test.labels).tolist() == [len(test) // 10] * 10
    assert test.load(torch.arange(3)).inputs.abs().amax(1).min() > 0.01
