"""The words of a lexicon as a tree of letters, which knows what each beginning can still become. No torch.

No tree is built: the words lie in the order of the alphabet, a node is a stretch of those that begin alike, and is
looked at when it is come to. A poem comes to few.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import or_
from threading import Lock
from typing import NamedTuple

from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.english.metre import LIGHT, PLACES, leans, stands
from gesso.core.errors import GessoError

PLAIN, CAPITAL = 0, 1
"""The roots: words as within a line, and as at its beginning or after a full stop."""

FEWEST = 8
"""Words of one syllable that may stand anywhere: with fewer, no line could be sure to be finished."""

LAST = "\U0010ffff"
"""A character that comes after all others."""


@dataclass(frozen=True)
class Word:
    """A word in lower case, and where it may stand.

    Attributes:
        within: its ways through a line that goes on, see `ways`.
        ending: by each of its rhymes the places, as bits, from which it ends a line.
        onsets: by each of its rhymes the consonants before it.
    """

    text: str
    within: int
    ending: dict[str, int]
    onsets: dict[str, frozenset[str]]


class Stretch(NamedTuple):
    """The words of a node, from `first` to before `after` in the order of its root; all begin with its `depth` letters.

    Attributes:
        terminal: the number of the word that it completes, -1 if none.
        through: the ways of all of its words through a line that goes on, see `ways`.
    """

    root: int
    first: int
    after: int
    depth: int
    terminal: int
    through: int


class Trie:
    """Nodes are numbers; 0 and 1 are the roots.

    Raises GessoError when there are too few words to fill lines with.
    """

    def __init__(self, lexicon: EnglishLexicon):
        self.words = [_word(written.lower(), lexicon) for written in lexicon.words]
        starts = [ways(1 << start, (1 << PLACES) - 1) for start in range(PLACES - 1)]
        if sum(all(word.within & start for start in starts) for word in self.words) < FEWEST:
            raise GessoError(f"there are fewer than {FEWEST} words of one syllable to fill lines with: read more text")
        self._spelt: list[list[str]] = []  # of each root
        self._numbers: list[list[int]] = []  # of the words in that order
        for spelt in (list(lexicon.words), [capitalised(written) for written in lexicon.words]):
            order = sorted(range(len(spelt)), key=spelt.__getitem__)
            self._spelt.append([spelt[number] for number in order])
            self._numbers.append(order)
        self._nodes = [self._stretch(root, 0, len(self.words), 0) for root in (PLAIN, CAPITAL)]
        self._children: dict[int, dict[str, int]] = {}
        self._looking = Lock()

    def __getitem__(self, node: int) -> Stretch:
        """What is at a node."""
        return self._nodes[node]

    def children(self, node: int) -> Mapping[str, int]:
        """The nodes that follow one, by their letters."""
        if node not in self._children:
            with self._looking:
                self._children[node] = self._children.get(node) or self._looked_at(self._nodes[node])
        return self._children[node]

    def _looked_at(self, at: Stretch) -> dict[str, int]:
        found: dict[str, int] = {}
        spelt, first = self._spelt[at.root], at.first
        while first < at.after and len(spelt[first]) == at.depth:  # what ends here
            first += 1
        while first < at.after:
            beginning = spelt[first][: at.depth + 1]
            after = bisect_left(spelt, beginning + LAST, first, at.after)
            found[beginning[-1]] = len(self._nodes)
            self._nodes.append(self._stretch(at.root, first, after, at.depth + 1))
            first = after
        return found

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word, which is in lower case."""
        return {word.text: number for number, word in enumerate(self.words)}

    def holds(self, node: int, number: int) -> bool:
        """Whether a word is at or below a node."""
        at = self._nodes[node]
        return at.first <= self._places[at.root][number] < at.after

    def ends(self, words: Mapping[int, int]) -> "Ends":
        """From where some of the words, by their numbers, end a line, each given the places (as bits) it may do so."""
        return Ends(self, [[words.get(number, 0) for number in order] for order in self._numbers])

    def starting(self, letter: str, longest: int) -> bool:
        """Whether a line can begin with this letter and a word of at most `longest` syllables."""
        node = self.children(CAPITAL).get(letter)
        return node is not None and self[node].through & ways(1, (2 << longest) - 1) > 0

    def _stretch(self, root: int, first: int, after: int, depth: int) -> Stretch:
        spelt, numbers = self._spelt[root], self._numbers[root]
        terminal = numbers[first] if first < after and len(spelt[first]) == depth else -1
        through = reduce(or_, (self.words[number].within for number in numbers[first:after]), 0)
        return Stretch(root, first, after, depth, terminal, through)

    @cached_property
    def _places(self) -> list[list[int]]:
        """Of each root, where each word is in its order."""
        found = [[0] * len(self.words) for _ in self._numbers]
        for places, order in zip(found, self._numbers, strict=True):
            for place, number in enumerate(order):
                places[number] = place
        return found


class Ends:
    """Of each node the places, as bits, from which a word at or below it ends a line."""

    def __init__(self, trie: Trie, places: list[list[int]]):
        self._trie, self._places = trie, places
        self._found: dict[int, int] = {}

    def __getitem__(self, node: int) -> int:
        if node not in self._found:
            at = self._trie[node]
            self._found[node] = reduce(or_, self._places[at.root][at.first : at.after], 0)
        return self._found[node]


def _word(text: str, lexicon: EnglishLexicon) -> Word:
    readings = lexicon.readings[text]
    ending: dict[str, int] = {}
    onsets: dict[str, frozenset[str]] = {}
    for stresses, onset, rhyme in readings:
        if rhyme and not leans(text) and (from_where := _ending(stresses, text in LIGHT)):
            ending[rhyme] = ending.get(rhyme, 0) | from_where
            onsets[rhyme] = onsets.get(rhyme, frozenset()) | {onset}
    within = reduce(or_, (_through(reading.stresses, text in LIGHT) for reading in readings), 0)
    return Word(text, within, ending, onsets)


@lru_cache(maxsize=4096)
def _through(stresses: str, light: bool) -> int:
    return reduce(or_, (ways(1 << start, 1 << end) for start, end in stands(stresses, light) if end < PLACES), 0)


@lru_cache(maxsize=4096)
def _ending(stresses: str, light: bool) -> int:
    found = 0
    for start, end in stands(stresses, light):
        if end >= PLACES and (end > PLACES) == feminine(stresses):
            found |= 1 << start
    return found


def feminine(stresses: str) -> bool:
    """Whether a word with these stresses ends a line only with an eleventh syllable."""
    return len(stresses) > 1 and stresses[-1] == "0" and stresses[-2] != "0"


def capitalised(word: str) -> str:
    """A word with its first letter, which may follow an apostrophe, as a capital."""
    at = 1 if word[0] == "'" else 0
    return word[:at] + word[at].upper() + word[at + 1 :]


@lru_cache(maxsize=4096)
def ways(starts: int, ends: int) -> int:
    """The ways from places to places, both as bits: `PLACES` bits for each start, the first lowest."""
    found = 0
    for start in bits(starts):
        found |= ends << (start * PLACES)
    return found


@lru_cache(maxsize=4096)
def led(within: int, starts: int) -> int:
    """The places to which ways lead from `starts`; all as bits."""
    found = 0
    for start in bits(starts):
        found |= within >> (start * PLACES)
    return found & ((1 << PLACES) - 1)


def bits(mask: int) -> Iterator[int]:
    """The places that a number stands for."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
