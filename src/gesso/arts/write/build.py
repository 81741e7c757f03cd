"""The writer: a decoder over tokens, which for verse is told where in a poem it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.forms import FORMS
from gesso.core import weights
from gesso.networks.transformer import Cache, Layers

MOST_LINES, LONGEST_LINE = 8, 7


class Configuration(BaseModel):
    """What a writer is built from.

    Attributes:
        kind: "prose" reads tokens alone; "verse" is told form, line, place and poet too.
        tokens: what a text is read by.
        couples: rows of the table of pairs of tokens; 0 for none.
        heard: which of these rows some pair of what it learns from falls to, a bit for each in hexadecimal, the first
            row in the lowest bit. The others say nothing, and are not kept.
        blank: share of the tokens that are not heard while it learns.
        poets: those whose voices it knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["prose", "verse"]
    tokens: Tokens
    width: int
    heads: int
    layers: int
    context: int
    couples: int
    heard: str = ""
    normalised: bool = True
    mixed: bool = False
    mlp: Literal["squared-relu", "gelu", "swiglu"] = "squared-relu"
    dropout: float = 0.0
    blank: float = 0.0
    poets: tuple[str, ...] = ()


AGAIN = ("in the title", "before", "last")
"""Where in a poem a character that it has already may stand, which each say something else of its coming again."""

TABLES = ("embedding.weight", "couples.weight")
"""The weights of a writer that are kept in bytes."""


@dataclass
class Memory:
    """What a writer remembers of the tokens it has read: keys and values, and the tokens themselves (B, S)."""

    cache: Cache
    read: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int64))


