"""Optimisers by name."""

from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest
import torch
from torch import nn

from gesso.core.declaration import check
from gesso.core.errors import Usage
from gesso.pipeline import optimisers
from gesso.pipeline.optimisers import Muon, orthogonal
from gesso.pipeline.settings import Optimiser, Training


def settings(**values: Any) -> Training:
    return check(Training, values)


@pytest.mark.parametrize("name", get_args(Optimiser))
def test_every_optimiser_learns(name: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 3))
    x = torch.randn(64, 6)
    y = x[:, :3] * x[:, 3:]
    rate = 0.1 if name == "sgd" else 0.01
    optimiser = optimisers.make(model.parameters(), settings(optimiser=name, rate=rate))
    losses: list[float] = []
    for _ in range(200):
        loss = (model(x) - y).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def steps_of(model: nn.Module, optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    """The weights after three steps along gradients that are the same every time."""
    for step in range(3):
        source = torch.Generator().manual_seed(step)
        for p in model.parameters():
            p.grad = torch.randn(p.shape, generator=source)
        optimiser.step()
    return list(model.parameters())


@pytest.mark.parametrize(
    ("told", "theirs"),
    [
        ({"optimiser": "adamw"}, lambda p: torch.optim.AdamW(p, 0.1, (0.9, 0.99), weight_decay=0.0)),
        ({"optimiser": "adam"}, lambda p: torch.optim.Adam(p, 0.1)),
        ({"optimiser": "sgd"}, lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True)),
        ({"optimiser": "rmsprop"}, lambda p: torch.optim.RMSprop(p, 0.1, momentum=0.9)),
        ({"optimiser": "muon"}, lambda p: Muon(p, 0.1)),
        ({"optimiser": "adamw", "beta2": 0.95}, lambda p: torch.optim.AdamW(p, 0.1, (0.9, 0.95), weight_decay=0.0)),
        ({"optimiser": "adam", "beta1": 0.5}, lambda p: torch.optim.Adam(p, 0.1, (0.5, 0.999))),
        ({"optimiser": "sgd", "nesterov": False, "momentum": 0.8}, lambda p: torch.optim.SGD(p, 0.1, 0.8)),
        ({"optimiser": "sgd", "momentum": 0}, lambda p: torch.optim.SGD(p, 0.1)),
        ({"optimiser": "rmsprop", "momentum": 0, "beta2": 0.9}, lambda p: torch.optim.RMSprop(p, 0.1, 0.9)),
        ({"optimiser": "muon", "momentum": 0.8, "beta1": 0.5}, lambda p: Muon(p, 0.1, 0.8, betas=(0.5, 0.99))),
    ],
    ids=str,
)
def test_an_optimiser_takes_the_steps_that_torch_s_takes_so_told(
    told: dict[str, Any], theirs: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
) -> None:
    ours, reference = (nn.Linear(4, 3) for _ in range(2))
    reference.load_state_dict(ours.state_dict())
    stepped = steps_of(ours, optimisers.make(ours.parameters(), settings(rate=0.1, **told)))
    for mine, other in zip(stepped, steps_of(reference, theirs(reference.parameters())), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"optimiser": "adam", "momentum": 0.9}, "adam has no momentum: leave it out, or take sgd or rmsprop or muon"),
        ({"optimiser": "rmsprop", "nesterov": True}, "rmsprop has no nesterov: leave it out, or take sgd or muon"),
        ({"optimiser": "sgd", "beta2": 0.9}, "sgd has no beta2"),
        ({"optimiser": "sgd", "momentum": 0, "nesterov": True}, "leave one of them out"),
    ],
)
def test_what_the_optimiser_would_not_heed_is_refused(told: dict[str, Any], line: str) -> None:
    with pytest.raises(Usage, match=line):
        settings(**told)


def test_muon_without_nesterov_moves_a_matrix_along_its_momentum() -> None:
    weight = nn.Parameter(torch.zeros(8, 8))
    optimiser = Muon([weight], lr=1.0, momentum=0.5, nesterov=False)
    momentum = torch.zeros(8, 8)
    for step in range(2):
        weight.grad = torch.randn(8, 8, generator=torch.Generator().manual_seed(step))
        momentum = momentum.lerp(weight.grad, 0.5)
        before = weight.detach().clone()
        optimiser.step()
    torch.testing.assert_close(before - weight, orthogonal(momentum[None])[0] * 0.2 * 8**0.5)


@pytest.mark.parametrize("shape", [(3, 16, 48), (2, 48, 16), (1, 20, 20)])
def test_orthogonal_leaves_singular_values_near_one_and_their_directions(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = orthogonal(matrices)
    values = torch.linalg.svdvals(found.float())
    assert values.min() > 0.5
    assert values.max() < 1.3
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    assert torch.nn.functional.cosine_similarity(found.flatten(1), (u @ v).flatten(1)).min() > 0.9


def test_a_step_of_muon_is_as_large_as_one_of_adamw() -> None:
    weight = nn.Parameter(torch.zeros(64, 64))
    weight.grad = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    Muon([weight], lr=0.01).step()
    assert weight.detach().square().mean().sqrt().item() == pytest.approx(0.2 * 0.01, rel=0.15)


def test_muon_moves_a_bias_as_adam_does() -> None:
    ours, theirs = (nn.Parameter(torch.ones(5)) for _ in range(2))
    one, other = Muon([ours], lr=0.1), torch.optim.AdamW([theirs], lr=0.1, betas=(0.9, 0.99), weight_decay=0.0)
    for step in range(5):
        gradient = torch.randn(5, generator=torch.Generator().manual_seed(step))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        one.step()
        other.step()
    torch.testing.assert_close(ours, theirs)


def test_a_convolution_in_channels_last_moves_as_the_same_one_in_the_usual_order() -> None:
    steps: list[torch.Tensor] = []
    for order in (torch.contiguous_format, torch.channels_last):
        weight = nn.Parameter(torch.ones(8, 4, 3, 3).contiguous(memory_format=order))
        weight.grad = torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(0)).contiguous(
            memory_format=order
        )
        Muon([weight], lr=0.1).step()
        steps.append(weight.detach().contiguous())
    torch.testing.assert_close(*steps)


def test_muon_with_divided_weights_is_refused() -> None:
    with pytest.raises(Usage, match="muon needs whole matrices"):
        settings(optimiser="muon", shard=True)
