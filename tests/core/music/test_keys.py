"""Keys and metres that are found from the notes."""

import pytest
from made_music import chorales, line

from gesso.core.music.keys import key_named, key_of_mode, key_of_parts, key_on
from gesso.core.music.metres import find_metre
from gesso.core.scores import Key, Metre, Part

# Ode to Joy; Frère Jacques; and Bach's "Wer nur den lieben Gott läßt walten", in A minor.
JOY = line(*((pitch, 1) for pitch in (66, 66, 67, 69, 69, 67, 66, 64, 62, 62, 64, 66)), (64, 1.5), (62, 0.5), (62, 2))
JACQUES = line(*((pitch, 1) for pitch in (65, 67, 69, 65, 65, 67, 69, 65)), (69, 1), (70, 1), (72, 2), (65, 4))
WER_NUR = line(*((pitch, 1) for pitch in (64, 69, 71, 72, 71, 69, 71, 68, 64, 71, 72, 74, 72, 71)), (69, 3))


@pytest.mark.parametrize(
    ("notes", "key"), [(JOY, Key(2)), (JACQUES, Key(-1)), (WER_NUR, Key(0, minor=True)), ((), Key())]
)
def test_the_key_of_a_melody_is_found(notes: tuple, key: Key) -> None:
    assert key_of_parts([Part("A", 0, notes)]) == key


def test_the_mode_is_found_within_a_signature() -> None:
    assert key_of_parts([Part("A", 0, WER_NUR)], fifths=0) == Key(0, minor=True)
    assert key_of_parts([Part("A", 0, JOY)], fifths=2) == Key(2)


@pytest.mark.parametrize(
    ("name", "minor", "fifths"),
    [("Eb", True, -6), ("D#", True, 6), ("F#", False, 6), ("Gb", False, -6), ("D#", False, -3), ("Fb", True, 1)],
)
def test_a_key_is_spelled_as_it_is_named_unless_it_has_more_than_seven_signs(
    name: str, minor: bool, fifths: int
) -> None:
    assert key_named(name, minor) == Key(fifths, minor)


@pytest.mark.parametrize("minor", [False, True])
def test_every_tonic_has_a_key_of_six_signs_at_most(minor: bool) -> None:
    assert [key_on(tonic, minor).tonic for tonic in range(12)] == list(range(12))
    assert key_on(3, minor).fifths == (-6 if minor else -3)


@pytest.mark.parametrize(
    ("fifths", "mode", "key"),
    [
        (0, "Dorian", Key(-1, minor=True)),
        (0, "mixolydian", Key(1)),
        (-1, "minor", Key(-1, minor=True)),
        (7, "major", Key(7)),
    ],
)
def test_modes_are_taken_for_major_or_minor_on_their_tonic(fifths: int, mode: str, key: Key) -> None:
    found = key_of_mode(fifths, mode)
    assert found == key
    assert key_of_mode(fifths, "none") is None


def waltz(*, pickup: int) -> Part:
    return Part("A", 0, line(*((60, 1) for _ in range(pickup)), *((67, 2), (64, 1)) * 6))


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (waltz(pickup=0), (Metre(3, 4), 0)),
        (waltz(pickup=1), (Metre(3, 4), 480)),
        (Part("A", 0, line(*((60, 2), (62, 1), (64, 1)) * 4)), (Metre(4, 4), 0)),
        (Part("A", 0, line((55, 1), *((60, 2), (62, 1), (64, 1)) * 4)), (Metre(4, 4), 480)),
        (Part("A", 0, line(*((60, 1.5), (62, 0.5), (64, 0.5), (65, 0.5)) * 4)), (Metre(6, 8), 0)),
    ],
)
def test_the_metre_of_a_melody_is_found(part: Part, found: tuple[Metre, int]) -> None:
    assert find_metre([part]) == found


def test_chorales_end_on_the_tonic_that_is_found() -> None:
    """Nearly all: a few end on the dominant."""
    scores = chorales()
    found = [key_of_parts(score.parts).tonic == score.parts[-1].notes[-1].pitch % 12 for score in scores]
    sung = [key_of_parts(score.parts[:1]).tonic == score.parts[-1].notes[-1].pitch % 12 for score in scores]
    assert sum(found) > 0.9 * len(scores)
    assert sum(sung) > 0.85 * len(scores)
