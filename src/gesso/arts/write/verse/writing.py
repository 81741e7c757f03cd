"""Writing a poem character by character, within rules, and choosing among several."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import Batch, Told, places, sequence, stacked
from gesso.arts.write.surprise import nats
from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.forms import FORMS
from gesso.networks import decoding
from gesso.networks.decoding import Rule

HEED = 1.0
"""How far a title moves what is written beyond what the writer foresees with it."""

Allowed = Callable[[Tensor], Tensor]
"""What may come after characters (B, t): (B, V)."""


class Draft(NamedTuple):
    """Poems that were written side by side.

    Attributes:
        body: their characters as tokens (B, N).
        liked: log p of each poem when no rules bind, the mean of a character (B,).
    """

    body: Tensor
    liked: Tensor


class Pen(NamedTuple):
    """What poems are written with.

    Attributes:
        tokens: the characters that it knows.
        drafts: writes poems side by side, within what is allowed, by rules that change the logits of each choice, each
            drawn from its own source.
    """

    tokens: Tokens
    drafts: Callable[[Allowed, Sequence[Rule], Sequence[Generator]], Draft]


class Reader:
    """A writer that reads poems of one form side by side, with all that is `told` of them."""

    def __init__(self, writer: Writer, form: str, told: Told, poems: int):
        begun = sequence((), form, told, writer.configuration.tokens)
        device = writer.embedding.weight.device
        self.writer = writer
        self.prompt = begun.tokens.expand(poems, -1).to(device)
        self.where = torch.cat([begun.where, places(form, FORMS[form].size, told)]).to(device)  # of all that is to come
        self.memory = writer.memory(poems, len(self.where))

    def foresee(self, new: Tensor | None) -> Tensor:
        """Logits (B, V) of what comes after the `new` characters (B,), or at the beginning."""
        tokens = self.prompt if new is None else new[:, None]
        start = self.memory.read.shape[1]
        where = self.where[start : start + tokens.shape[1]].expand(len(tokens), -1, -1)
        return self.writer(tokens, where, self.memory)[:, -1].float()


@torch.inference_mode()
def drafts(
    writer: Writer, form: str, told: Told, allowed: Allowed, rules: Sequence[Rule], sources: Sequence[Generator]
) -> Draft:
    """Poems of one form, written within what is `allowed` of what comes after characters (B, t): (B, V).

    A title is heeded more than the writer would by itself (Ho and Salimans 2022).

    Args:
        told: what is told of all of them.
        rules: change the logits of each choice, after what is not allowed was left out.
        sources: what each poem is drawn from (B).
    """
    readers = [Reader(writer, form, known, len(sources)) for known in _ways(told)]
    new, body = None, torch.empty(len(sources), 0, dtype=torch.int64, device=readers[0].prompt.device)
    for _ in range(FORMS[form].size):
        logits = _heeding([reader.foresee(new) for reader in readers])
        within = decoding.only(allowed(body).to(body.device))(logits)
        new = decoding.choose(decoding.ruled(within, rules), decoding.chances(sources))
        body = torch.cat([body, new[:, None]], 1)
    return Draft(body, _heeding([liking(writer, form, known, body) for known in _ways(told)]))


def _ways(told: Told) -> list[Told]:
    """With the title and without, where there is one."""
    return [told, told._replace(title="")] if told.title else [told]


def _heeding(found: Sequence[Tensor]) -> Tensor:
    """What was found with a title, moved away from what was found without."""
    return found[0] + HEED * (found[0] - found[-1])


@torch.inference_mode()
def liking(writer: Writer, form: str, told: Told, body: Tensor) -> Tensor:
    """How likely poems (B, N) are to a writer that is bound by no rules, both ways: nats a character (B,)."""
    tokens = writer.configuration.tokens
    poems = [tokens.decode(row) for row in body.tolist()]
    both: list[Tensor] = []
    for back in (False, True):
        read = stacked([sequence((poem,), form, told._replace(backwards=back), tokens) for poem in poems])
        there = Batch(*(x.to(body.device) for x in read))
        both.append(-nats(writer, there).sum(1) / there.asked.sum(1))
    return torch.stack(both).mean(0)
