"""Augmentation keeps to its bounds, and to its generator."""

import pytest
import torch
from torch import Generator, Tensor

from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.augment import augmented

NONE = {"shift": 0.0, "rotate": 0.0, "scale": 0.0}


def pictures(count: int = 64) -> Tensor:
    x = torch.zeros(count, 1, 28, 28)
    x[:, :, 10:18, 6:16] = 1
    return x


def changed(x: Tensor, seed: int = 0, **settings: float) -> Tensor:
    return augmented(x, RecognizeTraining.model_validate({"data": "mnist", **NONE, **settings}), seeded(seed))


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def centre(x: Tensor) -> Tensor:
    """Centres of mass (B, 2), in pixels."""
    place = torch.arange(28.0)
    return torch.stack([(x.sum((1, 3)) * place).sum(1), (x.sum((1, 2)) * place).sum(1)], 1) / x.sum((1, 2, 3))[:, None]


def test_without_settings_nothing_changes() -> None:
    assert torch.equal(changed(pictures()), pictures())


def test_a_seed_gives_the_same_pictures_and_another_others() -> None:
    every = {"shift": 0.1, "rotate": 20.0, "scale": 0.2, "flip": True, "erase": 0.5}
    assert torch.equal(changed(pictures(), **every), changed(pictures(), **every))
    assert not torch.equal(changed(pictures(), **every), changed(pictures(), 1, **every))


def test_shifts_keep_to_their_bound() -> None:
    moves = centre(changed(pictures(), shift=0.1)) - centre(pictures())
    assert moves.abs().max() <= 2.8 + 1e-3
    assert moves.abs().amax(0).min() > 1.5


def test_scales_keep_to_their_bound() -> None:
    areas = changed(pictures(), scale=0.2).sum((1, 2, 3)) / 80
    assert 0.6 < areas.min() < 0.8
    assert 1.25 < areas.max() < 1.5


def test_a_full_turn_keeps_the_area() -> None:
    assert changed(pictures(), rotate=180).sum((1, 2, 3)).numpy() == pytest.approx(80, rel=0.05)


def test_half_are_mirrored() -> None:
    x = changed(pictures(200), flip=True)
    mirrored = (x - pictures(200).flip(3)).abs().amax((1, 2, 3)) < 1e-4
    kept = (x - pictures(200)).abs().amax((1, 2, 3)) < 1e-4
    assert bool((mirrored ^ kept).all())
    assert 70 < int(mirrored.sum()) < 130


def test_a_share_loses_a_rectangle() -> None:
    lost = (changed(torch.ones(400, 1, 28, 28), erase=0.5) == 0).float().mean((1, 2, 3))
    assert 150 < int((lost > 0).sum()) < 250
    assert lost.max() < 0.3
