"""Choosing what comes next from the logits a network gives: rules that change them, and the drawing itself.

A rule takes logits (B, V) and returns others; what it rules out is -inf. Rules are applied in the order in which they
are given, and know nothing of one another.
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Generator, Tensor

from gesso.core.errors import GessoError

Rule = Callable[[Tensor], Tensor]


def temperature(value: float) -> Rule:
    """Divide by a temperature: below 1 the likely becomes likelier, and at 0 only the likeliest is left."""
    if value == 0:
        return top_k(1)
    return lambda logits: logits / value


def top_k(k: int) -> Rule:
    """Leave the `k` likeliest, the first of those that are alike (Fan et al. 2018)."""

    def rule(logits: Tensor) -> Tensor:
        order = logits.sort(dim=-1, descending=True, stable=True).indices
        kept = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order[:, :k], True)
        return logits.masked_fill(~kept, -torch.inf)

    return rule


def top_p(share: float) -> Rule:
    """Leave the fewest, from the likeliest on, that have this share of the probability (Holtzman et al. 2020)."""

    def rule(logits: Tensor) -> Tensor:
        order = logits.sort(dim=-1, descending=True, stable=True).indices
        shares = logits.softmax(-1).gather(-1, order)
        kept = shares.cumsum(-1) - shares < share  # what is likelier has less than the share
        return logits.masked_fill(~torch.zeros_like(kept).scatter(-1, order, kept), -torch.inf)

    return rule


def min_p(share: float) -> Rule:
    """Leave those at least this share as likely as the likeliest (Nguyen et al. 2024)."""

    def rule(logits: Tensor) -> Tensor:
        shares = logits.softmax(-1)
        return logits.masked_fill(shares < share * shares.amax(-1, keepdim=True), -torch.inf)

    return rule


def only(allowed: Tensor) -> Rule:
    """Leave what is `allowed`, (V,) or (B, V)."""
    return lambda logits: logits.masked_fill(~allowed, -torch.inf)


def repeated_less(tokens: Tensor, penalty: float) -> Rule:
    """Take `penalty` away for each time that something is among `tokens` (B, T) already."""

    def rule(logits: Tensor) -> Tensor:
        counts = torch.zeros_like(logits).scatter_add(1, tokens, torch.ones_like(tokens, dtype=logits.dtype))
        return logits - penalty * counts

    return rule


def apart(token: Tensor, rules: Sequence[Rule]) -> Rule:
    """Leave `token` (B,) as likely as it is, and apply `rules` to the choice among all others."""

    def rule(logits: Tensor) -> Tensor:
        place = token[:, None]
        others = logits.scatter(-1, place, -torch.inf)
        mass = others.logsumexp(-1, keepdim=True)
        if not bool(mass.isfinite().any()):
            return logits
        changed = ruled(others, rules).log_softmax(-1) + mass
        changed = torch.where(mass.isfinite(), changed, others)
        return changed.scatter(-1, place, logits.gather(-1, place))

    return rule


def ruled(logits: Tensor, rules: Iterable[Rule]) -> Tensor:
    """Logits (B, V) after all the rules, one after the other."""
    for rule in rules:
        logits = rule(logits)
    return logits


def chances(generators: Sequence[Generator]) -> Tensor:
    """A uniform number from each row's own generator: (B,)."""
    return torch.cat([torch.rand(1, generator=source, dtype=torch.float64) for source in generators])


def choose(logits: Tensor, chance: Tensor) -> Tensor:
    """What uniform numbers in [0, 1), `chance` (B,), fall to: (B,), drawn with the probabilities of `logits` (B, V).

    A row depends on nothing but its own logits and its own chance. What is ruled out is never chosen.

    Raises GessoError when in a row everything is ruled out.
    """
    if not bool(logits.isfinite().any(-1).all()):
        raise GessoError("nothing is left to choose from: ask for less at once")
    shares = logits.cpu().double().softmax(-1)  # not every device has doubles
    edges = shares.cumsum(-1)
    reached = chance.to(edges)[:, None] * edges[:, -1:] < edges  # the last edge is not quite 1
    return (reached & (shares > 0)).int().argmax(-1).to(logits.device)
