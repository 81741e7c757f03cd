"""MIDI files: what is written is read back, and what is no MIDI is refused."""

import random
import warnings
from dataclasses import replace

import pytest
from made_music import chorales, line, phrase

from gesso.core.errors import GessoError
from gesso.core.music.midi import midi_recipe, read_midi, write_midi
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

RECIPE = '{"title": "é ☃ \\u0000"}'


def track(*events: bytes, end: bool = True) -> bytes:
    data = b"".join(events) + (b"\0\xff\x2f\0" if end else b"")
    return b"MTrk" + len(data).to_bytes(4, "big") + data


def file(*tracks: bytes, kind: int = 1, division: int = TICKS) -> bytes:
    head = b"".join(number.to_bytes(2, "big") for number in (kind, len(tracks), division))
    return b"MThd\0\0\0\6" + head + b"".join(tracks)


def test_a_score_is_read_as_it_was_written() -> None:
    score = replace(phrase(), tempi=((3 * TICKS, 60.0), (4 * TICKS, 48.0)))
    found = read_midi(write_midi(score), "x.mid")
    assert replace(found, text=score.text) == score


@pytest.mark.parametrize(("fifths", "minor"), [(-7, False), (0, True), (7, False)])
@pytest.mark.parametrize("metre", [Metre(3, 4), Metre(6, 8), Metre(2, 2), Metre(5, 16)])
def test_keys_and_metres_are_kept(fifths: int, minor: bool, metre: Metre) -> None:
    score = Score((Part("A", 0, line((60, 4))),), key=Key(fifths, minor), metre=metre, pickup=0)
    found = read_midi(write_midi(score), "x.mid")
    assert (found.key, found.metre) == (score.key, metre)


def test_the_same_score_gives_the_same_bytes() -> None:
    assert write_midi(phrase(), RECIPE) == write_midi(phrase(), RECIPE)


def test_the_recipe_travels_in_a_text_event_and_changes_no_note() -> None:
    with_recipe = write_midi(phrase(), RECIPE)
    assert midi_recipe(with_recipe) == RECIPE
    assert midi_recipe(write_midi(phrase())) is None
    assert read_midi(with_recipe, "x") == read_midi(write_midi(phrase()), "x")


def test_a_recipe_that_another_program_moved_to_a_later_track_is_found() -> None:
    text = b"gesso recipe {}"
    moved = file(track(), track(b"\0\xff\x01" + bytes([len(text)]) + text, b"\0\x90\x3c\x50\x60\x80\x3c\x00"))
    assert midi_recipe(moved) == "{}"
    assert midi_recipe(moved[: moved.index(b"gesso") + 14]) is None


def test_notes_that_touch_and_voices_that_meet_stay_apart() -> None:
    score = Score((Part("A", 0, line((60, 1), (60, 1))), Part("B", 0, line((60, 2)))))
    assert read_midi(write_midi(score), "x").parts == score.parts


def test_drums_are_left_out_and_other_resolutions_are_rounded() -> None:
    drum = track(b"\0\x99\x24\x50\x60\x89\x24\x00")
    flute = track(b"\0\xc0\x49", b"\0\x90\x48\x50\x60\x80\x48\x00")
    score = read_midi(file(drum, flute, division=96), "x")
    assert score.parts == (Part("Part 1", 73, (Note(0, TICKS, 72, 80),)),)
    with pytest.raises(GessoError, match="other than drums"):
        read_midi(file(drum), "x.mid")


def test_notes_of_one_pitch_that_overlap_end_in_the_order_in_which_they_began() -> None:
    on_and_off = track(b"\0\x90\x3c\x50\x60\x3c\x40\x60\x3c\x00\x60\x3c\x00")  # in running status
    assert read_midi(file(on_and_off), "x").parts[0].notes == (Note(0, 192, 60, 80), Note(96, 192, 60, 64))


def test_a_note_that_is_never_let_go_lasts_until_the_track_ends() -> None:
    held = track(b"\0\x90\x3c\x50", b"\x83\x60\xff\x2f\0", end=False)
    assert read_midi(file(held), "x").parts[0].notes == (Note(0, TICKS, 60, 80),)


@pytest.mark.parametrize("kind", [0, 1])
def test_the_channels_of_a_track_are_parts(kind: int) -> None:
    programs = b"\0\xc0\x05\0\xc1\x06"
    notes = b"\0\x91\x30\x50\0\x90\x3c\x50\0\x99\x24\x50\x60\x80\x3c\0\0\x81\x30\0\0\x89\x24\0"
    score = read_midi(file(track(b"\0\xff\x03\x03Duo", programs, notes), kind=kind), "x")
    assert score.parts == (Part("Duo", 5, (Note(0, 96, 60, 80),)), Part("Duo", 6, (Note(0, 96, 48, 80),)))


