"""The words of a lexicon as a tree of letters, which knows what each beginning can still become. No torch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.english.metre import LIGHT, PLACES, leans, stands
from gesso.core.errors import GessoError

PLAIN, CAPITAL = 0, 1
"""The roots: words as within a line, and as at its beginning or after a full stop."""

FEWEST = 8
"""Words of one syllable that may stand anywhere: with fewer, no line could be sure to be finished."""


@dataclass(frozen=True)
class Word:
    """A word in lower case, and where it may stand.

    Attributes:
        within: the places where it may begin in a line that goes on, and for each, as bits, where the next word may.
        ending: by each of its rhymes the places, as bits, from which it ends a line.
        onsets: by each of its rhymes the consonants before it.
        path: the nodes of its letters, from both roots.
    """

    text: str
    within: dict[int, int]
    ending: dict[str, int]
    onsets: dict[str, frozenset[str]]
    path: tuple[int, ...]


@dataclass
class Trie:
    """Nodes are numbers; 0 and 1 are the roots.

    Attributes:
        children: of each node, by letter.
        terminal: the number of the word that a node completes, -1 if none.
        through: of each node, for each place, the places (as bits) to which a word at or below it that begins there
            leads, in a line that goes on.
    """

    lexicon: EnglishLexicon
    children: list[dict[str, int]] = field(default_factory=lambda: [{}, {}])
    terminal: list[int] = field(default_factory=lambda: [-1, -1])
    through: list[list[int]] = field(default_factory=lambda: [[0] * PLACES, [0] * PLACES])
    words: list[Word] = field(default_factory=list[Word])

    def __post_init__(self) -> None:
        for written in self.lexicon.words:
            self._add(written)
        if sum(word.within.keys() >= set(range(PLACES - 1)) for word in self.words) < FEWEST:
            raise GessoError(f"there are fewer than {FEWEST} words of one syllable to fill lines with: read more text")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word, which is in lower case."""
        return {word.text: number for number, word in enumerate(self.words)}

    def ends(self, words: Iterable[tuple[Word, int]]) -> list[int]:
        """Of each node the places, as bits, from which one of `words`, at or below it, ends a line.

        Each is given with the places from which it may end this one.
        """
        found = [0] * len(self.children)
        for word, places in words:
            for node in word.path:
                found[node] |= places
        return found

    def starting(self, letter: str, longest: int) -> bool:
        """Whether a line can begin with this letter and a word of at most `longest` syllables."""
        node = self.children[CAPITAL].get(letter)
        return node is not None and self.through[node][0] & ((2 << longest) - 1) > 0

    def _add(self, written: str) -> None:
        text, number = written.lower(), len(self.words)
        within: dict[int, int] = {}
        ending: dict[str, int] = {}
        onsets: dict[str, frozenset[str]] = {}
        for stresses, onset, rhyme in self.lexicon.readings[text]:
            for start, end in stands(stresses, text in LIGHT):
                if end < PLACES:
                    within[start] = within.get(start, 0) | 1 << end
                elif rhyme and not leans(text) and (end > PLACES) == feminine(stresses):
                    ending[rhyme] = ending.get(rhyme, 0) | 1 << start
                    onsets[rhyme] = onsets.get(rhyme, frozenset()) | {onset}
        path: list[int] = []
        for root, letters in ((PLAIN, written), (CAPITAL, capitalised(written))):
            node = root
            path.append(node)
            for letter in letters:
                node = self._child(node, letter)
                path.append(node)
            self.terminal[node] = number
        for node in path:
            for start, ends in within.items():
                self.through[node][start] |= ends
        self.words.append(Word(text, within, ending, onsets, tuple(path)))

    def _child(self, node: int, letter: str) -> int:
        child = self.children[node].get(letter)
        if child is None:
            child = self.children[node][letter] = len(self.children)
            self.children.append({})
            self.terminal.append(-1)
            self.through.append([0] * PLACES)
        return child


def feminine(stresses: str) -> bool:
    """Whether a word with these stresses ends a line only with an eleventh syllable."""
    return len(stresses) > 1 and stresses[-1] == "0" and stresses[-2] != "0"


def capitalised(word: str) -> str:
    """A word with its first letter, which may follow an apostrophe, as a capital."""
    at = 1 if word[0] == "'" else 0
    return word[:at] + word[at].upper() + word[at + 1 :]


def bits(mask: int) -> Iterator[int]:
    """The places that a number stands for."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
