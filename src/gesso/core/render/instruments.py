"""What every instrument of the bank is given, and what it has to give."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gesso.core.render.performance import Notes

DRAWS = 8  # random numbers of each player for each note


@dataclass(frozen=True)
class Batch:
    """Notes of one part of about the same length; each tensor (N, 1), but for `chance`.

    Attributes:
        length: seconds from onset to offset.
        pitch: as MIDI counts.
        force: 0 to 1.
        glide: semitones from the note before, if this one is joined to it.
        joined: whether the note before leads into this one.
        leads: whether this one leads into the next.
        chance: in [0, 1), (N, players, DRAWS).
    """

    length: Tensor
    pitch: Tensor
    force: Tensor
    glide: Tensor
    joined: Tensor
    leads: Tensor
    chance: Tensor

    @property
    def hertz(self) -> Tensor:
        """Of the pitches, in equal temperament from A at 440."""
        return hertz(self.pitch)


@dataclass(frozen=True)
class Seat:
    """Where a part is played, and as which.

    Attributes:
        pan: -1 left to 1 right.
        register: the mean pitch of the part.
        lowest: whether no part lies lower.
        seed: of the players, the same for the whole piece.
    """

    pan: float
    register: float
    lowest: bool
    seed: int


class Player(Protocol):
    """The players of one part.

    Attributes:
        early, late: seconds by which they sound before the onset and after the offset of a note.
        players: how many of them there are.
    """

    @property
    def early(self) -> float: ...

    @property
    def late(self) -> float: ...

    @property
    def players(self) -> int: ...

    def play(self, batch: Batch, rate: int) -> Tensor:
        """The sound of notes (N, 2, n), n samples for the longest; the first `early` seconds are before the onset."""
        ...


def hertz(pitch: Tensor) -> Tensor:
    """Of a pitch as MIDI counts."""
    return 440 * torch.exp2((pitch - 69) / 12)


def batched(notes: Notes, chance: Tensor) -> Batch:
    """A part's notes as tensors."""

    def column(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values)[:, None]

    return Batch(
        length=column(notes.offset - notes.onset).float(),
        pitch=column(notes.pitch).float(),
        force=column(notes.velocity / 127).float(),
        glide=column(notes.glide).float(),
        joined=column(notes.joined),
        leads=column(notes.leads),
        chance=chance,
    )


def chosen(batch: Batch, index: Tensor) -> Batch:
    """Some of the notes."""
    return Batch(**{name: value[index] for name, value in vars(batch).items()})


def panned(place: Tensor) -> Tensor:
    """How loud places (...,) from -1, left, to 1, right, are in both channels (..., 2), equal in power."""
    angle = (place.clamp(-1, 1) + 1) * (torch.pi / 4)
    return torch.stack([angle.cos(), angle.sin()], -1)


def eased(x: Tensor) -> Tensor:
    """0 below 0, 1 above 1, and half a cosine between."""
    return (1 - torch.cos(torch.pi * x.clamp(0, 1))) / 2
