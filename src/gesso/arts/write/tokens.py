"""What a text is read by: characters, or pieces of words that often stand together. No torch."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator

UNKNOWN = "\ufffd"
"""What stands for a character that was not learned: always token 0."""

_WORDS = re.compile(r"\n+| ?[^\W\d_]+| ?\d+| ?[^\w\s]+|\s|_")


class Tokens(BaseModel):
    """The tokens of a corpus, as readable JSON.

    Attributes:
        symbols: what each token stands for; the first is for all that is unknown. In JSON, a string of characters
            where each is one.
        merges: pairs of symbols that are read as one, in the order in which they were found (Sennrich et al. 2016);
            without any, each character is a token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols: tuple[str, ...]
    merges: tuple[tuple[str, str], ...] = ()

    @field_validator("symbols", mode="before")
    @classmethod
    def _apart(cls, symbols: Any) -> Any:
        return tuple(symbols) if isinstance(symbols, str) else symbols

    @field_serializer("symbols", when_used="json")
    def _together(self, symbols: tuple[str, ...]) -> str | tuple[str, ...]:
        return "".join(symbols) if all(len(symbol) == 1 for symbol in symbols) else symbols

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each symbol."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        return {pair: rank for rank, pair in enumerate(self.merges)}

    @cached_property
    def _known(self) -> dict[str, tuple[int, ...]]:
        """Words that were read before."""
        return {}

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; what was not learned is token 0."""
        if not self.merges:
            return [self.numbers.get(character, 0) for character in text]
        return [token for word in _WORDS.findall(text) for token in self._word(word)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text that tokens stand for."""
        return "".join(self.symbols[token] for token in tokens)

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            parts = list(word)
            while len(parts) > 1:
                best = min(pairwise(parts), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
                if best not in self._ranks:
                    break
                parts = _merged(parts, best)
            self._known[word] = tuple(self.numbers.get(part, 0) for part in parts)
        return self._known[word]


def characters(text: str) -> Tokens:
    """Each character of a text as a token, in the order of Unicode."""
    return Tokens(symbols=(UNKNOWN, *sorted(set(text) - {UNKNOWN})))


def pairs(text: str, pieces: int) -> Tokens:
    """The characters of a text, and, up to `pieces` tokens in all, what stands together most often, again and again."""
    words = Counter(_WORDS.findall(text))
    spelt = {word: list(word) for word in words}
    symbols = [UNKNOWN, *sorted(set(text) - {UNKNOWN})]
    counts: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[str]] = {}
    for word, parts in spelt.items():
        for pair in pairwise(parts):
            counts[pair] += words[word]
            where.setdefault(pair, set()).add(word)
    merges: list[tuple[str, str]] = []
    while len(symbols) < pieces and counts:
        best = max(counts, key=lambda pair: (counts[pair], pair))
        if counts[best] < 2:
            break
        merges.append(best)
        if "".join(best) not in symbols:
            symbols.append("".join(best))
        for word in sorted(where.pop(best)):
            for pair in pairwise(spelt[word]):
                counts[pair] -= words[word]
            spelt[word] = _merged(spelt[word], best)
            for pair in pairwise(spelt[word]):
                counts[pair] += words[word]
                where.setdefault(pair, set()).add(word)
        counts.pop(best, None)
    return Tokens(symbols=tuple(symbols), merges=tuple(merges))


def _merged(parts: Sequence[str], pair: tuple[str, str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(parts):
        together = at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair
        found.append(parts[at] + parts[at + 1] if together else parts[at])
        at += 2 if together else 1
    return found
