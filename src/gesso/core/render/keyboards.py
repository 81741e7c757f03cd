"""Organ and piano: every key has a tone of its own, which is always the same."""

import math

import torch
from torch import Tensor

from gesso.core.render.instruments import Batch, Seat, eased, panned
from gesso.core.render.modes import modes
from gesso.core.seeds import generator


class Organ:
    """Principals of 8, 4 and 2 feet with a stopped flute and a quint; under the lowest part a subbass of 16 feet."""

    early, late, players = 0.02, 0.16, 1

    # multiple of the pitch, how strong, harmonics' decline, of the even ones, seconds until it speaks
    _RANKS = (
        (1.0, 1.0, 1.25, 1.0, 0.055),
        (1.0, 0.7, 1.6, 0.15, 0.045),
        (2.0, 0.55, 1.2, 1.0, 0.035),
        (3.0, 0.16, 1.4, 1.0, 0.03),
        (4.0, 0.28, 1.2, 1.0, 0.025),
    )
    _SUBBASS = (0.5, 0.9, 1.8, 0.2, 0.08)
    _HIGHEST = 4200.0  # hertz of a pipe; higher ones are an octave lower, as in real organs

    def __init__(self, seat: Seat):
        self.seat = seat
        self.ranks = (*self._RANKS, self._SUBBASS) if seat.lowest else self._RANKS
        about = generator(seat.seed, "pipes")
        self.tuning = 1.6 * torch.randn(len(self.ranks), 128, generator=about).clamp(-2, 2)  # cents
        self.phases = 2 * math.pi * torch.rand(len(self.ranks), 128, 12, generator=about)

    def play(self, batch: Batch, rate: int) -> Tensor:
        """The sound of notes (N, 2, n)."""
        n = math.ceil((float(batch.length.max()) + self.early + self.late) * rate)
        t = torch.arange(n) / rate - self.early
        release = 1 - eased((t - batch.length) / (0.8 * self.late))
        key = batch.pitch[:, 0].round().long().clamp(0, 127)
        side = torch.where(key % 2 == 0, -0.25, 0.25)  # whole tones stand on either side of the case
        k = torch.arange(1.0, 13)
        out = torch.zeros(len(key), 2, n)
        for number, (multiple, strong, decline, even, speaks) in enumerate(self.ranks):
            pipe = batch.hertz * multiple * torch.exp2(self.tuning[number, key][:, None] / 1200)
            pipe = torch.where(pipe > self._HIGHEST, pipe / 2, pipe)
            tone = strong * k**-decline * torch.where(k % 2 == 0, even, 1.0) / (1 + (k * pipe / 5000) ** 2)
            phase = self.phases[number, key]
            # Before it stands, a pipe speaks in its higher modes, a little sharp: the chiff.
            spitting = tone * torch.where(k > 1, 1.5, 0.0)
            frequency = torch.cat([pipe * k, pipe * k * 1.013], 1)
            decay = torch.cat([torch.zeros_like(tone), torch.full_like(tone, 1 / (0.6 * speaks))], 1)
            place = panned(self.seat.pan + side)  # (N, 2)
            amplitude = torch.cat([tone, spitting], 1)[:, None] * place[..., None]
            sound = modes(frequency, decay, amplitude, torch.cat([phase, phase], 1), n, rate)
            out += sound * (eased((t + self.early) / speaks) * release)[:, None]
        return out * (0.8 + 0.2 * batch.force)[..., None]


