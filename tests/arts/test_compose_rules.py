"""What composing stands on: parallels as the textbook has them, keys, and the ends of phrases."""

import numpy as np
import pytest

from gesso.arts.compose.frames import LOW, SILENT
from gesso.arts.compose.phrases import phrase_ends, quarters_left
from gesso.arts.compose.rules import Rules, parallels
from gesso.core.music.keys import find_key, key_on


@pytest.mark.parametrize(
    ("chords", "found"),
    [
        ([[72, 67, 64, 48], [74, 67, 65, 50]], [(1, 0, 3)]),  # octaves
        ([[67, 60, 55, 48], [69, 60, 53, 50]], [(1, 0, 3)]),  # fifths
        ([[67, 60, 55, 48], [67, 60, 55, 48]], []),  # nothing moves
        ([[67, 60, 55, 48], [74, 60, 55, 43]], [(1, 0, 3)]),  # in contrary motion too
        ([[67, 60, 55, 48], [65, 60, 57, 48]], []),
        ([[67, -1, 55, 48], [69, -1, 53, 50]], [(1, 0, 3)]),
        ([[-1, 60, 55, 48], [69, 60, 53, 50]], []),
    ],
)
def test_parallels_as_the_textbook_has_them(chords: list[list[int]], found: list[tuple[int, int, int]]) -> None:
    assert parallels(np.array(chords)) == found


def test_the_rules_forbid_what_counts_as_parallel() -> None:
    before = [72 - LOW + 1, 67 - LOW + 1, 64 - LOW + 1, 48 - LOW + 1]
    allowed = Rules(((0, 127),) * 4, parallels=False).allowed(3, [74 - LOW + 1, -1, -1, -1], before)
    banned = {int(n) + LOW - 1 for n in np.flatnonzero(~allowed) if n != SILENT and n <= 74 - LOW + 1}
    assert banned == {38, 50, 62, 74}


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_scale_is_found(tonic: int, minor: bool) -> None:
    scale = (0, 2, 3, 5, 7, 8, 11) if minor else (0, 2, 4, 5, 7, 9, 11)
    weights = np.zeros(12)
    weights[[(tonic + step) % 12 for step in scale]] = 1
    weights[[tonic, (tonic + 7) % 12]] = 2
    key = find_key(weights)
    assert (key.tonic, key.minor) == (tonic, minor)
    assert key == key_on(tonic, minor)
    assert -6 <= key.fifths <= 6


def test_phrases_are_found_where_music_rests() -> None:
    moving = np.random.default_rng(0).integers(60, 66, (28, 4)).cumsum(0) % 12 + 60
    rest = np.array([[72, 67, 64, 48]] * 4)
    piece = np.concatenate([moving, rest, moving[::-1], rest, moving, rest]).astype(np.int16)
    assert phrase_ends(piece) == [28, 60, 92]
    assert quarters_left(8, np.array([3, 5])).tolist() == [0, 0, 0, 0, 0, 0, -1, -1]
    assert quarters_left(6, np.array([5])).tolist() == [1, 1, 0, 0, 0, 0]
