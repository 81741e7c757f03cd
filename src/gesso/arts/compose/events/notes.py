"""Music as the network knows it: notes of three numbers, and what is to be heard of those before each.

A note is a tuple (Hawthorne et al. 2018, "Transformer-NADE for piano performances"): how many steps after the one
before it begins, its pitch, and which of LENGTHS it lasts. Notes that begin together follow one another from the
lowest. A step is a twelfth of a quarter, so that sixteenths and triplets are exact.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.compose.folder import GRID, LONGEST_BAR, Kind, is_line
from gesso.core.music.keys import key_of_parts
from gesso.core.music.reading import top_line
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

STEP = GRID
BEAT = TICKS // STEP
LOW, HIGH = 21, 108  # the keys of a piano
PITCHES = HIGH - LOW + 1
GAPS = 16 * BEAT + 1
"""Steps from one note to the next, from 0; in a longer silence whole bars are left out."""

END = GAPS
"""Stands for the gap after the last note."""

POSITIONS = LONGEST_BAR // STEP
"""Steps of a bar at most."""

LENGTHS = torch.tensor(
    [*range(1, 13), 14, 15, 16, 18, 20, 21, 24, 27, 28, 30, 32, 33, 36, 40, 42, 45, 48, 60, 72, 84, 96, 120, 144, 192]
)
CLASSES = 12
NEAR = 24  # semitones within which an interval is told
FAR = 16  # what is farther from the end than so many bars is far
UNTOLD = 0
PHRASE = 4  # bars that are told apart by their number


class Form(NamedTuple):
    """What may be told of a piece.

    Attributes:
        metre: the number of its metre among those learned.
        bar: steps of a bar.
        tonic: the pitch class of its tonic, CLASSES if it is not told.
        mode: 0 major, 1 minor, 2 if it is not told.
        bars: how many it has, UNTOLD if that is not told.
    """

    metre: int
    bar: int
    tonic: int = CLASSES
    mode: int = 2
    bars: int = UNTOLD

    def shifted(self, semitones: int) -> "Form":
        """The same so many semitones higher."""
        return self._replace(tonic=self.tonic if self.tonic == CLASSES else (self.tonic + semitones) % CLASSES)


class Notes(NamedTuple):
    """Notes in the order in which they are foreseen, (N,) each.

    Attributes:
        onset: steps from the beginning of the first bar, which a pickup fills at its end only.
        pitch: from 0 for LOW.
        length: the number of the length in LENGTHS.
    """

    onset: Tensor
    pitch: Tensor
    length: Tensor

    @property
    def end(self) -> Tensor:
        """The steps at which notes are over."""
        return self.onset + LENGTHS[self.length]


class Piece(NamedTuple):
    """A piece of the data: its notes, metre, and key as it was found from them."""

    notes: Notes
    metre: Metre
    key: Key

    @property
    def bars(self) -> int:
        """The bars up to the one in which the last note begins."""
        return int(self.notes.onset[-1]) // bar_of(self.metre) + 1


def bar_of(metre: Metre) -> int:
    """The steps of a bar."""
    return metre.ticks // STEP


def line_of(score: Score) -> tuple[Note, ...]:
    """The one line of a score, whose notes may be those of several parts in turn; of chords the highest."""
    notes = tuple(sorted(note for part in score.parts for note in part.notes))
    return top_line(replace(score, parts=(Part("", 0, notes),)) if is_line(notes) else score)


def sounding(score: Score, kind: Kind) -> tuple[Note, ...]:
    """The notes of a score that count: its line, or all."""
    if kind == "monophonic":
        return line_of(score)
    return tuple(sorted(note for part in score.parts for note in part.notes))


def piece_of(score: Score, kind: Kind) -> Piece:
    """A score on the grid; what a piano has no keys for is moved by octaves."""
    ends = _ends(score, kind)
    starts = _without_silence([start for start, _ in ends], bar_of(score.metre))
    lasting = torch.tensor([end - start for (start, _), end in ends.items()])
    pitch = torch.tensor([pitch - LOW for _, pitch in ends])
    return Piece(Notes(torch.tensor(starts), pitch, nearest_length(lasting)), score.metre, key_of_parts(score.parts))


def _ends(score: Score, kind: Kind) -> dict[tuple[int, int], int]:
    """Where the notes of a score end, by their steps and pitches, in order; none sounds on when it is struck again,
    nor, in a line, when the next begins."""
    shift = score.metre.ticks - score.pickup if score.pickup else 0
    ends: dict[tuple[int, int], int] = {}
    for note in sounding(score, kind):
        start, end = (round((tick + shift) / STEP) for tick in (note.start, note.end))
        pitch = note.pitch + 12 * (-(min(note.pitch - LOW, 0) // 12) - max(note.pitch - HIGH + 11, 0) // 12)
        ends[start, pitch] = max(end, start + 1, ends.get((start, pitch), 0))
    following: dict[int, int] = {}
    found: dict[tuple[int, int], int] = {}
    for start, pitch in sorted(ends, reverse=True):
        line = 0 if kind == "monophonic" else pitch
        if following.get(line) == start:
            continue  # in a line, of notes that begin at once the highest counts
        found[start, pitch] = min(ends[start, pitch], following.get(line, ends[start, pitch]))
        following[line] = start
    return dict(reversed(found.items()))


def _without_silence(starts: Sequence[int], bar: int) -> list[int]:
    """Steps of notes in order, the first moved into the first bar; where the next is too far, bars are left out."""
    found: list[int] = []
    left_out, before = 0, 0
    for start in starts:
        longest = GAPS - 1 if found else bar - 1
        gap = start - left_out - before
        left_out += max(0, -(-(gap - longest) // bar)) * bar
        before = start - left_out
        found.append(before)
    return found


def nearest_length(steps: Tensor) -> Tensor:
    """The number of the longest of LENGTHS that is no longer: (N,) -> (N,)."""
    return torch.searchsorted(LENGTHS, steps, right=True) - 1


def left(onset: Tensor, form: Form) -> Tensor:
    """How many bars are left at some onsets, that in which they stand among them; UNTOLD if that is not told."""
    if form.bars == UNTOLD:
        return torch.full_like(onset, UNTOLD)
    return (form.bars - onset // form.bar).clamp(1, FAR)


def degrees(pitch: Tensor, tonic: Tensor | int) -> Tensor:
    """Pitches as steps above a tonic, CLASSES where it is not told."""
    tonic = torch.as_tensor(tonic, device=pitch.device)
    return torch.where(tonic == CLASSES, CLASSES, (pitch + LOW - tonic) % CLASSES)


def intervals(pitch: Tensor, before: Tensor) -> Tensor:
    """The intervals to pitches from those before, from 0 to 2 NEAR, and 2 NEAR + 1 where there is none (-1)."""
    return torch.where(before < 0, 2 * NEAR + 1, (pitch - before).clamp(-NEAR, NEAR) + NEAR)


FIELDS = (PITCHES + 1, CLASSES + 1, 2 * NEAR + 2, len(LENGTHS) + 1, GAPS + 1, POSITIONS + 1, PHRASE + 1, FAR + 1, 3)
"""How many values each feature of `heard` has; that of the metre, which follows them, has as many as were learned."""


class Rows(NamedTuple):
    """A piece or a part of it, a row for each note and one for the end, (T,) each or (B, T).

    Attributes:
        heard: the features of FIELDS and the metre, of which those of a row tell only of notes before it: (…, T, F).
        gap, pitch, length: what is to be foreseen; after the last note END, -1 and -1.
        before: the pitch of the note before, -1 for the first.
        stood: the step of a bar in which that one began.
        place: the step of a bar in which this one begins.
        left: how many bars are left there.
        tonic, bar: as in `Form`, again and again.
        there: whether the row belongs to a piece, and is asked for.
    """

    heard: Tensor
    gap: Tensor
    pitch: Tensor
    length: Tensor
    before: Tensor
    stood: Tensor
    place: Tensor
    left: Tensor
    tonic: Tensor
    bar: Tensor
    there: Tensor


def rows(notes: Notes, form: Form) -> Rows:
    """The rows of a piece."""
    onset, pitch, length = notes
    none = onset.new_tensor([-1])
    last = torch.cat([onset.new_tensor([0]), onset])
    before = torch.cat([none, pitch])
    gap = torch.cat([onset.diff(prepend=onset.new_tensor([0])), onset.new_tensor([END])])
    past = torch.stack(
        [
            pitch,
            degrees(pitch, form.tonic),
            intervals(pitch, before[:-1]),
            length,
            gap[:-1],
            onset % form.bar,
            onset // form.bar % PHRASE,
        ],
        1,
    )
    past = torch.cat([onset.new_tensor([[size - 1 for size in FIELDS[:7]]]), past])
    told = torch.stack([left(last, form), *(torch.full_like(last, value) for value in (form.mode, form.metre))], 1)
    at = torch.cat([onset, onset.new_tensor([0])])
    return Rows(
        torch.cat([past, told], 1),
        gap,
        torch.cat([pitch, none]),
        torch.cat([length, none]),
        before,
        last % form.bar,
        at % form.bar,
        left(at, form),
        torch.full_like(last, form.tonic),
        torch.full_like(last, form.bar),
        torch.ones_like(last, dtype=torch.bool),
    )
