"""The tones and the rhymes of characters. No torch."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from gesso.arts.write.verse.poems import POEMS, TRADITIONAL, read_poems
from gesso.core.errors import GessoError
from gesso.core.files import open_file

_PINGSHUI, _OLD_PINGSHUI = "Pingshui_Rhyme_simplified.json", "pingshui_traditional_organized.json"
_BROAD, _TONES = "Cilin_Rhyme_simplified.json", "Word_Tune_simplified.json"
_TO_SIMPLIFIED, _TO_TRADITIONAL = "opencc_TSCharacters.txt", "opencc_STCharacters.txt"

_TONE_MARKS = {"āēīōūǖ": 1, "áéíóúǘ": 2, "ǎěǐǒǔǚ": 3, "àèìòùǜ": 4}
_VOWELS = {mark: ("aeiouü"[place], tone) for marks, tone in _TONE_MARKS.items() for place, mark in enumerate(marks)}

_FINALS = {
    "麻": ("a", "ia", "ua"),
    "波": ("o", "uo", "e"),
    "皆": ("ie", "üe", "ue"),
    "开": ("ai", "uai"),
    "微": ("ei", "ui", "uei"),
    "豪": ("ao", "iao"),
    "尤": ("ou", "iu", "iou"),
    "寒": ("an", "ian", "uan", "üan"),
    "文": ("en", "in", "un", "ün", "uen"),
    "唐": ("ang", "iang", "uang"),
    "庚": ("eng", "ing", "ong", "iong", "ueng"),
    "齐": ("i", "er", "ü"),
    "支": ("-i",),
    "姑": ("u",),
}
"""The finals that rhyme in standard Chinese, each group by a character in it (中华新韵, 2005)."""


class Book(BaseModel):
    """What a rhyme book says of the characters that it knows.

    Attributes:
        level, oblique: the characters that may be read in a level tone (平) and in an oblique one (仄).
        groups: by name, the characters that rhyme with one another in a level tone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: str
    oblique: str
    groups: dict[str, str]


