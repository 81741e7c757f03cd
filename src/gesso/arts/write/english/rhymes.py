"""Which words may end the lines of a poem, so that each finds its rhyme. No torch."""

from collections.abc import Iterable, Set
from functools import cached_property

from gesso.arts.write.english.trie import Trie
from gesso.core.errors import GessoError

CHOICE = (6, 3, 1)
"""Words that should rhyme with the end of a line that is to be answered: as many as the lexicon lets."""

ENOUGH = 60
"""Words that may end such a line, below which rarer rhymes are let in."""

LATE = 7
"""A rhyme is chosen only where a word of three syllables or fewer answers it."""


class Rhymes:
    """The words of a trie as ends of lines."""

    def __init__(self, trie: Trie):
        self.trie = trie

    @cached_property
    def classes(self) -> dict[str, tuple[int, ...]]:
        """The words, as numbers, by their rhymes; those on a vowel without any stress rhyme with nothing."""
        found: dict[str, list[int]] = {}
        for number, word in enumerate(self.trie.words):
            for rhyme in word.ending:
                if not rhyme.startswith("AH0"):
                    found.setdefault(rhyme, []).append(number)
        return {rhyme: tuple(words) for rhyme, words in found.items()}

    @cached_property
    def _asking(self) -> dict[int, dict[int, int]]:
        """For each number of `CHOICE`: the words that so many answer, one of them short, and from where each asks."""
        words, found = self.trie.words, {least: dict[int, int]() for least in CHOICE}
        for rhyme, alike in self.classes.items():
            groups: dict[frozenset[str], list[int]] = {}  # which have the same consonants before the rhyme
            for number in alike:
                groups.setdefault(words[number].onsets[rhyme], []).append(number)
            for onsets, group in groups.items():
                answers = [each for other, numbers in groups.items() if not onsets & other for each in numbers]
                if not any(words[each].ending[rhyme] >> LATE for each in answers):
                    continue
                for least in CHOICE:
                    if len(answers) >= least:
                        for number in group:
                            found[least][number] = found[least].get(number, 0) | words[number].ending[rhyme]
        return found

    def any(self, used: Set[int]) -> dict[int, int]:
        """Words that end a line which nothing answers, and from where: all but those `used`."""
        return {
            number: _together(word.ending.values())
            for number, word in enumerate(self.trie.words)
            if word.ending and number not in used
        }

    def asking(self, used: Set[int]) -> dict[int, int]:
        """Words that end a line which another is to answer: with enough rhymes, none of them like those of `used`.

        Raises GessoError when no rhyme is left.
        """
        spent = {rhyme for number in used for rhyme in self.trie.words[number].ending}
        found: dict[int, int] = {}
        for least in CHOICE:
            found |= {
                number: places
                for number, places in self._asking[least].items()
                if number not in used and spent.isdisjoint(self.trie.words[number].ending)
            }
            if len(found) >= ENOUGH:
                break
        if not found:
            raise GessoError("the words that this writer knows do not rhyme often enough for this form")
        return found

    def answering(self, word: str, used: Set[int]) -> dict[int, int]:
        """Words that answer a line which ends with `word`, in lower case, none of them `used`.

        Raises GessoError when there is none.
        """
        found: dict[int, int] = {}
        number = self.trie.numbers.get(word)
        if number is not None:
            for rhyme in self.trie.words[number].ending:
                for answer, places in self._answering(number, rhyme).items():
                    if answer not in used:
                        found[answer] = found.get(answer, 0) | places
        if not found:
            raise GessoError(f"this writer knows no rhyme for {word!r}: end the first line with another word")
        return found

    def _answering(self, number: int, rhyme: str) -> dict[int, int]:
        """The words that rhyme with one, with another consonant before the rhyme, and from where each ends a line."""
        words = self.trie.words
        onsets = words[number].onsets[rhyme]
        return {
            other: words[other].ending[rhyme]
            for other in self.classes.get(rhyme, ())
            if other != number and not onsets & words[other].onsets[rhyme]
        }


def _together(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
