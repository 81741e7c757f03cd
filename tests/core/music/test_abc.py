"""ABC, as it is found on the net."""

import pytest

from gesso.core.errors import GessoError
from gesso.core.music.abc_reading import read_abc
from gesso.core.scores import TICKS, Key, Metre, Score

EIGHTH = TICKS // 2


def tune(music: str, head: str = "X:1\nT:Tune\nM:4/4\nL:1/8\n", key: str = "C") -> Score:
    return read_abc(f"{head}K:{key}\n{music}\n".encode(), "tune.abc")


def pitches(music: str, key: str = "C") -> list[int]:
    return [note.pitch for note in tune(music, key=key).parts[0].notes]


def lengths(music: str) -> list[float]:
    """In eighths."""
    return [note.length / EIGHTH for note in tune(music).parts[0].notes]


@pytest.mark.parametrize(
    ("music", "found"),
    [
        ("C,CcC'c'", [48, 60, 72, 72, 84]),
        ("^F_B=F F|F", [66, 70, 65, 65, 65]),
        ("^Ff|f", [66, 78, 77]),  # a sign holds for all octaves, to the end of the bar
        ("^^C__D", [62, 60]),
        ('"Am7"C "^slow"D', [60, 62]),
        ("{ga}C ~D !trill!E .F TG uA", [60, 62, 64, 65, 67, 69]),
        ("C % D\nE", [60, 64]),
        ("[CEG]2 C", [60, 64, 67, 60]),
        ("(CD) C`D y C $ D*", [60, 62] * 3),
    ],
)
def test_pitches(music: str, found: list[int]) -> None:
    assert pitches(music) == found


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("D", [66, 73]), ("Dm", [65, 72]), ("D minor", [65, 72]), ("F#m", [66, 73]), ("Ador", [66, 72]),
        ("D mix", [66, 72]), ("Eb", [65, 72]), ("E Phrygian", [65, 72]), ("D exp ^f", [66, 72]), ("Am ^f", [66, 72]),
        ("HP", [66, 73]), ("none", [65, 72]), ("", [65, 72]), ("G octave=1", [78, 84]), ("C transpose=-2", [63, 70]),
        ("C clef=bass", [65, 72]),
    ],
)  # fmt: skip
def test_f_and_c_in_many_keys(key: str, found: list[int]) -> None:
    assert pitches("Fc", key) == found


def test_keys_are_major_or_minor_on_the_tonic() -> None:
    keys = {text: tune("A", key=text).key for text in ("Ador", "Gmix", "F#m", "Bb", "Cb", "Dlyd")}
    assert keys == {
        "Ador": Key(0, minor=True), "Gmix": Key(1), "F#m": Key(3, minor=True), "Bb": Key(-2), "Cb": Key(-7),
        "Dlyd": Key(2),
    }  # fmt: skip
    assert tune("DEFGABcd|dcBA GFED|D8", key="none").key == Key(-1, minor=True)


@pytest.mark.parametrize(
    ("music", "found"),
    [
        ("A2A/2A/A3/2A//A/4A4", [2, 0.5, 0.5, 1.5, 0.25, 0.25, 4]),
        ("A>BA<BA>>B", [1.5, 0.5, 0.5, 1.5, 1.75, 0.25]),
        ("(3ABc(3A2B2c2", [2 / 3] * 3 + [4 / 3] * 3),
        ("(3:2:2AB c(5ABcde", [2 / 3, 2 / 3, 1] + [2 / 5] * 5),
        ("A2-A2 B-|B A-B", [4, 2, 1, 1]),
        ("[A2c2]-[A2c2] [Ac]4", [4, 4, 4, 4]),
        ("A8|z4A4|Z2|x8|A", [8, 4, 1]),
        ("A[L:1/4]A", [1, 2]),
    ],
)
def test_lengths(music: str, found: list[float]) -> None:
    assert lengths(music) == pytest.approx(found, abs=0.005)


@pytest.mark.parametrize(
    ("music", "found"),
    [
        ("A8|B8", "AB"),
        ("|:A8|B8:|", "ABAB"),
        ("A8|B8:|c8", "ABABc"),
        ("|:A8:|:B8:|", "AABB"),
        ("|:A8::B8:|", "AABB"),
        ("|:A8:||:B8:|c8|]", "AABBc"),
        ("|:A8|1B8:|2c8|]", "ABAc"),
        ("|:A8|[1B8:|[2c8||d8:|", "ABAcdd"),
        ("|:A8|1,3B8:|2c8:|", "ABAcAB"),
        ("|:A8|1B8|c8:|2d8|e8||f8", "ABcAdef"),
        ("A8||\nd:|", "AdAd"),
        ("|:A8|1B8:|2c8|:d8:|", "ABAcdd"),
        ("|:A8|1B8:|2c8|\n|:d8:|", "ABAcdd"),
    ],
)
def test_repeats_are_played(music: str, found: str) -> None:
    names = {69: "A", 71: "B", 72: "c", 74: "d", 76: "e", 77: "f"}
    assert "".join(names[pitch] for pitch in pitches(music)) == found


