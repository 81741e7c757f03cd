"""Layers steered from outside: given statistics, modulation by a style, and noise."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gesso.networks.features import moments

Statistics = list[tuple[Tensor, Tensor]]


class Normaliser:
    """Instance normalisation (Ulyanov et al. 2016) whose statistics can be taken from another picture.

    Without `statistics` every call measures its input and remembers what it found in `self.statistics`; with them, the
    calls use them in the same order. A picture worked in tiles, or at another size, is so normalised as one whole.
    """

    def __init__(self, statistics: Statistics | None = None, epsilon: float = 1e-5):
        self.statistics: Statistics = []
        self.epsilon = epsilon
        self._given: Iterator[tuple[Tensor, Tensor]] | None = None if statistics is None else iter(statistics)

    def __call__(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> the same, normalised in every channel."""
        if self._given is not None:
            mean, std = next(self._given)
        else:
            mean, std = moments(x)
            self.statistics.append((mean, std))
        scale = 1 / (std + self.epsilon)
        return x * scale[..., None, None] - (mean * scale)[..., None, None]


class Modulation(nn.Module):
    """Scale, shift, noise and a low-rank mixing of channels, all chosen by a style.

    Scale and shift are adaptive instance normalisation (Huang and Belongie 2017). The mixing I + U V^T rotates colours
    and strokes into one another, which scale and shift alone cannot. Noise lets flat parts of a photo receive brush
    marks (Karras et al. 2019): a convolution cannot make a texture from a constant.
    """

    def __init__(self, style: int, channels: int, noise: int = 0, rank: int = 4):
        super().__init__()
        self.channels, self.rank = channels, rank
        self.affine = nn.Linear(style, 3 * channels)
        self.mixing = nn.Linear(style, 2 * rank * channels)
        self.noise = nn.Conv2d(noise, channels, 1, bias=False) if noise else None

    def forward(self, x: Tensor, style: Tensor, noise: Tensor | None = None) -> Tensor:
        """x (B, C, H, W) normalised, style (B, S), noise (B, N, H, W) -> (B, C, H, W)."""
        scale, shift, loudness = self.affine(style)[..., None, None].chunk(3, dim=1)  # (B, C, 1, 1) each
        u, v = self.mixing(style).view(-1, 2, self.channels, self.rank).unbind(1)  # (B, C, R) each
        flat = x.permute(0, 2, 3, 1).flatten(1, 2)  # (B, HW, C), no copy in channels_last
        mixed = (flat @ v @ u.transpose(1, 2)).view(len(x), *x.shape[2:], -1).permute(0, 3, 1, 2)
        x = (x + mixed / self.channels**0.5) * (1 + scale) + shift
        return x if self.noise is None or noise is None else x + self.noise(noise) * loudness


class ModulatedBlock(nn.Module):
    """Residual block (He et al. 2016) of two convolutions, each after normalisation, modulation and SiLU."""

    def __init__(self, style: int, channels: int, noise: int = 0):
        super().__init__()
        self.modulations = nn.ModuleList(Modulation(style, channels, noise) for _ in range(2))
        self.convs = nn.ModuleList(conv(channels, channels) for _ in range(2))

    def forward(self, x: Tensor, style: Tensor, normalise: Normaliser, noise: Tensor | None = None) -> Tensor:
        """x (B, C, H, W), style (B, S), noise (B, N, H, W) -> (B, C, H, W)."""
        y = x
        for modulation, convolution in zip(self.modulations, self.convs, strict=True):
            y = convolution(F.silu(modulation(normalise(y), style, noise)))
        return x + y


def conv(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    """3x3 convolution that keeps the borders free of halos by reflecting the picture there."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, padding_mode="reflect")


def initialise_modulation(model: nn.Module, generator: torch.Generator) -> None:
    """Start every modulation near the identity, and every residual branch small (drawn from `generator`)."""
    for module in model.modules():
        if isinstance(module, Modulation):
            nn.init.normal_(module.affine.weight, std=0.5 / module.affine.in_features**0.5, generator=generator)
            nn.init.zeros_(module.affine.bias)
            nn.init.normal_(module.mixing.weight, std=0.5 / module.mixing.in_features**0.5, generator=generator)
            nn.init.normal_(module.mixing.bias, std=0.1, generator=generator)
        elif isinstance(module, ModulatedBlock):
            with torch.no_grad():
                module.convs[1].get_parameter("weight").mul_(0.3)
