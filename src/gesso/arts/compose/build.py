"""The composer: a decoder over frames of four voices, and an encoder of the notes that are given.

Where nothing is given the encoder is silent, and the decoder foresees every note from those before it alone. Where
notes are given, anywhere in the piece, it knows of those to come as well.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.arts.compose.frames import CLASSES, FIELDS, START, VOICES, first_bass, heard
from gesso.arts.compose.given import GIVEN_FIELDS, hints
from gesso.arts.compose.head import Around, Head, around, heard_rows, spread
from gesso.core import weights
from gesso.networks.recurrent import dropped
from gesso.networks.transformer import Cache, Layers


class Configuration(BaseModel):
    """The sizes of the network.

    Attributes:
        members: how many networks foresee, each by itself; what they say is averaged.
        deafness: the share of all that is to be heard that is not heard while it learns.
        order: the voices in the order in which the notes of a frame are chosen, 0 is the highest.
        ranges: the lowest and the highest pitch of each voice in the data.
        doubt: what logits are divided by, as held-out pieces were foreseen best (Guo et al. 2017).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    members: int = 3
    width: int = 128
    heads: int = 4
    layers: int = 3
    inner: int = 80
    depth: int = 2
    encoder_width: int = 128
    encoder_layers: int = 2
    dropout: float = 0.2
    deafness: float = 0.1
    order: tuple[int, ...] = (0, 3, 1, 2)
    ranges: tuple[tuple[int, int], ...] = ((60, 81), (52, 74), (46, 69), (36, 66))
    doubt: float = 1.0


