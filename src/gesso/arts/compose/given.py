"""Which notes are given, at random when the network learns, and what the encoder hears of them."""

import torch
from torch import Generator, Tensor

from gesso.arts.compose.frames import (
    CLASSES,
    LENGTHS,
    LOW,
    PAIRS,
    SYMBOLS,
    UNKNOWN_KEY,
    UNTOLD,
    VOICES,
    begun,
    lengths,
    sounding,
)

HIDDEN = SYMBOLS
"""Stands where no note is given."""

GIVEN_FIELDS = (
    *((SYMBOLS + 1,) * VOICES),  # the note given
    *((CLASSES + 1,) * VOICES),  # as a step above the tonic, if the key is told
    *((LENGTHS,) * VOICES),  # how long it still lasts
    *((LENGTHS,) * VOICES),  # and how long it has lasted
    *((CLASSES + 1,) * len(PAIRS)),  # the intervals between notes given
    *(16, 12),  # where the frame stands in bars of 4/4 and of 3/4
    UNKNOWN_KEY + 1,
    UNTOLD + 1,
    UNTOLD + 1,
)
"""How many values each feature of `hints` has."""


def hints(x: Tensor, given: Tensor, told: Tensor, grid: Tensor) -> Tensor:
    """What the encoder hears of each frame of x (B, T, 4), of which it knows what is `given`: (B, T, F)."""
    x = torch.where(given, x, HIDDEN)
    at = torch.arange(x.shape[1], device=x.device)[:, None]
    ends = x.shape[1] - 1 - begun(x.flip(1)).flip(1)  # the last frame of the note that sounds
    none = LENGTHS - 1
    lasts = torch.where(given, lengths((ends - at + 1) * grid[:, None, None]), none)
    lasted = torch.where(given, lengths((at - begun(x) + 1) * grid[:, None, None]), none)
    heard = given & sounding(x)
    key = told[..., :1]
    degree = torch.where(heard & (key != UNKNOWN_KEY), (x - 1 + LOW - key) % CLASSES, CLASSES)
    apart = torch.stack(
        [torch.where(heard[..., u] & heard[..., v], (x[..., u] - x[..., v]) % CLASSES, CLASSES) for u, v in PAIRS], -1
    )
    place = at[:, 0] * grid[:, None]
    return torch.cat([x, degree, lasts, lasted, apart, torch.stack([place % 16, place % 12], -1), told], -1)


def at_random(lengths: list[int], frames: int, generator: Generator) -> Tensor:
    """Which notes of pieces of these `lengths` are given: (B, frames, 4).

    A piece has its melody given, in a third of all cases, or some of its voices, or all but some bars, or all but one
    voice in some bars, or some beats here and there.
    """
    given = torch.zeros(len(lengths), frames, VOICES, dtype=torch.bool)
    for piece, length in zip(given, lengths, strict=True):
        chance = torch.rand(4, generator=generator)
        kind, much, where, which = chance.tolist()
        if kind < 0.35:
            piece[:, 0] = True
        elif kind < 0.55:
            piece |= torch.rand(VOICES, generator=generator) < 0.5
        elif kind < 0.75:
            span = max(1, int(length * (0.1 + 0.7 * much)))
            start = int(where * (length - span))
            hidden = torch.zeros_like(piece)
            hidden[start : start + span] = True
            if which < 0.5:
                hidden &= torch.rand(VOICES, generator=generator) < 0.5
            piece |= ~hidden
        elif kind < 0.85:
            piece[: int(length * much)] = True
        else:
            beats = torch.rand(frames // 4 + 1, VOICES, generator=generator) < much
            piece |= beats.repeat_interleave(4, 0)[:frames]
            if which < 0.5:
                piece[:, 0] = True
    return given
