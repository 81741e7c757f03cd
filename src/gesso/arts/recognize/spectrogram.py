"""Sounds as pictures that a network can read: how loud each pitch is from moment to moment."""

import functools

import torch
from torch import Tensor

from gesso.core.media import Sound
from gesso.core.pictures import Raster
from gesso.pipeline.data.examples import SECONDS
from gesso.pipeline.data.folder import RATE
from gesso.pipeline.data.loading import Examples, Loaded
from gesso.pipeline.data.resample import resample

BANDS = 64
WINDOW, HOP = 1024, 320  # samples: 64 ms, every 20 ms
LOWEST, HIGHEST = 50.0, 8000.0  # hertz
RANGE = 80.0  # decibels below the loudest that are told apart
LONGEST = 300  # seconds of a user's sound that are listened to
FAINTEST = 1e-10  # mean power of a window under which it is silence


class Spectrograms:
    """Labelled sounds, as spectrograms."""

    def __init__(self, sounds: Examples):
        self.sounds, self.classes, self.labels = sounds, sounds.classes, sounds.labels

    def __len__(self) -> int:
        return len(self.sounds)

    def load(self, indices: Tensor) -> Loaded:
        """uint8 (B, 1, frames, BANDS) of those of the examples with these numbers that can be read."""
        loaded = self.sounds.load(indices)
        return loaded._replace(inputs=log_mel(loaded.inputs)) if len(loaded.indices) else loaded


def log_mel(samples: Tensor) -> Tensor:
    """Sounds (B, n) at 16 kHz -> uint8 (B, 1, n // HOP + 1, BANDS): 255 is the loudest of each sound, 0 is 80 dB less.

    Time runs down, pitch to the right, in bands that are equally wide in mel (Stevens et al. 1937). How loud the
    whole sound is makes no difference.
    """
    window = torch.hann_window(WINDOW)
    spectrum = torch.stft(samples, WINDOW, HOP, window=window, pad_mode="constant", return_complex=True)  # (B, F, T)
    power = filters() @ spectrum.abs().square()  # (B, BANDS, T)
    decibels = 10 * power.clamp(min=FAINTEST).log10()
    shares = 1 + (decibels - decibels.amax((1, 2), keepdim=True)) / RANGE
    loud = power.amax((1, 2), keepdim=True) > FAINTEST
    return torch.where(loud, shares.clamp(min=0) * 255, 0.0).round().to(torch.uint8).mT[:, None]


@functools.cache
def filters() -> Tensor:
    """What of each frequency goes into each band: (BANDS, WINDOW / 2 + 1), triangles that overlap by half."""
    ends = torch.tensor([LOWEST, HIGHEST], dtype=torch.float64)
    low, high = (2595 * (1 + ends / 700).log10()).tolist()
    edges = 700 * (10 ** (torch.linspace(low, high, BANDS + 2, dtype=torch.float64) / 2595) - 1)  # hertz
    at = torch.linspace(0, RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)
    rising = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp(min=0).float()


def heard(sound: Sound) -> Tensor:
    """A user's sound, up to its first five minutes -> uint8 (W, 1, frames, BANDS): stretches of five seconds.

    They overlap by half, the last by more; a sound shorter than that is followed by silence, as in training.

    Raises GessoError when the file cannot be read.
    """
    samples, rate = sound.decode(LONGEST)
    x = resample(torch.from_numpy(samples), rate, RATE)
    length = SECONDS * RATE
    x = torch.nn.functional.pad(x, (0, max(0, length - len(x))))
    stretches = x.unfold(0, length, length // 2)  # (W, n)
    if (len(x) - length) % (length // 2):  # and the end of it
        stretches = torch.cat([stretches, x[None, -length:]])
    return log_mel(stretches.contiguous())


def repeated(x: Tensor) -> Tensor:
    """Spectrograms x (B, 1, T, F), in which a sound that ends early begins again until the time is full.

    Its first and last frames reach into the silence around it and are left out, or every end would be a beat.
    """
    frames = torch.arange(x.shape[2], device=x.device)
    end = ((x.amax((1, 3)) > 0) * (frames + 1)).amax(1)  # (B,)
    early = (end > 3) & (end < len(frames) - 1)
    length = torch.where(early, end - 2, len(frames))
    at = early[:, None] + frames % length[:, None]  # (B, T)
    return x.gather(2, at[:, None, :, None].expand_as(x))


def drawn(spectrogram: Tensor) -> Raster:
    """A spectrogram (1, frames, BANDS) as a picture for people: time to the right, pitch upwards, ink on white."""
    pixels = (255 - spectrogram[0].mT.flip(0)).repeat_interleave(2, 0).repeat_interleave(2, 1)  # (2 BANDS, 2 frames)
    return Raster(pixels[:, :, None].expand(-1, -1, 3).contiguous().numpy())
