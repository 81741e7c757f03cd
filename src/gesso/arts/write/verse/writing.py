"""Writing a poem character by character, within rules, and choosing among several."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import Batch, Told, places, sequence, stacked
from gesso.arts.write.surprise import nats
from gesso.arts.write.tokens import Tokens
from gesso.networks import decoding
from gesso.networks.decoding import Rule

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


@torch.inference_mode()
def drafts(
    writer: Writer,
    form: str,
    told: Told,
    count: int,
    allowed: Allowed,
    rules: Sequence[Rule],
    sources: Sequence[Generator],
) -> Draft:
    """Poems of one form, written within what is `allowed` of what comes after characters (B, t): (B, V).

    Args:
        told: what is told of all of them.
        count: the characters of each.
        rules: change the logits of each choice, after what is not allowed was left out.
        sources: what each poem is drawn from (B).
    """
    tokens = writer.configuration.tokens
    device = writer.embedding.weight.device
    begun = sequence((), form, told, tokens)
    prompt = begun.tokens.expand(len(sources), -1).to(device)
    where = torch.cat([begun.where, places(form, count, told)]).to(device)  # of all that is foreseen
    memory = writer.memory(len(sources), len(where))
    body = torch.empty(len(sources), 0, dtype=torch.int64, device=device)
    new, at = prompt, 0
    while body.shape[1] < count:
        there = where[at : at + new.shape[1]].expand(len(sources), -1, -1)
        logits = writer(new, there, memory)[:, -1].float()
        at += new.shape[1]
        within = decoding.only(allowed(body).to(device))(logits)
        chosen = decoding.choose(decoding.ruled(within, rules), decoding.chances(sources))
        body = torch.cat([body, chosen[:, None]], 1)
        new = chosen[:, None]
    return Draft(body, liking(writer, form, told, body))


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