def test_ties_hold_within_chords_and_keep_signs_over_bar_lines() -> None:
    chord = tune("[C-E-G-]4|[CEG]4").parts[0].notes
    assert [(note.pitch, note.length / EIGHTH) for note in chord] == [(60, 8), (64, 8), (67, 8)]
    partly = tune("[C-E]4 [CE]4").parts[0].notes
    assert [(note.pitch, note.length / EIGHTH) for note in partly] == [(64, 4), (60, 8), (64, 4)]
    assert [(note.pitch, note.length / EIGHTH) for note in tune("^F8-|F4 F4|").parts[0].notes] == [(66, 12), (65, 4)]
    for music in ("[^FA]8-|[FA]8", "[^F-A-]8|[FA]8"):
        assert [note.pitch for note in tune(music).parts[0].notes] == [66, 69]


def test_of_bars_with_an_overlay_the_first_voice_is_read() -> None:
    assert pitches('C4E4 & C,8 | "R & B"G8 | c8') == [60, 64, 67, 72]
    assert pitches("|:C8 & E8:|D8|") == [60, 60, 62]
    assert pitches('C8 & "Am"E8|D8|') == [60, 62]
    assert pitches("C8 & E8::D8:|") == [60, 60, 62, 62]


def test_a_key_is_that_which_sounds() -> None:
    assert tune("A", key="D transpose=-2").key == Key(0)


def test_the_head_says_title_metre_tempo_and_unit() -> None:
    score = tune("A|B3 c3", 'X: 7\r\nT: The Tune\r\nT: also\r\nM: 6/8\r\nQ: "Fast" 3/8=80\r\n')
    assert (score.title, score.metre, score.tempo, score.pickup) == ("The Tune", Metre(6, 8), 120.0, EIGHTH)
    assert score.parts[0].notes[0].length == EIGHTH
    assert tune("A", "X:1\nM:2/4\n").parts[0].notes[0].length == EIGHTH / 2
    assert [tune("A", f"X:1\nM:{m}\n").metre for m in ("C", "C|", "3+2/8")] == [Metre(), Metre(2, 2), Metre(5, 8)]
    assert tune("A", "X:1\nL:1/8\nQ:120\n").tempo == 60


def test_a_tempo_may_change_on_the_way() -> None:
    score = tune("A8|[Q:1/4=60]B8|\nQ:1/4=90\nA8|", "X:1\nM:4/4\nL:1/8\nQ:1/4=80\n")
    assert (score.tempo, score.tempi) == (80, ((4 * TICKS, 60), (8 * TICKS, 90)))


def test_a_change_of_metre_is_told_and_one_before_all_notes_is_none() -> None:
    for change in ("A8|[M:3/4]B6|", "A8|\nM:3/4\nB6|"):
        with pytest.warns(UserWarning, match=r"^tune\.abc changes from 4/4 to 3/4: all its bars are counted in 4/4$"):
            assert tune(change).metre == Metre()
    assert tune("M:3/4\nA6|B6|").metre == Metre(3, 4)


def test_a_fermata_is_kept() -> None:
    assert tune("A4 !fermata!B4|HA8").fermatas == (2 * TICKS, 4 * TICKS)


def test_voices_are_parts() -> None:
    score = tune('V:1 name="Tune"\nV:2 clef=bass octave=-1\nV:1\nA8|B8|\nw: la la\nV:2\nA4A4|B8|\n[V:1]c8|[V:2]c8|')
    assert [(part.name, [note.pitch for note in part.notes]) for part in score.parts] == [
        ("Tune", [69, 71, 72]),
        ("Voice 2", [57, 57, 59, 60]),
    ]


def test_of_several_tunes_the_first_is_read() -> None:
    file = "%abc-2.1\nfree text\n\nX:1\nT:One\nK:C\nA B\n\nX:2\nT:Two\nK:C\nc d\n"
    assert (read_abc(file.encode(), "x").title, len(read_abc(file.encode(), "x").parts[0].notes)) == ("One", 2)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "no tune"),
        (b"MThd\0\0\0\6K:C\n", "no tune"),
        (b"X:1\nK:C\nz4|\n", "no notes"),
        (b"X:1\nK:J\nA\n", "key K:J"),
        (b"X:1\nM:5/3\nK:C\nA\n", "metre M:5/3"),
        (b"X:1\nK:C\nAB / CD\n", "no ABC"),
        (b"X:1\nK:C\nA/0\n", "length /0"),
        (b"X:1\nK:C\nA99999\n", "correct its length"),
        (b"X:1\nK:C\n" + b"c''''''''\n", "outside of what is heard"),
        (b"X:1\nK:C\n(0AB\n", "tuplet"),
        (b"X:1\nK:C\n" + b"A500|" * 3000, "quarter notes"),
        (b"X:1\nK:C\n" + b"Z500|" * 50 + b"A\n", "bars with its repeats"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(file: bytes, said: str) -> None:
    with pytest.raises(GessoError, match=said) as raised:
        read_abc(file, "tune.abc")
    assert str(raised.value).startswith("tune.abc")
    assert "\n" not in str(raised.value)
