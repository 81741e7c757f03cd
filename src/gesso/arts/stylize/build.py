"""The fast painter: one feed-forward network for any style (Huang and Belongie 2017; Wang et al. 2023, MicroAST).

A small encoder turns a style picture into a code of feature statistics; the painter works at half, quarter and eighth
resolution behind a pixel-unshuffle and is steered by the code. Nothing large runs when a picture is made.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.networks.features import initialise, moments
from gesso.networks.modulated import ModulatedBlock, Normaliser, Statistics, conv, initialise_modulation

STRIDE = 8
"""Sides of the pictures that the painter takes are multiples of this."""


class Configuration(BaseModel):
    """The sizes of the network: channels at half, quarter and eighth resolution."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    widths: tuple[int, int, int] = (32, 64, 128)
    blocks: int = 4
    style: int = 160
    noise: tuple[int, int] = (2, 4)


class Noise(NamedTuple):
    """Standard normal fields at half and quarter resolution, (B, N, H / 2^k, W / 2^k).

    There is none at an eighth: it made blotches as large as faces.
    """

    half: Tensor
    quarter: Tensor

    def tile(self, top: int, left: int, height: int, width: int) -> "Noise":
        """The part that belongs to a tile of the picture; all in pixels, multiples of 8."""
        return Noise(
            *(
                field[..., top // k : (top + height) // k, left // k : (left + width) // k]
                for field, k in zip(self, (2, 4), strict=True)
            )
        )

    def to(self, device: torch.device) -> "Noise":
        """The same on `device`."""
        return Noise(*(field.to(device) for field in self))


class StyleEncoder(nn.Module):
    """A style picture to its code: means and deviations of learned features at four resolutions."""

    def __init__(self, widths: tuple[int, int, int]):
        super().__init__()
        a, b, c = widths
        self.convs = nn.ModuleList(
            [conv(12, a), conv(a, b, stride=2), conv(b, c, stride=2), conv(c, c), conv(c, c, stride=2)]
        )
        self.length = 2 * (a + b + c + c + c)

    def forward(self, x: Tensor) -> Tensor:
        """RGB x (B, 3, H, W) in [0, 1] -> code (B, L)."""
        x = F.pixel_unshuffle(x - 0.5, 2)  # (B, 12, H/2, W/2)
        code: list[Tensor] = []
        for convolution in self.convs:
            x = F.silu(convolution(x))
            code += moments(x)
        return torch.cat(code, dim=1)


class Painter(nn.Module):
    """Content, style code and noise to a picture."""

    def __init__(self, configuration: Configuration | None = None):
        super().__init__()
        self.configuration = configuration = configuration or Configuration()
        half, quarter, eighth = configuration.widths
        style, noise = configuration.style, configuration.noise
        self.encoder = StyleEncoder(configuration.widths)
        self.mapping = nn.Sequential(
            nn.LayerNorm(self.encoder.length),
            nn.Linear(self.encoder.length, 2 * style),
            nn.SiLU(),
            nn.Linear(2 * style, style),
            nn.SiLU(),
        )
        self.to_half = conv(12, half)
        self.to_quarter = conv(half, quarter, stride=2)
        self.to_eighth = conv(quarter, eighth, stride=2)
        self.at_eighth = nn.ModuleList(ModulatedBlock(style, eighth) for _ in range(configuration.blocks))
        self.up_to_quarter = nn.Conv2d(eighth, quarter, 1)
        self.at_quarter = ModulatedBlock(style, quarter, noise[1])
        self.up_to_half = nn.Conv2d(quarter, half, 1)
        self.at_half = ModulatedBlock(style, half, noise[0])
        self.up_to_full = nn.Conv2d(half, 8, 1)
        self.at_full = conv(8 + 3, 8)
        self.to_rgb = conv(8, 3)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        initialise(self, generator)
        initialise_modulation(self, generator)
        for layer in self.mapping:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5, generator=generator)
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.to_rgb.weight.mul_(0.2)  # a picture of small contrast to begin with: the loss starts near 1

    def encode(self, style: Tensor) -> Tensor:
        """Style picture (B, 3, H, W) in [0, 1], sides multiples of 16 -> code (B, L)."""
        return self.encoder(style)

    def noise(self, height: int, width: int, generator: Generator, batch: int = 1) -> Noise:
        """Noise for pictures of `height` x `width` pixels, multiples of 8, drawn on the CPU."""
        return Noise(
            *(
                torch.randn((batch, channels, height // k, width // k), generator=generator)
                for channels, k in zip(self.configuration.noise, (2, 4), strict=True)
            )
        )

    def forward(
        self, content: Tensor, code: Tensor, noise: Noise, statistics: Statistics | None = None
    ) -> tuple[Tensor, Statistics]:
        """Paint RGB `content` (B, 3, H, W) in [0, 1], sides multiples of 8, with `code` (B, L) and `noise`.

        Returns the picture (B, 3, H, W), not clamped, and the statistics it was normalised with: those given, or its
        own.
        """
        normalise = Normaliser(statistics)
        style = self.mapping(code)  # (B, S)
        half = self.to_half(F.pixel_unshuffle(content - 0.5, 2))  # (B, 32, H/2, W/2)
        quarter = self.to_quarter(F.silu(half))  # (B, 64, H/4, W/4)
        x = self.to_eighth(F.silu(quarter))  # (B, 128, H/8, W/8)
        for block in self.at_eighth:
            x = block(x, style, normalise)
        x = doubled(self.up_to_quarter(x)) + quarter
        x = self.at_quarter(x, style, normalise, noise.quarter)
        x = doubled(self.up_to_half(x)) + half
        x = self.at_half(x, style, normalise, noise.half)
        x = doubled(self.up_to_full(F.silu(x)))  # (B, 8, H, W)
        x = self.at_full(torch.cat([x, content - 0.5], dim=1))
        x = self.to_rgb(F.silu(x)) + 0.5
        return x, normalise.statistics if statistics is None else statistics


def doubled(x: Tensor) -> Tensor:
    """x (B, C, H, W) at twice the resolution; bilinear, for a pixel-shuffle leaves a checkerboard."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def build(configuration: Configuration | None = None) -> Painter:
    """A painter with the weights PyTorch gives it; `Painter.initialise` or a checkpoint sets them."""
    painter = Painter(configuration)
    return painter.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


@weights.until_changed(2)
def load_painter(path: Path, device: torch.device) -> Painter:
    """The painter whose weights are in `path`, ready to paint. Raises GessoError when they are no painter's."""
    model = weights.Model(path.stem, path)
    try:
        painter = build(Configuration(**model.configuration["network"]))
        painter.load_state_dict(model.tensors())
    except (RuntimeError, ValidationError, TypeError, KeyError):
        raise GessoError(f"{path.name} is no model of stylize, or another version's; choose another --model") from None
    return painter.eval().requires_grad_(False).to(device)
