"""Music as data."""

import pytest

from gesso.core.scores import Key, Metre, Note, Part, Score


@pytest.mark.parametrize(
    ("key", "tonic"),
    [(Key(), 0), (Key(1), 7), (Key(-3), 3), (Key(0, minor=True), 9), (Key(3, minor=True), 6), (Key(-1, minor=True), 2)],
)
def test_a_key_knows_its_tonic(key: Key, tonic: int) -> None:
    assert key.tonic == tonic


def test_a_bar_has_its_ticks() -> None:
    assert [Metre(4, 4).ticks, Metre(3, 4).ticks, Metre(6, 8).ticks] == [1920, 1440, 1440]


def test_a_score_ends_with_its_last_note() -> None:
    parts = (Part("Soprano", 52, (Note(0, 480, 72), Note(480, 960, 71))), Part("Bass", 52, (Note(0, 480, 48),)))
    assert (Score(parts).end, Score(()).end) == (1440, 0)
