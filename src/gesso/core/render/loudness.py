"""How loud a sound is to people, and bringing it to where it should be."""

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.core.render import fourier
from gesso.core.render.convolution import convolved

BLOCK, STEP = 0.4, 0.1  # seconds
OFFSET = -0.691  # makes a full-scale sine at 997 Hz in one channel -3.01 LUFS
ABSOLUTE, RELATIVE = -70.0, -10.0  # LUFS, LU
TAPS = 24  # in each of the OVERSAMPLED phases
OVERSAMPLED = 4
FRAME = 32  # samples of the limiter's gain
LOOKAHEAD = 0.004  # seconds


def loudness(x: Tensor, rate: int) -> float:
    """Integrated loudness of x (channels, n), one or two of them, in LUFS, by ITU-R BS.1770-4; -inf of silence.

    Mean square of the K-weighted sound in blocks of 400 ms that overlap by 75 %, without those under -70 LUFS and then
    without those 10 LU under the rest. A sound shorter than a block is one block.
    """
    kernel = _k_weighting(rate)
    weighted = torch.cat([convolved(channel[None], kernel) for channel in x])[:, : x.shape[1]]
    size, step = min(round(BLOCK * rate), x.shape[1]), round(STEP * rate)
    power = weighted.square().sum(0, dtype=torch.float64)  # (n,), both channels count alike
    total = F.pad(power.cumsum(0), (1, 0))
    starts = torch.arange(0, x.shape[1] - size + 1, step)
    blocks = (total[starts + size] - total[starts]) / size
    heard = blocks[_lufs(blocks) > ABSOLUTE]
    if not len(heard):
        return -math.inf
    heard = heard[_lufs(heard) > _lufs(heard.mean()) + RELATIVE]
    return float(_lufs(heard.mean()))


def true_peak(x: Tensor) -> float:
    """The largest value that x (channels, n) reaches between its samples too, by oversampling fourfold (BS.1770-4)."""
    peak = float(x.abs().max())
    # Between samples under half of the peak nothing reaches the peak, so only the loud places are oversampled.
    windows = F.pad(x, (TAPS // 2 - 1, TAPS // 2)).unfold(1, TAPS, 1)  # (channels, n, TAPS)
    loud = windows[x.abs() > peak / 2]
    return max(peak, float((loud @ _between()).abs().max())) if len(loud) else peak


def mastered(x: Tensor, rate: int, *, lufs: float = -16.0, ceiling: float = -1.0) -> Tensor:
    """The gain (n,) that brings x (channels, n) to a loudness and keeps its true peak under a ceiling in dBFS.

    What is over the ceiling is turned down a few milliseconds before and after, smoothly: a limiter that looks ahead.
    It is turned up again for what the limiter takes of the loudness, once. Silence stays as it is.
    """
    gain, most = torch.ones(x.shape[1]), 10 ** (ceiling / 20)
    for _ in range(2):
        level = loudness(x * gain, rate)
        if level == -math.inf:
            return gain
        gain = gain * 10 ** ((lufs - level) / 20)
        if float((x * gain).abs().max()) <= most:
            break
        gain = gain * _limiting(x * gain, rate, most)
    return gain * min(1.0, most / true_peak(x * gain))


def _limiting(x: Tensor, rate: int, most: float) -> Tensor:
    """A smooth gain (n,) of at most 1 with which no sample of x (channels, n) is over `most`."""
    n = x.shape[1]
    peaks = F.max_pool1d(x.abs().amax(0)[None, None], FRAME, FRAME, ceil_mode=True)[0, 0]  # (frames,)
    ahead = max(1, round(LOOKAHEAD * rate / FRAME))
    needed = (most / peaks).clamp(max=1)
    # The mean over a window of the least over that window is never more than the least of any of its places.
    lowest = -F.max_pool1d(F.pad(-needed, (2 * ahead + 1, 2 * ahead + 1), value=-1.0)[None, None], 2 * ahead + 3, 1)
    smooth = F.avg_pool1d(lowest, 2 * ahead + 1, 1)  # (1, 1, frames)
    return F.interpolate(smooth, scale_factor=FRAME, mode="linear", align_corners=False)[0, 0, :n]


def _lufs(power: Tensor) -> Tensor:
    return OFFSET + 10 * power.clamp(min=1e-20).log10()


@functools.cache
def _k_weighting(rate: int) -> Tensor:
    """The K-weighting of BS.1770-4, a shelf for the head and a high-pass, as an impulse response (1, 1, m).

    The standard has coefficients for 48 kHz alone; these are the analogue filters that they are the bilinear transform
    of (corner frequency, quality, gain in dB), so that any rate can be measured.
    """
    corner, quality, gain = 1681.974450955533, 0.7071752369554196, 3.999843853973347
    k, high = math.tan(math.pi * corner / rate), 10 ** (gain / 20)
    band = high**0.4996667741545416
    shelf = _response(
        (high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k),
        (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k),
        rate,
    )
    corner, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * corner / rate)
    low_cut = _response((1, -2, 1), (1, 2 * (k * k - 1) / (1 + k / quality + k * k), _last(k, quality)), rate)
    return fourier.sound(shelf * low_cut)[None, None, : round(0.25 * rate)].float()


def _last(k: float, quality: float) -> float:
    return (1 - k / quality + k * k) / (1 + k / quality + k * k)


def _response(b: tuple[float, float, float], a: tuple[float, float, float], rate: int) -> Tensor:
    """Of a filter of second order: complex (F,), at the frequencies of a transform over a second."""
    z = torch.exp(-2j * math.pi * torch.arange(rate // 2 + 1, dtype=torch.float64) / rate)
    return (b[0] + b[1] * z + b[2] * z * z) / (a[0] + a[1] * z + a[2] * z * z)


@functools.cache
def _between() -> Tensor:
    """Filters (TAPS, OVERSAMPLED - 1) for the values between two samples: a sinc under a Hann window."""
    at = torch.arange(TAPS)[:, None] - (TAPS // 2 - 1) - torch.arange(1, OVERSAMPLED) / OVERSAMPLED
    weights = torch.sinc(at) * torch.cos(math.pi * at / TAPS).square()
    return weights / weights.sum(0)
