"""Perceptual features: what a picture looks like to a convolutional network, layer by layer.

Every network here is a plain VGG (Simonyan and Zisserman 2015) and differs only in its plan: which convolutions, how
wide, and where it pools. `SLIM` is our own, shipped with Gesso; `VGG19` is the published one, for those who have it.
"""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# (name, channels) is a 3x3 convolution with ReLU; None halves the resolution.
Plan = tuple[tuple[str, int] | None, ...]

STYLE_LAYERS = ("conv11", "conv21", "conv31", "conv41")
CONTENT_LAYER = "conv41"

# Spreads RGB so that first-layer weights of ordinary size can reproduce a network trained on pixels in 0..255.
CONTRAST = 8.0

# The channels at the layers that are read are those of the network it was distilled from, so that figures compare.
SLIM: Plan = (
    ("conv11", 16), ("conv12", 16), None,
    ("conv21", 32), ("conv22", 32), None,
    ("conv31", 64), ("conv32", 64), ("conv33", 64), ("conv34", 64), None,
    ("conv41", 128), ("conv42", 128), None,
    ("conv51", 128),
)  # fmt: skip


def vgg19_plan(widths: Sequence[int] = (64, 128, 256, 512, 512)) -> Plan:
    """VGG-19 up to conv51, with `widths[i]` channels in block i + 1."""
    plan: list[tuple[str, int] | None] = []
    for block, (width, depth) in enumerate(zip(widths, (2, 2, 4, 4, 1), strict=True), start=1):
        plan += [(f"conv{block}{i}", width) for i in range(1, depth + 1)] + [None]
    return tuple(plan[:-1])


class Features(nn.Module):
    """A VGG whose named layers can be read.

    `padding` is "reflect" (no dark borders) or "zeros" (as published). `stem` adds `conv0`, the 1x1 convolution with
    which published networks normalise RGB; ours takes RGB in [0, 1] as it is.
    """

    def __init__(self, plan: Plan = SLIM, *, padding: Literal["reflect", "zeros"] = "reflect", stem: bool = False):
        super().__init__()
        self.plan = plan
        self.convs = nn.ModuleDict()
        channels = 3
        if stem:
            self.convs["conv0"] = nn.Conv2d(3, 3, 1)
        for layer in plan:
            if layer is not None:
                name, width = layer
                self.convs[name] = nn.Conv2d(channels, width, 3, padding=1, padding_mode=padding)
                channels = width

    def forward(self, x: Tensor, layers: Sequence[str] = STYLE_LAYERS) -> dict[str, Tensor]:
        """Read RGB x (B, 3, H, W) in [0, 1] at `layers`: name -> (B, C, H / 2^k, W / 2^k) after the ReLU."""
        taken: dict[str, Tensor] = {}
        x = self.convs["conv0"](x) if "conv0" in self.convs else (x - 0.5) * CONTRAST
        for layer in self.plan:
            if layer is None:
                x = F.max_pool2d(x, 2)
                continue
            name, _ = layer
            x = F.relu(self.convs[name](x))
            if name in layers:
                taken[name] = x
                if len(taken) == len(layers):
                    return taken
        missing = sorted(set(layers) - set(taken))
        raise KeyError(f"no layer {', '.join(missing)} in this feature network")


def initialise(model: nn.Module, generator: torch.Generator) -> None:
    """He initialisation of every convolution (He et al. 2015), drawn from `generator`; biases are zero."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, std=(2 / fan_in) ** 0.5, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over space: (B, C, H, W) -> two (B, C)."""
    x = x.float()  # the difference of squares below loses half the digits, and mixed precision has no more
    mean = x.mean((2, 3))
    # From the mean square: one pass instead of the two of torch.std_mean, which is slow in channels_last.
    variance = x.square().mean((2, 3)) - mean.square()
    return mean, variance.clamp(min=1e-10).sqrt()


def instance_normalised(x: Tensor, epsilon: float = 1e-5) -> Tensor:
    """x (B, C, H, W) with mean 0 and deviation 1 in every channel of every picture (Ulyanov et al. 2016)."""
    mean, std = moments(x)
    return (x - mean[..., None, None]) / (std[..., None, None] + epsilon)


def covariance(x: Tensor, down: int = 0, right: int = 0) -> Tensor:
    """Covariance over space of the channels of x (B, C, H, W) and of x shifted by some pixels: (B, C, C)."""
    height, width = x.shape[2] - down, x.shape[3] - right
    x = (x - x.mean((2, 3), keepdim=True)).permute(0, 2, 3, 1)  # (B, H, W, C)
    here, there = x[:, :height, :width].flatten(1, 2), x[:, down:, right:].flatten(1, 2)
    return here.transpose(1, 2) @ there / (height * width)
