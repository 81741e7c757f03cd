"""A folder of one's own music: what it is taken for, what is left out and why, and what is held out."""

from pathlib import Path

import pytest

from gesso.arts.compose.folder import Found, in_frames, is_line, kind_of, read_folder
from gesso.arts.compose.prepare import read_parts
from gesso.core.errors import GessoError
from gesso.core.music.midi import write_midi
from gesso.core.scores import TICKS, Note, Part, Score

TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71)


def line(*pitches: int, length: int = TICKS, shift: int = 0) -> tuple[Note, ...]:
    return tuple(Note(at * TICKS, length, pitch + shift) for at, pitch in enumerate(pitches))


def score(*parts: tuple[Note, ...]) -> Score:
    return Score(tuple(Part(f"Part {number}", 0, notes) for number, notes in enumerate(parts, 1)))


MELODY = score(line(*TUNE))
CHORDS = score(tuple(sorted((*line(*TUNE), *line(*TUNE, shift=-12)))))
VOICES = score(*(line(*TUNE, shift=shift) for shift in (0, -5, -12, -19)))


def write(path: Path, music: Score) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_midi(music))


def folder(path: Path, melodies: int = 0, chords: int = 0, voices: int = 0) -> Path:
    for name, music, count in (("a", MELODY, melodies), ("b", CHORDS, chords), ("c", VOICES, voices)):
        for number in range(count):
            write(path / f"{name}{number:02}.mid", music)
    return path


@pytest.mark.parametrize(
    ("music", "kind"),
    [
        (MELODY, "monophonic"),
        (CHORDS, "piano"),
        (VOICES, "four-part"),
        (score(line(*TUNE[:5]), tuple(Note(5 * TICKS + n.start, n.length, n.pitch) for n in line(*TUNE[5:]))), "mono"),
        (score(*(line(*TUNE, shift=shift) for shift in (0, -5, -12))), "piano"),
        (score(*(line(*TUNE, shift=shift) for shift in (0, -5, -12, -43))), "piano"),  # lower than any voice
    ],
)
def test_the_kind_of_a_score_is_told_by_its_notes(music: Score, kind: str) -> None:
    assert kind_of(music).startswith(kind)


def test_a_line_may_be_played_legato_but_not_in_chords() -> None:
    assert is_line(line(*TUNE, length=TICKS + TICKS // 8))
    assert not is_line(line(*TUNE, length=2 * TICKS))


@pytest.mark.parametrize(
    ("counts", "kind", "pieces", "reduced", "skipped"),
    [
        ((4, 1, 0), "monophonic", 5, 1, 0),
        ((1, 4, 1), "piano", 6, 0, 0),
        ((1, 1, 3), "four-part", 3, 0, 2),
        ((2, 2, 0), "piano", 4, 0, 0),
    ],
)
def test_a_folder_is_taken_for_what_most_of_it_is(
    tmp_path: Path, counts: tuple[int, int, int], kind: str, pieces: int, reduced: int, skipped: int
) -> None:
    found = read_folder(folder(tmp_path, *counts))
    assert (found.kind, len(found.scores), found.reduced, len(found.skipped)) == (kind, pieces, reduced, skipped)


def test_the_kind_may_be_forced(tmp_path: Path) -> None:
    found = read_folder(folder(tmp_path, 1, 3), "monophonic")
    assert (found.kind, found.reduced) == ("monophonic", 3)


def test_wrong_files_are_named_and_left_out(tmp_path: Path) -> None:
    folder(tmp_path, 3)
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0\0\6")
    (tmp_path / "empty.abc").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not music")
    (tmp_path / ".hidden.mid").write_bytes(b"")
    write(tmp_path / "below" / "short.mid", score(line(60, 62)))
    lines = read_folder(tmp_path).told()
    assert lines[0] == "3 pieces, monophonic; 3 skipped:"
    assert "short.mid has only 2 notes" in lines[1]
    assert "broken.mid is truncated" in lines[2]
    assert "empty.abc is empty" in lines[3]
    assert len(lines) == 4


def test_each_tune_of_a_book_is_a_piece(tmp_path: Path) -> None:
    tunes = [f"X:{number}\nT:Tune\nM:3/4\nL:1/4\nK:{key}\nGAB|cde|{end}\n\n" for number, key, end in (
        (1, "G", "dcB|A3|"), (2, "Zz", "dcB|A3|"), (3, "F", "d3|"), (4, "D", "dcB|G3|"),
    )]  # fmt: skip
    (tmp_path / "book.abc").write_text("% a book\n" + "".join(tunes))
    found = read_folder(tmp_path)
    assert [name[len(str(tmp_path)) + 1 :] for name in found.scores] == ["book.abc, tune 1,", "book.abc, tune 4,"]
    assert [score.key.fifths for score in found.scores.values()] == [1, 2]
    assert [score.parts[0].notes[-1].pitch for score in found.scores.values()] == [69, 67]
    assert [line.split(", tune ")[1][:2] for line in found.skipped] == ["2,", "3,"]


def test_many_wrong_files_are_not_all_named() -> None:
    lines = Found("piano", {"a.mid": CHORDS}, 0, tuple(f"{n}.mid is wrong" for n in range(50))).told()
    assert lines[0] == "1 piece, piano; 50 skipped:"
    assert (len(lines), lines[-1]) == (22, "and 30 more")


def test_a_folder_with_nothing_to_learn_from_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"has no music in it: give a folder of .mid"):
        read_folder(tmp_path)
    (tmp_path / "broken.mid").write_bytes(b"no")
    (tmp_path / "broken.abc").write_bytes(b"")
    with pytest.raises(GessoError, match=r"nothing to learn from: .*broken.abc is empty .*, and 1 more like it$"):
        read_folder(tmp_path)


def test_every_tenth_file_by_name_is_for_testing(tmp_path: Path) -> None:
    found = read_folder(folder(tmp_path, 30))
    parts = found.split()
    assert {part: len(scores) for part, scores in parts.items()} == {"train": 24, "valid": 3, "test": 3}
    assert parts["test"][0] is found.scores[str(tmp_path / "a09.mid")]


def test_four_voices_are_learned_by_the_composer_of_chorales(tmp_path: Path) -> None:
    parts = read_parts(str(folder(tmp_path, voices=10, melodies=2)))
    assert [len(parts[part]) for part in ("train", "valid", "test")] == [8, 1, 1]
    piece = parts["train"][0]
    assert piece.shape == (40, 4)
    assert piece[0].tolist() == [67, 62, 55, 48]


def test_long_music_in_four_voices_becomes_several_pieces() -> None:
    long = score(*(line(*TUNE * 14, shift=shift) for shift in (0, -5, -12, -19)))  # 140 quarters
    assert [len(frames) for frames in in_frames(long)] == [512, 48]
