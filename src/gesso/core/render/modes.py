"""Tones whose pitch stands still: strings, pipes and bars as sums of decaying sines, for many notes at once."""

import math

import torch
from torch import Tensor

FRAME = 512


def modes(frequency: Tensor, decay: Tensor, amplitude: Tensor, phase: Tensor, n: int, rate: int) -> Tensor:
    """Sums of K decaying sines of each note -> (N, channels, n).

    A sample c * FRAME + m of exp(s t) is the product of what frame c and what place m give, so that a note is a
    product of two small matrices; only their entries need sines and exponentials.

    Args:
        frequency: hertz (N, K); what is too high for the rate is left out.
        decay: 1 / seconds (N, K): the amplitude falls by e in 1 / decay seconds.
        amplitude: (N, channels, K).
        phase: radians (N, K); 0 begins as a sine does.
    """
    C = -(-n // FRAME)
    turns = frequency.double() / rate  # in a sample
    frames, places = torch.arange(C, dtype=torch.float64) * FRAME, torch.arange(FRAME, dtype=torch.float64)
    loss = decay / rate
    heard = amplitude * (frequency < 0.45 * rate)[:, None]
    start = _spun(turns, frames, phase - math.pi / 2) * torch.exp(-loss[..., None] * frames.float())  # (N, K, C)
    each = _spun(turns, places, torch.zeros_like(phase)) * torch.exp(-loss[..., None] * places.float())
    rows = torch.cat([start.real, -start.imag], 1).mT  # (N, C, 2K)
    columns = torch.cat([each.real, each.imag], 1)  # (N, 2K, FRAME)
    weights = torch.cat([heard, heard], 2)[:, :, None]  # (N, channels, 1, 2K)
    return ((rows[:, None] * weights) @ columns[:, None]).flatten(2)[..., :n]


def _spun(turns: Tensor, samples: Tensor, phase: Tensor) -> Tensor:
    angle = ((turns[..., None] * samples) % 1).float() * (2 * math.pi) + phase[..., None]
    return torch.polar(torch.ones_like(angle), angle)
