"""How much what is read surprises a writer: -log p of each token."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import Batch


class Surprise(NamedTuple):
    """-log p of all tokens of some texts in nats, and how many they are; and of each text, or part of one: (N, 2)."""

    nats: float
    tokens: int
    each: Tensor


def nats(model: Writer, batch: Batch) -> Tensor:
    """-log p of each token of a batch but the first, in nats (B, T); 0 where it does not count."""
    where = batch.where if batch.where.shape[2] else None
    logits = model(batch.tokens[:, :-1], where)
    found = F.cross_entropy(logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none")
    return found.view_as(batch.asked) * batch.asked


@torch.no_grad()
def surprise(model: Writer, batches: Iterable[Batch], device: torch.device) -> Surprise:
    """How much the tokens of batches surprise a writer."""
    rows = [torch.empty((0, 2), dtype=torch.float64)]
    for batch in batches:
        found = nats(model, Batch(*(x.to(device) for x in batch))).cpu().double()
        rows.append(torch.stack([found.sum(1), batch.asked.sum(1)], 1))
    each = torch.cat(rows)
    total, count = each.sum(0).tolist()
    return Surprise(total, int(count), each)


def perplexity(found: Surprise) -> float:
    """Among how many tokens that are all as likely the writer seems to choose."""
    return math.exp(found.nats / max(1, found.tokens))
