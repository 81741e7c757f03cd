"""The network of a taught model: what a frozen perceptual network sees in a picture, and a linear head over it."""

import torch
from torch import Generator, Tensor, nn

from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.weights import Model
from gesso.networks import feature_models
from gesso.networks.features import moments

LAYERS = ("conv31", "conv41", "conv51")
WHOLE = 2 * (64 + 128 + 128)
"""Features of the whole picture: mean and deviation of every channel of `LAYERS`."""
QUARTERS = 4 * WHOLE
"""Features of its four quarters; they stand after those of the whole."""
SIDE = 128
"""Side in pixels at which a picture is looked at."""


class Taught(nn.Module):
    """Pictures (B, 3, S, S) in [0, 1] -> logits (B, K).

    The perceptual network is no part of its weights: it is found by name, and has to be the one with the SHA-256
    `seen_with`. The buffers are the middle and the spread of its features over the pictures that were learned from.

    Raises GessoError when the perceptual network is another one.
    """

    middle: Tensor
    spread: Tensor

    def __init__(self, classes: int, seen_with: str):
        super().__init__()
        if seen_with != perceptual().sha256:
            raise GessoError("the model was taught with another Gesso's eyes; teach it anew: gesso recognize --teach")
        self.register_buffer("middle", torch.zeros(WHOLE + QUARTERS))
        self.register_buffer("spread", torch.ones(WHOLE + QUARTERS))
        self.head = nn.Linear(WHOLE + QUARTERS, classes)

    def initialise(self, _: Generator) -> None:
        """Know nothing: every class is as likely."""
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def features(self, x: Tensor) -> Tensor:
        """Pictures x (B, 3, S, S) in [0, 1] -> (B, WHOLE + QUARTERS), spread evenly around 0."""
        return (described(x) - self.middle) / self.spread


def perceptual() -> Model:
    """The perceptual network that ships with Gesso."""
    return weights.find("gesso.networks", "features")


def described(x: Tensor) -> Tensor:
    """Pictures x (B, 3, S, S) in [0, 1] -> (B, WHOLE + QUARTERS), what the perceptual network sees in them.

    Roots of the mean and the deviation of every channel, over the whole and over each quarter: activations after a
    ReLU have a long tail, which a root shortens.
    """
    maps = feature_models.load("gesso", x.device)(x, LAYERS).values()  # (B, C, S / 2^k, S / 2^k) each
    quarters = [part for each in maps for half in each.chunk(2, 2) for part in half.chunk(2, 3)]
    return torch.cat([moment for part in (*maps, *quarters) for moment in moments(part)], 1).sqrt()
