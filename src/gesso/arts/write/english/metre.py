"""Iambic pentameter: ten places, weak and strong in turn, and what may stand on them. No torch.

A word's main stress stands on a strong place (Halle and Keyser 1966, told simply); only the first foot may be turned
round. Words of one syllable stand anywhere, and an eleventh syllable may follow that has no stress.
"""

from functools import lru_cache

PLACES = 10
LIGHT = frozenset(("a", "an", "the"))
"""Words of one syllable that stand on no strong place."""

LEANING = frozenset(
    "a an and as at but by for from if in into is its my nor of on or our than that the their thy to upon unto was "
    "were which who whose with your this these those are am be been has have hath had did do does doth can could "
    "shall should will would may might must let so too very such no every each his her i he she we they".split()
)
"""Words that lean on the next, so that no line ends with them."""

CLIPPED = LEANING | set("you thou there here what where".split())
"""Words that lean on the next when something is clipped to them."""


def leans(word: str) -> bool:
    """Whether a word in lower case leans on the next, alone or with what it clips, as "they'll" does."""
    stem, clipped, _ = word.partition("'")
    return word in LEANING or bool(clipped and stem in CLIPPED)


@lru_cache(maxsize=4096)
def stands(stresses: str, light: bool = False) -> tuple[tuple[int, int], ...]:
    """Where a word may begin, as the number of syllables before it, and where the next begins then.

    Args:
        light: it is one of the words that stand on no strong place.
    """
    count = len(stresses)
    return tuple((at, at + count) for at in range(PLACES) if _may(stresses, at, light))


def _may(stresses: str, at: int, light: bool) -> bool:
    count = len(stresses)
    if count == 1:
        return not light or at % 2 == 0
    feminine = at + count == PLACES + 1 and stresses.endswith("0")
    if at + count > PLACES and not feminine:
        return False
    if "1" not in stresses and "2" not in stresses:
        return False
    main = "1" if "1" in stresses else "2"
    return all(
        (at + number) % 2 == 1 or (at == 0 and number == 0 and stresses[1] == "0")
        for number, stress in enumerate(stresses)
        if stress == main
    )
