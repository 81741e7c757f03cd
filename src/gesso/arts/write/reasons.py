"""How likely each token of a text was, and what was likelier."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from gesso.arts.write.tokens import Tokens
from gesso.core.texts import Text

OTHERS = 3
"""Alternatives that are told."""

LISTED = 10
"""Rows in the table of the least expected."""

LEAST = 1e-4
"""The probability that is drawn as the least there is: among thousands of characters one in a hundred is much."""


class Reason(NamedTuple):
    """Why a token stands where it does.

    Attributes:
        probability: what the model gave it, bound by no rules.
        instead: the likeliest others with their probabilities, and whether the rules allowed them.
    """

    token: str
    probability: float
    instead: tuple[tuple[str, float, bool], ...]


class Why(NamedTuple):
    """What is said of a text: see `core.explanation.Explanation`; its page is drawn where it can be."""

    headline: str
    table: list[dict[str, Any]]
    details: dict[str, Any]
    page: Text
    remarks: list[str]


def reasons(logits: Tensor, chosen: Tensor, tokens: Tokens, allowed: Tensor | None = None) -> list[Reason]:
    """The reason of each token `chosen` (N,) by what was said of all of them (N, V), and what was `allowed` (N, V)."""
    shares = logits.float().softmax(1)
    best = shares.topk(min(OTHERS + 1, shares.shape[1]), dim=1).indices
    found: list[Reason] = []
    for at, token in enumerate(chosen.tolist()):
        others = [other for other in best[at].tolist() if other != token][:OTHERS]
        instead = [
            (tokens.symbols[other], float(shares[at, other]), allowed is None or bool(allowed[at, other]))
            for other in others
        ]
        found.append(Reason(tokens.symbols[token], float(shares[at, token]), tuple(instead)))
    return found


def least_expected(found: Sequence[Reason]) -> list[int]:
    """The places of the least likely, the least first."""
    return sorted(range(len(found)), key=lambda at: found[at].probability)[:LISTED]


def perplexity(found: Sequence[Reason]) -> float:
    """Among how many tokens, all as likely, the writer seems to have chosen."""
    return math.exp(-sum(math.log(max(reason.probability, 1e-30)) for reason in found) / max(1, len(found)))


def told(reason: Reason) -> dict[str, Any]:
    """A reason in words."""
    others = [
        f"{_shown(token)} {_share(share)}{'' if allowed else ' (forbidden)'}"
        for token, share, allowed in reason.instead
    ]
    return {"what": _shown(reason.token), "probability": _share(reason.probability), "instead of": ", ".join(others)}


def plain(reason: Reason) -> dict[str, Any]:
    """A reason as JSON."""
    instead = [{"what": token, "probability": round(share, 6), "allowed": ok} for token, share, ok in reason.instead]
    return {"what": reason.token, "probability": round(reason.probability, 6), "instead": instead}


def _shown(token: str) -> str:
    return {"\n": "line end", " ": "space"}.get(token, token)


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.095 else f"{share:.2g}".replace("e-0", "e-") if share < 1e-3 else f"{share:.1%}"
