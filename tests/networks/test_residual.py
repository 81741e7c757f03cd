"""The residual network: its shapes, that it learns, and that no picture of a batch touches another."""

import pytest
import torch
import torch.nn.functional as F

from gesso.core.errors import GessoError
from gesso.networks.residual import GroupNorm, Residual


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def fresh(seed: int = 0, **sizes: object) -> Residual:
    network = Residual(**({"widths": (8, 16), "blocks": (1, 2)} | sizes))  # pyright: ignore[reportArgumentType]
    network.initialise(torch.Generator().manual_seed(seed))
    return network


@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 20), (9, 13), (1, 1)])
def test_pictures_of_any_size_become_features_and_logits(height: int, width: int) -> None:
    network = fresh(channels=3, classes=7)
    x = random(2, 3, height, width)
    assert network.features(x).shape == (2, 16)
    assert network(x).shape == (2, 7)
    torch.testing.assert_close(network(x), network.head(network.features(x)))


def test_every_stage_after_the_first_halves_the_picture() -> None:
    network = fresh(widths=(8, 16, 24), blocks=(1, 2, 1))
    x = network.to_half(network.stem(random(1, 1, 28, 28)))
    shapes = [tuple(x.shape)]
    for block in network.blocks:
        x = block(x)
        shapes.append(tuple(x.shape))
    assert shapes == [(1, 8, 14, 14), (1, 8, 14, 14), (1, 16, 7, 7), (1, 16, 7, 7), (1, 24, 4, 4)]


def test_a_picture_s_features_do_not_depend_on_the_rest_of_its_batch() -> None:
    network = fresh()
    x = random(4, 1, 12, 12) * torch.tensor([1.0, 5.0, 0.1, 20.0])[:, None, None, None]
    torch.testing.assert_close(network.features(x)[1:2], network.features(x[1:2]))


def test_normalisation_is_torch_s_and_more_exact_than_bfloat16() -> None:
    norm, x = GroupNorm(12), random(2, 12, 5, 5) * 3 + 40
    torch.testing.assert_close(norm(x), F.group_norm(x, 4))  # 4 is what 8 groups and 12 channels have in common
    half = x.bfloat16()
    assert norm(half).dtype == torch.bfloat16
    assert torch.equal(norm(half), F.group_norm(half.float(), 4).bfloat16())


def test_gradients_reach_every_parameter() -> None:
    network = fresh()
    F.cross_entropy(network(random(4, 1, 12, 12)), torch.arange(4)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_weights_are_a_function_of_the_generator() -> None:
    one, same, other = fresh(3), fresh(3), fresh(4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one(random(1, 1, 8, 8)), other(random(1, 1, 8, 8)))


def test_a_fresh_network_s_logits_have_an_ordinary_size_however_deep_it_is() -> None:
    for depth in (1, 8):
        logits = fresh(widths=(16, 32), blocks=(depth, depth))(random(32, 1, 16, 16))
        assert 0.1 < float(logits.detach().std()) < 3


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


def test_stages_that_do_not_fit_are_refused() -> None:
    for widths, blocks in [((8, 16), (1,)), ((), ()), ((8,), (0,))]:
        with pytest.raises(GessoError, match="do not fit"):
            Residual(widths=widths, blocks=blocks)
