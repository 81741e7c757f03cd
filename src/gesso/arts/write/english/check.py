"""Whether lines are verse, judged from the written lines alone: by nothing that wrote them. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gesso.arts.write.english.lexicon import WORD, EnglishLexicon, Reading
from gesso.arts.write.english.metre import LIGHT, PLACES, stands

SCHEMES = {"sonnet": "ABABCDCDEFEFGG"}


@dataclass(frozen=True)
class Judged:
    """A line, as it is read.

    Attributes:
        syllables: how many, in the reading that scans or else in the first of each word; unknown words are not counted.
        stresses: of each syllable in that reading, "?" for an unknown word.
        scans: whether it is a pentameter.
        rhymes: what it can rhyme by: its last word from the vowel that carries the rhyme on.
        faults: what is wrong, in short phrases.
    """

    line: str
    syllables: int
    stresses: str
    scans: bool
    rhymes: tuple[str, ...]
    faults: tuple[str, ...]


def judged(lines: Sequence[str], lexicon: EnglishLexicon, form: Literal["sonnet", "blank"]) -> list[Judged]:
    """Each line of a poem: how it scans, and what is wrong with it and with its rhyme."""
    read = [_read(line, lexicon) for line in lines]
    scheme = SCHEMES.get(form, "")
    faults: list[list[str]] = [list(line.faults) for line in read]
    if scheme and len(lines) != len(scheme):
        faults[0].append(f"{len(lines)} lines where a {form} has {len(scheme)}")
    elif scheme:
        for at, letter in enumerate(scheme):
            first = scheme.index(letter)
            if first < at and (fault := _rhyme_fault(read[first], read[at])):
                faults[at].append(fault)
    ends = [_words(line)[-1:] for line in lines]
    for at, end in enumerate(ends):
        if end and end in ends[:at]:
            faults[at].append(f"ends with {end[0]!r} as line {ends.index(end) + 1} does")
        if lines[at] in lines[:at]:
            faults[at].append(f"says line {lines.index(lines[at]) + 1} again")
    return [
        Judged(each.line, each.syllables, each.stresses, each.scans, each.rhymes, tuple(found))
        for each, found in zip(read, faults, strict=True)
    ]


def scanning(lines: Sequence[str], lexicon: EnglishLexicon) -> tuple[int, int]:
    """How many of the lines whose words are all known scan, and how many such lines there are."""
    known = [line for line in lines if (words := _words(line)) and all(word in lexicon.readings for word in words)]
    return sum(_read(line, lexicon).scans for line in known), len(known)


def rhyming(one: str, other: str, lexicon: EnglishLexicon) -> bool:
    """Whether two lines end with different words that rhyme."""
    return not _rhyme_fault(_read(one, lexicon), _read(other, lexicon))


def _read(line: str, lexicon: EnglishLexicon) -> Judged:
    words = _words(line)
    readings = [lexicon.readings.get(word, ()) for word in words]
    unknown = [word for word, found in zip(words, readings, strict=True) if not found]
    scanned = None if unknown else _scan(words, readings, 0)
    stresses = scanned if scanned is not None else "".join(found[0].stresses if found else "?" for found in readings)
    faults: list[str] = []
    if not words:
        faults.append("no words")
    elif unknown:
        faults.append(f"unknown: {', '.join(dict.fromkeys(unknown))}")
    elif scanned is None:
        count = len(stresses)
        faults.append("the stresses fall otherwise" if count in (PLACES, PLACES + 1) else f"{count} syllables")
    rhymes = tuple(dict.fromkeys(each.rhyme for each in readings[-1] if each.rhyme)) if words else ()
    syllables = len(stresses.replace("?", ""))
    return Judged(line, syllables, stresses, scanned is not None, rhymes, tuple(faults))


def _scan(words: Sequence[str], readings: Sequence[Sequence[Reading]], at: int) -> str | None:
    """The stresses of words from place `at` on that fill a line, None if none do."""
    if not words:
        return "" if at in (PLACES, PLACES + 1) else None
    for reading in readings[0]:
        for start, end in stands(reading.stresses, words[0] in LIGHT):
            if start == at and (rest := _scan(words[1:], readings[1:], end)) is not None:
                return reading.stresses + rest
    return None


def _rhyme_fault(first: Judged, second: Judged) -> str:
    ends = [_words(each.line)[-1:] for each in (first, second)]
    if not all(ends):
        return "nothing to rhyme"
    if ends[0] == ends[1]:
        return f"rhymes {ends[0][0]!r} with itself"
    return "" if set(first.rhymes) & set(second.rhymes) else f"{ends[1][0]!r} does not rhyme with {ends[0][0]!r}"


def _words(line: str) -> list[str]:
    return [word.lower() for word in WORD.findall(line)]
