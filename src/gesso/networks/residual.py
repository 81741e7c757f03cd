"""A residual classifier of pictures (He et al. 2016), small enough to train on a laptop's processor.

Most of the time of such a network on a processor goes into passes over large tensors, not into the convolutions. So
what is at full resolution is one convolution without normalisation, and the blocks begin at half of it.
"""

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError
from gesso.networks.features import initialise

GROUPS = 8


class GroupNorm(nn.GroupNorm):
    """Group normalisation (Wu and He 2018): of each picture alone, so a batch may be split over processes.

    There are 8 groups, or as many fewer as divide the channels evenly.
    """

    def __init__(self, channels: int):
        super().__init__(math.gcd(GROUPS, channels), channels)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 -- nn.GroupNorm's name for it
        """x (B, C, H, W) -> the same, computed in the precision of the weights.

        In mixed precision that is more exact than bfloat16, and on a processor faster in channels_last.
        """
        return super().forward(input.to(self.weight.dtype)).to(input.dtype)


class Block(nn.Module):
    """Two 3x3 convolutions, each after normalisation and ReLU, added to their input (He et al. 2016, pre-activation).

    With `stride` 2 or another width the input is averaged and mixed to the new shape (He et al. 2019, ResNet-D).
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1):
        super().__init__()
        self.stride = stride
        self.norm1, self.norm2 = GroupNorm(inputs), GroupNorm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = None
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, D, ceil(H / stride), ceil(W / stride))."""
        y = F.relu(self.norm1(x))
        if self.shortcut is not None:
            x = self.shortcut(F.avg_pool2d(y, self.stride, ceil_mode=True) if self.stride > 1 else y)
        y = self.conv1(y)
        return x + self.conv2(F.relu(self.norm2(y)))


def check_stages(widths: Sequence[int], blocks: Sequence[int]) -> None:
    """Raises GessoError when `widths` and `blocks` do not describe the same stages."""
    if not widths or len(widths) != len(blocks) or min(*widths, *blocks) < 1:
        raise GessoError(
            f"widths {tuple(widths)} and blocks {tuple(blocks)} do not fit: give each stage a width and at least "
            "one block"
        )


class Residual(nn.Module):
    """Pictures to classes: a stem, stages of residual blocks, the mean over space, a linear head.

    Stage i has `blocks[i]` blocks of `widths[i]` channels. The first works at half the picture's resolution and each
    further one at half of that before it: 28 pixels become 14, then 7, then 4. `channels` is 1 for grey and 3 for RGB.

    Raises GessoError when `widths` and `blocks` do not describe the same stages.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        widths: Sequence[int] = (32, 64, 128),
        blocks: Sequence[int] = (2, 2, 2),
        classes: int = 10,
    ):
        super().__init__()
        check_stages(widths, blocks)
        half = max(1, widths[0] // 2)
        self.stem = nn.Conv2d(channels, half, 3, padding=1)
        self.to_half = nn.Conv2d(half, widths[0], 3, stride=2, padding=1, bias=False)
        stages: list[Block] = []
        inputs = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, blocks, strict=True)):
            for i in range(depth):
                stages.append(Block(inputs, width, stride=2 if stage > 0 and i == 0 else 1))
                inputs = width
        self.blocks = nn.ModuleList(stages)
        self.norm = GroupNorm(inputs)
        self.head = nn.Linear(inputs, classes)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`: He's (He et al. 2015), the residual branches smaller the more there are.

        So scaled, the sum over all branches has at first the size of one (Zhang et al. 2019, Fixup).
        """
        initialise(self, generator)
        for module in self.modules():
            if isinstance(module, GroupNorm):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, Block):
                with torch.no_grad():
                    module.conv2.weight.mul_(len(self.blocks) ** -0.5)
        nn.init.normal_(self.head.weight, std=self.head.in_features**-0.5, generator=generator)
        nn.init.zeros_(self.head.bias)

    def maps(self, x: Tensor) -> Iterator[Tensor]:
        """Pictures x (B, C, H, W), about mean 0 and deviation 1 -> what goes into the blocks, and comes out of each."""
        x = self.to_half(F.relu(self.stem(x)))  # (B, widths[0], H/2, W/2)
        yield x
        for block in self.blocks:
            x = block(x)
            yield x

    def pooled(self, x: Tensor) -> Tensor:
        """What the last block makes of pictures, (B, D, h, w) -> (B, D), what the head decides from."""
        return F.relu(self.norm(x)).mean((2, 3), dtype=self.head.weight.dtype)

    def features(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W), about mean 0 and deviation 1 -> (B, D), what the head decides from."""
        *_, last = self.maps(x)
        return self.pooled(last)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W) -> logits (B, classes)."""
        return self.head(self.features(x))