class Lexicon(BaseModel):
    """Characters, how they sound and how they are written. It travels in the configuration of a model.

    Attributes:
        books: rhyme books by name: pingshui, broad, and modern where it is known how characters are read today.
        traditional, simplified: characters that are not learned as they are, and what stands for each, place by place.
        written: by a simplified character, how it is written in traditional ones, where that differs.
        after, before: by two characters, how the second is written after the first, and the first before the second,
            where that is another way, such as 里 in 夜里 and in 万里.
        read: the characters of which it is known how they are read today.
        pinyin: how each of these is read, in their order, parted by spaces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    books: dict[str, Book]
    traditional: str = ""
    simplified: str = ""
    written: dict[str, str] = {}
    after: dict[str, str] = {}
    before: dict[str, str] = {}
    read: str = ""
    pinyin: str = ""

    def in_simplified(self, text: str) -> str:
        """The same in simplified characters, as the model reads."""
        return text.translate(dict(zip(map(ord, self.traditional), self.simplified, strict=True)))

    def in_traditional(self, text: str) -> str:
        """The same in traditional characters."""
        found: list[str] = []
        for place, character in enumerate(text):
            as_usual = self.written.get(character, character)
            as_here = self.after.get(text[max(0, place - 1) : place + 1], as_usual)
            found.append(self.before.get(text[place : place + 2], as_here))
        return "".join(found)

    def readings(self, text: str) -> tuple[str, ...]:
        """The pinyin of each character; empty where it is not known."""
        known = dict(zip(self.read, self.pinyin.split(), strict=True))
        return tuple(known.get(character, "") for character in self.in_simplified(text))


def read_lexicon(folder: Path, characters: Iterable[str], pinyin: Mapping[str, str] | None = None) -> Lexicon:
    """What the tables in `folder` say of `characters`, which are simplified.

    Args:
        pinyin: how characters are read, with marks for tones, such as {"春": "chūn"}.

    Raises GessoError when a table is not there or is damaged.
    """
    known = set(characters)
    spoken, songs = (_json(folder / name) for name in (_TONES, _BROAD))
    simple = {old: news[0] for old, news in _table(folder / _TO_SIMPLIFIED)}
    low: dict[str, set[str]] = {}
    oblique: set[str] = set()
    for part, name, group in _groups(folder):  # each of the two tables has characters that the other lacks
        found = {simple.get(character, character) for character in group}
        if "平" in part:
            low.setdefault(simple.get(name[-1], name[-1]), set()).update(found)
        else:
            oblique |= found
    level = {character for group in low.values() for character in group}
    booked = level | oblique
    for character, tone in spoken.items():
        if character not in booked:
            level |= {character} if tone != "仄" else set()
            oblique |= {character} if tone != "平" else set()
    booked |= level | oblique
    for character, reading in (pinyin or {}).items():
        if character not in booked:
            (level if _final(reading)[1] in (1, 2) else oblique).add(character)
    broad = {name: part["平声"] for name, part in songs.items() if "平声" in part}
    broad = {name: {*group, *_within(group, low)} for name, group in broad.items()}
    sung = {character for group in broad.values() for character in group}
    books = {"pingshui": _book(level, oblique, low, known), "broad": _book(level | sung, oblique, broad, known)}
    readings = {character: pinyin[character] for character in sorted(known & set(pinyin))} if pinyin else {}
    if readings:
        books["modern"] = _modern(readings)
    pairs = [(old, new) for old, new in simple.items() if new in known and old not in known]
    return Lexicon(
        books=books,
        traditional="".join(old for old, _ in pairs),
        simplified="".join(new for _, new in pairs),
        **_written(folder, known),
        read="".join(readings),
        pinyin=" ".join(readings.values()),
    )


def _groups(folder: Path) -> Iterator[tuple[str, str, Iterable[str]]]:
    """The groups of Pingshui, in simplified and in traditional characters: part, name, and what each holds."""
    for part, groups in _json(folder / _PINGSHUI).items():
        for name, group in groups.items():
            yield part, name, group
    for tone in _json(folder / _OLD_PINGSHUI).values():
        for part, groups in tone.items():
            for name, rows in groups.items():
                yield part, name, "".join(rows)


def _within(group: Iterable[str], narrow: Mapping[str, set[str]]) -> set[str]:
    """What is in those narrow groups that are known to a broad one for the most part."""
    found = set(group)
    return {c for each in narrow.values() if 2 * len(each & found) > len(each) for c in each}


def _book(level: set[str], oblique: set[str], groups: Mapping[str, Iterable[str]], known: set[str]) -> Book:
    """What is said of the characters that are `known`."""

    def among(wanted: Iterable[str]) -> str:
        return "".join(sorted(known & set(wanted)))

    return Book(level=among(level), oblique=among(oblique), groups={name: among(each) for name, each in groups.items()})


def _modern(readings: Mapping[str, str]) -> Book:
    """Tones and rhymes as they are spoken: the first and the second tone are level."""
    level, oblique = "", ""
    groups = dict.fromkeys(_FINALS, "")
    for character, reading in readings.items():
        final, tone = _final(reading)
        if tone in (1, 2):
            level += character
            group = next((name for name, finals in _FINALS.items() if final in finals), None)
            if group is not None:
                groups[group] += character
        elif tone:
            oblique += character
    return Book(level=level, oblique=oblique, groups=groups)


def _final(reading: str) -> tuple[str, int]:
    """The final of a syllable such as "chūn", which is ("un", 1); tone 0 for one that has none."""
    tone, plain = 0, ""
    for letter in reading:
        vowel, found = _VOWELS.get(letter, (letter, 0))
        plain, tone = plain + vowel, tone or found
    for written, spoken in (("yu", "ü"), ("yi", "i"), ("y", "i"), ("wu", "u"), ("w", "u")):
        if plain.startswith(written):  # a syllable without an initial is written in a way of its own
            return spoken + plain[len(written) :], tone
    initial = next((each for each in ("zh", "ch", "sh") if plain.startswith(each)), plain[:1])
    final = plain[len(initial) :] if initial not in "aeo" else plain
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        return "-i", tone
    return (f"ü{final[1:]}" if initial in "jqx" and final.startswith("u") else final), tone


def _written(folder: Path, known: set[str]) -> dict[str, dict[str, str]]:
    """How simplified characters are written in traditional ones, as in most of the poems; else as the table says."""
    table = {new: olds for new, olds in _table(folder / _TO_TRADITIONAL) if new in known}
    usual = {new: olds[0] for new, olds in table.items()}
    several = {new for new, olds in table.items() if len(olds) > 1}
    alone, after, before = (defaultdict[str, Counter[str]](Counter) for _ in range(3))
    for new, old in zip(read_poems(folder / POEMS), read_poems(folder / TRADITIONAL), strict=True):
        for ours, theirs in zip(new.lines, old.lines, strict=True):
            if len(ours) != len(theirs):
                continue
            for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                alone[one][other] += 1
                if one in several and place:
                    after[ours[place - 1 : place + 1]][other] += 1
                if one in several and place + 1 < len(ours):
                    before[ours[place : place + 2]][other] += 1
    usual |= {new: counts.most_common(1)[0][0] for new, counts in alone.items()}

    def otherwise(pairs: dict[str, Counter[str]], at: int) -> dict[str, str]:
        best = {pair: (*counts.most_common(1)[0], counts.total()) for pair, counts in pairs.items()}
        sure = {pair: old for pair, (old, count, total) in best.items() if total > 1 and count > 0.7 * total}
        return {pair: old for pair, old in sure.items() if old != usual[pair[at]]}

    return {
        "written": {new: old for new, old in usual.items() if new != old},
        "after": otherwise(after, 1),
        "before": otherwise(before, 0),
    }


def _table(file: Path) -> list[tuple[str, list[str]]]:
    with open_file(file) as opened:
        lines = opened.read().decode("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(row[0], row[1].split()) for row in rows if len(row) == 2]


def _json(file: Path) -> dict[str, Any]:
    with open_file(file) as opened:
        data = opened.read()
    try:
        return json.loads(data)
    except ValueError as error:
        raise GessoError(f"{file.name} cannot be read as a table of rhymes: {error}") from None
