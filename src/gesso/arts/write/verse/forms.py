"""The forms of regulated verse, and the schemes of tones that each has."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["level", "oblique"]
LEVEL, OBLIQUE, FREE = "-", "|", "+"
"""What a scheme wants at a place: 平, 仄, or either."""

_OPPOSITE = {LEVEL: OBLIQUE, OBLIQUE: LEVEL}


@dataclass(frozen=True)
class Form:
    """So many lines of so many characters."""

    name: str
    lines: int
    length: int

    @property
    def size(self) -> int:
        """Characters of a poem."""
        return self.lines * self.length


FORMS = {form.name: form for form in (Form("5jue", 4, 5), Form("5lv", 8, 5), Form("7jue", 4, 7), Form("7lv", 8, 7))}


@dataclass(frozen=True)
class Scheme:
    """The tones of a poem.

    Attributes:
        start: the tone of the second character of the first line, by which schemes are named.
        lines: what each line wants at each place, such as "+|--|".
        rhymes: the lines that rhyme, from 0.
    """

    start: Tone
    lines: tuple[str, ...]
    rhymes: tuple[int, ...]

    @property
    def tones(self) -> str:
        """What every place wants, one line after the other."""
        return "".join(self.lines)


def schemes(form: Form) -> tuple[Scheme, ...]:
    """The four schemes of a form: begun level or oblique, with the first line in rhyme or without (Wang Li 1958).

    The two lines of a couplet are opposed in their second characters, and couplets adhere: the second character of the
    first line of one has the tone of that of the line before.
    """
    found: list[Scheme] = []
    starts: tuple[Tone, ...] = ("level", "oblique")
    for start in starts:
        for rhymes_first in (False, True):
            rhymes = tuple(line for line in range(form.lines) if line % 2 or (line == 0 and rhymes_first))
            seconds = [LEVEL if (start == "level") == (line % 4 in (0, 3)) else OBLIQUE for line in range(form.lines)]
            lines = (_line(form.length, second, line in rhymes) for line, second in enumerate(seconds))
            found.append(Scheme(start, tuple(lines), rhymes))
    return tuple(found)


def _line(length: int, second: str, rhymes: bool) -> str:
    """The tones of a line: even places alternate from its `second` on, and the last is level where it rhymes."""
    last = LEVEL if rhymes else OBLIQUE
    tones = [FREE] * length
    for place in range(1, length - 1, 2):
        tones[place] = second if place % 4 == 1 else _OPPOSITE[second]
    tones[-1] = last
    before = tones[-2]
    if before == last:
        tones[-3] = _OPPOSITE[last]  # three alike at the end are avoided
    elif last == LEVEL:
        tones[-5] = LEVEL  # a single level tone between oblique ones, 孤平, is avoided above all
    return "".join(tones)
