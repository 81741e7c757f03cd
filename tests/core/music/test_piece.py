"""A piece of music as a work: all its files carry its recipe, and each is remade from the score alone."""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_music import hummed, phrase
from numpy.typing import NDArray

from gesso.core import pictures
from gesso.core.contents import MUSIC, suffix_of
from gesso.core.errors import GessoError
from gesso.core.music import engraving, piece
from gesso.core.music.piece import Piece
from gesso.core.music.roll import COLOURS, roll, roll_svg
from gesso.core.music.roll_pixels import roll_raster
from gesso.core.remake import compare
from gesso.core.scores import Note, Part, Score
from gesso.core.work import Recipe, Work, read_recipe

RECIPE = Recipe(
    art="compose", settings={"title": "é <&> ☃"}, seed=3, versions={"gesso": "0.1.0"}, device="cpu", threads=1
)
ROLL = Piece(phrase(), "roll", sound=hummed)


def work(content: Piece = ROLL) -> Work:
    return Work(content, RECIPE)


@pytest.mark.parametrize("format", [format for format in MUSIC if format not in ("TIFF", "WEBP")])
def test_every_format_carries_the_recipe_and_is_made_again_to_the_byte(tmp_path: Path, format: str) -> None:
    path = work().save(tmp_path / f"phrase{suffix_of(format)}")
    assert read_recipe(path) == RECIPE
    again = work(Piece(phrase(), "roll", sound=hummed))
    assert str(compare(path, [again])) == "identical"


def test_midi_is_its_own_format(tmp_path: Path) -> None:
    assert work().save(tmp_path / "phrase").name == "phrase.mid"
    assert work().data.startswith(b"MThd")


def test_music_is_compared_note_by_note(tmp_path: Path) -> None:
    score = phrase()
    soprano = score.parts[0]
    other = replace(score, parts=(replace(soprano, notes=soprano.notes[1:]), *score.parts[1:]))
    count = sum(len(part.notes) for part in score.parts)
    for suffix in (".mid", ".musicxml"):
        verdict = compare(work().save(tmp_path / f"phrase{suffix}"), [work(replace(ROLL, score=other))])
        assert (verdict.largest, verdict.of, verdict.identical) == (1, "notes", False)
        assert verdict.differing == pytest.approx(1 / count)
        assert str(verdict) == f"notes that differ: 1, {1 / count:.2%} of all"
    slower = compare(tmp_path / "phrase.mid", [work(replace(ROLL, score=replace(score, tempo=40)))])
    assert str(slower).startswith("identical notes")


def test_sounds_are_compared_sample_by_sample(tmp_path: Path) -> None:
    path = work().save(tmp_path / "phrase.wav")
    louder = work(replace(ROLL, sound=lambda score: 1.5 * hummed(score)))
    assert compare(path, [louder]).of == "samples"
    assert 0.01 < compare(path, [louder]).largest < 0.3


def test_without_a_player_there_is_no_sound(tmp_path: Path) -> None:
    silent = work(Piece(phrase(), "roll"))
    assert "WAV" not in silent.content.formats
    with pytest.raises(GessoError, match=r"written as .*, not \.wav"):
        silent.save(tmp_path / "phrase.wav")
    assert "<audio" not in silent._repr_html_()  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it
    assert "<audio" in work()._repr_html_()  # pyright: ignore[reportPrivateUsage] -- the same


def hummed_apart(score: Score) -> NDArray[np.float32]:
    """What each part adds to the whole (parts, 2, n), whose loudness is that of all together."""
    parts = np.stack([hummed(replace(score, parts=(part,))) for part in score.parts])
    return parts / np.abs(parts.sum(0)).max()


def test_stems_are_works_of_one_voice_and_known_again(tmp_path: Path) -> None:
    whole = work(replace(ROLL, stems=True, sound=hummed_apart))
    assert list(whole.stems) == ["soprano", "alto", "tenor", "bass"]
    assert work().stems == {}
    tenor = whole.stems["tenor"]
    assert isinstance(tenor.content, Piece)
    assert tenor.content.score.parts == phrase().parts[2:3]
    for suffix in (".mid", ".wav", ".png"):
        assert compare(tenor.save(tmp_path / f"tenor{suffix}"), [whole]).identical


