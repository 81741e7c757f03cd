"""What music in four voices is like, in figures that can be held against Bach's own."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gesso.arts.compose.phrases import BEAT, phrase_ends
from gesso.arts.compose.rules import parallels
from gesso.core.music.keys import key_of

Frames = NDArray[np.int64]
"""(T, 4) MIDI pitches in sixteenths, from the highest voice, -1 where one is silent."""

BAR = 4 * BEAT
FIFTH, OCTAVE = 7, 12
CONSONANT = ((0, 4, 7), (0, 3, 7), (0, 4), (0, 3), (0, 7), (0,))
"""Triads in root position, whole or without a note, as steps above the bass."""


class Statistics(NamedTuple):
    """Of some pieces.

    Attributes:
        parallels: parallel fifths and octaves, in 100 beats.
        crossings: beats at which a voice is higher than one above it, in 100.
        leaps: the share of all moves of a voice that are wider than a fifth, octaves left out.
        steps: the share of them that are a tone or a semitone.
        chords: how many kinds of chords sound on beats, as a number of equally common ones (the exponential of the
            entropy); a chord is its pitch classes above the tonic, and which of them is in the bass.
        triads: the share of beats on which a triad in root position stands.
        resting: the share of phrases that end on such a triad.
        authentic: the share of phrases that end with the bass falling a fifth or rising a fourth.
        home: the share of pieces whose last chord stands on the tonic.
        changes: how often a voice moves, in a beat.
        again: the share of half bars that sounded before in the same piece.
    """

    parallels: float
    crossings: float
    leaps: float
    steps: float
    chords: float
    triads: float
    resting: float
    authentic: float
    home: float
    changes: float
    again: float


def statistics(pieces: Sequence[Frames]) -> Statistics:
    """The figures of some pieces together."""
    beats = sum(len(piece) / BEAT for piece in pieces)
    moves = np.concatenate([_moves(piece) for piece in pieces])
    wide = (moves > FIFTH) & (moves != OCTAVE)
    kinds: Counter[tuple[int, ...]] = Counter()
    for piece in pieces:
        kinds.update(_chords(piece))
    shares = np.array(list(kinds.values())) / max(1, kinds.total())
    ends = [(piece, end) for piece in pieces for end in phrase_ends(piece.astype(np.int16))]
    return Statistics(
        parallels=100 * sum(len(parallels(piece)) for piece in pieces) / beats,
        crossings=100 * sum(_crossings(piece) for piece in pieces) / beats,
        leaps=_share(wide),
        steps=_share(moves <= 2),
        chords=float(np.exp(-(shares * np.log(shares)).sum())),
        triads=sum(count for kind, count in kinds.items() if _above_bass(kind) in CONSONANT) / max(1, kinds.total()),
        resting=_share(np.array([_above_bass(_kind(piece[end])) in CONSONANT for piece, end in ends])),
        authentic=_share(np.array([_bass_step(piece, end) == 5 for piece, end in ends])),
        home=_share(np.array([_at_home(piece) for piece in pieces])),
        changes=sum(int((piece[1:] != piece[:-1]).sum()) for piece in pieces) / beats,
        again=_share(np.concatenate([_again(piece) for piece in pieces])),
    )


def _share(these: NDArray[np.bool_]) -> float:
    return float(these.mean()) if len(these) else 0.0


def _moves(piece: Frames) -> NDArray[np.int64]:
    """How far the voices go where they move, in semitones."""
    gaps = np.abs(np.diff(piece, axis=0))
    return gaps[(gaps > 0) & (piece[1:] >= 0) & (piece[:-1] >= 0)]


def _crossings(piece: Frames) -> int:
    """The beats at which a voice is higher than one above it."""
    beats = piece[::BEAT]
    crossed = [(beats[:, low] > beats[:, high]) & (beats[:, high] >= 0) for high, low in combinations(range(4), 2)]
    return int(np.any(crossed, axis=0).sum())


def _chords(piece: Frames) -> list[tuple[int, ...]]:
    """The chord on each beat that is not silent."""
    tonic = key_of(piece.astype(np.int16)).tonic
    return [_kind(chord, tonic) for chord in piece[::BEAT] if (chord >= 0).any()]


def _kind(chord: NDArray[np.int64], tonic: int = 0) -> tuple[int, ...]:
    """The step of the bass of a chord (4,) above the tonic, and then those of all voices, each once."""
    steps = [int(pitch - tonic) % 12 for pitch in sorted(chord[chord >= 0])]
    return (*steps[:1], *sorted(set(steps)))


def _above_bass(kind: tuple[int, ...]) -> tuple[int, ...]:
    bass, *others = kind
    return tuple(sorted((step - bass) % 12 for step in others))


def _bass_step(piece: Frames, end: int) -> int | None:
    """By how many semitones the bass rises to the chord that begins at frame `end`, within an octave."""
    bass = piece[:, 3]
    before = bass[:end][bass[:end] != bass[end]]
    return int(bass[end] - before[-1]) % 12 if len(before) and before[-1] >= 0 and bass[end] >= 0 else None


def _at_home(piece: Frames) -> bool:
    last = piece[-1][piece[-1] >= 0]
    return bool(len(last)) and int(last.min()) % 12 == key_of(piece.astype(np.int16)).tonic


def _again(piece: Frames) -> NDArray[np.bool_]:
    """Which of the half bars that begin on a beat sounded before in the piece."""
    half = BAR // 2
    seen: set[bytes] = set()
    found: list[bool] = []
    for start in range(0, len(piece) - half + 1, BEAT):
        mark = piece[start : start + half].tobytes()
        found.append(mark in seen)
        seen.add(mark)
    return np.array(found, dtype=np.bool_)


def longest_copy(piece: Frames, others: Sequence[Frames]) -> float:
    """The longest run of a piece that another has too, in any key: in bars of four quarters."""
    ours, theirs = _marks(piece), [_marks(other) for other in others]

    def found(size: int) -> bool:
        runs = np.concatenate([_runs(other, size) for other in theirs])
        return bool(np.isin(_runs(ours, size), runs).any())

    least, most = 0, len(ours)  # a run of `least` frames is there, one of more than `most` is not
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if found(middle) else (least, middle - 1)
    return least / BAR


def _marks(piece: Frames) -> NDArray[np.uint64]:
    """Each frame as one number: the intervals between its voices, and how far the highest has moved."""
    moved = np.diff(piece[:, 0], prepend=piece[0, 0])
    apart = np.diff(piece, axis=1)
    columns = np.column_stack([moved, apart]).astype(np.int64) + 128
    return (columns @ np.array([1, 257, 257**2, 257**3])).astype(np.uint64)


def _runs(marks: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """A hash of each run of so many frames: a polynomial in an odd number, modulo 2^64."""
    if size > len(marks):
        return np.empty(0, dtype=np.uint64)
    base = np.uint64(0x9E3779B97F4A7C15)
    powers = np.cumprod(np.full(size, base, dtype=np.uint64))
    return np.lib.stride_tricks.sliding_window_view(marks, size) @ powers
