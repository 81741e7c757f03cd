"""The recogniser: a network, what it takes pictures to be like, and what it knows of its own limits."""

from itertools import chain
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn

from gesso.arts.recognize.art import Look, Network
from gesso.arts.recognize.taught import WHOLE, Taught
from gesso.core import weights
from gesso.networks.convolutional import Convolutional
from gesso.networks.features import moments
from gesso.networks.recurrent import Recurrent
from gesso.networks.residual import Residual

Views = Literal["one", "mirrored", "shifted", "mirrored and shifted"]

RANK = 128  # directions of the traits that are told from the rest


class Configuration(BaseModel):
    """All that has to be known to build a recogniser before its weights are loaded.

    Attributes:
        size: pixels of a side, or bands of a spectrogram.
        views: what the answer is the mean over: the picture alone; it and its mirror image; it and itself shifted by a
            pixel in each of four directions; or it, itself shifted by a pixel up and left and down and right, and the
            mirror images of these three.
        names: what single training examples are called, of which the nearest can be told.
        features: of a taught one, whose network is "features", the SHA-256 of the perceptual network it looks with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    channels: int
    size: int
    look: Look
    views: Views = "one"
    names: tuple[str, ...] = ()
    network: Network | Literal["features"] = "residual"
    widths: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (2, 2, 2)
    hidden: int = 128
    layers: int = 2
    features: str = ""


class Recognizer(nn.Module):
    """Pictures, or sounds as spectrograms, to logits of classes.

    Its buffers are what was measured on the data: mean and deviation of the pixels; the temperature that makes its
    probabilities true; and for telling what is strange, the mean traits of all pictures and, from there, of each
    class, how they vary around them (their scale, and the main directions with what each is shrunk by), and the limit
    beyond which a picture is like nothing known; and the features of the examples that have names.
    """

    mean: Tensor
    deviation: Tensor
    temperature: Tensor
    middle: Tensor
    centres: Tensor
    scale: Tensor
    directions: Tensor
    shrinking: Tensor
    limit: Tensor
    gallery: Tensor

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        classes = len(c.classes)
        match c.network:
            case "residual":
                self.network = Residual(channels=c.channels, widths=c.widths, blocks=c.blocks, classes=classes)
            case "convolutional":
                self.network = Convolutional(channels=c.channels, widths=c.widths, blocks=c.blocks, classes=classes)
            case "lstm" | "gru":
                self.network = Recurrent(
                    inputs=c.channels * c.size, hidden=c.hidden, layers=c.layers, classes=classes, cell=c.network
                )
            case "features":
                self.network = Taught(classes, c.features)
        width = _traits(c, self.network)
        self.register_buffer("mean", torch.zeros(c.channels, 1, 1))
        self.register_buffer("deviation", torch.ones(c.channels, 1, 1))
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("middle", torch.zeros(width))
        self.register_buffer("centres", torch.zeros(classes, width))
        self.register_buffer("scale", torch.ones(width))
        rank = width if isinstance(self.network, Taught) else min(RANK, width)
        self.register_buffer("directions", torch.zeros(width, rank))
        self.register_buffer("shrinking", torch.zeros(rank))
        self.register_buffer("limit", torch.zeros(()))
        self.register_buffer("gallery", torch.zeros(len(c.names), self.network.head.in_features))

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        self.network.initialise(generator)

    def features(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, S) in [0, 1] -> (B, D), what the head decides from."""
        x = (x - self.mean) / self.deviation
        if isinstance(self.network, Recurrent):
            return self.network.features(x.permute(0, 2, 1, 3).flatten(2))  # (B, H, C S): row after row
        return self.network.features(x)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, S) in [0, 1] -> logits (B, K)."""
        return self.network.head(self.features(x))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Logits (B, K) -> calibrated probabilities (B, K) (Guo et al. 2017)."""
        return (logits / self.temperature).softmax(1)

    def examined(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures x (B, C, H, S) in [0, 1] -> logits (B, K) and traits (B, T), by which the strange is told.

        The traits are the features and mean and deviation of every channel on the way to them, for a recurrent network
        the picture in 7 x 7, or of a taught one the features of the whole picture. Features alone do not do:
        the head wants of them no more than tells the classes apart. Of Fashion-MNIST's test pictures, digits trained on
        MNIST for 900 steps took 35 % for strange by features, 10 % by the energy of its logits and 99.9 % by these,
        each with half a percent of MNIST's.
        """
        features, traits = self._looked(x)
        logits = torch.stack([self.network.head(features), *map(self, self._other_views(x))]).mean(0)
        return logits, traits

    def traits(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, S) in [0, 1] -> their traits (B, T), as `examined` gives them."""
        return self._looked(x)[1]

    def _looked(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, D) and traits (B, T) of pictures x (B, C, H, S)."""
        if isinstance(self.network, Taught | Recurrent):
            features = self.features(x)
            if isinstance(self.network, Taught):
                return features, features[:, :WHOLE]
            small = F.adaptive_avg_pool2d((x - self.mean) / self.deviation, 7).flatten(1)
            return features, torch.cat([features, small], 1)
        maps = list(self.network.maps((x - self.mean) / self.deviation))
        features = self.network.pooled(maps[-1])
        return features, torch.cat([features, *chain.from_iterable(map(moments, maps))], 1)

    def _other_views(self, x: Tensor) -> list[Tensor]:
        match self.configuration.views:
            case "mirrored":
                return [x.flip(3)]
            case "shifted":
                height, width = x.shape[2:]
                wide = F.pad(x, (1, 1, 1, 1))
                ways = [(0, 1), (2, 1), (1, 0), (1, 2)]
                return [wide[:, :, down : down + height, right : right + width] for down, right in ways]
            case "mirrored and shifted":
                wide = F.pad(x, (1, 1, 1, 1), mode="reflect")
                shifted = [wide[:, :, :-2, :-2], wide[:, :, 2:, 2:]]
                return [*shifted, *(view.flip(3) for view in (x, *shifted))]
            case "one":
                return []

    def likeness(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, S) in [0, 1] -> (B, N), how like each is to each named example, -1 to 1: a cosine."""
        return F.normalize(self.features(x)) @ F.normalize(self.gallery).T

    def strangeness(self, traits: Tensor) -> Tensor:
        """Traits (B, T) -> (B,): how far from the nearest class, about 1 for what is known; compare with `limit`.

        The squared Mahalanobis distance over T, with one covariance for all classes (Lee et al. 2018), of which only
        the main directions are kept, and the rest taken for round (Tipping and Bishop 1999).
        """
        places, centres = self._rounded(traits - self.middle), self._rounded(self.centres)
        return torch.cdist(places, centres).amin(1) ** 2 / traits.shape[1]

    def _rounded(self, traits: Tensor) -> Tensor:
        """Traits (..., T) less the middle -> (..., T), of which every direction varies as much as any other."""
        x = traits * self.scale
        return x - (x @ self.directions * self.shrinking) @ self.directions.T


def _traits(c: Configuration, network: nn.Module) -> int:
    """How many traits a picture has; see `Recognizer.examined`."""
    match network:
        case Taught():
            return WHOLE
        case Recurrent():
            return network.head.in_features + c.channels * 49
        case Residual():
            widths = [
                c.widths[0],
                *(width for width, depth in zip(c.widths, c.blocks, strict=True) for _ in range(depth)),
            ]
        case _:
            widths = c.widths
    return c.widths[-1] + 2 * sum(widths)


def build(configuration: Configuration) -> Recognizer:
    """A recogniser with the weights PyTorch gives it; `Recognizer.initialise` or a checkpoint sets them."""
    model = Recognizer(configuration)
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


@weights.until_changed(8)
def load_recognizer(path: Path, device: torch.device) -> Recognizer:
    """The recogniser whose weights are in `path`, ready to use.

    Raises GessoError when they are no recogniser's, or do not fit their configuration.
    """
    return weights.load_network(path, "recognize", lambda said: build(Configuration(**said)), device)
