"""Loudness and true peak, against the values that the standards give."""

import math

import pytest
import torch
from torch import Tensor

from gesso.core.render.loudness import loudness, mastered, true_peak


def sine(decibels: float, seconds: float, rate: int, frequency: float = 997.0) -> Tensor:
    t = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return (torch.sin(2 * math.pi * frequency * t) * 10 ** (decibels / 20)).float()


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_a_full_sine_in_one_channel_has_3_01_below_full_scale(rate: int) -> None:
    x = sine(0, 5, rate)
    assert loudness(torch.stack([x, 0 * x]), rate) == pytest.approx(-3.01, abs=0.04)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [  # EBU Tech 3341, cases 1 to 5, each lasting a quarter as long
        ([(-23, 5)], -23),
        ([(-33, 5)], -33),
        ([(-36, 2.5), (-23, 15), (-36, 2.5)], -23),
        ([(-72, 2.5), (-36, 2.5), (-23, 15), (-36, 2.5), (-72, 2.5)], -23),
        ([(-26, 5), (-20, 5.025), (-26, 5)], -23),
    ],
)
def test_quiet_stretches_do_not_count(levels: list[tuple[float, float]], expected: float) -> None:
    x = torch.cat([sine(level, seconds, 48000, 1000) for level, seconds in levels])
    assert loudness(torch.stack([x, x]), 48000) == pytest.approx(expected, abs=0.1)


def test_low_tones_are_less_loud_and_high_ones_more() -> None:
    low, middle, high = (loudness(sine(-20, 3, 48000, f)[None], 48000) for f in (40, 1000, 8000))
    assert low < middle - 5
    assert high == pytest.approx(middle + 3.3, abs=0.2)


def test_a_peak_between_the_samples_is_found() -> None:
    t = torch.arange(4800)
    x = 0.5 * torch.sin(math.pi * t / 2 + math.pi / 4) * torch.hann_window(4800)  # a quarter of the rate, at 45 degrees
    assert float(x.abs().max()) == pytest.approx(0.354, abs=0.001)
    assert true_peak(x[None]) == pytest.approx(0.5, abs=0.006)


def test_what_is_too_loud_is_turned_down_around_the_peak_alone() -> None:
    x = 0.1 * torch.randn(2, 44100 * 4, generator=torch.Generator().manual_seed(0))
    x[:, 88200] = 9.0
    gain = mastered(x, 44100)
    assert true_peak(x * gain) <= 10 ** (-1 / 20) + 1e-5
    assert loudness(x * gain, 44100) == pytest.approx(-16, abs=0.1)
    assert gain[88200 - 2000] == pytest.approx(float(gain[1000]), abs=1e-4)
    assert float(gain.diff().abs().max()) < 0.01


def test_silence_stays_as_it_is() -> None:
    assert loudness(torch.zeros(2, 44100), 44100) == -math.inf
    assert bool((mastered(torch.zeros(2, 44100), 44100) == 1).all())
