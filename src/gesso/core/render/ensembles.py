"""Players whose tone lives: each has a pitch, a vibrato and a start of their own."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gesso.core.render.fourier import frequencies
from gesso.core.render.instruments import Batch, Seat, eased, hertz, panned
from gesso.core.render.waves import FRAME, NOISE, lines, moments, noise, periods, stretches, waves
from gesso.core.seeds import generator

HARMONICS_TO = 12_000.0  # hertz
HARMONICS = 180

Spectrum = Callable[[Tensor, Tensor, Seat, float], Tensor]
"""(harmonics' frequencies (N, K), forces (N, 1), seat, the player's size) -> how strong they are in both tables,
(N, 2, K)."""


@dataclass(frozen=True)
class Style:
    """How an ensemble plays.

    Attributes:
        players: of a part.
        attack, legato, release: seconds to begin, to go from note to note, to end.
        vibrato: cents from the middle to the extreme.
        pace: of the vibrato, hertz.
        tuning: cents of standard deviation between players.
        scoop: cents under the pitch at which a note begins.
        tremble: how much the vibrato changes the loudness.
        shimmer: how much it goes from one table to the other.
        opening: where between the tables a note begins and arrives.
        breath: noise, of the tone.
        gust: more of the noise as a note begins.
        spread: how far apart the players of a part sit.
        spectrum, colour: of the tone and of the noise.
    """

    players: int
    attack: float
    legato: float
    release: float
    vibrato: float
    pace: float
    tuning: float
    scoop: float
    tremble: float
    shimmer: float
    opening: tuple[float, float]
    breath: float
    gust: float
    spread: float
    spectrum: Spectrum
    colour: Callable[[Tensor, Seat], Tensor]


class Ensemble:
    """The players of a part, in a style."""

    def __init__(self, style: Style, seat: Seat):
        self.style, self.seat, self.players = style, seat, style.players
        self.early, self.late = style.attack / 2, style.release + 0.05
        about = generator(seat.seed, "players")
        apart = torch.randn(style.players, generator=about).clamp(-2, 2)
        self.tuning = style.tuning * (apart - apart.mean())  # together they are in tune
        self.sizes = 1 + 0.035 * torch.randn(style.players, generator=about).clamp(-2, 2)
        self.phases = 2 * math.pi * torch.rand(style.players, HARMONICS, generator=about)
        places = torch.linspace(-1, 1, style.players) if style.players > 1 else torch.zeros(1)
        self.places = panned(seat.pan + style.spread * places[torch.randperm(style.players, generator=about)])
        self.about = about
        self._circles: dict[int, Tensor] = {}

    def play(self, batch: Batch, rate: int) -> Tensor:
        """The sound of notes (N, 2, n)."""
        t = moments(float(batch.length.max()) + self.early + self.late, self.early, rate)
        out = torch.zeros(len(batch.pitch), 2, (len(t) - 1) * FRAME)
        for player in range(self.players):
            tone = self._tone(batch, player, t, rate)
            out += tone[:, None] * self.places[player][:, None]
        if self.style.breath:
            out += self._breath(batch, t, rate)[:, None] * panned(torch.tensor(self.seat.pan))[:, None]
        return out / math.sqrt(self.players)

    def _tone(self, batch: Batch, player: int, t: Tensor, rate: int) -> Tensor:
        style, chance = self.style, batch.chance[:, player].T[..., None]  # (DRAWS, N, 1)
        # From the second tenth of a second on a vibrato grows; after a joined note it goes on.
        grown = torch.maximum(eased((t - 0.12) / 0.45), torch.where(batch.joined, 0.6, 0.0))
        swing = torch.sin(2 * math.pi * (style.pace * (0.93 + 0.14 * chance[0]) * t + chance[1]))
        drift = torch.sin(2 * math.pi * ((0.5 + chance[2]) * t + chance[3]))
        slide = batch.glide.clamp(-3, 3) * 60 * torch.exp(-(t + self.early).clamp(min=0) / 0.035)
        scoop = style.scoop * ~batch.joined * torch.exp(-(t + self.early).clamp(min=0) / 0.05)
        depth = style.vibrato * (0.7 + 0.6 * chance[4]) * grown
        cents = self.tuning[player] + depth * swing + 0.35 * style.tuning * drift + slide - scoop
        low, high = style.opening
        arrived = eased((t + self.early) / (2.5 * style.attack))
        arrived = torch.where(batch.joined, 0.75 + 0.25 * arrived, arrived)
        morph = low + (high - low) * arrived * (0.75 + 0.4 * batch.force) + style.shimmer * grown * swing
        loud = self._loudness(batch, t, 0.02 * chance[5]) * (1 + style.tremble * grown * swing + 0.06 * drift)
        base = batch.hertz
        tables = self._tables(base, batch, player, rate)
        frequency = base * torch.exp2(cents / 1200)
        return waves(tables, frequency, morph.clamp(0, 1), chance[6, :, 0], rate) * lines(loud)

    def _tables(self, base: Tensor, batch: Batch, player: int, rate: int) -> Tensor:
        """(N, 2, TABLE)."""
        highest = min(HARMONICS_TO, 0.45 * rate)
        K = min(HARMONICS, int(highest / float(base.min())))
        f = base * torch.arange(1, K + 1)
        strong = self.style.spectrum(f, batch.force, self.seat, float(self.sizes[player]))
        strong = strong * eased((highest - f) / 1500)[:, None]
        return periods(strong, self.phases[player, :K])

    def _loudness(self, batch: Batch, t: Tensor, late: Tensor) -> Tensor:
        """At each moment (N, C + 1); between joined notes the power stays the same, in between it swells a little."""
        style = self.style
        attack = torch.where(batch.joined, style.legato, style.attack)
        release = torch.where(batch.leads, style.legato, style.release)
        begin = torch.where(batch.joined, -style.legato / 2, -style.attack / 2)
        end = batch.length - torch.where(batch.leads, style.legato / 2, 0.0)
        rise = torch.sin(math.pi / 2 * ((t - begin - late) / attack).clamp(0, 1))
        fall = torch.cos(math.pi / 2 * ((t - end - late) / release).clamp(0, 1))
        rise = torch.where(batch.joined, rise, rise.square())
        fall = torch.where(batch.leads, fall, fall.square())
        swell = 1 + 0.15 * torch.sin(math.pi * (t / batch.length).clamp(0, 1)) * (batch.length / 1.5).clamp(max=1)
        return rise * fall * swell * batch.force**1.4

    def _breath(self, batch: Batch, t: Tensor, rate: int) -> Tensor:
        if rate not in self._circles:
            self._circles[rate] = noise(self.style.colour(frequencies(NOISE, rate), self.seat), self.about)
        gust = 1 + self.style.gust * ~batch.joined * torch.exp(-(t + self.early).clamp(min=0) / 0.07)
        loud = self.style.breath * self._loudness(batch, t, torch.zeros_like(batch.length)) * gust
        chance = batch.chance[:, 0, 7]
        return stretches(self._circles[rate], chance, (len(t) - 1) * FRAME) * lines(loud) * math.sqrt(self.players)


# Sung vowels, hertz and bandwidths of five formants: soprano, alto, tenor, bass (Sundberg 1987, The Science of the
# Singing Voice; rounded). "oo" is nearer to "o" than when spoken, as choirs sing it.
_AH = (
    (800, 1150, 2900, 3900, 4950),
    (800, 1150, 2800, 3500, 4950),
    (650, 1080, 2650, 2900, 3250),
    (600, 1040, 2250, 2450, 2750),
)
_OO = (
    (400, 820, 2700, 3800, 4950),
    (390, 780, 2650, 3500, 4950),
    (370, 720, 2600, 2900, 3300),
    (350, 680, 2300, 2500, 2900),
)
_WIDTHS = (80.0, 95.0, 190.0, 260.0, 350.0)
_REGISTERS = (72.0, 66.0, 60.0, 52.0)


def sung(f: Tensor, force: Tensor, seat: Seat, size: float) -> Tensor:
    """Glottis and vocal tract (Fant 1960): "oo" and "ah" of one singer.

    The glottis with the radiation of the mouth falls by 8 dB in an octave at full force, by 11 when soft; the tract
    is a cascade of resonances, with more of them above the five that tell vowels apart. Where the fundamental is
    above the first formant, singers raise that with it.
    """
    voice = min(range(4), key=lambda number: abs(_REGISTERS[number] - seat.register))
    steep = 1.35 + 0.5 * (1 - force)
    source = (f / f[:, :1]) ** -steep
    vowels = [_tract(f, [centre / size for centre in vowel[voice]]) for vowel in (_OO, _AH)]
    return source[:, None] * torch.stack(vowels, 1)


def _tract(f: Tensor, centres: list[float]) -> Tensor:
    above = [centres[-1] + 1100 * number for number in range(1, 7)]
    square = f * f
    first = torch.maximum(torch.tensor(centres[0]), 1.02 * f[:, :1]) ** 2
    power = torch.ones_like(f)  # of the denominators
    for number, (centre, width) in enumerate(zip([*centres, *above], _WIDTHS + 6 * (400.0,), strict=True)):
        F = first if number == 0 else torch.tensor(centre**2)
        power = power * ((F - square).square() + square * width**2) / F.square()
    return power.rsqrt()


def _breathed(f: Tensor, seat: Seat) -> Tensor:
    tract = _tract(f[None].clamp(min=1), [float(c) for c in (600, 1100, 2700, 3600, 4800)])[0]
    return (tract + 0.12) * (f / 1000).clamp(0, 1) / (1 + (f / 7000) ** 4)


_BODIES = ((66.0, 1.0), (59.0, 0.82), (0.0, 0.55))  # from which register on: violin, viola, cello, and their pitch


def bowed(f: Tensor, force: Tensor, seat: Seat, size: float) -> Tensor:
    """A bowed string, whose motion is a sawtooth (Helmholtz), through a body, at both ends of the vibrato.

    The body has the modes that violins have in common (air near 280 Hz, two of the plate near 460 and 550, the hill of
    the bridge near 2.5 kHz; Fletcher and Rossing 1998) and between them many of its own.
    """
    scale = next(scale for register, scale in _BODIES if seat.register >= register) * size
    steep = 1.05 + 0.35 * (1 - force)
    source = (f / f[:, :1]) ** -steep
    ends = [_body(f * 2 ** (cents / 1200) / scale, scale) for cents in (-25, 25)]
    return source[:, None] * torch.stack(ends, 1)


def _body(f: Tensor, scale: float) -> Tensor:
    """Of a violin; `f` in the pitch of one."""
    response = 0.35 + torch.zeros_like(f)
    for centre, width, gain in ((280, 40, 0.9), (460, 50, 1.0), (550, 60, 0.9), (1100, 350, 0.45), (2500, 900, 0.7)):
        response = response + gain / (1 + ((f - centre) / width).square())
    octaves = (f / 200).clamp(min=0.1).log2()
    rates = torch.tensor([17.3, 29.9, 47.1])
    own = 0.22 * torch.sin(rates * octaves[..., None] + rates).sum(-1)
    return response * torch.exp(own) / (1 + (f / 4600) ** 3) / (1 + (170 / f.clamp(min=1)) ** 3)


def _rosin(f: Tensor, seat: Seat) -> Tensor:
    return (f / 1500).clamp(0, 1) / (1 + (f / 5000).square())


def blown(f: Tensor, force: Tensor, seat: Seat, size: float) -> Tensor:
    """A flute: few harmonics, the second strong in low notes, more of them with more force (Fletcher and Rossing)."""
    k = f / f[:, :1]
    low = ((76 - 12 * (f[:, :1] / 440).log2() - 69) / 24).clamp(0, 1)  # 1 two octaves under the E of 659 Hz
    even = 1 + (0.6 + low) * torch.exp(-(k - 2).square()) * (k > 1.5)
    soft = torch.exp(-(1.55 - 0.45 * low) * (k - 1))
    full = torch.exp(-(1.1 - 0.45 * low) * (k - 1))
    return torch.stack([soft, full], 1) * even[:, None] / (1 + (f[:, None] / 4500) ** 4)


def _air(f: Tensor, seat: Seat) -> Tensor:
    centre = float(hertz(torch.tensor(seat.register)))
    return (f / centre).clamp(0, 1) / (1 + (f / (3 * centre)).square()) + 0.04 * (f / 2000).clamp(0, 1) / (
        1 + (f / 4000) ** 3
    )


choir = functools.partial(
    Ensemble,
    Style(
        players=6,
        attack=0.13,
        legato=0.09,
        release=0.22,
        vibrato=22,
        pace=5.5,
        tuning=7,
        scoop=25,
        tremble=0.1,
        shimmer=0.05,
        opening=(0.15, 0.85),
        breath=0.022,
        gust=1.0,
        spread=0.22,
        spectrum=sung,
        colour=_breathed,
    ),
)
strings = functools.partial(
    Ensemble,
    Style(
        players=6,
        attack=0.11,
        legato=0.08,
        release=0.2,
        vibrato=18,
        pace=5.7,
        tuning=5,
        scoop=8,
        tremble=0.06,
        shimmer=0.5,
        opening=(0.5, 0.5),
        breath=0.014,
        gust=2.0,
        spread=0.2,
        spectrum=bowed,
        colour=_rosin,
    ),
)
flute = functools.partial(
    Ensemble,
    Style(
        players=1,
        attack=0.07,
        legato=0.05,
        release=0.12,
        vibrato=9,
        pace=5.0,
        tuning=3,
        scoop=15,
        tremble=0.16,
        shimmer=0.2,
        opening=(0.2, 0.7),
        breath=0.025,
        gust=3.0,
        spread=0.0,
        spectrum=blown,
        colour=_air,
    ),
)
