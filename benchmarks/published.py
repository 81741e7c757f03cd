"""A network of the shape of MicroAST (Wang et al. 2023), to be timed beside ours; random weights, never trained.

Written from the paper: two micro encoders and a decoder of 9x9 convolutions at full resolution, 16 to 64 channels,
instance-normalised residual blocks, and a modulator that turns the style's signals into filters and biases.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def layer(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride))


class Residual(nn.Module):
    """Two 3x3 convolutions; the first's output is filtered by the style, channel by channel."""

    def __init__(self, channels: int = 64):
        super().__init__()
        self.first, self.second = layer(channels, channels, 3), layer(channels, channels, 3)

    def forward(self, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        y = self.first(x)
        if weight is not None:
            y = y * weight + bias
        return F.relu(x + self.second(F.relu(y)))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(
            layer(3, 16, 9), nn.ReLU(), layer(16, 32, 3, 2), nn.ReLU(), layer(32, 64, 3, 2), nn.ReLU()
        )
        self.blocks = nn.ModuleList([Residual(), Residual()])

    def forward(self, x: Tensor) -> list[Tensor]:
        found = [self.down(x)]
        for block in self.blocks:
            found.append(block(found[-1]))
        return found[1:]


class Published(nn.Module):
    """Content (1, 3, H, W) and style (1, 3, h, w) to a picture (1, 3, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.content, self.style = Encoder(), Encoder()
        self.signals = nn.ModuleList([nn.Linear(64, 128), nn.Linear(64, 128)])
        self.blocks = nn.ModuleList([Residual(), Residual()])
        self.up = nn.ModuleList([layer(64, 32, 3), layer(32, 16, 3), layer(16, 3, 9)])

    @torch.inference_mode()
    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        of_content, of_style = self.content(content), self.style(style)
        x = of_content[-1]
        for block, signal, seen in zip(self.blocks, self.signals, reversed(of_style), strict=True):
            std, mean = torch.std_mean(x, dim=(2, 3), keepdim=True)
            std_s, mean_s = torch.std_mean(seen, dim=(2, 3), keepdim=True)
            weight, bias = signal(seen.mean((2, 3)))[..., None, None].chunk(2, dim=1)
            x = block((x - mean) / (std + 1e-5) * std_s + mean_s, weight, bias)
        for number, layer_up in enumerate(self.up):
            x = layer_up(x if number == 2 else F.interpolate(x, scale_factor=2, mode="nearest"))
            x = F.relu(x) if number < 2 else x
        return x
