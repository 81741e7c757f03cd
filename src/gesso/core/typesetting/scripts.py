"""What sort of sign a character is, as far as setting it asks."""

import unicodedata
from collections.abc import Iterable

_HAN = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_CJK = ((0x3000, 0x30FF), (0xFF01, 0xFF60), *_HAN)

CLOSING = frozenset("，。、；：？！·…）》〉」』】〕”’,.;:?!)]")
"""What no line begins with."""

OPENING = frozenset("（《〈「『【〔“‘([")
"""What no line ends with."""

MOVED = frozenset("，。、")
"""What stands at the lower left of its square, and at the upper right in a column."""

TURNED = frozenset("（）《》〈〉「」『』【】〔〕—…～")
"""What is turned with the direction of the line."""


def is_han(character: str) -> bool:
    """Whether it is a Chinese character."""
    return character == "〇" or _within(character, _HAN)


def is_square(character: str) -> bool:
    """Whether it stands upright in a square of its own in a column: Chinese and its punctuation, circles and such."""
    return _within(character, _CJK) or unicodedata.category(character) == "So" or character in TURNED


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return any(map(is_han, text))


def is_simplified(text: str) -> bool:
    """Whether its Chinese characters are all in GB 2312, the set of simplified Chinese."""
    try:
        "".join(filter(is_han, text)).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def drawn(text: Iterable[str]) -> str:
    """The characters in it that a font must have, each once, in order: no spaces, and nothing that is not seen."""
    return "".join(dict.fromkeys(each for each in text if not is_blank(each)))


def is_blank(character: str) -> bool:
    """Whether nothing is drawn for it."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Mn")


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


def plain(character: str) -> str:
    """What may stand for a character that a font lacks: a letter without its accent, a hyphen for a dash."""
    if unicodedata.category(character) == "Pd":
        return "-"
    return unicodedata.normalize("NFKD", character)[:1]