def test_a_program_counts_in_its_own_track_and_from_where_it_stands() -> None:
    tone = b"\0\x90\x3c\x50\x83\x60\x80\x3c\x00"
    score = read_midi(file(track(b"\0\xc0\x05", tone, b"\0\xc0\x07", tone), track(tone)), "x")
    assert [(part.program, part.notes[0].start) for part in score.parts] == [(5, 0), (7, TICKS), (0, 0)]


def test_a_key_that_there_is_not_and_a_name_in_another_encoding_do_no_harm() -> None:
    tone = b"\0\x90\x3c\x50\x83\x60\x80\x3c\x00"
    score = read_midi(file(track(b"\0\xff\x59\x02\x12\x01\0\xff\x03\x05Fl\xf6te", tone)), "x")
    assert (score.parts[0].name, score.parts[0].notes) == ("Fl\ufffdte", (Note(0, TICKS, 60, 80),))


def test_what_other_programs_add_changes_no_note() -> None:
    tone = b"\0\x90\x3c\x50\x83\x60\x80\x3c\x00"
    unknown = b"\x83\x60\xff\x4b\x01x\0\xf0\x02\x7e\xf7\0\xff\x51\x00\0\xff\x58\x01\x03"
    data = file(track(tone, unknown, tone), b"XFIH\0\0\0\2ab", track(tone)) + b"\0\0"
    first, second = read_midi(data, "x").parts
    assert [note.start for note in first.notes] == [0, 2 * TICKS]
    assert second.notes == (Note(0, TICKS, 60, 80),)
    assert read_midi(data[:11] + b"\x07" + data[12:], "x").parts == (first, second)


def test_key_and_metre_are_found_where_the_file_is_silent() -> None:
    scale = [67, 69, 71, 72, 74, 76, 78, 79, 78, 76, 74, 72, 71, 69, 67]
    notes = [b"\0\x90" + bytes([pitch, 80]) + b"\x83\x60\x80" + bytes([pitch, 0]) for pitch in scale]
    assert read_midi(file(track(*notes)), "x").key == Key(1)


def test_a_change_of_metre_is_told_unless_it_is_that_of_the_last_bar() -> None:
    tone = b"\0\x90\x3c\x50\x83\x60\x80\x3c\x00"
    to_3 = b"\0\xff\x58\x04\x03\x02\x18\x08"
    head = b"\0\xff\x58\x04\x04\x02\x18\x08"
    with pytest.warns(UserWarning, match=r"tune\.mid changes from 4/4 to 3/4: all its bars are counted in 4/4$"):
        assert read_midi(file(track(head, tone * 4, to_3, tone * 6)), "tune.mid").metre == Metre()
    with warnings.catch_warnings(action="error"):
        assert read_midi(file(track(head, tone * 4, to_3, tone * 3)), "x").metre == Metre()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"RIFF0000WAVE", "no MIDI file"),
        (b"MThd\0\0\0\6", "truncated"),
        (file(track(), kind=2), "format 2"),
        (file(track(), division=0xE728), "frames of film"),
        (write_midi(phrase())[:-40], "damaged"),
        (file(track(b"\0\xf9\x00", end=False)), "damaged"),
        (file(track(b"\0\x90\x3c\x50", b"\xff\xff\xff\x7f\x80\x3c\x00")), "quarter notes"),
        (file(), "no notes"),
        (file(track(b"\xff" * 100_000, end=False)), "damaged"),
        (file(track(b"\xff" * 9_000 + b"\0\x90\x3c\x50")), "damaged"),
        (file(track(b"\0\xc0\x05", b"\0\x05" * (1 << 20))), "bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(GessoError, match=said) as raised:
        read_midi(data, "tune.mid")
    assert str(raised.value).startswith("tune.mid ")
    assert "\n" not in str(raised.value)


def test_damage_never_does_worse_than_a_refusal() -> None:
    whole, chance = write_midi(phrase(), RECIPE), random.Random(0)
    read = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_midi(bytes(data[: chance.randrange(1, len(data) + 1)] if chance.random() < 0.3 else data), "x")
            read += 1
        except GessoError:
            pass
    assert 0 < read < 400


def test_chorales_go_there_and_back() -> None:
    for score in chorales()[:20]:
        assert read_midi(write_midi(score), "x").parts == score.parts
