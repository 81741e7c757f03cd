"""The words that English verse is written with, how they are stressed and what they rhyme with. No torch."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from gesso.arts.write.english.older import Phones, derived
from gesso.core.files import open_file

WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|(?<![A-Za-z])'[A-Za-z]+")
"""A word, as 'tis and o'er are words."""

NAMES = frozenset("God God's Jove Cupid Venus Diana Phoebus Fortune Heaven Nature Time Troy Rome England".split())
"""What is written with a capital, and not a person of some play."""

SHORT = frozenset("a ah am an as at ay be by do go ha he if in is it lo me my no of oh on or so to up us we ye".split())
"""All that has less than three letters and is an English word."""

SHORTENED = {"heaven": "HH EH1 V N", "even": "IY1 V N", "given": "G IH1 V N", "seven": "S EH1 V N"}
"""Words that poets also say as one syllable."""


class Reading(NamedTuple):
    """A way to say a word.

    Attributes:
        stresses: of each syllable: 1 the main stress, 2 a lesser one, 0 none.
        onset: the consonant before the vowel that the rhyme begins with, "-" if there is none.
        rhyme: what it rhymes by, "" if it ends no line well: from the last stressed vowel on. Where two syllables or
            more follow that one, verse stresses the last again, which then carries the rhyme, as in "majesty".
    """

    stresses: str
    onset: str
    rhyme: str


class EnglishLexicon(BaseModel):
    """The words of a corpus, as readable JSON.

    Attributes:
        words: as they are written within a line, and their readings: stresses, onset and rhyme, several parted by
            "|", such as "10 HH EH V AH N|1 - -".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: dict[str, str]

    @cached_property
    def readings(self) -> dict[str, tuple[Reading, ...]]:
        """The readings of each word, by the word in lower case."""
        return {word.lower(): tuple(_reading(each) for each in said.split("|")) for word, said in self.words.items()}


def read_lexicon(dictionary: Path, text: str) -> EnglishLexicon:
    """The words of `text` that a pronouncing dictionary, in the format of CMU's, says or lets derive; no names.

    Raises GessoError when the dictionary cannot be read.
    """
    with open_file(dictionary) as opened:
        lines = opened.read().decode("utf-8", "replace").splitlines()
    known: defaultdict[str, list[Phones]] = defaultdict(list)
    for line in lines:
        word, *phones = line.partition("#")[0].split()
        known[word.partition("(")[0]].append(tuple(phones))

    def said(word: str) -> Sequence[Phones]:
        return known.get(word, ())

    words: dict[str, str] = {}
    for word in _written(text):
        lower = word.lower()
        readings = [*said(lower), *(derived(lower, said) if lower not in known else ())]
        if lower in SHORTENED:
            readings.append(tuple(SHORTENED[lower].split()))
        spoken = dict.fromkeys(found for phones in readings for found in _spoken(phones))
        if spoken:
            words[word] = "|".join(spoken)
    return EnglishLexicon(words=words)


def _written(text: str) -> list[str]:
    """The words of a text as they are written within lines, in the order of the alphabet, without names."""
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for line in text.splitlines():
        if line.endswith(":"):  # who speaks
            continue
        for found in WORD.finditer(line):
            word = found.group()
            if word[0] == "'" and line[found.start() + 1 :].partition(" ")[0].endswith("'"):
                continue  # a quotation
            if word[:2].islower() or word[0] == "'":
                lower[word.lower()] += 1
            elif re.fullmatch("[a-z,;] ", line[max(0, found.start() - 2) : found.start()]):
                capital[word] += 1
    words = {word for word, count in lower.items() if _kept(word, count) and count >= capital[word.capitalize()]}
    words |= {word for word in NAMES if capital[word] > lower[word.lower()]}
    words |= {word for word in capital if word.partition("'")[0] == "I"}
    return sorted((words | ({"O"} if capital["O"] or lower["o"] else set())) - {"i", "o"}, key=str.lower)


def _kept(word: str, count: int) -> bool:
    """Whether a word is one for verse: no fragment, no quotation, none that clips "it"."""
    if word[0] == "'":
        return count > 1 and word not in ("'t", "'s", "'fore", "'longs")
    return (len(word) > 2 or word in SHORT) and not word.endswith("'t")


def _spoken(phones: Phones) -> list[str]:
    """A pronunciation as readings, with what poets make of it: "power" in one syllable, "glorious" in two."""
    found = [phones]
    for at, (one, two) in enumerate(pairwise(phones)):
        if one[:2] in ("AW", "AY") and two == "ER0":
            found.append((*phones[: at + 1], "R", *phones[at + 2 :]))
        elif one == "IY0" and two.startswith("AH0") and at > 1:
            found.append((*phones[:at], "Y", *phones[at + 1 :]))
    return [_reading_of(each) for each in found]


def _reading_of(phones: Phones) -> str:
    vowels = [at for at, phone in enumerate(phones) if phone[-1].isdigit()]
    stresses = "".join(phones[at][-1] for at in vowels)
    if not stresses:
        return "0 - -"
    if len(stresses) == 1:
        stresses = "1"
    if stresses.endswith(("12", "11", "21", "22")):  # compounds, whose end is neither light nor the heaviest
        start = None if stresses.endswith("12") else vowels[-1]
    elif stresses[-1] != "0" or stresses.endswith("00"):
        start = vowels[-1]
    else:
        start = vowels[-2]
    if start is None:
        return f"{stresses} - -"
    onset = phones[start - 1] if start and not phones[start - 1][-1].isdigit() else "-"
    rhyme = [
        phone if phone == "AH0" and at == start and len(stresses) > 1 else phone.rstrip("012")
        for at, phone in enumerate(phones)
        if at >= start
    ]
    return " ".join([stresses, onset, *rhyme])


def _reading(said: str) -> Reading:
    stresses, onset, rhyme = said.split(" ", 2)
    return Reading(stresses, onset, "" if rhyme == "-" else rhyme)
