"""The key of a piece or of a melody, from how long each pitch class sounds (Krumhansl 1990, chapter 4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gesso.core.scores import Key, Part

# How well each step above the tonic fits a key, as listeners judged (Krumhansl and Kessler 1982).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

_SIGNATURES = {False: range(-5, 7), True: range(-6, 6)}  # one for every tonic: F# major, but Eb minor
_LAST = 0.25  # what the last note adds to the fit of the key whose tonic it is: pieces end at home

# The sharps that a mode has more than major on the same tonic.
_MODES = {
    "major": 0, "ionian": 0, "mixolydian": -1, "dorian": -2, "minor": -3, "aeolian": -3, "phrygian": -4, "locrian": -5,
    "lydian": 1,
}  # fmt: skip


def key_of_mode(fifths: int, mode: str) -> Key | None:
    """The major or minor key on the tonic of a mode whose signature has so many sharps; None for an unknown mode.

    D Dorian is taken for D minor, G Mixolydian for G major.
    """
    if (sharps := _MODES.get(mode.lower())) is None:
        return None
    minor = sharps in (-2, -3, -4, -5)
    tonic = fifths - sharps  # the sharps of major on this tonic
    found = tonic - 3 if minor else tonic
    return Key(found + (12 if found < -7 else -12 if found > 7 else 0), minor)


def key_on(tonic: int, minor: bool) -> Key:
    """The key on a pitch class, with as few sharps or flats as it can have."""
    return next(key for key in (Key(fifths, minor) for fifths in _SIGNATURES[minor]) if key.tonic == tonic)


def key_named(name: str, minor: bool) -> Key:
    """The key on a tonic by its name, such as Eb or F#; the simpler twin of one with more than seven signs."""
    fifths = "FCGDAEB".index(name[0]) - 1 + 7 * (name.count("#") - name.count("b")) - 3 * minor
    return Key(fifths, minor) if -7 <= fifths <= 7 else key_on((7 * fifths + 9 * minor) % 12, minor)


def find_key(
    heard: Sequence[float] | NDArray[np.float64],
    last: int | None = None,
    fifths: int | None = None,
    minor: bool | None = None,
) -> Key:
    """The key that fits best, C major if nothing is heard.

    Args:
        heard: how long each pitch class sounds, from C: (12,).
        last: the pitch of the last note, the lowest of the last chord, if known.
        fifths: the sharps of the signature, where only the mode is to be found.
        minor: the mode, where only the tonic is.
    """
    weights = np.asarray(heard, dtype=np.float64)
    if not weights.any():
        return Key(fifths or 0, bool(minor))
    keys = [
        Key(sharps, mode)
        for mode, signatures in _SIGNATURES.items()
        if minor in (None, mode)
        for sharps in (signatures if fifths is None else (fifths,))
    ]
    return max(keys, key=lambda key: _fit(weights, key) + _LAST * (last is not None and last % 12 == key.tonic))


def key_of_parts(parts: Sequence[Part], fifths: int | None = None, minor: bool | None = None) -> Key:
    """The key of all notes of some parts; `fifths` and `minor` as in `find_key`."""
    notes = [note for part in parts for note in part.notes]
    heard = [0.0] * 12
    for note in notes:
        heard[note.pitch % 12] += note.length
    end = max((note.end for note in notes), default=0)
    return find_key(heard, min((note.pitch for note in notes if note.end == end), default=None), fifths, minor)


def key_of(frames: NDArray[np.int16], minor: bool | None = None) -> Key:
    """The key of frames of pitches (T, voices), -1 where a voice is silent; `minor` as in `find_key`."""
    sounding = frames[frames >= 0]
    lasts = frames[frames.max(1) >= 0]
    last = int(lasts[-1][lasts[-1] >= 0].min()) if len(lasts) else None
    return find_key(np.bincount(sounding % 12, minlength=12).astype(np.float64), last, minor=minor)


def _fit(heard: NDArray[np.float64], key: Key) -> float:
    """The correlation of what is heard with the profile of a key."""
    profile = np.roll(_MINOR if key.minor else _MAJOR, key.tonic)
    one, other = heard - heard.mean(), profile - profile.mean()
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0
