"""What pieces are said to be like, on music whose answers are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gesso.arts.compose.statistics import longest_copy, statistics

CHORDS = {"I": (72, 67, 64, 48), "IV": (72, 69, 65, 53), "V": (71, 67, 62, 55), "crossed": (67, 72, 64, 48)}


def piece(*names: str) -> NDArray[np.int64]:
    """A quarter of each chord."""
    return np.repeat(np.array([CHORDS[name] for name in names]), 4, axis=0)


def test_a_cadence_is_authentic_and_comes_home() -> None:
    found = statistics([piece("I", "IV", "I", "IV", "I", "IV", "V", "I")])
    assert found.authentic == 1
    assert found.resting == 1
    assert found.home == 1
    assert found.triads == 1
    assert found.crossings == 0
    assert found.parallels == 0
    open_end = statistics([piece("I", "IV", "I", "IV", "I", "V", "I", "V")])
    assert open_end.authentic == 0
    lasts = [np.tile(np.array(chord), (8, 1)) for chord in ((72, 67, 64, 48), (71, 67, 65, 47))]
    assert statistics([np.concatenate([piece("IV", "V"), each]) for each in lasts]).resting == 0.5


def test_crossings_are_counted_on_beats() -> None:
    assert statistics([piece("I", "crossed", "I", "I")]).crossings == 25


def test_moves_are_told_by_how_wide_they_are() -> None:
    line = np.repeat(np.array([60, 62, 72, 60, 61, 70]), 4)  # a step, a leap, an octave, a step, a leap
    found = statistics([np.stack([line, *[np.full(24, low) for low in (55, 52, 48)]], 1)])
    assert found.steps == pytest.approx(2 / 5)
    assert found.leaps == pytest.approx(2 / 5)
    assert found.changes == pytest.approx(5 / 6)


def test_chords_in_equal_shares_are_counted() -> None:
    assert statistics([piece("I", "IV", "V") for _ in range(4)]).chords == pytest.approx(3)
    assert statistics([piece("I", "I", "I")]).chords == pytest.approx(1)


def test_what_sounds_again_is_known() -> None:
    assert statistics([piece("I", "IV", "V", "I", "IV", "V")]).again == pytest.approx(2 / 5)


def test_parallel_octaves_are_counted_in_100_beats() -> None:
    chords = np.repeat(np.array([(72, 67, 64, 48), (74, 67, 65, 50)]), 4, axis=0)
    assert statistics([chords]).parallels == 50


def test_a_copy_is_found_in_another_key_and_measured_in_bars() -> None:
    source = np.random.default_rng(0)
    original, own = (source.integers(50, 70, (96, 4)) for _ in range(2))
    assert longest_copy(own, [original]) < 0.2
    own[10:42] = original[30:62] + 3  # two bars, but for how the first note was reached
    assert longest_copy(own, [own[:3], original]) == pytest.approx(31 / 16)
    assert longest_copy(original, [original]) == 6
