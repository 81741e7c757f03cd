"""The learning rate rises, and falls as its schedule says."""

from typing import Any

import pytest

from gesso.pipeline.schedules import rate
from gesso.pipeline.settings import Training


def rates(**settings: Any) -> list[float]:
    told = Training.model_validate({"steps": 100, "rate": 0.5, "warm_up": 10, **settings})
    return [rate(step, told) for step in range(101)]


def test_a_cosine_warms_up_then_falls_to_zero() -> None:
    found = rates(schedule="cosine")
    assert found[:10] == pytest.approx([0.05 * (i + 1) for i in range(10)])
    assert found[10] == max(found) == 0.5
    assert found[55] == pytest.approx(0.25)
    assert found[10:] == sorted(found[10:], reverse=True)
    assert found[100] == pytest.approx(0)


def test_linear_falls_evenly() -> None:
    found = rates(schedule="linear", warm_up=0)
    assert found == pytest.approx([0.5 * (1 - i / 100) for i in range(101)])


def test_constant_stays_after_its_warm_up() -> None:
    found = rates(schedule="constant")
    assert found[0] == pytest.approx(0.05)
    assert set(found[10:]) == {0.5}


def test_one_cycle_is_pytorch_s() -> None:
    import torch

    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    # PyTorch's first phase ends a step earlier than three tenths of the steps.
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 0.5, total_steps=101, pct_start=31 / 101, cycle_momentum=False
    )
    expected: list[float] = []
    for _ in range(101):
        expected.append(float(theirs.get_last_lr()[0]))
        optimiser.step()
        if len(expected) < 101:
            theirs.step()
    assert rates(schedule="one-cycle") == pytest.approx(expected, abs=1e-9)
