"""The key of a piece, found from its notes."""

import math
from collections.abc import Sequence

from gesso.core.scores import TICKS, Key, Part

# How well each degree fits a key, as listeners rated it: Krumhansl and Kessler, Psychological Review 89 (1982).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

_LONGEST = 2 * TICKS  # a longer note says no more of the key
_LAST = 0.25  # what a piece's end on a key's tonic adds to the correlation
_TONES = 0.10  # and what its end in the tonic's triad


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


def find_key(parts: Sequence[Part], fifths: int | None = None) -> Key:
    """The key whose profile correlates best with how long each pitch class sounds; where the piece ends counts too.

    Args:
        fifths: the sharps of the signature, where only the mode is to be found.

    Without notes it is C major.
    """
    notes = [note for part in parts for note in part.notes]
    if not notes:
        return Key(fifths or 0)
    heard = [0.0] * 12
    for note in notes:
        heard[note.pitch % 12] += min(note.length, _LONGEST)
    last = max(note.end for note in notes)
    final = min(note.pitch for note in notes if note.end == last) % 12
    signatures = range(-5, 7) if fifths is None else (fifths,)
    keys = [Key(sharps, minor) for minor in (False, True) for sharps in signatures]
    return max(keys, key=lambda key: _fit(heard, key) + _ending(key, final))


def _fit(heard: Sequence[float], key: Key) -> float:
    profile = _MINOR if key.minor else _MAJOR
    turned = [heard[(key.tonic + degree) % 12] for degree in range(12)]
    return _correlation(turned, profile)


def _ending(key: Key, final: int) -> float:
    degree = (final - key.tonic) % 12
    if degree == 0:
        return _LAST
    return _TONES if degree in ((3 if key.minor else 4), 7) else 0.0


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    means = [sum(values) / len(values) for values in (one, other)]
    gaps = [[value - mean for value in values] for values, mean in zip((one, other), means, strict=True)]
    norm = math.sqrt(math.prod(sum(gap * gap for gap in each) for each in gaps))
    return sum(a * b for a, b in zip(*gaps, strict=True)) / norm if norm else 0.0
