"""Writing English verse line by line: several are tried for each, and the one is kept that the writer likes best."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal, Protocol

import torch
from torch import Generator, Tensor

from gesso.arts.write.build import Memory, Writer
from gesso.arts.write.english.decoder import DONE, ENDS, PAUSES, STOPS, Line, State, following, stepped
from gesso.arts.write.english.lexicon import WORD, EnglishLexicon
from gesso.arts.write.english.rhymes import LATE, Rhymes
from gesso.arts.write.english.trie import Trie, capitalised
from gesso.core.errors import GessoError
from gesso.networks import decoding
from gesso.networks.decoding import Rule
from gesso.networks.transformer import Cache

TEMPERATURE = 0.7
"""How daring English verse is if it is not said: rhyme and metre lead astray often enough."""

TRIES = 3
"""Lines that are written for each that is kept, if it is not said how many."""

SONNET = "ABABCDCDEFEFGG"
"""Which lines of a sonnet rhyme."""

LONGEST = 96
"""Characters of a line at most: ten syllables have fewer."""


@dataclass(frozen=True)
class Wish:
    """What a poem is to be.

    Attributes:
        form: a sonnet, or blank verse, which does not rhyme.
        lines: of blank verse.
        begin: the first line, which is kept as it is.
        acrostic: the letters that the lines begin with, fewer than lines or as many.
        tries: lines written for each that is kept.
    """

    form: Literal["sonnet", "blank"] = "sonnet"
    lines: int = 14
    begin: str | None = None
    acrostic: str = ""
    tries: int = TRIES

    @property
    def scheme(self) -> str:
        """A letter for each line, the same where lines rhyme; a dot where nothing does."""
        return SONNET if self.form == "sonnet" else "." * self.lines


WriteLine = Callable[[Line, Sequence[str]], str]
"""Writes what a line has to become, after lines that stand there."""


def verses(
    writer: Writer, lexicon: EnglishLexicon, wish: Wish, source: Generator, rules: Sequence[Rule]
) -> Iterator[str]:
    """The lines of a poem in `wish.form`, each as soon as it is chosen.

    Args:
        source: what all of the poem is drawn from.
        rules: change the logits of each choice, after what is not allowed was left out.

    Raises GessoError when the wish cannot be kept, or the writer or the lexicon know too little English.
    """
    tokens = writer.configuration.tokens
    rhymes = prepared(lexicon, frozenset(() if tokens.merges else tokens.numbers))
    return verses_by(partial(_line, writer, tries=wish.tries, source=source, rules=rules), rhymes, wish)


def verses_by(write: WriteLine, rhymes: Rhymes, wish: Wish) -> Iterator[str]:
    """The lines of a poem that are written one by one. Raises GessoError when the wish cannot be kept."""
    wish = checked(wish, rhymes.trie)
    lines, used = list[str](), set[int]()
    for at in range(len(wish.scheme)):
        if at == 0 and wish.begin is not None:
            lines.append(wish.begin)
        else:
            lines.append(write(_asked(rhymes, wish, lines, used), lines))
        yield lines[-1]
        number = rhymes.trie.numbers.get(last_word(lines[-1]))
        used |= {number} if number is not None else set()


@lru_cache(maxsize=2)
def _prepared(words: tuple[tuple[str, str], ...]) -> Rhymes:
    return Rhymes(Trie(EnglishLexicon(words=dict(words))))


def prepared(lexicon: EnglishLexicon, letters: Set[str]) -> Rhymes:
    """The words of a lexicon that these letters can spell, made ready; the last two are kept.

    Raises GessoError when they cannot spell lines.
    """
    if missing := {" ", "\n", *PAUSES, *STOPS} - letters:
        said = ", ".join(sorted(map(repr, missing)))
        raise GessoError(
            f"this model does not spell English verse letter by letter, it has no token for {said}: choose one like "
            "shakespeare"
        )
    spelt = {word: said for word, said in lexicon.words.items() if letters >= set(word + capitalised(word))}
    return _prepared(tuple(spelt.items()))


def checked(wish: Wish, trie: Trie) -> Wish:
    """The wish with its letters as capitals. Raises GessoError when it cannot be kept."""
    acrostic = "".join(letter for letter in wish.acrostic.upper() if not letter.isspace())
    if len(acrostic) > len(wish.scheme):
        raise GessoError(f"--acrostic {wish.acrostic}: that is {len(acrostic)} letters for {len(wish.scheme)} lines")
    for letter in acrostic:
        if not trie.starting(letter, LATE):
            raise GessoError(f"--acrostic {wish.acrostic}: no line of this writer begins with {letter}")
    begin = " ".join(wish.begin.split()) if wish.begin else None
    if begin is not None:
        if not WORD.search(begin):
            raise GessoError(f"--begin {begin!r} has no word: give the first line of the poem")
        if acrostic and next(letter for letter in begin if letter.isalpha()).upper() != acrostic[0]:
            raise GessoError(f"--begin {begin!r} does not begin with {acrostic[0]}, as --acrostic asks")
    return Wish(wish.form, wish.lines, begin, acrostic, wish.tries)


def _asked(rhymes: Rhymes, wish: Wish, lines: Sequence[str], used: set[int]) -> Line:
    at, scheme = len(lines), wish.scheme
    first = scheme.index(scheme[at])
    if scheme[at] == ".":
        finals = rhymes.any(used)
    elif first < at:
        finals = rhymes.answering(last_word(lines[first]), used)
    else:
        finals = rhymes.asking(used)
    after = ENDS
    if at == len(scheme) - 1:
        after = (".",)
    elif wish.form == "sonnet" and at in (3, 7, 11):  # a quatrain comes to rest
        after = (";", ":", *STOPS)
    initial = wish.acrostic[at] if at < len(wish.acrostic) else None
    return Line(rhymes.trie, finals, after=after, initial=initial)


class Hearing(Protocol):
    """What a model has heard of lines that are written side by side, and what it foresees."""

    def foresee(self) -> Tensor:
        """The logits (B, V) of the next token."""
        ...

    def hear(self, chosen: Tensor) -> None:
        """Add the tokens (B,) that were written."""
        ...


Ways = Callable[[Tensor, State], Mapping[int, State]]
"""The tokens that may come next, chosen from logits (V,) if there are too many, and the states to which they lead."""


@torch.inference_mode()
def line_of(
    hearing: Hearing, symbols: Sequence[str], ways: Ways, tries: int, source: Generator, rules: Sequence[Rule]
) -> str:
    """A line, spelt in `symbols`: of several the one that is likeliest to a writer whom no rules bind."""
    draws = [_branch(source) for _ in range(tries)]
    states, texts = [State()] * tries, [""] * tries
    nats, end = torch.zeros(tries), symbols.index("\n")
    while True:
        logits = hearing.foresee()
        onward = [ways(row, state) for row, state in zip(logits, states, strict=True)]
        allowed = torch.zeros(logits.shape, dtype=torch.bool)
        for row, found in enumerate(onward):
            allowed[row, list(found) or [end]] = True
        within = decoding.only(allowed.to(logits.device))(logits)
        chosen = decoding.choose(decoding.ruled(within, rules), decoding.chances(draws))
        each = logits.log_softmax(-1).gather(1, chosen[:, None])[:, 0].cpu()
        nats += each * torch.tensor([state.node != DONE for state in states])
        for row, token in enumerate(chosen.tolist()):
            if states[row].node != DONE:
                states[row] = onward[row][token]
                texts[row] += symbols[int(token)]
        if all(state.node == DONE for state in states):
            means = (nats / torch.tensor([len(text) for text in texts])).tolist()
            return texts[max(range(tries), key=lambda row: means[row])].rstrip("\n")
        hearing.hear(chosen)


class Heard:
    """What a writer of ours has heard of lines that go on in several ways from what is `read` (T,)."""

    def __init__(self, writer: Writer, read: Sequence[int], tries: int):
        self._writer, self._context = writer, writer.configuration.context
        alone = writer.memory(1, self._context + 1)
        begun = torch.tensor([read], device=writer.embedding.weight.device)
        self._logits = writer(begun, memory=alone)[:, -1].float().expand(tries, -1)
        keys, values = (kept.repeat_interleave(tries, 1) for kept in (alone.cache.keys, alone.cache.values))
        cache = Cache(keys, values, alone.cache.filled)  # all begin after the same, which is read once
        self._memory = Memory(cache, alone.read.repeat_interleave(tries, 0))

    def foresee(self) -> Tensor:
        """The logits (B, V) of the next token."""
        return self._logits

    def hear(self, chosen: Tensor) -> None:
        """Add the tokens (B,) that were written."""
        new = chosen[:, None]
        if self._memory.read.shape[1] == self._context:  # only where the context is shorter than a line
            new = torch.cat([self._memory.read[:, -(self._context // 2) :], new], 1)
            self._memory = self._writer.memory(len(new), self._context + 1)
        self._logits = self._writer(new, memory=self._memory)[:, -1].float()


def _line(
    writer: Writer, line: Line, before: Sequence[str], tries: int, source: Generator, rules: Sequence[Rule]
) -> str:
    """A line after those `before`."""
    tokens, context = writer.configuration.tokens, writer.configuration.context
    room = context - min(LONGEST, context // 2)
    read = tokens.encode("\n" + "".join(each + "\n" for each in before))[-room:]
    known: dict[State, dict[int, State]] = {}

    def ways(logits: Tensor, state: State) -> dict[int, State]:
        if state not in known:
            known[state] = {tokens.numbers[x]: stepped(state, x, line) for x in following(state, line)}
        return known[state]

    with torch.inference_mode():
        heard = Heard(writer, read, tries)
    return line_of(heard, tokens.symbols, ways, tries, source, rules)


def last_word(line: str) -> str:
    """The last word of a line in lower case, "" if there is none."""
    found = WORD.findall(line)
    return found[-1].lower() if found else ""


def _branch(source: Generator) -> Generator:
    seed = int(torch.randint(2**62, (1,), generator=source))
    return torch.Generator().manual_seed(seed)
