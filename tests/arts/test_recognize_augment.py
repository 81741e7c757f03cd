"""Augmentation keeps to its bounds, and to its generator."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.augment import augmented, mirrored, varied

NONE = {"shift": 0.0, "rotate": 0.0, "scale": 0.0}


def pictures(count: int = 64) -> Tensor:
    x = torch.zeros(count, 1, 28, 28)
    x[:, :, 10:18, 6:16] = 1
    return x


def changed(x: Tensor, seed: int = 0, **settings: float | str) -> Tensor:
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
    every: dict[str, Any] = {"shift": 0.1, "rotate": 20.0, "scale": 0.2, "erase": 0.5}
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


def test_a_picture_is_mirrored_every_other_time() -> None:
    x, indices = pictures(6), torch.tensor([0, 1, 2, 7, 4, 9])
    first, second = mirrored(x, indices, 0), mirrored(x, indices, 1)
    odd = indices % 2 == 1
    assert torch.equal(first, torch.where(odd[:, None, None, None], x.flip(3), x))
    assert torch.equal(second, first.flip(3))


def test_a_share_loses_a_rectangle() -> None:
    lost = (changed(torch.ones(400, 1, 28, 28), erase=0.5) == 0).float().mean((1, 2, 3))
    assert 150 < int((lost > 0).sum()) < 250
    assert lost.max() < 0.3


def test_a_photograph_goes_on_beyond_its_rim_and_a_digit_is_followed_by_black() -> None:
    white = torch.ones(8, 3, 32, 32)
    assert (changed(white, look="photo", shift=0.3) > 0.99).all()
    assert (changed(white, look="ink", shift=0.3) < 0.5).any()


def test_a_bending_moves_what_is_there_smoothly() -> None:
    bent = changed(pictures(), bend=0.03)
    assert not torch.equal(bent, pictures())
    assert (bent.sum((1, 2, 3)) / pictures().sum((1, 2, 3)) - 1).abs().max() < 0.5
    moved = (centre(bent) - centre(pictures())).norm(dim=1)
    assert 0.1 < moved.mean() < 0.03 * 28 * 3


def test_a_spectrogram_begins_elsewhere_and_keeps_its_pitch() -> None:
    x = torch.zeros(16, 1, 50, 20)
    x[:, :, 10:14, 7] = 1
    y = varied(x, RecognizeTraining.model_validate({"data": "esc10", **NONE, "overlay": 0}), seeded(0))
    assert (y.sum((1, 2, 3)) == x.sum((1, 2, 3))).all()
    assert (y[..., 7].sum((1, 2)) == 4).all()
    assert len({tuple(row.tolist()) for row in y[:, 0, :, 7]}) > 8
    over = varied(x, RecognizeTraining.model_validate({"data": "esc10", **NONE, "overlay": 1}), seeded(0))
    assert (over >= y).all()
    assert (over > y).any()
