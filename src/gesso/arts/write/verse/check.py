"""Whether a poem keeps to its form, judged from the page alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gesso.arts.write.verse.forms import FREE, LEVEL, OBLIQUE, Form, Scheme, schemes
from gesso.arts.write.verse.lexicon import Book


@dataclass(frozen=True)
class Judgement:
    """What is to be said of a poem.

    Attributes:
        scheme: the one that it keeps to best.
        tones: of each line what each character may be: "-" level, "|" oblique, "+" either, "?" unknown.
        wrong: the places (line, character) whose tone is not as the scheme wants.
        group: the rhyme group that most of its rhymes are in; empty if none is.
        unrhymed: the lines that should rhyme and do not.
        again: the lines whose rhyme is a character that an earlier one has.
    """

    scheme: Scheme
    tones: tuple[str, ...]
    wrong: tuple[tuple[int, int], ...]
    group: str
    unrhymed: tuple[int, ...]
    again: tuple[int, ...]

    @property
    def regular(self) -> bool:
        """Whether it keeps to its form in everything."""
        return not (self.wrong or self.unrhymed or self.again)


def judged(lines: Sequence[str], form: Form, book: Book) -> Judgement:
    """What is to be said of a poem of a form; of schemes that it keeps to as well, the first."""
    tones = tuple("".join(tone_of(character, book) for character in line) for line in lines)
    return min((_by(scheme, lines, tones, book) for scheme in schemes(form)), key=_faults)


def tone_of(character: str, book: Book) -> str:
    """What a character may be: "-" level, "|" oblique, "+" either, "?" unknown."""
    level, oblique = character in book.level, character in book.oblique
    return FREE if level and oblique else LEVEL if level else OBLIQUE if oblique else "?"


def _by(scheme: Scheme, lines: Sequence[str], tones: Sequence[str], book: Book) -> Judgement:
    wrong = [
        (line, place)
        for line, (has, wants) in enumerate(zip(tones, scheme.lines, strict=True))
        for place, (one, other) in enumerate(zip(has, wants, strict=True))
        if FREE not in (one, other) and one != other
    ]
    ends = {line: lines[line][-1] for line in scheme.rhymes}
    counts = {name: sum(end in group for end in ends.values()) for name, group in book.groups.items()}
    group = max(counts, key=lambda name: counts[name])
    unrhymed = [line for line, end in ends.items() if end not in book.groups[group]]
    again = [line for line, end in ends.items() if end in [ends[before] for before in ends if before < line]]
    return Judgement(
        scheme, tuple(tones), tuple(wrong), group if counts[group] > 1 else "", tuple(unrhymed), tuple(again)
    )


def _faults(judgement: Judgement) -> int:
    return len(judgement.wrong) + 2 * len(judgement.unrhymed) + 2 * len(judgement.again)


def shares(poems: Iterable[tuple[Sequence[str], Form]], book: Book) -> tuple[float, float]:
    """The share of poems whose even lines rhyme in one group, and of lines whose tones alternate.

    A line alternates if its second and fourth characters, and in lines of seven the fourth and sixth, differ in tone;
    those that may be either agree with anything.
    """
    rhymed, poems_, alternating, lines_ = 0, 0, 0, 0
    for lines, form in poems:
        ends = [line[-1] for line in lines[1::2]]
        rhymed += any(all(end in group for end in ends) for group in book.groups.values())
        poems_ += 1
        for line in lines:
            tones = [tone_of(line[place], book) for place in range(1, form.length - 1, 2)]
            alternating += not any(one == other != FREE for one, other in pairwise(tones))
            lines_ += 1
    return rhymed / max(1, poems_), alternating / max(1, lines_)