class Piano:
    """Struck strings, stiff and in pairs, over a soundboard."""

    early, late, players = 0.0, 0.9, 1
    _PARTIALS = 40

    def __init__(self, seat: Seat):
        self.seat = seat
        about = generator(seat.seed, "strings")
        self.detuned = 0.25 + 0.5 * torch.rand(128, generator=about)  # cents between the strings of a key
        self.board = torch.exp(0.25 * torch.randn(2, 128, self._PARTIALS, generator=about))  # of either channel

    def play(self, batch: Batch, rate: int) -> Tensor:
        """The sound of notes (N, 2, n)."""
        n = math.ceil((float(batch.length.max()) + self.late) * rate)
        key = batch.pitch[:, 0].round().long().clamp(0, 127)
        k = torch.arange(1.0, self._PARTIALS + 1)
        f = stiff(batch.hertz, batch.pitch, k)  # (N, K)
        detuned = torch.exp2(self.detuned[key][:, None] / 1200)
        tone = struck(f, batch.force, k)
        # What moves towards the bridge is lost fast, what moves along it slowly (Weinreich 1977): two decays.
        lost = 0.28 * torch.exp2((batch.pitch - 48) / 14) + 1e-8 * (2 * math.pi * f).square()
        frequency, decay = torch.cat([f, f * detuned], 1), torch.cat([1.8 * lost, 0.5 * lost], 1)
        place = panned(self.seat.pan + (batch.pitch[:, 0] - 64) / 90)
        board = self.board[:, key].transpose(0, 1) * place[..., None]  # (N, 2, K)
        amplitude = torch.cat([tone[:, None] * board, 0.3 * tone[:, None] * board.flip(1)], 2)
        sound = modes(frequency, decay, amplitude, torch.zeros_like(frequency), n, rate)
        sound += self._knock(batch, n, rate)[:, None]
        t = torch.arange(n) / rate
        slow = 0.07 * torch.exp2((60 - batch.pitch) / 24)  # a damper takes longer to still a heavy string
        damped = torch.exp(-(t - batch.length).clamp(min=0) / slow)
        ended = 1 - eased((t - batch.length - 0.6 * self.late) / (0.35 * self.late))
        return (
            sound
            * (eased(t / 0.0012) * damped * ended)[:, None]
            * (batch.force**1.5 * torch.exp2((batch.pitch - 60) / 26))[..., None]
        )

    def _knock(self, batch: Batch, n: int, rate: int) -> Tensor:
        """The hammer's blow on the soundboard (N, n): low modes that die at once."""
        f = torch.tensor([92.0, 131, 178, 239, 322, 410, 530, 690]).expand(len(batch.pitch), -1)
        phase = 2 * math.pi * batch.chance[:, 0, :1] * torch.arange(8)
        loud = torch.full((len(f), 1, 8), 0.012)
        brief = min(n, round(0.3 * rate))
        knock = modes(f, torch.full_like(f, 32.0), loud, phase, brief, rate)[:, 0]
        return torch.nn.functional.pad(knock, (0, n - brief))


def stiff(base: Tensor, pitch: Tensor, k: Tensor) -> Tensor:
    """The partials of a stiff string (Fletcher 1964), f_k = k f_1 sqrt(1 + B k^2), with the f_1 that tunes the first.

    B as pianos have it, by key (Rigaud, David and Daudet 2013): the treble bridge's line and the bass bridge's.
    """
    B = torch.exp(0.0926 * pitch - 13.64) + torch.exp(-0.0847 * pitch - 5.82)
    return base * k * ((1 + B * k * k) / (1 + B)).sqrt()


def struck(f: Tensor, force: Tensor, k: Tensor) -> Tensor:
    """How strong the partials (N, K) are after a hammer's blow at an eighth of the string.

    A felt hammer stays on the string for about two milliseconds in the middle, less in the treble and with more force,
    and what is faster than that it does not excite (Hall and Askenfelt 1988). A soundboard gives little under 100 Hz.
    """
    contact = 0.0015 * (f[:, :1] / 262) ** -0.25 * (1.35 - 0.7 * force)
    felt = 1 / (1 + (1.6 * f * contact).square()) ** 0.9
    position = torch.sin(math.pi * k / 8).abs() + 0.08
    board = 1 / (1 + (95 / f).square())
    tone = position * felt * board * k**-0.35
    return tone / tone.square().sum(1, keepdim=True).sqrt()
