"""What is written for what is heard: spelling, note values, ties and triplets."""

import pytest
from made_music import chorales, line

from gesso.core.music.notation import Written, bars_of, voices_of, written
from gesso.core.music.spelling import Spelled, Speller, signature
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score


def spelled(key: Key, *pitches: int) -> list[str]:
    score = Score((Part("A", 0, line(*((pitch, 1) for pitch in pitches))),), key=key)
    names = map(Speller(score), score.parts[0].notes)
    return [f"{name.step}{'#' * name.alter}{'b' * -name.alter}{name.octave}" for name in names]


@pytest.mark.parametrize(
    ("key", "pitches", "names"),
    [
        (Key(0), (60, 62, 64, 65, 67, 69, 71), ["C4", "D4", "E4", "F4", "G4", "A4", "B4"]),
        (Key(0), (67, 66, 67), ["G4", "F#4", "G4"]),  # to the dominant
        (Key(0), (69, 70, 69), ["A4", "Bb4", "A4"]),  # to the subdominant
        (Key(0), (67, 68, 69), ["G4", "G#4", "A4"]),  # the leading note of the sixth
        (Key(0), (69, 68, 67), ["A4", "Ab4", "G4"]),  # borrowed from minor
        (Key(0, minor=True), (69, 68, 69), ["A4", "G#4", "A4"]),
        (Key(0, minor=True), (64, 66, 68, 69), ["E4", "F#4", "G#4", "A4"]),  # melodic minor
        (Key(0, minor=True), (69, 73, 64), ["A4", "C#5", "E4"]),  # the Picardy third
        (Key(-3, minor=True), (67, 71, 72), ["G4", "B4", "C5"]),
        (Key(-3, minor=True), (73, 72), ["Db5", "C5"]),  # the Neapolitan sixth
        (Key(4, minor=True), (61, 60, 61), ["C#4", "B#3", "C#4"]),
        (Key(-6), (59, 58), ["Cb4", "Bb3"]),
        (Key(6), (65, 66), ["E#4", "F#4"]),
        (Key(-5, minor=True), (70, 69, 70), ["Bb4", "A4", "Bb4"]),
    ],
)
def test_notes_are_spelled_by_their_key(key: Key, pitches: tuple[int, ...], names: list[str]) -> None:
    assert spelled(key, *pitches) == names


def test_voices_of_a_bar_agree() -> None:
    soprano, alto = line((68, 1), (69, 1)), line((60, 1), (56, 1))
    score = Score((Part("A", 0, soprano), Part("B", 0, alto)))
    assert Speller(score)(alto[1]) == Spelled("G", 1, 3)


def test_a_spelled_pitch_is_the_pitch() -> None:
    for fifths in range(-7, 8):
        for minor in (False, True):
            score = Score((Part("A", 0, line(*((pitch, 1) for pitch in range(21, 109)))),), key=Key(fifths, minor))
            assert all(Speller(score)(note).pitch == note.pitch for note in score.parts[0].notes)


def test_a_signature_has_its_sharps_and_flats_in_their_order() -> None:
    assert signature(Key(2)) == {"F": 1, "C": 1, "G": 0, "D": 0, "A": 0, "E": 0, "B": 0}
    assert {step for step, alter in signature(Key(-3)).items() if alter == -1} == set("BEA")
    assert set(signature(Key(7)).values()) == {1}


def values(metre: Metre, *lengths: float, start: float = 0) -> list[str]:
    """How notes of so many quarters are written in one bar; "~" where one is held on."""
    notes = line(*((60 + place % 2, length) for place, length in enumerate(lengths)), start=round(start * TICKS))
    score = Score((Part("A", 0, notes),), metre=metre)
    (voice,) = voices_of(score.parts[0], score)
    return [_name(piece) for bar in bars_of(score) for piece in written(voice, bar, metre)]


def _name(piece: Written) -> str:
    rest = "" if piece.notes else "r"
    return f"{rest}{piece.value or 'bar'}{'.' * piece.dotted}{'3' * piece.triplet}{'~' * piece.tied_to}"


