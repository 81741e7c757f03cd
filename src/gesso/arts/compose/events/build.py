"""The network: a decoder over notes, and three heads that choose the next one's beginning, pitch and length in turn."""

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.arts.compose.build import Features
from gesso.arts.compose.events.notes import (
    CLASSES,
    FAR,
    FIELDS,
    GAPS,
    LENGTHS,
    LOW,
    NEAR,
    PITCHES,
    POSITIONS,
    Rows,
    degrees,
    intervals,
)
from gesso.arts.compose.folder import Kind
from gesso.core import weights
from gesso.networks.recurrent import dropped
from gesso.networks.transformer import Cache, Layers


class Configuration(BaseModel):
    """The sizes of the network, and what the music is like that it learned from.

    Attributes:
        deafness: the share of all that is to be heard that is not heard while it learns.
        lowest, highest: MIDI's pitches.
        metres: beats, unit, and the pieces in that metre.
        keys: sharps, whether it is minor, and the pieces in that key.
        tempo: quarters in a minute, as the pieces in the middle have it.
        program: General MIDI's number of the most common instrument.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Kind
    width: int = 128
    heads: int = 4
    layers: int = 3
    dropout: float = 0.2
    deafness: float = 0.1
    window: int = 192
    lowest: int = 21
    highest: int = 108
    metres: tuple[tuple[int, int, int], ...] = ((4, 4, 1),)
    keys: tuple[tuple[int, bool, int], ...] = ((0, False, 1),)
    tempo: float = 100.0
    program: int = 0


class Choice(nn.Module):
    """What is said of one number of a note, of which others are known."""

    def __init__(self, width: int, known: Sequence[int], outputs: int, dropout: float):
        super().__init__()
        self.dropout = dropout
        self.known = Features(tuple(known), width, 0.0) if known else None
        self.norm, self.last = nn.RMSNorm(width, eps=1e-6), nn.RMSNorm(width, eps=1e-6)
        self.up, self.down = nn.Linear(width, 2 * width, bias=False), nn.Linear(2 * width, width, bias=False)
        self.say = nn.Linear(width, outputs)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`; at first everything is as likely as anything else."""
        for linear in (self.up, self.down):
            nn.init.normal_(linear.weight, std=linear.in_features**-0.5, generator=generator)
        if self.known is not None:
            self.known.initialise(generator)
        for parameter in (self.say.weight, self.say.bias):
            nn.init.zeros_(parameter)

    def forward(self, h: Tensor, known: Sequence[Tensor], generator: Generator | None = None) -> Tensor:
        """What the decoder says (B, T, C), and what is known (B, T) each -> (B, T, outputs)."""
        if self.known is not None:
            h = h + self.known(torch.stack(list(known), -1), None)
        h = h + dropped(self.down(F.gelu(self.up(self.norm(h)))), self.dropout, generator)
        return self.say(self.last(h)).float()


class Events(nn.Module):
    """Notes so far to the logits of the next one."""

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        self.hear = Features((*FIELDS, len(c.metres)), c.width, c.deafness)
        self.decoder = Layers(width=c.width, heads=c.heads, layers=c.layers, mlp="gelu", dropout=c.dropout)
        metre = len(c.metres)
        beginning = (GAPS + 1, POSITIONS, FAR + 1, metre)
        self.gap = Choice(c.width, (), GAPS + 1 + POSITIONS, c.dropout)
        self.pitch = Choice(c.width, beginning, PITCHES + CLASSES + 2 * NEAR + 1, c.dropout)
        note = (*beginning, PITCHES, CLASSES + 1, 2 * NEAR + 2)
        self.length = Choice(c.width, note, len(LENGTHS), c.dropout)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        for module in (self.hear, self.decoder, self.gap, self.pitch, self.length):
            module.initialise(generator)

    def states(self, heard: Tensor, cache: Cache | None = None, generator: Generator | None = None) -> Tensor:
        """What is heard (B, T, F) -> what the heads read (B, T, C)."""
        x = dropped(self.hear(heard, generator), self.configuration.dropout, generator)
        return self.decoder(x, cache, generator=generator)

    def gaps(self, h: Tensor, r: Rows, generator: Generator | None = None) -> Tensor:
        """Logits (B, T, GAPS + 1) of when each note begins; what is said of a place in the bar counts for all gaps
        that lead there."""
        said, places = self.gap(h, (), generator).split((GAPS + 1, POSITIONS), -1)
        every = torch.arange(GAPS, device=h.device)
        lead = (r.stood[..., None] + every) % r.bar[..., None]
        return said + F.pad(places.gather(-1, lead), (0, 1))

    def pitches(self, h: Tensor, r: Rows, generator: Generator | None = None) -> Tensor:
        """Logits (B, T, PITCHES) of each pitch, when it is known where its note begins; what is said of a degree or
        of an interval counts for all pitches that it leads to."""
        said = self.pitch(h, self._beginning(r), generator)
        pitch, degree, interval = said.split((PITCHES, CLASSES, 2 * NEAR + 1), -1)
        every = torch.arange(PITCHES, device=h.device)
        above = (every + LOW - r.tonic[..., None]) % CLASSES
        step = (every - r.before[..., None]).clamp(-NEAR, NEAR) + NEAR
        known, follows = (r.tonic != CLASSES)[..., None], (r.before >= 0)[..., None]
        return pitch + degree.gather(-1, above) * known + interval.gather(-1, step) * follows

    def lasting(self, h: Tensor, r: Rows, generator: Generator | None = None) -> Tensor:
        """Logits (B, T, LENGTHS) of how long each note lasts, when its beginning and its pitch are known."""
        pitch = r.pitch.clamp(min=0)
        note = (*self._beginning(r), pitch, degrees(pitch, r.tonic), intervals(pitch, r.before))
        return self.length(h, note, generator)

    def forward(self, r: Rows, generator: Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the gap, the pitch and the length of each note, of which each knows those before it."""
        h = self.states(r.heard, None, generator)
        return self.gaps(h, r, generator), self.pitches(h, r, generator), self.lasting(h, r, generator)

    def _beginning(self, r: Rows) -> tuple[Tensor, ...]:
        return r.gap, r.place, r.left, r.heard[..., -1]


def build(configuration: Configuration) -> Events:
    """A network with the weights PyTorch gives it; `Events.initialise` or a checkpoint sets them."""
    return Events(configuration)


@weights.until_changed(2)
def load_events(path: Path, device: torch.device) -> Events:
    """The network whose weights are in `path`, ready to compose.

    Raises GessoError when they are not of this kind, or do not fit their configuration.
    """
    return weights.load_network(path, "compose", lambda said: build(Configuration(**said)), device)
