"""The plain convolutional network: what its first layer measures, its shapes, and that it learns."""

import pytest
import torch
import torch.nn.functional as F

from gesso.core.errors import GessoError
from gesso.networks.convolutional import PATCH, Convolutional


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def fresh(**sizes: object) -> Convolutional:
    network = Convolutional(**({"widths": (16, 24), "blocks": (2, 1)} | sizes))  # pyright: ignore[reportArgumentType]
    network.initialise(torch.Generator().manual_seed(0))
    network.measure(random(32, network.whitening.shape[1], 16, 16))
    return network


@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 20), (9, 13), (2, 3)])
def test_pictures_of_any_size_become_features_and_logits(height: int, width: int) -> None:
    network, x = fresh(channels=3, classes=7), random(2, 3, height, width)
    assert network.features(x).shape == (2, 24)
    torch.testing.assert_close(network(x), network.head(network.features(x)))


def test_each_stage_halves_the_picture() -> None:
    shapes = [tuple(x.shape) for x in fresh(widths=(16, 24, 32), blocks=(2, 1, 2)).maps(random(1, 1, 28, 28))]
    assert shapes == [(1, 16, 13, 13), (1, 24, 6, 6), (1, 32, 3, 3)]


def test_the_measured_layer_makes_what_it_sees_uncorrelated_and_equally_loud() -> None:
    x = F.avg_pool2d(random(64, 3, 34, 34), 3, 1) * 3  # neighbours are alike, as in photographs
    network = fresh(channels=3)
    network.measure(x)
    seen = F.conv2d(x, network.whitening)[:, : 3 * PATCH**2].transpose(0, 1).flatten(1)  # the rest are their opposites
    torch.testing.assert_close(seen @ seen.T / seen.shape[1], torch.eye(len(seen)), atol=0.01, rtol=0)


def test_a_fresh_convolution_passes_on_what_it_sees() -> None:
    filters = fresh(widths=(16, 40)).state_dict()["stages.1.convolutions.0.weight"]
    assert torch.equal(filters[:16, :, 1, 1], torch.eye(16))
    assert float(filters[16:].std()) > 0.05


def test_it_learns_a_small_batch_by_heart_in_mixed_precision() -> None:
    network, x, labels = fresh(), random(16, 1, 12, 12), torch.arange(16) % 10
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(60):
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(network(x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.equal(network(x).argmax(1), labels)
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_stages_that_do_not_fit_are_refused() -> None:
    for widths, blocks in [((8, 16), (1,)), ((), ()), ((8,), (0,))]:
        with pytest.raises(GessoError, match="do not fit"):
            Convolutional(widths=widths, blocks=blocks)
