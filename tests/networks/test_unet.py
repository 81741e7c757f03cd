"""The U-Net keeps shapes, begins at nothing, and hears its condition."""

import pytest
import torch

from gesso.core.errors import GessoError
from gesso.networks.unet import Fourier, UNet


def network(**settings: object) -> UNet:
    given = {"channels": 1, "widths": (16, 32), "blocks": 1, "condition": 8, **settings}
    model = UNet(**given)  # pyright: ignore[reportArgumentType] -- of the kinds above
    model.initialise(torch.Generator().manual_seed(0))
    return model


@pytest.mark.parametrize(("patch", "size"), [(1, 6), (2, 28), (4, 16)])
def test_a_picture_comes_out_at_the_size_it_went_in(patch: int, size: int) -> None:
    model = network(channels=3, patch=patch)
    assert size % model.multiple == 0
    assert model(torch.randn(2, 3, size, size), torch.randn(2, 8)).shape == (2, 3, size, size)


@pytest.mark.parametrize(("size", "padded"), [(16, 16), (14, 16)])
def test_a_layout_lets_the_condition_say_where_things_are(size: int, padded: int) -> None:
    model, x = network(size=size), torch.zeros(1, 1, padded, padded)
    assert model.layout is not None
    torch.nn.init.normal_(model.layout.out.weight)
    torch.nn.init.normal_(model.out.weight)
    ours = model(x, torch.ones(1, 8))[0, 0, 6:10, 6:10]
    torch.nn.init.zeros_(model.layout.out.weight)
    theirs = model(x, torch.ones(1, 8))[0, 0, 6:10, 6:10]
    assert ours.var() > 10 * theirs.var()


@pytest.mark.parametrize("width", [48, 56, 100])
def test_any_width_has_heads(width: int) -> None:
    model = network(widths=(16, width))
    assert width % model.attention.heads == 0
    assert model(torch.randn(1, 1, 8, 8), torch.randn(1, 8)).shape == (1, 1, 8, 8)


def test_it_begins_at_nothing() -> None:
    assert network()(torch.randn(1, 1, 8, 8), torch.randn(1, 8)).abs().max() == 0


def test_what_it_says_depends_on_the_condition_and_on_every_weight() -> None:
    model, x = network(), torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    one, other = model(x, torch.zeros(2, 8)), model(x, torch.ones(2, 8))
    assert not torch.allclose(one, other)
    other.sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.parameters())


def test_widths_that_make_no_network_are_refused() -> None:
    with pytest.raises(GessoError, match=r"widths \(4,\)"):
        network(widths=(4,))


def test_numbers_near_each_other_are_told_apart() -> None:
    waves = Fourier(32)(torch.tensor([0.5, 0.51, 0.9]))
    near, far = (waves[0] - waves[1]).norm(), (waves[0] - waves[2]).norm()
    assert 0.1 < near < far
