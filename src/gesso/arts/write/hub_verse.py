"""Verse by a causal language model of transformers, bound by the same rules as a writer of ours.

Chinese is written with those of its tokens that are single characters; of English lines the likeliest tokens are
spelt to the automaton, which knows letters.
"""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from gesso.arts.write.english.decoder import Line, State, following, stepped
from gesso.arts.write.english.writing import line_of
from gesso.arts.write.hub_prose import Hearing
from gesso.arts.write.pretrained import Pretrained
from gesso.arts.write.tokens import UNKNOWN, Tokens
from gesso.arts.write.verse.forms import Form
from gesso.arts.write.verse.lexicon import Book
from gesso.arts.write.verse.writing import Allowed, Draft, Pen
from gesso.core.errors import GessoError
from gesso.networks import decoding
from gesso.networks.decoding import Rule

FEWEST = 800
"""Characters of a rhyme book that a model must know each as a token, to write verse with them."""

SHORTLIST = 64
"""Tokens among which each choice of an English line is made."""


def pen_of(model: Pretrained, name: str, heading: Sequence[str], book: Book, form: Form) -> Pen:
    """What Chinese verse is written with, under the lines of a heading. Poems are liked read from the front alone.

    Raises GessoError when the model does not read Chinese by characters.
    """
    found: dict[str, int] = {}
    for token, piece in enumerate(model.pieces):
        character = piece.strip()
        if len(character) == 1 and "\u3400" <= character <= "\u9fff" and (character not in found or piece == character):
            found[character] = token
    if (count := len(found.keys() & set(book.level + book.oblique))) < FEWEST:
        raise GessoError(
            f"{name} knows {count} of the characters of a rhyme book each as a token, too few for Chinese verse: "
            "choose a model of Chinese, or leave out --model"
        )
    characters = sorted(found)
    ids = torch.tensor([0, *(found[character] for character in characters)], device=model.writable.device)
    marks = [model.pieces.index(mark) if mark in model.pieces else None for mark in "，。"]
    apart = "\n" if "\n" in model.pieces else "。"
    begun = model.encode("".join(given + apart for given in heading if given), "--title")

    @torch.inference_mode()
    def drafts(allowed: Allowed, rules: Sequence[Rule], sources: Sequence[Generator]) -> Draft:
        hearing = Hearing(model, begun, len(sources))
        body = ids.new_empty(len(sources), 0)
        liked = torch.zeros(len(sources), device=ids.device)
        for at in range(form.size):
            logits = hearing.foresee()  # (B, V)
            within = decoding.only(allowed(body).to(ids.device))(logits[:, ids])  # (B, characters)
            chosen = decoding.choose(decoding.ruled(within, rules), decoding.chances(sources))
            liked += logits.log_softmax(-1).gather(1, ids[chosen][:, None])[:, 0]
            body = torch.cat([body, chosen[:, None]], 1)
            hearing.hear(ids[chosen])
            line, place = divmod(at, form.length)
            if place == form.length - 1 and (mark := marks[line % 2]) is not None:
                hearing.hear(ids.new_full((len(sources),), mark))
        return Draft(body, liked / form.size)

    return Pen(Tokens(symbols=(UNKNOWN, *characters)), drafts)


class Lines:
    """Writes lines of English verse, of `tries` each the one that is likeliest to the model when no rules bind it.

    Args:
        heading: what stands above the poem.
        source: what all lines are drawn from.
        rules: change the logits of each choice, after what is not allowed was left out.

    Attributes:
        letters: what it can spell with.
    """

    def __init__(self, model: Pretrained, heading: str, tries: int, source: Generator, rules: Sequence[Rule]):
        self._model, self._heading = model, f"{heading}\n\n" if heading else ""
        self._tries, self._source, self._rules = tries, source, rules
        self.letters = frozenset(piece for piece in model.pieces if len(piece) == 1)
        self._beginning: dict[str, list[int]] = {}  # the tokens that begin with each letter
        for token, piece in enumerate(model.pieces):
            if piece:
                self._beginning.setdefault(piece[0], []).append(token)

    def __call__(self, line: Line, before: Sequence[str]) -> str:
        """What a line has to become, after the lines before it."""
        model = self._model
        begun = model.encode(self._heading + "".join(f"{each}\n" for each in before), "--title")
        spelling = _Spelling(line)

        def ways(logits: Tensor, state: State) -> dict[int, State]:
            found: dict[int, State] = {}
            tokens = [token for letter in spelling.following(state) for token in self._beginning.get(letter, ())]
            for at in logits[tokens].argsort(descending=True, stable=True).tolist():
                if (after := spelling(state, model.pieces[tokens[at]])) is not None:
                    found[tokens[at]] = after
                    if len(found) == SHORTLIST:
                        break
            return found

        with torch.inference_mode():
            hearing = Hearing(model, begun, self._tries)
        return line_of(hearing, model.pieces, ways, self._tries, self._source, self._rules)


class _Spelling:
    """Pieces of words, spelt to the automaton of a line."""

    def __init__(self, line: Line):
        self._line = line
        self._known: dict[State, frozenset[str]] = {}

    def following(self, state: State) -> frozenset[str]:
        """The letters that may come next."""
        if state not in self._known:
            self._known[state] = frozenset(following(state, self._line))
        return self._known[state]

    def __call__(self, state: State, piece: str) -> State | None:
        """The state after a piece; None if it may not follow."""
        for letter in piece:
            if letter not in self.following(state):
                return None
            state = stepped(state, letter, self._line)
        return state