@pytest.mark.parametrize(
    ("metre", "lengths", "names"),
    [
        (Metre(), (4,), ["whole"]),
        (Metre(), (1, 2, 1), ["quarter", "half", "quarter"]),  # across the middle, from a beat
        (Metre(), (1.5, 1, 1.5), ["quarter.", "eighth~", "eighth", "quarter."]),  # but not from between beats
        (Metre(), (0.5, 1, 0.5, 2), ["eighth", "quarter", "eighth", "half"]),
        (Metre(), (1.25, 2.75), ["quarter~", "16th", "eighth.~", "half"]),
        (Metre(), (3.5, 1, 3.5), ["half~", "quarter.", "eighth~", "eighth", "quarter.~", "half"]),
        (Metre(3, 4), (3,), ["half."]),
        (Metre(6, 8), (1.5, 1.5), ["quarter.", "quarter."]),
        (Metre(6, 8), (0.5, 1.5, 1), ["eighth", "quarter~", "eighth", "quarter"]),  # the second beat is seen
        (Metre(6, 8), (3,), ["half."]),
        (Metre(6, 8), (2, 1), ["quarter.~", "eighth", "quarter"]),
        (Metre(6, 8), (2.25, 0.75), ["quarter.~", "eighth.", "eighth."]),
        (Metre(9, 8), (2.25, 2.25), ["quarter.~", "eighth.", "eighth.~", "quarter."]),
        (Metre(9, 8), (4.5,), ["half.~", "quarter."]),
        (Metre(9, 8), (1.5, 3), ["quarter.", "half."]),
        (Metre(12, 8), (4, 2), ["half.~", "quarter", "eighth~", "quarter."]),
        (Metre(12, 8), (1.5, 4.5), ["quarter.", "quarter.~", "half."]),
        (Metre(12, 8), (6,), ["whole."]),
        (Metre(6, 16), (1, 0.5), ["eighth.~", "16th", "eighth"]),
        (Metre(2, 2), (2, 2), ["half", "half"]),
        (Metre(), (1 / 3, 1 / 3, 1 / 3, 3), ["eighth3", "eighth3", "eighth3", "half."]),
        (Metre(), (2 / 3, 1 / 3, 3), ["quarter3", "eighth3", "half."]),
        (Metre(), (5 / 3, 1 / 3, 2), ["quarter~", "quarter3", "eighth3", "half"]),
        (Metre(4, 2), (8,), ["breve"]),
    ],
)
def test_lengths_are_written_so_that_beats_are_seen(metre: Metre, lengths: tuple[float, ...], names: list[str]) -> None:
    assert values(metre, *lengths) == names


def test_rests_fill_a_bar_and_show_its_beats() -> None:
    assert values(Metre(), 1, start=2.5) == ["rhalf", "reighth", "quarter", "reighth"]
    assert values(Metre(6, 8), 1, start=2) == ["rquarter.", "reighth", "quarter"]
    assert values(Metre(9, 8), 0.5, start=4) == ["rhalf.", "rquarter", "eighth"]
    assert values(Metre(12, 8), 1.5, start=0.5) == ["reighth", "quarter~", "eighth", "rquarter", "rhalf."]
    score = Score((Part("A", 0, line((60, 4))), Part("B", 0, line((60, 4), start=4 * TICKS))))
    (voice,) = voices_of(score.parts[1], score)
    assert [_name(piece) for piece in written(voice, bars_of(score)[0], score.metre)] == ["rbar"]


def test_chords_are_one_and_what_overlaps_is_another_voice_the_highest_the_first() -> None:
    part = Part("A", 0, (Note(0, 480, 60), Note(0, 480, 64), Note(0, 960, 55), Note(480, 480, 62)))
    voices = voices_of(part, Score((part,)))
    assert [[len(chord) for chord in voice] for voice in voices] == [[2, 1], [1]]


def test_times_of_a_performance_are_moved_to_what_can_be_written() -> None:
    part = Part("A", 0, (Note(3, 470, 60), Note(483, 150, 62), Note(640, 158, 64), Note(799, 163, 65)))
    score = Score((part,))
    (voice,) = voices_of(part, score)
    names = [_name(piece) for piece in written(voice, bars_of(score)[0], score.metre)]
    assert names == ["quarter", "eighth3", "eighth3", "eighth3", "rhalf"]


def test_a_last_bar_completes_the_pickup() -> None:
    score = Score((Part("A", 0, line((60, 1), (62, 4), (64, 3))),), pickup=TICKS)
    assert [(bar.length // TICKS, bar.short) for bar in bars_of(score)] == [(1, True), (4, False), (3, True)]
    assert [bar.length for bar in bars_of(Score(()))] == [4 * TICKS]


def test_bars_of_chorales_are_full() -> None:
    for score in chorales()[:10]:
        for part in score.parts:
            for voice in voices_of(part, score):
                for bar in bars_of(score):
                    assert sum(piece.length for piece in written(voice, bar, score.metre)) == bar.length
