"""What a piece is to be, before a note of it is composed: its length, its phrases, its key, and the notes given."""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gesso.arts.compose.frames import CLASSES, FAR, HIGH, LOW, UNTOLD, VOICES, symbols
from gesso.arts.compose.notes import NAMES, SIXTEENTH, melody_frames
from gesso.arts.compose.phrases import BEAT, phrase_ends, quarters_left
from gesso.arts.compose.rules import UNCHOSEN
from gesso.arts.compose.search import Chord, Plan
from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of
from gesso.core.scores import TICKS, Key, Metre, Note, Score

LAST = 4 * BEAT
"""Frames for which a last chord stands at most, however long what is given of it is."""

LONGEST = 1024
"""Frames of a piece at most: 64 bars of 4/4."""


class Form(NamedTuple):
    """How a piece is laid out.

    Attributes:
        frames: its length in sixteenths.
        pickup: how many of them stand before the first whole bar.
        ends: the frames at which phrases are over, the last one the piece's.
        last: the frame at which the last chord begins.
        letters: one for each phrase, the same for those that are the same; none where none is to return.
    """

    key: Key
    metre: Metre
    frames: int
    pickup: int
    ends: tuple[int, ...]
    last: int
    letters: str = ""


def laid_out(key: Key, metre: Metre, bars: int, phrase: int | None, pickup: int, letters: str | None = None) -> Form:
    """The form of a piece of so many bars, with phrases of so many, or of about ten quarters if None.

    Args:
        pickup: frames before the first whole bar; the last bar is shorter by as many.
        letters: one for each phrase, if they say how many there are, all of the same length.
    """
    bar = metre.ticks // SIXTEENTH
    if letters:
        phrase = bars // len(letters)
    phrase = phrase or (4 if metre.ticks < 4 * TICKS else 2)
    frames = bars * bar
    ends = [*range(phrase * bar, frames, phrase * bar), frames]
    return Form(key, metre, frames, pickup % bar, tuple(ends), frames - BEAT, letters or "")


