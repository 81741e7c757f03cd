"""The autoencoders: shapes, codes that carry the picture, and the divergence of the paper."""

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from gesso.core.errors import GessoError
from gesso.networks.autoencoder import Autoencoder, VariationalAutoencoder, doubled, drawn, kl

KINDS = [Autoencoder, VariationalAutoencoder]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("channels", "size"), [(1, (28, 28)), (3, (16, 24)), (2, (4, 8))])
def test_pictures_become_codes_and_pictures_again(kind: type, channels: int, size: tuple[int, int]) -> None:
    network = kind(channels=channels, size=size, widths=(8, 12), code=5)
    network.initialise(seeded(0))
    code = network.encode(random(2, channels, *size))
    if kind is VariationalAutoencoder:
        assert [tuple(part.shape) for part in code] == [(2, 5), (2, 5)]
        code = code[0]
    assert code.shape == (2, 5)
    picture = network.decode(code).detach()
    assert picture.shape == (2, channels, *size)
    assert 0 <= float(picture.min()) < float(picture.max()) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: type) -> None:
    network = kind(size=(8, 8), widths=(8, 8), code=4)
    network.initialise(seeded(0))
    x = random(3, 1, 8, 8)
    if kind is VariationalAutoencoder:
        logits, mean, logvar = network(x, seeded(1))
        loss = F.mse_loss(logits.sigmoid(), x) + kl(mean, logvar).mean()
    else:
        loss = F.mse_loss(network(x).sigmoid(), x)
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_a_function_of_the_generator(kind: type) -> None:
    networks = [kind(size=(8, 8)) for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        network.initialise(seeded(seed))
    one, same, other = (torch.cat([p.flatten() for p in network.parameters()]) for network in networks)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_code_is_drawn_from_the_generator_alone_and_is_the_mean_without() -> None:
    network = VariationalAutoencoder(size=(8, 8), widths=(8, 8), code=4)
    network.initialise(seeded(0))
    x = random(2, 1, 8, 8)
    first, mean, _ = network(x, seeded(5))
    torch.manual_seed(7)
    assert torch.equal(network(x, seeded(5))[0], first)
    assert not torch.equal(network(x, seeded(6))[0], first)
    torch.testing.assert_close(network(x)[0].sigmoid(), network.decode(mean))


def test_draws_have_their_mean_and_their_deviation() -> None:
    mean, deviation = torch.tensor([[3.0, -1.0]]), torch.tensor([[0.5, 2.0]])
    codes = drawn(mean.expand(20000, 2), (2 * deviation.log()).expand(20000, 2), seeded(0))
    torch.testing.assert_close(codes.mean(0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(codes.std(0), deviation[0], atol=0.05, rtol=0)


def test_the_divergence_is_torch_s() -> None:
    mean, logvar = random(6, 3) * 4 - 2, random(6, 3, seed=1) * 4 - 2
    reference = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0, 1)).sum(1)
    torch.testing.assert_close(kl(mean, logvar), reference)
    assert torch.equal(kl(torch.zeros(2, 3), torch.zeros(2, 3)), torch.zeros(2))


def test_doubling_repeats_pixels() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[None, None]
    assert torch.equal(doubled(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_a_few_pictures_by_heart(kind: type) -> None:
    network = kind(size=(8, 8), widths=(16, 16), code=8)
    network.initialise(seeded(0))
    x = random(4, 1, 8, 8).round()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(80):
        output = network(x)
        logits = output[0] if kind is VariationalAutoencoder else output
        loss = F.binary_cross_entropy_with_logits(logits, x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.equal(logits.sigmoid().round(), x)


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_that_do_not_fit_are_refused(kind: type) -> None:
    with pytest.raises(GessoError, match="30 x 28 cannot be halved twice"):
        kind(size=(30, 28))
    with pytest.raises(GessoError, match="1 x 28 x 32 given to an autoencoder of 1 x 28 x 28"):
        kind().encode(random(1, 1, 28, 32))