def test_stems_are_heard_as_they_are_among_the_others() -> None:
    whole = replace(ROLL, stems=True, sound=hummed_apart)
    voices = [voice.samples for voice in whole.voices().values()]
    assert (np.sum(voices, axis=0) == whole.samples).all()
    assert (voices[2] == hummed_apart(phrase())[2]).all()


# The piano roll


def test_a_roll_shows_every_note_in_the_colour_of_its_voice() -> None:
    root = ElementTree.fromstring(roll_svg(roll(phrase())))
    fills = [box.get("fill") for box in root.iter("{http://www.w3.org/2000/svg}rect")]
    for number, part in enumerate(phrase().parts):
        assert fills.count(COLOURS[number]) == len(part.notes) + 1  # and one beside its name


def test_a_roll_takes_colours_of_ones_own() -> None:
    drawn = roll_svg(roll(phrase(), lambda part, note: "#123456" if part == 0 and note.start == 0 else None))
    assert drawn.count("#123456") == 1


def test_the_pixels_of_a_roll_are_those_of_its_shapes() -> None:
    raster = roll_raster(roll(phrase()))
    colour = np.array([int(COLOURS[3][at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(raster.rgb.astype(int) - colour).max(axis=2) < 8).sum() > 1000


def test_a_long_piece_goes_on_in_further_lines() -> None:
    one, many = (Score((Part("A", 0, tuple(Note(480 * at, 480, 60) for at in range(n))),)) for n in (32, 96))
    assert roll(many).width == roll(one).width
    assert roll(many).height > 2 * roll(one).height - 200
    held = roll_svg(roll(Score((Part("A", 0, (Note(0, 480 * 96, 60),)),))))
    assert held.count(COLOURS[0]) == 1 + 3


def test_an_empty_score_is_engraved() -> None:
    assert roll_raster(roll(Score(()))).size[0] > 100


# Sheet music

needs_extras = pytest.mark.skipif(
    not piece.is_engraved("score"), reason="the extras gesso[score,svg] are not installed"
)


@needs_extras
@pytest.mark.parametrize("closed", [False, True])
def test_sheet_music_is_the_same_each_time_and_carries_the_recipe(tmp_path: Path, closed: bool) -> None:
    engraved = work(Piece(phrase(), closed=closed))
    for suffix in (".svg", ".png"):
        path = engraved.save(tmp_path / f"phrase{suffix}")
        assert read_recipe(path) == RECIPE
        assert str(compare(path, [work(Piece(phrase(), closed=closed))])) == "identical"
    raster = pictures.decode(tmp_path / "phrase.png")
    assert raster.size[0] == piece.WIDTH
    assert 0.01 < (raster.rgb < 128).mean() < 0.3


@needs_extras
def test_two_staves_are_lower_than_four_and_long_pieces_one_tall_page() -> None:
    four, two = (Piece(phrase(), closed=closed).picture for closed in (False, True))
    assert two.size[1] < 0.8 * four.size[1]
    notes = tuple(Note(480 * at, 480, 60 + at % 12) for at in range(800))
    svg = engraving.engrave(Score((Part("A", 0, notes),)))
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(each) for each in root.get("viewBox", "").split())
    assert height > 2 * width


@needs_extras
def test_the_title_is_safe_and_there() -> None:
    svg = engraving.engrave(replace(phrase(), title="A < B & <script>"))
    assert "A &lt; B &amp; &lt;script&gt;" in svg
    assert "<script>" not in svg


def test_where_nothing_engraves_the_roll_is_shown_and_sheet_music_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piece, "can_engrave", lambda: False)
    monkeypatch.setitem(sys.modules, "verovio", None)
    shown = Piece(phrase())
    assert (shown.picture.rgb == ROLL.picture.rgb).all()
    assert shown.encode("SVG") == ROLL.encode("SVG")
    for suffix in (".svg", ".png"):
        with pytest.raises(GessoError, match=r"pip install 'gesso\[score\]'"):
            work(Piece(phrase(), "score")).save(tmp_path / f"phrase{suffix}")
