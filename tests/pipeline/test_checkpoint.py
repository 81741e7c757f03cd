"""A checkpoint brings back all of a run, and one that cannot be read is passed over or answered in one line."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from gesso.core.errors import GessoError
from gesso.pipeline.checkpoint import State, checkpoints


def state(channels: int = 4) -> State:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, channels, 3), nn.BatchNorm2d(channels), nn.Conv2d(channels, 1, 3))
    return State(model, copy.deepcopy(model), torch.optim.AdamW(model.parameters(), lr=0.01))


def work(state: State, steps: int) -> None:
    for _ in range(steps):
        x = torch.randn((2, 1, 8, 8), generator=torch.Generator().manual_seed(state.step))
        state.optimiser.zero_grad()
        state.model(x).square().mean().backward()
        state.optimiser.step()
        with torch.no_grad():
            for ours, theirs in zip(state.average.parameters(), state.model.parameters(), strict=True):
                ours.lerp_(theirs, 0.1)
        state.step += 1


def assert_equal(ours: State, theirs: State) -> None:
    assert ours.step == theirs.step
    torch.testing.assert_close(ours.model.state_dict(), theirs.model.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(ours.average.state_dict(), theirs.average.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(ours.optimiser.state_dict(), theirs.optimiser.state_dict(), rtol=0, atol=0)


def test_what_was_saved_comes_back_bit_for_bit(tmp_path: Path) -> None:
    saved, loaded = state(), state()
    work(saved, 3)
    assert saved.save(tmp_path) == tmp_path / "step-00000003.safetensors"
    loaded.load(tmp_path)
    assert_equal(loaded, saved)
    work(saved, 2)
    work(loaded, 2)
    assert_equal(loaded, saved)


def test_an_optimiser_that_counts_in_plain_numbers_comes_back_too(tmp_path: Path) -> None:
    def embedding() -> State:
        torch.manual_seed(0)
        model = nn.Embedding(5, 2, sparse=True)
        return State(model, copy.deepcopy(model), torch.optim.SparseAdam(model.parameters()))

    def learn(state: State) -> None:
        state.optimiser.zero_grad()
        state.model(torch.tensor([1, 3])).sum().backward()
        state.optimiser.step()
        state.step += 1

    saved, loaded = embedding(), embedding()
    learn(saved)
    saved.save(tmp_path)
    loaded.load(tmp_path)
    assert loaded.optimiser.state_dict()["state"][0]["step"] == 1
    learn(saved)
    learn(loaded)
    assert_equal(loaded, saved)


def test_before_the_first_step_there_is_something_to_save_too(tmp_path: Path) -> None:
    saved, loaded = state(), state()
    saved.save(tmp_path)
    work(loaded, 2)
    loaded.load(tmp_path)
    assert_equal(loaded, saved)


def test_two_checkpoints_are_kept_and_nothing_else(tmp_path: Path) -> None:
    saved = state()
    for _ in range(4):
        work(saved, 1)
        saved.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000003.safetensors",
        "step-00000004.safetensors",
    ]


@pytest.mark.parametrize("damaged", [b"", b"not a checkpoint", b"\xff" * 100])
def test_the_newest_that_can_be_read_is_loaded(tmp_path: Path, damaged: bytes) -> None:
    saved, loaded = state(), state()
    work(saved, 2)
    saved.save(tmp_path)
    (tmp_path / "step-00000003.safetensors").write_bytes(damaged)
    loaded.load(tmp_path)
    assert_equal(loaded, saved)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_checkpoint_cut_short_is_passed_over(tmp_path: Path, share: float) -> None:
    saved, loaded = state(), state()
    work(saved, 1)
    saved.save(tmp_path)
    before = copy.deepcopy(saved)
    work(saved, 1)
    newest = saved.save(tmp_path)
    newest.write_bytes(newest.read_bytes()[: int(newest.stat().st_size * share)])
    loaded.load(tmp_path)
    assert loaded.step == 1
    torch.testing.assert_close(loaded.model.state_dict(), before.model.state_dict(), rtol=0, atol=0)


def test_a_run_without_a_readable_checkpoint_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"no readable checkpoint in .*: start the run anew"):
        state().load(tmp_path / "none")
    (tmp_path / "step-00000001.safetensors").write_bytes(b"")
    with pytest.raises(GessoError, match="no readable checkpoint"):
        state().load(tmp_path)


def test_a_checkpoint_of_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    other = state(channels=5)
    work(other, 1)
    other.save(tmp_path)
    with pytest.raises(GessoError, match=r"step-00000001\.safetensors is of another network") as refused:
        state().load(tmp_path)
    assert "\n" not in str(refused.value)


def test_checkpoints_are_in_order_of_their_steps(tmp_path: Path) -> None:
    saved = state()
    for step in (9, 10):
        saved.step = step
        saved.save(tmp_path)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000009.safetensors", "step-00000010.safetensors"]
