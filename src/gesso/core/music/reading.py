"""Reading music, whatever its format."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.core.music.limits import LARGEST_FILE
from gesso.core.scores import Note, Part, Score
from gesso.core.suffixes import MUSIC


def read_music(path: Path) -> Score:
    """The score in a MIDI, MusicXML or ABC file, its parts with the highest first.

    Raises:
        GessoError: one line that names the file, when it cannot be read, is no music, damaged or too large.
    """
    return _sorted(_decoded(_file(path), _format(path), str(path)))


def read_each(path: Path) -> Iterator[tuple[str, Score | GessoError]]:
    """What a file holds, by name: a piece of music, or each tune of a book in ABC; what cannot be read as its error."""
    try:
        file, format = _file(path), _format(path)
        count = _tunes(file) if format == "ABC" else 1
    except GessoError as error:
        yield str(path), error
        return
    for number in range(1, count + 1):
        name = str(path) if count == 1 else f"{path}, tune {number},"
        try:
            yield name, _sorted(_decoded(file, format, name, number))
        except GessoError as error:
            yield name, error


def music_recipe(path: Path) -> str | None:
    """The recipe inside a MIDI or MusicXML file; None if there is none. Raises GessoError when it cannot be read."""
    file, format = _file(path), _format(path)
    if format == "MIDI":
        from gesso.core.music.midi import midi_recipe

        return midi_recipe(file)
    if format == "ABC":
        return None
    from gesso.core.music.musicxml_reading import musicxml_recipe, unpacked

    return musicxml_recipe(unpacked(file, str(path)) if format == "MXL" else file, str(path))


def music_difference(one: bytes, other: bytes, format: str) -> tuple[float, float]:
    """How many notes are in one of two files only, or in another part, and their share of all the notes.

    Raises GessoError when one of them cannot be read.
    """
    before, after = (
        Counter((number, note) for number, part in enumerate(_decoded(file, format, name).parts) for note in part.notes)
        for file, name in ((one, "the work"), (other, "its remake"))
    )
    differing = ((before - after) + (after - before)).total()
    return float(differing), differing / max(1, (before | after).total())


def top_line(score: Score) -> tuple[Note, ...]:
    """The melody of a score: the highest part, of chords the highest note, each over when the next begins."""
    if not score.parts:
        return ()
    highest: dict[int, Note] = {}
    for note in max(score.parts, key=_height).notes:
        if note.start not in highest or note.pitch > highest[note.start].pitch:
            highest[note.start] = note
    line = [highest[start] for start in sorted(highest)]
    ends = [*(note.start for note in line[1:]), max(note.end for note in line)] if line else []
    return tuple(
        Note(note.start, min(note.end, end) - note.start, note.pitch, note.velocity)
        for note, end in zip(line, ends, strict=True)
    )


def _file(path: Path) -> bytes:
    with open_file(path) as opened:
        data = opened.read(LARGEST_FILE + 1)
    if not data:
        raise GessoError(f"{path} is empty (0 bytes); copy or export it again")
    if len(data) > LARGEST_FILE:
        raise GessoError(f"{path} has more than {LARGEST_FILE >> 20} MB; give a part of it")
    return data


def _format(path: Path) -> str:
    try:
        return MUSIC[path.suffix.lower()]
    except KeyError:
        raise GessoError(f"{path}: music is read from {', '.join(MUSIC)} files") from None


def _sorted(score: Score) -> Score:
    return replace(score, parts=tuple(sorted(score.parts, key=_height, reverse=True)))


def _decoded(file: bytes, format: str, name: str, tune: int | None = None) -> Score:
    if format == "MIDI":
        from gesso.core.music.midi import read_midi

        return read_midi(file, name)
    if format == "ABC":
        from gesso.core.music.abc_reading import read_abc

        return read_abc(file, name, tune)
    from gesso.core.music.musicxml_reading import read_musicxml, unpacked

    return read_musicxml(unpacked(file, name) if format == "MXL" else file, name)


def _tunes(file: bytes) -> int:
    from gesso.core.music.abc_reading import count_tunes

    return count_tunes(file)


def _height(part: Part) -> float:
    return sum(note.pitch * note.length for note in part.notes) / max(1, sum(note.length for note in part.notes))
