"""Verse by a causal language model of transformers, bound by the same rules as a writer of ours.

Chinese is written with those of its tokens that are single characters; of English lines the likeliest tokens are
spelt to the automaton, which knows letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from gesso.arts.write.english.decoder import DONE, Line, State, following, stepped
from gesso.arts.write.english.writing import best_of, branches
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


def pen_of(model: Pretrained, name: str, heading: str, book: Book, form: Form) -> Pen:
    """What Chinese verse is written with, under a heading.

    Raises GessoError when the model does not read Chinese by characters.
    """
    known, found = set(book.level + book.oblique), dict[str, int]()
    for token, piece in enumerate(model.pieces):
        character = piece.strip()
        if character in known and (character not in found or piece == character):
            found[character] = token
    if len(found) < FEWEST:
        raise GessoError(
            f"{name} knows {len(found)} of the characters of a rhyme book each as a token, too few for Chinese verse: "
            "choose a model of Chinese, or leave out --model"
        )
    characters = sorted(found)
    ids = torch.tensor([0, *(found[character] for character in characters)], device=model.writable.device)
    begun = model.encode(f"{heading}\n" if heading else "")

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
            if place == form.length - 1:
                for token in model.spelt("。" if line % 2 else "，"):
                    hearing.hear(ids.new_full((len(sources),), token))
        return Draft(body, liked / form.size)

    return Pen(Tokens(symbols=(UNKNOWN, *characters)), drafts)


@dataclass
class Lines:
    """Writes lines of English verse, of `tries` each the one that is likeliest to the model when no rules bind it.

    Attributes:
        heading: what stands above the poem.
        source: what all lines are drawn from.
        rules: change the logits of each choice, after what is not allowed was left out.
    """

    model: Pretrained
    heading: str
    tries: int
    source: Generator
    rules: Sequence[Rule]
    letters: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.letters = frozenset(piece for piece in self.model.pieces if len(piece) == 1)

    @torch.inference_mode()
    def __call__(self, line: Line, before: Sequence[str]) -> str:
        """What a line has to become, after the lines before it."""
        model, spelling = self.model, Spelling(line)
        head = f"{self.heading}\n\n" if self.heading else ""
        hearing = Hearing(model, model.encode(head + "".join(f"{each}\n" for each in before)), self.tries)
        draws = branches(self.source, self.tries)
        states, texts = [State()] * self.tries, [""] * self.tries
        nats = torch.zeros(self.tries, device=model.writable.device)
        end = model.pieces.index("\n")
        while any(state.node != DONE for state in states):
            logits = hearing.foresee()  # (B, V)
            leads = [self._leads(row, state, spelling) for row, state in zip(logits, states, strict=True)]
            allowed = torch.zeros_like(logits, dtype=torch.bool)
            for row, found in enumerate(leads):
                allowed[row, list(found) or [end]] = True
            within = decoding.only(allowed)(logits)
            chosen = decoding.choose(decoding.ruled(within, self.rules), decoding.chances(draws))
            each = logits.log_softmax(-1).gather(1, chosen[:, None])[:, 0]
            nats += each * torch.tensor([state.node != DONE for state in states], device=nats.device)
            for row, token in enumerate(chosen.tolist()):
                if states[row].node != DONE:
                    states[row] = leads[row][token]
                    texts[row] += model.pieces[token]
            hearing.hear(chosen)
        return best_of(texts, nats)

    def _leads(self, logits: Tensor, state: State, spelling: "Spelling") -> dict[int, State]:
        """The likeliest tokens that may come next, and the states to which they lead."""
        found: dict[int, State] = {}
        if state.node != DONE:
            for token in logits.argsort(descending=True).tolist():
                if (after := spelling(state, self.model.pieces[token])) is not None:
                    found[token] = after
                    if len(found) == SHORTLIST:
                        break
        return found


class Spelling:
    """Pieces of words, spelt to the automaton of a line."""

    def __init__(self, line: Line):
        self._line = line
        self._may: dict[State, frozenset[str]] = {}

    def __call__(self, state: State, piece: str) -> State | None:
        """The state after a piece; None if it may not follow."""
        if not piece:
            return None
        for letter in piece:
            if state not in self._may:
                self._may[state] = frozenset(following(state, self._line))
            if letter not in self._may[state]:
                return None
            state = stepped(state, letter, self._line)
        return state
