"""Frames of sixteenths to notes that singers sing, and back."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.music.keys import key_on
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

SIXTEENTH = TICKS // 4
NAMES = ("Soprano", "Alto", "Tenor", "Bass")
CHOIR = 52
"""General MIDI's number of a choir, from 0."""

Frames = NDArray[np.int64]
"""(T, 4): MIDI pitches from the highest voice to the lowest, -1 where one is silent."""


FREE, HELD, STRUCK = range(3)


class Given(NamedTuple):
    """How the notes that were given are struck.

    Attributes:
        struck: (T, 4), FREE where nothing is given, else whether a note is HELD there or STRUCK.
        whole: the notes of the voices, by number, that are given in full, and may be finer than frames.
    """

    struck: NDArray[np.int64]
    whole: dict[int, tuple[Note, ...]]


def given_in(parts: Sequence[tuple[Note, ...]], keep: NDArray[np.bool_]) -> Given:
    """How the notes of voices are struck, from the highest on, of which those are given that are to `keep` (T, 4)."""
    struck = np.where(keep, HELD, FREE)
    for voice, notes in enumerate(parts):
        starts = [start for note in notes if (start := round(note.start / SIXTEENTH)) < len(keep)]
        struck[starts, voice] = np.where(keep[starts, voice], STRUCK, FREE)
    return Given(struck, {voice: notes for voice, notes in enumerate(parts) if keep[:, voice].all()})


def score(
    frames: Frames,
    *,
    tempo: float,
    key: Key,
    metre: Metre,
    pickup: int,
    ends: tuple[int, ...] = (),
    given: Given | None = None,
    title: str = "",
) -> Score:
    """Frames as a score.

    A pitch that stays is one note, but for two cases, since frames do not say where a note is struck again: after a
    phrase, and at a bar line unless a phrase rests there, or the note is a suspension, which began before the bar and
    steps down within a half. Notes that were `given` are struck where they were, and voices that were so in full are
    as they were.

    Args:
        pickup: frames before the first whole bar.
        ends: the frames at which phrases are over. A fermata stands on the chord before each, of all voices.
    """
    bar = metre.ticks // SIXTEENTH
    rests = [_last_chord(frames, begin, end) for begin, end in itertools.pairwise((0, *ends))]
    resting = {t for rest, end in zip(rests, ends, strict=True) for t in range(rest, end)}
    lines = set(range(pickup % bar, len(frames), bar)) - resting
    parts: list[Part] = []
    for voice, name in enumerate(NAMES):
        whole = given.whole.get(voice) if given else None
        struck = given.struck[: len(frames), voice] if given else np.full(len(frames), FREE)
        parts.append(Part(name, CHOIR, _notes(frames[:, voice], set(ends), lines, struck) if whole is None else whole))
    return Score(
        tuple(parts),
        tempo=tempo,
        key=key,
        metre=metre,
        pickup=pickup * SIXTEENTH,
        fermatas=tuple(rest * SIXTEENTH for rest in rests),
        title=title,
    )


def _last_chord(frames: Frames, begin: int, end: int) -> int:
    """The frame at which the chord begins that is over at `end`, in a phrase from `begin` on."""
    moved = np.flatnonzero((frames[begin:end] != frames[end - 1]).any(1))
    return begin + int(moved[-1]) + 1 if len(moved) else begin


def _notes(voice: NDArray[np.int64], ends: set[int], lines: set[int], struck: NDArray[np.int64]) -> tuple[Note, ...]:
    """The notes of a voice (T,), of which some are `struck` (T,) where they were given."""
    cuts = [0, *(np.flatnonzero(voice[1:] != voice[:-1]) + 1).tolist(), len(voice)]
    found: list[Note] = []
    for start, end in itertools.pairwise(cuts):
        if voice[start] < 0:
            continue
        after = int(voice[end]) if end < len(voice) else -1
        inner = [
            t
            for t in range(start + 1, end)
            if struck[t] == STRUCK
            or (struck[t] == FREE and (t in ends or (t in lines and not _suspended(voice, t, end, after))))
        ]
        for one, other in zip([start, *inner], [*inner, end], strict=True):
            found.append(Note(one * SIXTEENTH, (other - one) * SIXTEENTH, int(voice[start])))
    return tuple(found)


def _suspended(voice: NDArray[np.int64], line: int, end: int, after: int) -> bool:
    """Whether the note that sounds at a bar line steps down within a half of it."""
    return end - line <= 8 and after >= 0 and 1 <= int(voice[line]) - after <= 2


def frames_of(score: Score) -> Frames:
    """The pitches of a score's parts at the beginning of each sixteenth, up to its end."""
    steps = -(-score.end // SIXTEENTH)
    voices = [melody_frames(part.notes, part.name) for part in score.parts]
    return np.stack([np.pad(voice, (0, steps - len(voice)), constant_values=-1) for voice in voices], axis=1)


def melody_frames(notes: tuple[Note, ...], what: str) -> NDArray[np.int64]:
    """The pitch at the beginning of each sixteenth, -1 for silence: (T,).

    Raises GessoError when there are no notes.
    """
    if not notes:
        raise GessoError(f"{what} has no notes: give one that has")
    steps = -(-max(note.end for note in notes) // SIXTEENTH)
    voice = np.full(steps, -1, dtype=np.int64)
    for note in sorted(notes):
        first, last = round(note.start / SIXTEENTH), round(note.end / SIXTEENTH)
        voice[first : max(last, first + 1)] = note.pitch
    return voice


def transposed(score: Score, semitones: int) -> Score:
    """The score so many semitones higher, its key with it unless it is C major, which counts as unsaid."""
    if semitones == 0:
        return score
    parts = tuple(
        replace(part, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in part.notes))
        for part in score.parts
    )
    key = key_on((score.key.tonic + semitones) % 12, score.key.minor) if score.key != Key() else score.key
    return replace(score, parts=parts, key=key)
