"""The network of a taught model: a linear head on what a frozen perceptual network sees in a picture or spectrogram."""

import torch
from torch import Generator, Tensor, nn

from gesso.arts.recognize.spectrogram import repeated
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.weights import Model
from gesso.networks import feature_models
from gesso.networks.features import moments

LAYERS = ("conv31", "conv41", "conv51")
WHOLE = 2 * (64 + 128 + 128)
"""Features of the whole: mean and deviation of every channel of `LAYERS`."""
PARTS = 4 * WHOLE
"""Features of its four parts; they stand after those of the whole."""
SIDE = 128
"""Side in pixels at which a picture is looked at."""


class Taught(nn.Module):
    """Pictures (B, 3, S, S), or sounds as spectrograms (B, 1, T, F), in [0, 1] -> logits (B, K).

    The perceptual network is no part of its weights: it is found by name, and has to be the one with the SHA-256
    `seen_with`. The buffers are the middle and the spread of its features over the examples that were learned from.

    Raises GessoError when the perceptual network is another one.
    """

    middle: Tensor
    spread: Tensor

    def __init__(self, classes: int, seen_with: str):
        super().__init__()
        if seen_with != perceptual().sha256:
            raise GessoError("the model was taught with another Gesso's eyes; teach it anew: gesso recognize --teach")
        self.register_buffer("middle", torch.zeros(WHOLE + PARTS))
        self.register_buffer("spread", torch.ones(WHOLE + PARTS))
        self.head = nn.Linear(WHOLE + PARTS, classes)

    def initialise(self, _: Generator) -> None:
        """Know nothing: every class is as likely."""
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def features(self, x: Tensor) -> Tensor:
        """Pictures or spectrograms x, in [0, 1] -> (B, WHOLE + PARTS), spread evenly around 0."""
        return (described(x) - self.middle) / self.spread


def perceptual() -> Model:
    """The perceptual network that ships with Gesso."""
    return weights.find("gesso.networks", "features")


def described(x: Tensor) -> Tensor:
    """Pictures x (B, 3, S, S) or spectrograms (B, 1, T, F), in [0, 1] -> (B, WHOLE + PARTS), what is seen in them.

    Roots of the mean and the deviation of every channel, over the whole and over each part: activations after a ReLU
    have a long tail, which a root shortens. The parts are the quarters of a picture and four ranges of pitch of a
    sound, which is looked at as a picture in grey: when in a clip it is heard says little of what it is.
    """
    sounds = x.shape[1] == 1
    if sounds:
        x = repeated(x).expand(-1, 3, -1, -1)
    maps = feature_models.load("gesso", x.device)(x, LAYERS).values()  # (B, C, H / 2^k, W / 2^k) each
    parts = [part for each in maps for part in (each.chunk(4, 3) if sounds else _quarters(each))]
    return torch.cat([moment for part in (*maps, *parts) for moment in moments(part)], 1).sqrt()


def _quarters(x: Tensor) -> list[Tensor]:
    return [part for half in x.chunk(2, 2) for part in half.chunk(2, 3)]
