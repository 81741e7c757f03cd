"""What the notes of a frame must keep to: ranges, no crossing of voices, no parallel fifths or octaves."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gesso.arts.compose.frames import LOW, SILENT, SYMBOLS, VOICES

Notes = Sequence[int]
"""The symbols of a frame from the highest voice; UNCHOSEN where a voice has none yet."""

UNCHOSEN = -1
PERFECT = (0, 7)  # octaves and unisons, and fifths, in semitones above any octaves
Allowed = NDArray[np.bool_]


class Rules(NamedTuple):
    """What holds of every frame.

    Attributes:
        ranges: the lowest and the highest pitch of each voice.
        parallels: whether two voices may move in parallel fifths or octaves.
        crossing: whether a voice may be higher than one above it.
    """

    ranges: tuple[tuple[int, int], ...]
    parallels: bool = True
    crossing: bool = False

    def allowed(self, voice: int, chosen: Notes, before: Notes) -> Allowed:
        """Which symbols a voice may take, by those `chosen` in this frame and the frame `before`: (SYMBOLS,)."""
        low, high = self.ranges[voice]
        every = np.arange(SYMBOLS)
        allowed = (every >= low - LOW + 1) & (every <= high - LOW + 1)
        if not self.crossing:
            allowed &= every <= min((x for x in chosen[:voice] if x > SILENT), default=SYMBOLS)
            allowed &= every >= max((x for x in chosen[voice + 1 :] if x > SILENT), default=SILENT)
        if not self.parallels:
            for other in range(VOICES):
                if other != voice and chosen[other] > SILENT:
                    allowed &= ~_parallel(every, before[voice], chosen[other], before[other])
        return allowed


def _parallel(now: NDArray[np.int64], before: int, other: int, other_before: int) -> Allowed:
    """Whether moving to each of `now` makes a perfect interval follow the same one, both voices moving."""
    if before <= SILENT or other_before <= SILENT or other == other_before:
        return np.zeros(len(now), dtype=np.bool_)
    then = abs(before - other_before) % 12
    if then not in PERFECT:
        return np.zeros(len(now), dtype=np.bool_)
    return (np.abs(now - other) % 12 == then) & (now != before)


def parallels(frames: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Where two voices of frames (T, 4) of pitches move in parallel fifths or octaves: (frame, upper, lower)."""
    found: list[tuple[int, int, int]] = []
    for upper in range(VOICES):
        for lower in range(upper + 1, VOICES):
            one, two = frames[:, upper], frames[:, lower]
            apart = np.abs(one - two) % 12
            sounding = (one >= 0) & (two >= 0)
            perfect = np.isin(apart[1:], PERFECT) & (apart[1:] == apart[:-1]) & sounding[1:] & sounding[:-1]
            moving = (one[1:] != one[:-1]) & (two[1:] != two[:-1])
            found += [(int(t) + 1, upper, lower) for t in np.flatnonzero(perfect & moving)]
    return sorted(found)


class Breach(NamedTuple):
    """A rule that is broken in a frame, by a voice and one below it, or by one alone."""

    frame: int
    rule: str
    voices: tuple[int, ...]


FIFTHS, OCTAVES, CROSSING, ABOVE, BELOW = "parallel fifths", "parallel octaves", "voices cross", "too high", "too low"


def breaches(frames: NDArray[np.int64], ranges: Sequence[tuple[int, int]]) -> list[Breach]:
    """What breaks a rule in frames (T, 4) of pitches, each at the frame in which it begins."""
    found = [
        Breach(t, OCTAVES if (frames[t, upper] - frames[t, lower]) % 12 == 0 else FIFTHS, (upper, lower))
        for t, upper, lower in parallels(frames)
    ]
    for upper in range(VOICES):
        for lower in range(upper + 1, VOICES):
            crossed = (frames[:, lower] > frames[:, upper]) & (frames[:, upper] >= 0)
            found += [Breach(t, CROSSING, (upper, lower)) for t in _beginnings(crossed)]
    for voice, (low, high) in enumerate(ranges):
        line = frames[:, voice]
        found += [Breach(t, ABOVE, (voice,)) for t in _beginnings(line > high)]
        found += [Breach(t, BELOW, (voice,)) for t in _beginnings((line < low) & (line >= 0))]
    return sorted(found)


def _beginnings(these: NDArray[np.bool_]) -> list[int]:
    """The frames at which something begins that is true of some."""
    return np.flatnonzero(these & ~np.concatenate([[False], these[:-1]])).tolist()