class Composer(nn.Module):
    """Frames to the logits of each note of each: the mean of those of all members.

    Each member learns by itself, from pieces of its own. Where they know the music they say the same, and where they
    guess they guess differently, so that together they foresee more than the best of them.
    """

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        self.members = nn.ModuleList(Member(c) for _ in range(c.members))
        self.hint = Features(GIVEN_FIELDS, c.encoder_width, c.deafness)
        self.encoder = Layers(
            width=c.encoder_width, heads=4, layers=c.encoder_layers, causal=False, mlp="gelu", dropout=c.dropout
        )
        self.join = nn.Linear(c.encoder_width, c.width, bias=False)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        for module in self.modules():
            if isinstance(module, Features | Layers | Head):
                module.initialise(generator)
        nn.init.normal_(self.join.weight, std=0.5 * self.configuration.encoder_width**-0.5, generator=generator)

    def hinted(
        self, x: Tensor, given: Tensor, there: Tensor, told: Tensor, grid: Tensor, generator: Generator | None = None
    ) -> Tensor:
        """What the encoder says of the notes of x (B, T, 4) that are `given`, in pieces that are `there`: (B, T, C)."""
        read = self.hint(hints(x, given, told, grid), generator)
        return self.join(self.encoder(read, mask=there, generator=generator))

    def empty_caches(self, batch: int, length: int) -> list[Cache]:
        """A cache for each member; see `Layers.empty_cache`."""
        return [member.decoder.empty_cache(batch, length) for member in self._members()]

    def states(
        self,
        features: Tensor,
        hinted: Tensor | None,
        caches: Sequence[Cache | None] | None = None,
        generator: Generator | None = None,
        loudness: Tensor | None = None,
    ) -> list[Tensor]:
        """What is heard (B, T, F), how loud if not all as loud -> what each member's head reads of frames (B, T, C)."""
        members = self._members()
        return [
            member(features, hinted, cache, generator, loudness)
            for member, cache in zip(members, caches or [None] * len(members), strict=True)
        ]

    def note(self, number: int, states: Sequence[Tensor], known: Around) -> Tensor:
        """Logits (B, T, SYMBOLS) of the voice that is the `number`th to be chosen."""
        rows = heard_rows(known)
        members = zip(self._members(), states, strict=True)
        said = torch.stack([member.head.voices[number](h, rows) for member, h in members])
        return spread(said.mean(0), known) / self.configuration.doubt

    def of_one(
        self,
        number: int,
        x: Tensor,
        told: Tensor,
        grid: Tensor,
        hinted: Tensor | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Frames (B, T, 4) -> logits (B, T, 4, SYMBOLS) of each note by one member, which knows of those before it."""
        member, order = self._members()[number], self.configuration.order
        h = member(heard(x, told, grid), hinted, None, generator)
        then = F.pad(x[:, :-1], (0, 0, 1, 0), value=START)
        bass = first_bass(x)[:, None].repeat(1, x.shape[1])
        bass[:, 0] = CLASSES
        logits: dict[int, Tensor] = {}
        for rank, voice in enumerate(order):
            known = around(rank, order, x, then, bass)
            logits[voice] = spread(member.head.voices[rank](h, heard_rows(known), generator), known)
        return torch.stack([logits[voice] for voice in range(VOICES)], 2)

    def forward(self, x: Tensor, told: Tensor, grid: Tensor, hinted: Tensor | None = None) -> Tensor:
        """Frames (B, T, 4) -> logits (B, T, 4, SYMBOLS) of each note, from those before it and what is `hinted`."""
        said = [self.of_one(number, x, told, grid, hinted) for number in range(len(self.members))]
        return torch.stack(said).mean(0) / self.configuration.doubt

    def _members(self) -> list["Member"]:
        return [member for member in self.members if isinstance(member, Member)]


class Member(nn.Module):
    """One that foresees: a decoder over frames, and the head that its notes are chosen by."""

    def __init__(self, c: Configuration):
        super().__init__()
        self.dropout = c.dropout
        self.hear = Features(FIELDS, c.width, c.deafness)
        self.decoder = Layers(width=c.width, heads=c.heads, layers=c.layers, mlp="gelu", dropout=c.dropout)
        self.head = Head(c.width, c.inner, c.depth, c.order, c.dropout)

    def forward(
        self,
        features: Tensor,
        hinted: Tensor | None,
        cache: Cache | None,
        generator: Generator | None,
        loudness: Tensor | None = None,
    ) -> Tensor:
        """What is heard (B, T, F), and how loud, and what is hinted (B, T, C) -> (B, T, C)."""
        x = self.hear(features, generator, loudness)
        if hinted is not None:
            x = x + hinted
        return self.decoder(dropped(x, self.dropout, generator), cache, generator=generator)


class Features(nn.Module):
    """Features of so many values each -> the sum of what they mean."""

    offsets: Tensor

    def __init__(self, sizes: tuple[int, ...], width: int, deafness: float):
        super().__init__()
        self.deafness = deafness
        self.meaning = nn.Embedding(sum(sizes), width)
        starts = torch.tensor([0, *sizes[:-1]]).cumsum(0)
        self.register_buffer("offsets", starts, persistent=False)

    def initialise(self, generator: Generator) -> None:
        nn.init.normal_(self.meaning.weight, std=0.2, generator=generator)

    def forward(self, features: Tensor, generator: Generator | None = None, loudness: Tensor | None = None) -> Tensor:
        """(B, T, F) -> (B, T, C). With a generator a share of the features is not heard, and the rest is louder.

        Without one, `loudness` (B, T, F) may say how loud each is heard: 0 for not at all, 1 as ever.
        """
        rows = (features + self.offsets).flatten(0, 1)
        if loudness is not None:
            loudness = loudness.flatten(0, 1)
        if generator is not None and self.deafness:
            kept = torch.rand(rows.shape, generator=generator, device=generator.device) >= self.deafness
            loudness = kept.to(rows.device, self.meaning.weight.dtype) / (1 - self.deafness)
        said = F.embedding_bag(rows, self.meaning.weight, mode="sum", per_sample_weights=loudness)
        return said.view(*features.shape[:2], -1)


def build(configuration: Configuration) -> Composer:
    """A composer with the weights PyTorch gives it; `Composer.initialise` or a checkpoint sets them."""
    return Composer(configuration)


@weights.until_changed(2)
def load_composer(path: Path, device: torch.device) -> Composer:
    """The composer whose weights are in `path`, ready to compose.

    Raises GessoError when they are no composer's, or do not fit their configuration.
    """
    return weights.load_network(path, "compose", lambda said: build(Configuration(**said)), device)
