"""A score as sound, with the user's own soundfont."""

import math

import torch
from torch import Tensor

from gesso.core.errors import GessoError
from gesso.core.render import fourier
from gesso.core.render.instruments import Batch, panned
from gesso.core.render.performance import Expression
from gesso.core.render.room import CHAMBER, Room
from gesso.core.render.sound import PROGRAMS, Maker, rendered_by
from gesso.core.render.soundfont import Region, Sample, Soundfont
from gesso.core.scores import Part, Score

_LONGEST_RELEASE = 3.0  # seconds


def rendered_with(
    score: Score,
    font: Soundfont,
    *,
    instrument: str | None = None,
    rate: int = 44100,
    seed: int = 0,
    expression: Expression | None = None,
    lufs: float = -16.0,
    apart: bool = False,
) -> Tensor:
    """The sound of a score as a soundfont plays it, float32 (2, n), in a chamber; for the rest see `sound.rendered`.

    Of the specification's articulation there are keys, velocities, tuning, loops, volume, its envelope, pan and the
    filter's corner; there are no low-frequency oscillators, no modulation envelope and no modulators of the font.

    Args:
        instrument: one of PROGRAMS for all parts; None: each part by its program.

    Raises:
        GessoError: the soundfont cannot be read, or has nothing for this score's notes.
        Usage: there is no such rate, or the score is too long.
    """

    def by(part: Part) -> tuple[Maker, Room, float]:
        program = part.program if instrument is None else PROGRAMS[instrument]
        return lambda _: Sampler(font, program), CHAMBER, 0.3

    out = rendered_by(score, by, rate=rate, seed=seed, expression=expression, lufs=lufs, apart=apart)
    if any(part.notes for part in score.parts) and not out.any():
        raise GessoError(f"{font.path} has no sound for these notes; try a General MIDI soundfont")
    return out


class Sampler:
    """What a soundfont has for one program."""

    early, players = 0.0, 1

    def __init__(self, font: Soundfont, program: int):
        self.font, self.regions = font, font.regions(program)
        longest = max((_seconds(region[38]) for region in self.regions), default=0.0)
        self.late = min(_LONGEST_RELEASE, longest) + 0.05

    def play(self, batch: Batch, rate: int) -> Tensor:
        """The sound of notes (N, 2, n)."""
        n = math.ceil((float(batch.length.max()) + self.late) * rate)
        out = torch.zeros(len(batch.pitch), 2, n)
        t = torch.arange(n, dtype=torch.float64) / rate
        keys, forces = batch.pitch[:, 0].round(), (127 * batch.force[:, 0]).round()
        for region in self.regions:
            (low, high), (soft, hard) = region.keys, region.velocities
            index = ((keys >= low) & (keys <= high) & (forces >= soft) & (forces <= hard)).nonzero()[:, 0]
            sample = self.font.sample(region.sample)
            if not len(index) or len(sample.wave) < 2:
                continue
            length, force = batch.length[index], batch.force[index]
            at = t * (_speed(region, sample, batch.pitch[index].double()) * sample.rate)  # (N, n)
            loud = force.square() * 10 ** (-region[48] / 200)  # the default modulator: 96 dB over the velocities
            sound = _read(region, sample, at) * _envelope(region, t.float(), length) * loud
            place = panned(torch.tensor(region[17] / 500))
            out.index_add_(0, index, sound[:, None] * place[:, None])
        return out


def _speed(region: Region, sample: Sample, pitch: Tensor) -> Tensor:
    root = region[58] if region[58] >= 0 else sample.key if sample.key <= 127 else 60
    cents = (pitch - root) * region[56] + 100 * region[51] + region[52] + sample.cents
    return torch.exp2(cents / 1200)


def _read(region: Region, sample: Sample, at: Tensor) -> Tensor:
    """The sample at the places `at` (N, n), repeated if it is to be, through the region's filter; Hermite's cubics."""
    wave = _filtered(torch.as_tensor(sample.wave), region[8], sample.rate)
    loop, until = sample.loop
    loop, until = loop + region[2] + 32768 * region[45], until + region[3] + 32768 * region[50]
    at = at + max(0, region[0] + 32768 * region[4])
    if region[54] & 1 and 0 <= loop < until <= len(wave):
        # The cubic must see the loop's beginning behind its end, and not what follows in the recording.
        wave = torch.cat([wave[:until], wave[loop:until].repeat(1 + 4 // (until - loop))[:4]])
        at = torch.where(at >= until, loop + (at - loop) % (until - loop), at)
    whole = at.floor()
    x = (at - whole).float()
    first = whole.long()
    a, b, c, d = (_at(wave, first + shift) for shift in (-1, 0, 1, 2))
    slope, other = (c - a) / 2, (d - b) / 2
    return b + x * (slope + x * (3 * (c - b) - 2 * slope - other + x * (2 * (b - c) + slope + other)))


def _at(wave: Tensor, index: Tensor) -> Tensor:
    """Silence before and after."""
    return torch.where(index < len(wave), wave[index.clamp(0, len(wave) - 1)], 0.0)


def _filtered(wave: Tensor, corner: int, rate: int) -> Tensor:
    """Through the region's low-pass of second order, if that is within hearing."""
    hertz = 8.176 * 2 ** (corner / 1200)
    if corner >= 13500 or hertz >= 0.45 * rate:
        return wave
    size = 1 << (len(wave) + rate // 20).bit_length()
    f = fourier.frequencies(size, rate)
    response = 1 / (1 + 1j * (f / hertz) * math.sqrt(2) - (f / hertz).square())
    return fourier.sound(fourier.spectrum(wave, size) * response, size)[: len(wave)]


def _envelope(region: Region, t: Tensor, length: Tensor) -> Tensor:
    """The volume at each moment (N, n): attack straight, decay and release straight in decibels."""
    delay, attack, hold, decay, release = (_seconds(region[number]) for number in (33, 34, 35, 36, 38))
    sustain = min(max(region[37] / 10, 0), 100)

    def held(t: Tensor) -> Tensor:
        rise = ((t - delay) / max(attack, 0.001)).clamp(0, 1)
        fallen = (100 * (t - delay - attack - hold) / max(decay, 0.001)).clamp(0, sustain)
        return rise * 10 ** (-fallen / 20)

    left = (t - length).clamp(min=0)
    fading = 10 ** (-5 * left / max(release, 0.01)) * (1 - left / (_LONGEST_RELEASE + 0.05)).clamp(min=0)
    return held(torch.minimum(t, length)) * fading


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else min(100.0, 2 ** (timecents / 1200))
