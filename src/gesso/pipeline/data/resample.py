"""From one sampling rate to another, by a windowed sinc (Smith, "Digital Audio Resampling")."""

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor

ZEROS = 24
"""Zero crossings of the sinc on each side."""

ROLL_OFF = 0.95
"""Where the filter cuts, as a share of the lower of the two Nyquist frequencies."""


def resample(x: Tensor, rate: int, to: int) -> Tensor:
    """Samples (..., n) at `rate` a second -> float32 (..., ceil(n to/rate)) at `to` a second.

    Frequencies above 0.95 of the lower Nyquist frequency are taken away; the gain is 1 at 0 Hz. Beyond its ends the
    sound is silent.
    """
    if rate == to:
        return x.float()
    step, phases = rate // math.gcd(rate, to), to // math.gcd(rate, to)
    filters, reach = _filters(step, phases)
    n = x.shape[-1]
    length = -(-n * phases // step)
    y = F.pad(x.reshape(-1, 1, n).float(), (reach, reach + step))  # (B, 1, n + ...)
    y = F.conv1d(y, filters, stride=step)  # (B, phases, blocks)
    return y.transpose(1, 2).reshape(*x.shape[:-1], -1)[..., :length]


@functools.lru_cache(maxsize=8)
def _filters(step: int, phases: int) -> tuple[Tensor, int]:
    """A filter for each of the `phases` samples that come of `step` samples: (phases, 1, step + 2 reach)."""
    cut = ROLL_OFF * min(1.0, phases / step)  # as a share of the Nyquist frequency of the input
    reach = math.ceil(ZEROS / cut)
    times = torch.arange(phases, dtype=torch.float64)[:, None] * step / phases  # where the outputs lie
    taps = torch.arange(-reach, step + reach, dtype=torch.float64)[None]  # and where the inputs do
    u = (times - taps) * cut
    window = torch.where(u.abs() < ZEROS, torch.cos(u * math.pi / (2 * ZEROS)) ** 2, 0.0)
    filters = torch.sinc(u) * window
    return (filters / filters.sum(1, keepdim=True)).float()[:, None], reach
