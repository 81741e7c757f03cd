"""The head: the four notes of a frame one after the other, each knowing those chosen before it."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.arts.compose.frames import CLASSES, LEAP, LOW, SYMBOLS, VOICES, sounding
from gesso.networks.recurrent import dropped
from gesso.networks.transformer import RMSNorm

NEAR = 24  # semitones from the note before, or from another voice's, within which an interval is told
CHOSEN_FIELDS = (SYMBOLS, CLASSES + 1, 2 * LEAP + 2, 2 * NEAR + 2)  # of what is heard of a note that is chosen


class Around(NamedTuple):
    """What is known when a voice gets its note, of each frame (B, T).

    Attributes:
        last: its symbol in the frame before.
        chosen: of the voices that have their note, that and the one in the frame before.
        bass: the pitch class of the first bass, CLASSES where it is not known yet.
    """

    last: Tensor
    chosen: Sequence[tuple[Tensor, Tensor]]
    bass: Tensor


class Voice(nn.Module):
    """What is said of the note of one voice, when `chosen` other voices have theirs; `spread` makes logits of it."""

    def __init__(self, width: int, inner: int, chosen: int, depth: int, dropout: float):
        super().__init__()
        self.dropout = dropout
        self.read = nn.Linear(width, inner, bias=False)
        self.heard = nn.Embedding(max(1, chosen * sum(CHOSEN_FIELDS)), inner)
        self.norms = nn.ModuleList(RMSNorm(inner, eps=1e-6) for _ in range(depth + 1))
        self.up = nn.ModuleList(nn.Linear(inner, 2 * inner, bias=False) for _ in range(depth))
        self.down = nn.ModuleList(nn.Linear(2 * inner, inner, bias=False) for _ in range(depth))
        self.say = nn.Linear(inner, sum(parts(chosen)))

    def forward(self, h: Tensor, rows: Tensor | None, generator: Generator | None = None) -> Tensor:
        """What the decoder says of frames (B, T, C), and `rows` of what is heard of notes chosen -> (B, T, P)."""
        x = self.read(h)
        if rows is not None:
            x = x + F.embedding_bag(rows.flatten(0, 1), self.heard.weight, mode="sum").view_as(x)
        for norm, up, down in zip(self.norms, self.up, self.down, strict=False):
            x = x + dropped(down(F.gelu(up(norm(x)))), self.dropout, generator)
        return self.say(self.norms[-1](x)).float()


def parts(chosen: int) -> tuple[int, ...]:
    """How many numbers a voice says of pitches, of intervals from its last note, of steps above the first bass, and of
    intervals from each of the notes `chosen`."""
    return (SYMBOLS, 2 * NEAR + 1, CLASSES, *((2 * NEAR + 1,) * chosen))


def heard_rows(around: Around) -> Tensor | None:
    """What is heard of the notes that are chosen, as rows of `Voice.heard` (B, T, 4 each); None if there are none."""
    rows: list[Tensor] = []
    offset = 0
    for now, then in around.chosen:
        degree = torch.where(sounding(now) & (around.bass != CLASSES), (now + LOW - 1 - around.bass) % CLASSES, CLASSES)
        features = (now, degree, _interval(now, then, LEAP), _interval(now, around.last, NEAR))
        for size, feature in zip(CHOSEN_FIELDS, features, strict=True):
            rows.append(feature + offset)
            offset += size
    return torch.stack(rows, -1) if rows else None


def _interval(one: Tensor, other: Tensor, widest: int) -> Tensor:
    """The interval from `other` to `one`, from 0 to 2 widest, and 2 widest + 1 where one of them is silent."""
    both = sounding(one) & sounding(other)
    return torch.where(both, (one - other).clamp(-widest, widest) + widest, 2 * widest + 1)


def spread(said: Tensor, around: Around) -> Tensor:
    """What a voice says (..., B, T, P) -> logits (..., B, T, SYMBOLS).

    What is said of an interval counts for every pitch it leads to, so that a lesson in one key is a lesson in all.
    """
    pitch, step, degree, *others = said.split(parts(len(around.chosen)), -1)
    every = torch.arange(1, SYMBOLS, device=said.device)  # all but silence
    above = (every + LOW - 1 - around.bass[..., None]) % CLASSES
    bonus = _at(degree, above) * (around.bass != CLASSES)[..., None] + _from(step, around.last, every)
    for other, (now, _) in zip(others, around.chosen, strict=True):
        bonus = bonus + _from(other, now, every)
    return pitch + F.pad(bonus, (1, 0))


def _from(said: Tensor, note: Tensor, every: Tensor) -> Tensor:
    """What is said of intervals (..., B, T, 2 NEAR + 1) from notes (B, T), for every pitch: (..., B, T, E)."""
    interval = (every - note[..., None]).clamp(-NEAR, NEAR) + NEAR
    return _at(said, interval) * sounding(note)[..., None]


def _at(said: Tensor, index: Tensor) -> Tensor:
    return said.gather(-1, index.expand(*said.shape[:-1], -1))


class Head(nn.Module):
    """The voices in the order in which they are chosen, which `order` gives by their numbers from the top."""

    def __init__(self, width: int, inner: int, depth: int, order: tuple[int, ...], dropout: float):
        super().__init__()
        self.order = order
        self.voices = nn.ModuleList(Voice(width, inner, chosen, depth, dropout) for chosen in range(VOICES))

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`; at first every pitch is as likely as any other."""
        for name, parameter in self.named_parameters():
            if "norms" in name:
                nn.init.ones_(parameter)
            elif parameter.ndim == 1 or ".say." in name:
                nn.init.zeros_(parameter)
            else:
                std = 0.5 if "heard" in name else parameter.shape[1] ** -0.5
                nn.init.normal_(parameter, std=std, generator=generator)


def around(number: int, order: tuple[int, ...], x: Tensor, then: Tensor, bass: Tensor) -> Around:
    """What is known when the voice is chosen that is the `number`th in the order.

    Args:
        x: frames (B, T, 4), of which the voices chosen before are read.
        then: the frame before each (B, T, 4).
        bass: as in `Around`.
    """
    return Around(then[..., order[number]], [(x[..., v], then[..., v]) for v in order[:number]], bass)
