"""The head: the four notes of a frame one after the other, each knowing those chosen before it."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.arts.compose.frames import CLASSES, LEAP, LOW, SYMBOLS, VOICES, sounding
from gesso.networks.recurrent import dropped

NEAR = 24  # semitones from the note before, or from another voice's, within which an interval is told


class Voice(nn.Module):
    """The note of one voice, when `chosen` other voices have theirs: logits of pitches, and of intervals besides.

    What is said of an interval counts for every pitch it leads to: from the note before, above the bass of the first
    frame, and from each of the notes chosen. So a lesson in one key is a lesson in all.
    """

    def __init__(self, width: int, inner: int, chosen: int, depth: int):
        super().__init__()
        self.read = nn.Linear(width, inner, bias=False)
        self.sizes = (SYMBOLS, CLASSES + 1, 2 * LEAP + 2, 2 * NEAR + 2)  # of what is heard of a note chosen
        self.heard = nn.Embedding(max(1, chosen * sum(self.sizes)), inner)
        self.norms = nn.ModuleList(nn.RMSNorm(inner, eps=1e-6) for _ in range(depth + 1))
        self.up = nn.ModuleList(nn.Linear(inner, 2 * inner, bias=False) for _ in range(depth))
        self.down = nn.ModuleList(nn.Linear(2 * inner, inner, bias=False) for _ in range(depth))
        self.parts = (SYMBOLS, 2 * NEAR + 1, CLASSES, *((2 * NEAR + 1,) * chosen))
        self.say = nn.Linear(inner, sum(self.parts))

    def forward(
        self,
        h: Tensor,
        last: Tensor,
        chosen: list[tuple[Tensor, Tensor]],
        bass: Tensor,
        dropout: float = 0.0,
        generator: Generator | None = None,
    ) -> Tensor:
        """Logits (B, T, SYMBOLS) of the note of this voice.

        Args:
            h: what the decoder says of each frame (B, T, C).
            last: the symbol of this voice in the frame before (B, T).
            chosen: of the voices that have their note, that and the one in the frame before, (B, T) each.
            bass: the pitch class of the first bass, CLASSES where it is not known yet (B, T).
        """
        x = self.read(h)
        if chosen:
            heard = torch.cat([self._of(j, now, then, last, bass) for j, (now, then) in enumerate(chosen)], -1)
            x = x + F.embedding_bag(heard.flatten(0, 1), self.heard.weight, mode="sum").view_as(x)
        for norm, up, down in zip(self.norms, self.up, self.down, strict=False):
            x = x + dropped(down(F.gelu(up(norm(x)))), dropout, generator)
        pitch, step, degree, *others = self.say(self.norms[-1](x)).float().split(self.parts, -1)
        every = torch.arange(1, SYMBOLS, device=h.device)  # all but silence
        bonus = _from(step, last, every)
        for said, (now, _) in zip(others, chosen, strict=True):
            bonus = bonus + _from(said, now, every)
        above = (every + LOW - 1 - bass[..., None]) % CLASSES
        bonus = bonus + degree.gather(-1, above) * (bass != CLASSES)[..., None]
        return pitch + F.pad(bonus, (1, 0))

    def _of(self, number: int, now: Tensor, then: Tensor, last: Tensor, bass: Tensor) -> Tensor:
        """The features of the note that another voice has `now`, and had `then`, as rows of `heard`: (B, T, 4)."""
        degree = torch.where(sounding(now) & (bass != CLASSES), (now + LOW - 1 - bass) % CLASSES, CLASSES)
        features = [now, degree, _interval(now, then, LEAP), _interval(now, last, NEAR)]
        offset = number * sum(self.sizes)
        rows: list[Tensor] = []
        for size, feature in zip(self.sizes, features, strict=True):
            rows.append(feature + offset)
            offset += size
        return torch.stack(rows, -1)


def _interval(one: Tensor, other: Tensor, widest: int) -> Tensor:
    """The interval from `other` to `one`, from 0 to 2 widest, and 2 widest + 1 where one of them is silent."""
    both = sounding(one) & sounding(other)
    return torch.where(both, (one - other).clamp(-widest, widest) + widest, 2 * widest + 1)


def _from(said: Tensor, note: Tensor, every: Tensor) -> Tensor:
    """What is said of intervals (B, T, 2 NEAR + 1) from notes (B, T), for every pitch: (B, T, P)."""
    interval = (every - note[..., None]).clamp(-NEAR, NEAR) + NEAR
    return said.gather(-1, interval) * sounding(note)[..., None]


class Head(nn.Module):
    """The voices in the order in which they are chosen, which `order` gives by their numbers from the top."""

    def __init__(self, width: int, inner: int, depth: int, order: tuple[int, ...], dropout: float):
        super().__init__()
        self.order, self.dropout = order, dropout
        self.voices = nn.ModuleList(Voice(width, inner, chosen, depth) for chosen in range(VOICES))

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`; at first every pitch is as likely as any other."""
        for name, parameter in self.named_parameters():
            if "norms" in name:
                nn.init.ones_(parameter)
            elif parameter.ndim == 1 or ".say." in name:
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(
                    parameter, std=0.5 if "heard" in name else parameter.shape[1] ** -0.5, generator=generator
                )

    def one(
        self, number: int, h: Tensor, x: Tensor, then: Tensor, bass: Tensor, generator: Generator | None = None
    ) -> Tensor:
        """Logits (B, T, SYMBOLS) of the voice that is the `number`th to be chosen.

        Args:
            x: frames (B, T, 4), of which the voices chosen before are read.
            then: the frame before each (B, T, 4).
        """
        voice = self.order[number]
        chosen = [(x[..., v], then[..., v]) for v in self.order[:number]]
        return self.voices[number](h, then[..., voice], chosen, bass, self.dropout, generator)

    def forward(self, h: Tensor, x: Tensor, then: Tensor, bass: Tensor, generator: Generator | None = None) -> Tensor:
        """Logits of all voices, from the top: (B, T, 4, SYMBOLS)."""
        said = {v: self.one(number, h, x, then, bass, generator) for number, v in enumerate(self.order)}
        return torch.stack([said[v] for v in range(VOICES)], 2)
