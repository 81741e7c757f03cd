"""The room in which a score sounds."""

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gesso.core.render import fourier
from gesso.core.seeds import generator

_CENTRES = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)  # hertz, octave bands
_ABSORBED = (0.95, 1.1, 1.12, 1.05, 1.0, 0.88, 0.66, 0.42, 0.25)  # reverberation of each, of that at 1 kHz: air, cloth
_TOGETHER = 180.0  # hertz under which both ears hear the same


@dataclass(frozen=True)
class Room:
    """A room.

    Attributes:
        seconds: until sound of 1 kHz has fallen by 60 dB.
        wet: how loud the room is, of the instruments themselves.
        delay: seconds until the room answers.
        size: metres; how far apart the first reflections are.
    """

    seconds: float
    wet: float
    delay: float
    size: float


CHURCH = Room(2.6, 0.62, 0.028, 18)
HALL = Room(1.9, 0.5, 0.022, 14)
CHAMBER = Room(1.3, 0.36, 0.014, 8)


@functools.cache
def responses(room: Room, rate: int) -> Tensor:
    """How the room answers the left and the right: to the ears (2 to, 2 from, m).

    Noise that decays, each octave at its own pace, is what a good room's late answer is (Moorer 1979); here with six
    early reflections each way before it. All four are independent, but for the lowest octaves.
    """
    draw = generator(7, "room", rate)
    n = round(1.1 * room.seconds * max(_ABSORBED) * rate)
    size = 1 << (n - 1).bit_length()
    f = fourier.frequencies(size, rate)
    spectra = fourier.spectrum(torch.randn(2, 2, size, generator=draw))
    both = spectra.mean(0, keepdim=True) * math.sqrt(2)
    apart = 1 / (1 + (_TOGETHER / f.clamp(min=1)) ** 4)
    spectra = spectra * apart.sqrt() + both * (1 - apart).sqrt()
    octave = (f.clamp(min=1) / _CENTRES[0]).log2()
    t = torch.arange(n) / rate
    late = torch.zeros(2, 2, n)
    for number, absorbed in enumerate(_ABSORBED):
        distance = (octave - number).abs() if 0 < number < len(_CENTRES) - 1 else torch.zeros_like(octave)
        if number == 0:
            distance = octave.clamp(min=0)
        elif number == len(_CENTRES) - 1:
            distance = (number - octave).clamp(min=0)
        band = torch.cos(math.pi / 2 * distance.clamp(max=1))  # powers of neighbours add up to 1
        low_cut = 1 / (1 + (70 / f.clamp(min=1)) ** 4)
        decay = torch.exp(-math.log(1000) / (room.seconds * absorbed) * t)
        late += fourier.sound(spectra * band * low_cut, size)[..., :n] * decay
    late *= 1 - torch.exp(-t / 0.03)  # density grows
    late /= late.square().sum(-1, keepdim=True).sqrt() * math.sqrt(2)
    start = round(room.delay * rate)
    out = torch.nn.functional.pad(late, (start, 0))
    metres = room.size * (0.4 + 1.2 * torch.rand(2, 2, 6, generator=draw))
    signs = torch.where(torch.rand(2, 2, 6, generator=draw) < 0.5, -1.0, 1.0)
    at = (metres / 343 * rate).long()
    loud = 0.16 * signs * (room.size * 0.4 / metres)
    return out.scatter_add(2, at, loud) * room.wet
