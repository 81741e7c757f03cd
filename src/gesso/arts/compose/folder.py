"""The user's own music: what lies in a folder, of which kind it is, and what of it is held out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from gesso.arts.compose.frames import HIGH, LOW, VOICES
from gesso.arts.compose.notes import frames_of
from gesso.core.errors import GessoError
from gesso.core.music.reading import read_each
from gesso.core.scores import TICKS, Note, Score
from gesso.core.suffixes import MUSIC
from gesso.pipeline.data.chorales import PARTS, Part, Piece

Kind = Literal["monophonic", "four-part", "piano"]
NARROW: tuple[Kind, ...] = ("monophonic", "four-part")

GRID = TICKS // 12
"""Ticks to which music that is not in four voices is rounded: sixteenths and triplets are exact."""

LONGEST_BAR = 16 * TICKS
PER_PART = 10
"""One of so many files is for testing, and one for validation."""

FEWEST = 8  # notes of a piece that is worth learning from
OVERLAP = TICKS // 4  # ticks that a note of a line may sound on into the next, as players let it
CHORDS = 0.03  # share of the notes of a line that may sound together nevertheless
LONGEST = 512  # frames of a piece in four voices; a longer one becomes several
NAMED = 20  # files left out that are told one by one


@dataclass(frozen=True)
class Found:
    """What a folder has.

    Attributes:
        kind: what its music is taken for.
        scores: those that are learned from, by the names of their files, and of a book of tunes each.
        reduced: of how many of them only the highest line counts, since they have chords.
        skipped: a line for each file that is left out, which names it and says why.
    """

    kind: Kind
    scores: dict[str, Score]
    reduced: int
    skipped: tuple[str, ...]

    def split(self) -> dict[Part, list[Score]]:
        """The scores to learn from, and each tenth for validation (5, 15, 25, …) and for testing (10, 20, 30, …)."""
        parts: dict[Part, list[Score]] = {part: [] for part in PARTS}
        for number, score in enumerate(self.scores.values(), 1):
            place = number % PER_PART
            parts["test" if place == 0 else "valid" if place == PER_PART // 2 else "train"].append(score)
        return parts

    def told(self) -> list[str]:
        """What a person should know of it, in lines."""
        what = f"{len(self.scores)} pieces, {self.kind}" if len(self.scores) != 1 else f"1 piece, {self.kind}"
        if self.reduced:
            what += f", of {self.reduced} with chords the highest line"
        if self.skipped:
            what += f"; {len(self.skipped)} skipped:"
        more = [f"and {len(self.skipped) - NAMED} more"] if len(self.skipped) > NAMED else []
        return [what, *self.skipped[:NAMED], *more]


def read_folder(folder: Path, kind: Kind | None = None) -> Found:
    """The music in a folder and below it, of the `kind` that most of its files have if none is given.

    Monophonic: one note at a time; of files with chords the highest line counts. Four-part: four voices of one note at
    a time. Piano: everything else, and whatever parts there are count as one.

    Raises GessoError when nothing in it can be learned from.
    """
    files = sorted(path for path in folder.rglob("*") if _is_music(path.relative_to(folder)) and path.is_file())
    if not files:
        raise GessoError(f"{folder} has no music in it: give a folder of {', '.join(MUSIC)} files")
    scores: dict[str, Score] = {}
    skipped: list[str] = []
    for name, score in (each for path in files for each in read_each(path)):
        if isinstance(score, GessoError):
            skipped.append(str(score))
        elif wrong := _wrong(score, name):
            skipped.append(wrong)
        else:
            scores[name] = score
    kinds: dict[str, Kind] = {name: kind_of(score) for name, score in scores.items()}
    chosen = kind or _usual(list(kinds.values()))
    if chosen == "four-part":
        reach = f"from {LOW} to {HIGH} in MIDI's pitches"
        skipped += [f"{name} is not in four voices {reach}" for name in scores if kinds[name] != chosen]
        scores = {name: score for name, score in scores.items() if kinds[name] == chosen}
    if not scores:
        others = f", and {len(skipped) - 1} more like it" if len(skipped) > 1 else ""
        raise GessoError(f"{folder} has nothing to learn from: {skipped[0]}{others}")
    return Found(
        chosen,
        scores,
        sum(kinds[name] != "monophonic" for name in scores) if chosen == "monophonic" else 0,
        tuple(skipped),
    )


def folder_of(source: str) -> Path:
    """The folder of this name. Raises GessoError when there is none."""
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise GessoError(f"there is no folder {source}; name one with {', '.join(MUSIC)} files")
    return folder


def kind_of(score: Score) -> Kind:
    """What a score is by its notes."""
    parts = [part.notes for part in score.parts if part.notes]
    if len(parts) == VOICES and all(is_line(notes) for notes in parts):
        pitches = [note.pitch for notes in parts for note in notes]
        if min(pitches) >= LOW and max(pitches) <= HIGH:
            return "four-part"
    return "monophonic" if is_line([note for notes in parts for note in notes]) else "piano"


def is_line(notes: Iterable[Note]) -> bool:
    """Whether notes come one after the other, nearly all."""
    together, count, end = 0, 0, 0
    for note in sorted(notes):
        together += end - note.start > OVERLAP
        count, end = count + 1, max(end, note.end)
    return together <= CHORDS * count


def in_frames(score: Score) -> list[Piece]:
    """A score in four voices as frames of sixteenths, up to whole quarters; several pieces when it is long."""
    frames = frames_of(replace(score, parts=tuple(part for part in score.parts if part.notes))).astype(np.int16)
    frames = np.pad(frames, ((0, -len(frames) % 4), (0, 0)), constant_values=-1)
    return [frames[at : at + LONGEST] for at in range(0, len(frames), LONGEST)]


def _is_music(name: Path) -> bool:
    return name.suffix.lower() in MUSIC and not any(part.startswith(".") for part in name.parts)


def _wrong(score: Score, name: str) -> str:
    """Why a score is not learned from, if it is not."""
    notes = sum(len(part.notes) for part in score.parts)
    if notes < FEWEST:
        return f"{name} has only {notes} notes"
    if score.metre.ticks % GRID or score.metre.ticks > LONGEST_BAR:
        return f"{name} is in {score.metre.beats}/{score.metre.unit}, whose bars are too fine or too long"
    return ""


def _usual(kinds: Sequence[Kind]) -> Kind:
    """What more than half of them are; music of any kind can be played on a piano."""
    for kind in NARROW:
        if 2 * kinds.count(kind) > len(kinds):
            return kind
    return "piano"
