"""The key of a piece or of a melody, from how long each pitch class sounds (Krumhansl 1990, chapter 4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gesso.core.scores import Key

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each step above the tonic fits a key, as listeners judged (Krumhansl and Kessler 1982)."""

_FIFTHS_MAJOR = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)  # sharps of the major keys on C, C sharp, D, ...
_LAST = 0.25  # what the last note adds to the fit of the key whose tonic it is: pieces end at home


def find_key(weights: Sequence[float] | NDArray[np.float64], last: int | None = None) -> Key:
    """The key that fits best.

    Args:
        weights: how long each pitch class sounds, from C: (12,).
        last: the pitch of the last note, the lowest of the last chord, if known.
    """
    heard = np.asarray(weights, dtype=np.float64)
    heard = heard - heard.mean()
    size = float(np.linalg.norm(heard)) or 1.0
    best, found = -np.inf, Key()
    for minor, profile in enumerate((MAJOR, MINOR)):
        fit = np.array(profile) - np.mean(profile)
        for tonic in range(12):
            turned = np.roll(fit, tonic)
            likeness = float(heard @ turned) / (size * float(np.linalg.norm(turned)))
            likeness += _LAST * (last is not None and last % 12 == tonic)
            if likeness > best:
                best, found = likeness, key_on(tonic, bool(minor))
    return found


def key_on(tonic: int, minor: bool) -> Key:
    """The key on a pitch class, with as few sharps or flats as it can have."""
    fifths = _FIFTHS_MAJOR[(tonic + 3) % 12] if minor else _FIFTHS_MAJOR[tonic]
    return Key(fifths, minor)


def key_of(frames: NDArray[np.int16]) -> Key:
    """The key of frames of pitches (T, voices), -1 where a voice is silent."""
    sounding = frames[frames >= 0]
    lasts = frames[frames.max(1) >= 0]
    last = int(lasts[-1][lasts[-1] >= 0].min()) if len(lasts) else None
    return find_key(np.bincount(sounding % 12, minlength=12).astype(np.float64), last)
