"""Where the phrases of a chorale end, which the data do not say: where all voices rest on a chord, at fit distances."""

import numpy as np
from numpy.typing import NDArray

BEAT = 4  # frames of a quarter
SHORTEST, LONGEST, USUAL = 4, 24, 8  # quarters of a phrase
_TRIADS = (frozenset({0, 4, 7}), frozenset({0, 3, 7}), frozenset({0, 4}), frozenset({0, 3}))


def phrase_ends(frames: NDArray[np.int16], struck: NDArray[np.bool_] | None = None) -> list[int]:
    """The frames at which the last chord of each phrase begins; frames (T, voices) are sixteenths.

    Where it is known in which frames notes are `struck` (T,), a chord is over when it is struck again.

    Chords on a quarter that all voices hold for a quarter at least are worth ending on, more so when they last longer
    and are triads on their bass; phrases of eight quarters are usual. The best division is found by dynamic
    programming.
    """
    moved = (frames[1:] != frames[:-1]).any(1)
    starts = np.concatenate([[0], np.flatnonzero(moved if struck is None else moved | struck[1:]) + 1])
    lasts = np.diff(np.concatenate([starts, [len(frames)]]))
    rests = [(int(s), int(d), _rest(frames[s], int(d))) for s, d in zip(starts, lasts, strict=True) if d >= BEAT]
    rests = [rest for rest in rests if rest[0] % BEAT == 0]
    if not rests:
        return []
    best: list[tuple[float, int]] = []  # for each rest: what a division that ends on it is worth, and the rest before
    for i, (start, lasting, worth) in enumerate(rests):
        end = start + lasting
        options = [(_fit(end / BEAT), -1)]
        options += [(best[j][0] + _fit((end - rests[j][0] - rests[j][1]) / BEAT), j) for j in range(i)]
        value, before = max(options)
        best.append((value + worth, before))
    at, found = len(rests) - 1, list[int]()
    while at >= 0:
        found.append(rests[at][0])
        at = best[at][1]
    return found[::-1]


def _rest(chord: NDArray[np.int16], lasting: int) -> float:
    """How well a chord that lasts so many frames ends a phrase."""
    sounding = chord[chord >= 0]
    if not len(sounding):
        return -1.0
    steps = frozenset(int(p) for p in (sounding - sounding.min()) % 12)
    return min(lasting, 12) / 8 + (0.5 if steps in _TRIADS else -0.5)


def _fit(quarters: float) -> float:
    """How usual it is for a phrase to last so long."""
    if not SHORTEST <= quarters <= LONGEST:
        return -8.0
    return -1.2 - 0.12 * abs(quarters - USUAL)


def quarters_left(frames: int, ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many whole quarters lie between each of so many frames and the next of `ends`; -1 where none is left."""
    at = np.arange(frames)
    following = np.searchsorted(ends, at)
    known = following < len(ends)
    reach = np.where(known, ends[np.minimum(following, len(ends) - 1)] - at, 0) if len(ends) else np.zeros(frames, int)
    return np.where(known, reach // BEAT, -1)
