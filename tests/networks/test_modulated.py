"""Layers steered from outside: the statistics given are those used, and a style moves what it should."""

import pytest
import torch

from gesso.networks.modulated import ModulatedBlock, Modulation, Normaliser, conv, initialise_modulation


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_tile_normalised_with_the_statistics_of_the_whole_is_a_tile_of_the_whole() -> None:
    first, second = random(1, 3, 24, 32) * 4 + 2, random(1, 5, 12, 16, seed=1) - 3
    measuring = Normaliser()
    whole = measuring(first), measuring(second)
    given = Normaliser(measuring.statistics)
    assert torch.equal(given(first[:, :, 8:16, 4:20]), whole[0][:, :, 8:16, 4:20])
    assert torch.equal(given(second[:, :, :5, 3:]), whole[1][:, :, :5, 3:])


def test_a_normaliser_that_measures_normalises() -> None:
    normalise = Normaliser()
    x = normalise(random(2, 3, 40, 50) * 7 + 5)
    torch.testing.assert_close(x.mean((2, 3)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std((2, 3), correction=0), torch.ones(2, 3), atol=1e-4, rtol=0)
    assert [mean.shape for mean, _ in normalise.statistics] == [(2, 3)]


def test_a_normaliser_with_statistics_uses_them_and_not_the_picture() -> None:
    normalise = Normaliser([(torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 4.0]]))], epsilon=0)
    x = torch.stack([torch.full((3, 3), 5.0), torch.full((3, 3), 10.0)])[None]
    assert torch.equal(normalise(x), torch.full((1, 2, 3, 3), 2.0))


def test_a_style_scales_and_shifts_its_own_picture_only() -> None:
    modulation = Modulation(style=2, channels=4, noise=1, rank=1)
    with torch.no_grad():
        for parameter in modulation.parameters():
            parameter.zero_()
        modulation.affine.weight[:4, 0] = 1.0  # the first number of a style is the scale,
        modulation.affine.weight[4:8, 1] = 1.0  # the second the shift
    x = random(2, 4, 5, 6)
    y = modulation(x, torch.tensor([[0.0, 0.0], [1.0, 3.0]]), random(2, 1, 5, 6))
    torch.testing.assert_close(y[0], x[0])
    torch.testing.assert_close(y[1], 2 * x[1] + 3)


def test_the_mixing_of_channels_is_the_low_rank_matrix_of_the_style() -> None:
    torch.manual_seed(0)
    modulation = Modulation(style=3, channels=4, noise=1, rank=2)
    with torch.no_grad():
        modulation.affine.weight.zero_()
        modulation.affine.bias.zero_()
    x, style = random(1, 4, 5, 6), random(1, 3, seed=1)
    u, v = modulation.mixing(style).view(2, 4, 2)
    matrix = torch.eye(4) + u @ v.T / 2  # 2 is the root of the channels
    torch.testing.assert_close(
        modulation(x, style, torch.zeros(1, 1, 5, 6))[0], torch.einsum("ij,jhw->ihw", matrix, x[0])
    )


def test_noise_makes_marks_where_the_picture_is_flat_as_loud_as_the_style_wants() -> None:
    modulation = Modulation(style=1, channels=2, noise=1)
    assert modulation.noise is not None
    with torch.no_grad():
        for parameter in modulation.parameters():
            parameter.zero_()
        modulation.noise.weight.fill_(1)
        modulation.affine.weight[4:, 0] = torch.tensor([1.0, 2.0])  # loudness, after the scales and the shifts
    noise = random(1, 1, 16, 16)
    for loudness in (0.0, 0.5):
        y = modulation(torch.ones(1, 2, 16, 16), torch.tensor([[loudness]]), noise)
        torch.testing.assert_close(y, 1 + loudness * torch.cat([noise, 2 * noise], dim=1))


def test_without_noise_there_is_nothing_to_learn_from_it() -> None:
    torch.manual_seed(0)
    modulation = Modulation(style=3, channels=4)
    assert modulation.noise is None
    x, style = random(1, 4, 5, 6), random(1, 3, seed=1)
    assert torch.equal(modulation(x, style, random(1, 1, 5, 6)), modulation(x, style))


def test_noise_that_is_not_given_is_silence() -> None:
    torch.manual_seed(0)
    modulation = Modulation(style=3, channels=4, noise=2)
    x, style = random(1, 4, 5, 6), random(1, 3, seed=1)
    assert torch.equal(modulation(x, style), modulation(x, style, torch.zeros(1, 2, 5, 6)))
    assert not torch.equal(modulation(x, style), modulation(x, style, random(1, 2, 5, 6)))


@pytest.mark.parametrize("noise", [0, 2])
def test_a_fresh_block_begins_near_the_picture_it_is_given(noise: int) -> None:
    torch.manual_seed(0)
    block = ModulatedBlock(style=6, channels=16, noise=noise)
    initialise_modulation(block, torch.Generator().manual_seed(0))
    x = random(1, 16, 32, 32)
    with torch.inference_mode():
        y = block(x, random(1, 6, seed=1), Normaliser(), random(1, 2, 32, 32, seed=2) if noise else None)
    assert y.shape == x.shape
    assert 0 < float((y - x).std()) < 0.5


def test_borders_are_reflected() -> None:
    layer = conv(1, 1)
    with torch.no_grad():
        layer.weight.fill_(1 / 9)
        assert layer.bias is not None
        layer.bias.zero_()
        y = layer(torch.ones(1, 1, 6, 6))
    torch.testing.assert_close(y, torch.ones(1, 1, 6, 6))  # zeros around the picture would darken it
