"""The recurrent network: what it reads in which order, and dropout that is drawn from a generator alone."""

import itertools
from typing import Literal

import pytest
import torch
import torch.nn.functional as F

from gesso.core.errors import GessoError
from gesso.networks.recurrent import Recurrent, dropped

Cell = Literal["lstm", "gru"]
Read = Literal["last", "mean"]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def fresh(
    cell: Cell = "lstm", read: Read = "last", *, both: bool = False, layers: int = 2, dropout: float = 0, seed: int = 0
) -> Recurrent:
    network = Recurrent(
        inputs=5, hidden=8, layers=layers, classes=3, cell=cell, read=read, bidirectional=both, dropout=dropout
    )
    network.initialise(torch.Generator().manual_seed(seed))
    return network


KINDS = list(itertools.product(("lstm", "gru"), ("last", "mean"), (False, True)))


@pytest.mark.parametrize(("cell", "read", "both"), KINDS)
def test_shapes_and_gradients(cell: Cell, read: Read, both: bool) -> None:
    network = fresh(cell, read, both=both)
    for batch, length in ((1, 1), (4, 9)):
        x = random(batch, length, 5)
        assert network.features(x).shape == (batch, 16 if both else 8)
        assert network(x).shape == (batch, 3)
    F.cross_entropy(network(random(4, 9, 5)), torch.tensor([0, 1, 2, 0])).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_a_gru_is_the_one_of_the_paper() -> None:
    network = fresh("gru", layers=1)
    weights = dict(network.layers[0].named_parameters())
    x, h = random(2, 4, 5), torch.zeros(2, 8)
    for t in range(4):
        ours = (x[:, t] @ weights["weight_ih_l0"].T + weights["bias_ih_l0"]).chunk(3, 1)
        past = (h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"]).chunk(3, 1)
        reset, update = (ours[0] + past[0]).sigmoid(), (ours[1] + past[1]).sigmoid()
        h = (1 - update) * (ours[2] + reset * past[2]).tanh() + update * h
    torch.testing.assert_close(network.features(x), h)


def test_both_ways_reads_a_reversed_sequence_as_one_way_reads_it_forwards() -> None:
    network = fresh(both=True, layers=1)
    layer = network.layers[0]
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.endswith("_reverse"):
                parameter.copy_(layer.get_parameter(name.removesuffix("_reverse")))
    x = random(2, 6, 5)
    there, back = network.features(x).chunk(2, 1)
    again = network.features(x.flip(1)).chunk(2, 1)
    torch.testing.assert_close((there, back), (again[1], again[0]))
    assert not torch.allclose(there, back)


def test_the_weights_are_a_function_of_the_generator_and_keep_what_they_should() -> None:
    one, same, other = fresh(seed=1), fresh(seed=1), fresh(seed=2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one(random(1, 3, 5)), other(random(1, 3, 5)))
    for gate in one.layers[0].get_parameter("weight_hh_l0").detach().split(8):
        torch.testing.assert_close(gate @ gate.T, torch.eye(8))
    biases = one.layers[0].get_parameter("bias_ih_l0") + one.layers[0].get_parameter("bias_hh_l0")
    assert torch.equal(biases, torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(8))


def test_dropout_is_drawn_from_its_generator_alone() -> None:
    network, x = fresh(dropout=0.5).train(), random(6, 7, 5)
    outputs = []
    for shared, own in ((0, 1), (9, 1), (0, 2)):
        torch.manual_seed(shared)
        outputs.append(network(x, torch.Generator().manual_seed(own)))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    assert torch.equal(network(x), network(x))  # without a generator there is none


def test_dropped_channels_are_silent_throughout_and_the_mean_is_kept() -> None:
    x = torch.ones(50, 3, 200)
    y = dropped(x, 0.25, torch.Generator().manual_seed(0))
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert torch.equal(y.unique(), torch.tensor([0, 1 / 0.75]))
    assert float(y.mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_it_learns_what_stood_first_in_a_sequence(cell: Cell) -> None:
    network, x = fresh(cell), random(24, 8, 5)
    labels = x[:, 0, :3].argmax(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(80):
        loss = F.cross_entropy(network(x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.equal(network(x).argmax(1), labels)


def test_a_dropout_that_is_no_share_is_refused() -> None:
    with pytest.raises(GessoError, match="share"):
        Recurrent(dropout=1)