def found_in(score: Score, pitches: NDArray[np.int64], key: Key) -> Form:
    """The form of music that is given, pitches (T, voices) of a score: its phrases end where it has fermatas or, if it
    has none, where it rests on long notes."""
    frames = len(pitches)
    struck = _struck(score, pitches)
    over = under_fermatas(score, pitches)
    if not over:
        over = [rest + _lasting(struck[rest:]) for rest in phrase_ends(pitches.astype(np.int16), struck)]
    ends = {*(end for end in over if end <= frames - BEAT), frames}
    last = int(np.flatnonzero(struck & (pitches >= 0).any(1))[-1])
    return Form(key, score.metre, frames, score.pickup // SIXTEENTH, tuple(sorted(ends)), max(last, frames - LAST))


def going_on(form: Form, score: Score, pitches: NDArray[np.int64]) -> Form:
    """The form of a piece that begins with a score: its phrases end at the score's fermatas first, then as usual."""
    said, usual = under_fermatas(score, pitches), form.ends[0]
    if not said:
        return form
    more = range(said[-1] + usual, form.frames - usual // 2, usual)
    return form._replace(ends=(*said, *more, form.frames))


def under_fermatas(score: Score, pitches: NDArray[np.int64]) -> list[int]:
    """The frames of the pitches (T, voices) of a score at which chords under fermatas are over."""
    struck = _struck(score, pitches)
    rests = {round(tick / SIXTEENTH) for tick in score.fermatas}
    return sorted({rest + _lasting(struck[rest:]) for rest in rests if rest < len(pitches)})


def _struck(score: Score, pitches: NDArray[np.int64]) -> NDArray[np.bool_]:
    """In which frames of the pitches (T, voices) of a score a note begins or a voice falls silent: (T,)."""
    struck = np.append(True, (pitches[1:] != pitches[:-1]).any(1))
    for part in [part for part in score.parts if part.notes][: pitches.shape[1]]:
        starts = np.array([round(note.start / SIXTEENTH) for note in part.notes])
        struck[starts[starts < len(struck)]] = True
    return struck


def _lasting(struck: NDArray[np.bool_]) -> int:
    """For how many frames the first chord stays."""
    again = np.flatnonzero(struck[1:])
    return int(again[0]) + 1 if len(again) else len(struck)


def plan(form: Form, pitches: NDArray[np.int64] | None = None, given: NDArray[np.bool_] | None = None) -> Plan:
    """The plan of a piece in this form, with the notes `given` of `pitches` (T, 4), or none.

    The last quarter of each phrase is one chord, or what of it a note given leaves; the last of the piece stands for as
    long as that of the music given, within a bar of four. The first and the last chord are the tonic's, with the tonic
    in the bass; at the end minor may turn into major. The other phrases rest on triads of the key or of its nearest
    keys, in root position, and the last on one of the key where a note is given that is foreign to the tonic's; where
    none of these has what is given, on another.
    """
    steps = form.frames
    frames = torch.zeros(steps, VOICES, dtype=torch.long)
    known = torch.zeros(steps, VOICES, dtype=torch.bool)
    if pitches is not None and given is not None:
        frames[: len(pitches)] = symbols(torch.from_numpy(pitches))
        known[: len(given)] = torch.from_numpy(given)
    rests = [*(_rest(frames, known, end) for end in form.ends[:-1]), form.last]
    held = torch.zeros(steps, dtype=torch.bool)
    for rest, end in zip(rests, form.ends, strict=True):
        held[rest + 1 : end] = True
    tonic = form.key.tonic + CLASSES * form.key.minor
    told = np.stack(
        [
            np.full(steps, tonic),
            _told(quarters_left(steps, np.array(form.ends) - 1)),
            _told(quarters_left(steps, np.array([steps - 1]))),
        ],
        axis=1,
    )
    first, *others = triads = _MINOR if form.key.minor else _MAJOR
    nearest = (*triads, *(_NEAR_MINOR if form.key.minor else _NEAR_MAJOR))
    alone = [rest for rest in rests if int(known[rest].sum()) <= 1]  # more voices that are given rest as they do
    chords = {rest: _first(form.key, (nearest, _ALL), frames[rest], known[rest]) for rest in alone}
    chords[0] = _possible(form.key, (first,), frames[0], known[0])
    end = frames[form.last], known[form.last]
    chords[form.last] = _first(form.key, ((first, (0, 4)), others, _ALL), *end)
    sources = _sources(form)
    if (first_time := int(sources[form.last])) >= 0:
        chords[first_time] = chords[form.last]
    return Plan(frames, known, torch.from_numpy(told), held, chords, sources)


def _rest(frames: Tensor, known: Tensor, end: int) -> int:
    """The frame at which the chord begins on which a phrase rests: a quarter before its `end`, or where the last of the
    notes given comes within it."""
    start = max(0, end - BEAT)
    heard = torch.where(known, frames, UNCHOSEN)[start:end]
    moved = (heard[1:] != heard[:-1]).any(1).nonzero()
    return start + (int(moved[-1]) + 1 if len(moved) else 0)


def _first(key: Key, choices: Sequence[Sequence[tuple[int, int]]], frame: Tensor, known: Tensor) -> tuple[Chord, ...]:
    """Those of the first triads of which any are possible, whole."""
    return next(filter(None, (_possible(key, triads, frame, known, whole=True) for triads in choices)), ())


def _sources(form: Form) -> Tensor:
    """The frame that each repeats, or -1, as the letters of phrases say (T,)."""
    sources = torch.full((form.frames,), -1)
    for number, letter in enumerate(form.letters):
        if (first := form.letters.index(letter)) < number:
            start, end = form.ends[number - 1], form.ends[number]
            begin = form.ends[first - 1] if first else 0
            sources[start:end] = torch.arange(begin, begin + end - start)
    return sources


_MAJOR = ((0, 4), (2, 3), (4, 3), (5, 4), (7, 4), (9, 3))
_MINOR = ((0, 3), (3, 4), (5, 3), (7, 4), (8, 4), (10, 4))
"""The triads of a key that are consonant, the tonic's first: how far their roots lie above it, and their thirds above
these. The dominant is major in minor too."""

_NEAR_MAJOR = ((4, 4), (9, 4))
_NEAR_MINOR = ((0, 4), (5, 4), (7, 3))
"""Triads of the nearest keys, on which Bach's phrases rest too: with those of the key, 97 of 100."""

_ALL = tuple(itertools.product(range(CLASSES), (3, 4)))


def _possible(
    key: Key, triads: Sequence[tuple[int, int]], frame: Tensor, known: Tensor, *, whole: bool = False
) -> tuple[Chord, ...]:
    """Those of some triads that the notes of a frame (4,) which are known leave possible."""
    notes = [int(note) if there else UNCHOSEN for note, there in zip(frame, known, strict=True)]
    chords: list[Chord] = []
    for above, third in dict.fromkeys(triads):
        root = key.tonic + above
        chords.append(Chord(root % CLASSES, (root + third) % CLASSES, (root + 7) % CLASSES, whole))
    return tuple(chord for chord in chords if chord.has(notes))


def _told(quarters: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(quarters < 0, UNTOLD, np.minimum(quarters, FAR))


# Music that is given


def pitches_of(score: Score, what: str) -> NDArray[np.int64]:
    """The pitches of a score in frames: (T, 1) of its highest part, or (T, 4) where it has four. T is whole quarters.

    Raises GessoError, calling the score `what`, when it cannot be harmonised as it is.
    """
    parts = [part.notes for part in score.parts if part.notes]
    if not parts:
        raise GessoError(f"{what} has no notes: give one that has")
    parts = parts if len(parts) == VOICES else parts[:1]
    voices = [melody_frames(notes, what) for notes in parts]
    steps = -(-max(map(len, voices)) // BEAT) * BEAT
    if steps > LONGEST:
        raise GessoError(f"{what} is {steps // BEAT} quarters long: give at most {LONGEST // BEAT}")
    padded = [np.pad(voice, (0, steps - len(voice)), constant_values=-1) for voice in voices]
    pitches = np.stack(padded, axis=1)
    sounding = pitches[pitches >= 0]
    if sounding.min() < LOW or sounding.max() > HIGH:
        raise GessoError(
            f"{what} reaches from {sounding.min()} to {sounding.max()} in MIDI's pitches, beyond {LOW} to {HIGH}: "
            "transpose it"
        )
    return pitches


def as_voices(pitches: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pitches (T, 1) as those of the highest of four voices, the others silent; (T, 4) as they are."""
    if pitches.shape[1] == VOICES:
        return pitches
    return np.concatenate([pitches, np.full((len(pitches), VOICES - 1), -1)], axis=1)


def key_in(score: Score, pitches: NDArray[np.int64], minor: bool | None) -> Key:
    """The key that a score says; where it says none, or another mode is asked for, one found by what sounds how long.

    C major counts as unsaid: many programs write it by default.
    """
    said = score.key != Key() and minor in (None, score.key.minor)
    return score.key if said else key_of(pitches.astype(np.int16), minor)


# What is to be composed anew

_BARS = re.compile(r"(?:bars? *)?(\d+)(?: *- *(\d+))?")


def anew(wishes: Sequence[str], form: Form) -> NDArray[np.bool_]:
    """The notes (T, 4) that are composed anew: of bars ("5-8"), or of a voice ("alto"), or of it in bars ("alto 5-8").

    Raises GessoError when a wish cannot be read, or asks for bars that are not there.
    """
    bar = form.metre.ticks // SIXTEENTH
    chosen = np.zeros((form.frames, VOICES), dtype=np.bool_)
    for wish in wishes:
        words = wish.strip().lower()
        named = [number for number, name in enumerate(NAMES) if words.startswith(name.lower())]
        rest = words[len(NAMES[named[0]]) :].strip() if named else words
        bars = -(-(form.frames - form.pickup) // bar)
        first, last = 1, bars
        if rest:
            match = _BARS.fullmatch(rest)
            if match is None:
                raise GessoError(f'{wish!r} is no part of a piece: say "5-8", "alto" or "alto 5-8"')
            first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= bars:
            raise GessoError(f"{wish!r}: there are bars 1 to {bars}")
        start = 0 if first == 1 else form.pickup + (first - 1) * bar  # what comes before the first bar belongs to it
        chosen[start : form.pickup + last * bar, named or slice(None)] = True
    return chosen


def fits(melody: Sequence[Note], low: int, high: int, what: str) -> None:
    """Raises GessoError when a melody lies outside the highest voice's range, saying how to bring it there."""
    lowest, highest = (find(note.pitch for note in melody) for find in (min, max))
    if lowest >= low and highest <= high:
        return
    fit = [shift for shift in range(-36, 37) if lowest + shift >= low and highest + shift <= high]
    shifts = sorted(fit, key=lambda shift: (shift % 12 != 0, abs(shift)))
    how = f"--transpose {shifts[0]} brings it there" if shifts else "it is wider than a voice: give another"
    raise GessoError(f"{what} reaches from {lowest} to {highest}, a soprano from {low} to {high}: {how}")
