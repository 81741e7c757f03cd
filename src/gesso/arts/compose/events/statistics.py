"""What music of any kind is like, in figures that can be held against the data's own."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gesso.arts.compose.events.notes import LOW, Piece, bar_of

SCALES = {False: (0, 2, 4, 5, 7, 9, 11), True: (0, 2, 3, 5, 7, 8, 10, 11)}
"""The degrees of major, and of minor with both its sevenths, by whether it is minor."""

FIFTH = 7


class Statistics(NamedTuple):
    """Of some pieces.

    Attributes:
        lowest, highest: MIDI's pitches, in the mean of the pieces.
        notes: in a bar.
        together: how many notes begin at once, where any do.
        repeated: the share of notes that have the pitch of that before; of those that begin at once the highest count.
        steps: the share of the other moves that are a tone or a semitone.
        leaps: the share of them that are wider than a fifth.
        scale: the share of notes that belong to the scale of the key that fits the piece best.
        home: the share of pieces whose last note, of several the lowest, is the tonic of that key.
        filled: the share of bars in which a note begins.
        again: the share of bars that sounded before in the same piece.
    """

    lowest: float
    highest: float
    notes: float
    together: float
    repeated: float
    steps: float
    leaps: float
    scale: float
    home: float
    filled: float
    again: float


def statistics(pieces: Sequence[Piece]) -> Statistics:
    """The figures of some pieces together."""
    pitches = [piece.notes.pitch.numpy() + LOW for piece in pieces]
    tops = [top(piece) for piece in pieces]
    moves = np.concatenate([np.abs(np.diff(line[:, 1])) for line in tops])
    moving = moves[moves > 0]
    scales = [
        np.isin((x - piece.key.tonic) % 12, SCALES[piece.key.minor]) for x, piece in zip(pitches, pieces, strict=True)
    ]
    lasts = [int(piece.notes.pitch[piece.notes.onset == piece.notes.onset[-1]].min()) + LOW for piece in pieces]
    bars = [_bars(piece) for piece in pieces]
    whole = sum(map(len, bars))
    return Statistics(
        float(np.mean([x.min() for x in pitches])),
        float(np.mean([x.max() for x in pitches])),
        sum(map(len, pitches)) / whole,
        sum(map(len, pitches)) / sum(map(len, tops)),
        float((moves == 0).mean()),
        float((moving <= 2).mean()),
        float((moving > FIFTH).mean()),
        float(np.concatenate(scales).mean()),
        float(np.mean([last % 12 == piece.key.tonic for last, piece in zip(lasts, pieces, strict=True)])),
        sum(bool(bar) for each in bars for bar in each) / whole,
        sum(bool(bar) and bar in each[:at] for each in bars for at, bar in enumerate(each)) / whole,
    )


def longest_copy(piece: Piece, learned: Sequence[Piece]) -> int:
    """The notes of the longest run that a piece has from one of those learned, in whatever key.

    Of notes that begin at once the highest counts. A run is the same when its intervals are, and the times between its
    notes.
    """
    mine = _moves(piece)
    matches = (SequenceMatcher(None, mine, _moves(other), autojunk=False).find_longest_match() for other in learned)
    return max((match.size + 1 for match in matches if match.size), default=0)


def top(piece: Piece) -> NDArray[np.int64]:
    """When the highest notes begin, and their pitches: (N, 2)."""
    highest = dict(zip(piece.notes.onset.tolist(), piece.notes.pitch.tolist(), strict=True))  # the last is the highest
    return np.array(sorted(highest.items())) + np.array([0, LOW])


def _moves(piece: Piece) -> list[tuple[int, int]]:
    return [(gap, interval) for gap, interval in np.diff(top(piece), axis=0).tolist()]


def _bars(piece: Piece) -> list[tuple[tuple[int, int], ...]]:
    """The notes of each bar, as steps from its beginning and pitches."""
    bar = bar_of(piece.metre)
    bars: list[list[tuple[int, int]]] = [[] for _ in range(piece.bars)]
    for onset, pitch in zip(piece.notes.onset.tolist(), piece.notes.pitch.tolist(), strict=True):
        bars[onset // bar].append((onset % bar, pitch))
    return [tuple(notes) for notes in bars]
