"""Tones whose pitch moves: harmonics in a table that is read at a changing speed, for many notes at once."""

import math

import torch
from torch import Tensor

from gesso.core.render import fourier

FRAME = 64  # samples between the moments at which pitch, loudness and colour are given; straight lines between them
TABLE = 2048  # samples of a period
NOISE = 1 << 17  # samples until noise repeats


def moments(seconds: float, early: float, rate: int) -> Tensor:
    """The moments (C + 1,) of whole frames that cover `seconds`, in seconds since a note's onset, from -`early` on."""
    frames = math.ceil(seconds * rate / FRAME)
    return torch.arange(frames + 1, dtype=torch.float64) * FRAME / rate - early


def periods(amplitudes: Tensor, phases: Tensor) -> Tensor:
    """One period (..., TABLE) of harmonics 1 to K with these amplitudes (..., K) and phases (K,) in radians.

    Its power is 1.
    """
    K = amplitudes.shape[-1]
    power = amplitudes.square().sum(-1, keepdim=True) / 2
    lines = amplitudes * (power + 1e-20).rsqrt()
    spectrum = torch.zeros(*amplitudes.shape[:-1], TABLE // 2 + 1, dtype=torch.complex64)
    spectrum[..., 1 : K + 1] = torch.polar(lines, phases.expand_as(lines)) * (TABLE / 2)
    return fourier.sound(spectrum, TABLE)


def waves(tables: Tensor, frequency: Tensor, morph: Tensor, phase: Tensor, rate: int) -> Tensor:
    """Reads two periods of each note, mixed, at a moving pitch -> (N, C * FRAME).

    Args:
        tables: (N, 2, TABLE).
        frequency: hertz at each moment, float64 (N, C + 1).
        morph: 0 to 1 at each moment (N, C + 1): 0 is the first table, 1 the second.
        phase: 0 to 1 (N,), where in the period to begin.
    """
    N, C = frequency.shape[0], frequency.shape[1] - 1
    first, step = frequency[:, :-1] / rate, frequency.diff(dim=1) / rate  # periods in a sample
    travelled = ((first + step / 2) * FRAME).cumsum(1)
    begin = (phase[:, None] + torch.nn.functional.pad(travelled[:, :-1], (1, 0))) % 1
    m = torch.arange(FRAME, dtype=torch.float32)
    parabola = torch.stack([begin, first, step / (2 * FRAME)], 2).float() * TABLE  # (N, C, 3)
    at = (parabola @ torch.stack([torch.ones(FRAME), m, m * m])).view(N, C * FRAME)
    whole = at.int()
    between = at - whole
    index = ((whole & (TABLE - 1)) + 2 * TABLE * torch.arange(N, dtype=torch.int32)[:, None]).view(-1)
    slopes = (tables.roll(-1, 2) - tables).view(-1)
    values = tables.reshape(-1)
    one, other = (
        (values[shift:].index_select(0, index).view_as(at)).addcmul_(
            between, slopes[shift:].index_select(0, index).view_as(at)
        )
        for shift in (0, TABLE)
    )
    return one.lerp_(other, lines(morph))


def lines(x: Tensor) -> Tensor:
    """Straight lines between moments: (N, C + 1) -> (N, C * FRAME)."""
    m = torch.arange(FRAME, dtype=torch.float32) / FRAME
    ends = torch.stack([x[:, :-1], x[:, 1:]], 2).float()  # (N, C, 2)
    return (ends @ torch.stack([1 - m, m])).view(len(x), -1)


def noise(colour: Tensor, generator: torch.Generator) -> Tensor:
    """Noise (NOISE,) of power 1 that can be read in a circle.

    `colour` (NOISE / 2 + 1,) says how strong each frequency is.
    """
    white = fourier.spectrum(torch.randn(NOISE, generator=generator))
    coloured = fourier.sound(white * colour)
    return coloured / coloured.square().mean().sqrt()


def stretches(circle: Tensor, begin: Tensor, n: int) -> Tensor:
    """Pieces (N, n) of noise (NOISE,), from the places `begin` (N,), 0 to 1."""
    at = (begin * NOISE).int()[:, None] + torch.arange(n, dtype=torch.int32)
    return circle.index_select(0, (at & (NOISE - 1)).view(-1)).view(at.shape)