class Writer(nn.Module):
    """Tokens to logits of the next.

    The embedding is the head as well. Beside each token the writer hears the pair that it makes with the one before,
    by a row of a table that pairs share (`couples`), and in verse the character that stands opposite the one to come,
    in the other line of its couplet. There each character that it has read already becomes more or less likely by
    numbers of its own (`again`): poems say few things twice.
    """

    offsets: Tensor
    slots: Tensor

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        self.embedding = nn.Embedding(len(c.tokens), c.width)
        bits = f"{int(c.heard or '0', 16):b}"[::-1]
        heard = [row for row, bit in enumerate(bits[: c.couples]) if bit == "1"]
        self.couples = nn.Embedding(1 + len(heard), c.width, padding_idx=0) if heard else None
        slots = torch.zeros(c.couples, dtype=torch.int64)
        slots[heard] = torch.arange(1, 1 + len(heard))
        self.register_buffer("slots", slots, persistent=False)
        if c.kind == "verse":
            sizes = (1 + 2 * len(FORMS), 1 + MOST_LINES, 1 + LONGEST_LINE, 1 + len(c.poets))
            self.where = nn.Embedding(sum(sizes), c.width)
            self.opposite = nn.Linear(c.width, c.width, bias=False)
            self.again = nn.Linear(c.width, len(AGAIN))
            starts = torch.tensor([0, *sizes[:-1]]).cumsum(0)
            self.register_buffer("offsets", starts, persistent=False)
        self.layers = Layers(
            width=c.width,
            heads=c.heads,
            layers=c.layers,
            mlp=c.mlp,
            dropout=c.dropout,
            normalised=c.normalised,
            mixed=c.mixed,
        )

    def initialise(self, generator: Generator, *, silent: bool = True) -> None:
        """Draw fresh weights from `generator`; with `silent` layers say nothing at first."""
        nn.init.normal_(self.embedding.weight, std=0.02, generator=generator)
        if self.couples is not None:
            nn.init.zeros_(self.couples.weight)
        if self.configuration.kind == "verse":
            nn.init.normal_(self.where.weight, std=0.02, generator=generator)
            nn.init.zeros_(self.opposite.weight)
            nn.init.zeros_(self.again.weight)
            nn.init.zeros_(self.again.bias)
        self.layers.initialise(generator, silent=silent)

    def memory(self, batch: int, length: int) -> Memory:
        """Room for `batch` sequences of at most `length` tokens."""
        cache = self.layers.empty_cache(batch, length)
        return Memory(cache, torch.empty(batch, 0, dtype=torch.int64, device=self.embedding.weight.device))

    def forward(
        self,
        tokens: Tensor,
        where: Tensor | None = None,
        memory: Memory | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Tokens (B, T) -> logits (B, T, V) of the token after each.

        Args:
            where: for verse, of the token after each (B, T, 5): form and direction, line, place, poet, each 0 where
                nothing is told, and how many tokens before it the one opposite stands, 0 if there is none.
            memory: the tokens follow those it holds, and are added to it.
            generator: draws what is silenced while the writer learns; without one nothing is.
        """
        start = 0 if memory is None else memory.read.shape[1]
        read = tokens if memory is None else torch.cat([memory.read, tokens], 1)  # (B, S)
        if memory is not None:
            memory.read = read
        heard = torch.ones_like(read, dtype=torch.bool)
        if generator is not None and self.configuration.blank:
            chance = torch.rand(read.shape, generator=generator, device=generator.device)
            heard = (chance >= self.configuration.blank).to(read.device)
        x = self.embedding(tokens) * heard[:, start:, None]  # (B, T, C)
        if self.couples is not None:
            rows = self.slots[couples_in(F.pad(read, (1, 0)), self.configuration)]
            both = heard & F.pad(heard[:, :-1], (1, 0), value=True)
            x = x + self.couples(rows[:, start:]) * both[:, start:, None]
        if where is not None:
            x = x + self.where(where[..., :4] + self.offsets).sum(2)
            x = x + self.opposite(self._standing_opposite(read, heard, where[..., 4], start))
        x = F.rms_norm(x, x.shape[-1:])
        x = self.layers(x, memory and memory.cache, generator=generator)
        logits = F.linear(x, self.embedding.weight)
        return logits if where is None else self.moved(logits, x, read)

    def _standing_opposite(self, read: Tensor, heard: Tensor, back: Tensor, start: int) -> Tensor:
        """The embeddings (B, T, C) of what stands `back` (B, T) tokens before the next; zeros where that is 0."""
        at = torch.arange(start + 1, read.shape[1] + 1, device=read.device) - back  # (B, T)
        there = (back > 0) & (at >= 0)
        at = at.clamp(0, read.shape[1] - 1)
        there = there & heard.gather(1, at)
        return self.embedding(read.gather(1, at)) * there[..., None]

    def moved(self, logits: Tensor, x: Tensor, read: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows states x (B, T, C), with what it says of tokens that were read (B, S)."""
        back = torch.arange(read.shape[1], device=x.device)
        back = back[-x.shape[1] :, None] - back  # (T, S), less than nothing for what is not read yet
        title = ((read == 0).cumsum(1) == 0)[:, None]  # (B, 1, S), what stands before the mark
        titled, before, last = self.again(x).unsqueeze(3).unbind(2)  # (B, T, 1) each
        more = torch.where(back == 0, last, torch.where(title, titled, before))  # (B, T, S)
        more = more * ((back >= 0) & (read > 0)[:, None])
        return logits.scatter_add(2, read[:, None].expand(more.shape), more.to(logits.dtype))


def couples_in(read: Tensor, configuration: Configuration) -> Tensor:
    """The row (B, S) of each pair of neighbours in `read` (B, S + 1): its own where there are enough, else shared."""
    vocabulary, rows = len(configuration.tokens), configuration.couples
    pair = read[:, :-1] * vocabulary + read[:, 1:]
    return pair if vocabulary**2 <= rows else pair * 2654435761 % 4294967291 % rows


def with_heard(configuration: Configuration, texts: Iterable[Tensor]) -> Configuration:
    """The same with those rows for pairs that a pair in `texts`, (N,) each, falls to, or a token that comes first."""
    if not configuration.couples:
        return configuration
    heard = torch.zeros(configuration.couples, dtype=torch.bool)
    firsts = torch.arange(len(configuration.tokens))[:, None]
    heard[couples_in(F.pad(firsts, (1, 0)), configuration)] = True
    for text in texts:
        heard[couples_in(text[None], configuration)] = True
    bits = "".join("1" if row else "0" for row in reversed(heard.tolist()))
    return configuration.model_copy(update={"heard": f"{int(bits, 2):x}"})


def build(configuration: Configuration) -> Writer:
    """A writer with the weights PyTorch gives it; `Writer.initialise` or a checkpoint sets them."""
    return Writer(configuration)


@weights.until_changed(2)
def load_writer(path: Path, device: torch.device) -> Writer:
    """The writer whose weights are in `path`, ready to write.

    Raises GessoError when they are no writer's, or do not fit their configuration.
    """

    def of(said: dict[str, Any]) -> Writer:
        return build(Configuration(**said))

    return weights.load_network(path, "write", of, device)
