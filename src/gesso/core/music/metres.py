"""The metre of a piece, found from where its long notes begin; and a word where it has more than one."""

import warnings
from collections.abc import Iterable, Sequence

from gesso.core.scores import TICKS, Metre, Part

_EIGHTH = TICKS // 2
_LONGEST = 2 * TICKS

# How much each eighth of a bar is stressed, after its beats and their halves; each adds up to nothing.
_STRESSES = {
    Metre(4, 4): (3, 0, 1, 0, 2, 0, 1, 0),
    Metre(3, 4): (3, 0, 1, 0, 1, 0),
    Metre(6, 8): (3, 0, 0, 2, 0, 0),
}
_USUAL = 1.1  # by how much another metre must fit better than 4/4, and a pickup longer than half a bar than a shorter


def find_metre(parts: Sequence[Part]) -> tuple[Metre, int]:
    """The metre whose stresses fall best on long notes, and the ticks before its first whole bar."""
    accents = _accents(parts)
    fits: list[tuple[float, Metre, int]] = []
    for metre, stresses in _STRESSES.items():
        for phase in range(len(stresses)):
            fit = _fit(accents, stresses, phase) * (_USUAL if metre == Metre() else 1)
            short = 2 * phase < len(stresses)
            fits.append((fit * (_USUAL if short else 1), metre, phase * _EIGHTH))
    _, metre, pickup = max(fits, key=lambda each: each[0])
    return metre, pickup


def warn_of_changes(name: str, metre: Metre, others: Iterable[Metre]) -> None:
    """Says that music has `others` too, where it does: the bars of a score are all in one `metre`."""
    other = next((each for each in others if each != metre), None)
    if other is not None:
        one = f"{metre.beats}/{metre.unit}"
        warnings.warn(
            f"{name} changes from {one} to {other.beats}/{other.unit}: all its bars are counted in {one}", stacklevel=2
        )


def _accents(parts: Sequence[Part]) -> dict[int, float]:
    """How much begins on each eighth: the lengths of its notes, together."""
    accents: dict[int, float] = {}
    for part in parts:
        for note in part.notes:
            eighth, rest = divmod(note.start, _EIGHTH)
            if not rest:
                accents[eighth] = accents.get(eighth, 0.0) + min(note.length, _LONGEST) / TICKS
    return accents


def _fit(accents: dict[int, float], stresses: Sequence[int], phase: int) -> float:
    """The mean stress of the accents, in deviations of that of a bar."""
    mean = sum(stresses) / len(stresses)
    spread = (sum((stress - mean) ** 2 for stress in stresses) / len(stresses)) ** 0.5
    whole = sum(accents.values()) or 1.0
    felt = sum(accent * (stresses[(at - phase) % len(stresses)] - mean) for at, accent in accents.items())
    return felt / whole / spread
