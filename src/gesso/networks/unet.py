"""A U-Net that takes a noisy picture and a condition (Ronneberger et al. 2015; Ho et al. 2020).

Most of the time of such a network on a processor goes into passes over large tensors. So the picture is folded first:
`patch` x `patch` pixels become the channels of one place, and nothing is computed at full resolution.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError
from gesso.networks.features import initialise
from gesso.networks.residual import GroupNorm

HEAD = 32  # channels of a head of attention, at least
SKETCH = 4  # channels of a layout: colours and opacity, if it likes


class Block(nn.Module):
    """Two 3x3 convolutions added to their input; the condition scales and shifts between them (Perez et al. 2018)."""

    def __init__(self, width: int, condition: int):
        super().__init__()
        self.norm1, self.norm2 = GroupNorm(width), GroupNorm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.to_scale_and_shift = nn.Linear(condition, 2 * width)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        """x (B, C, H, W), the condition e (B, E) -> (B, C, H, W)."""
        y = self.norm2(self.conv1(F.silu(self.norm1(x))))
        scale, shift = self.to_scale_and_shift(e)[:, :, None, None].to(y.dtype).chunk(2, 1)  # (B, C, 1, 1) each
        return x + self.conv2(F.silu(torch.addcmul(shift, y, 1 + scale)))


class Attention(nn.Module):
    """Every place asks all others (Vaswani et al. 2017), queries and keys of length one (Henry et al. 2020)."""

    def __init__(self, channels: int):
        super().__init__()
        most = max(1, channels // HEAD)
        self.heads = next(heads for heads in range(most, 0, -1) if channels % heads == 0)
        self.norm = GroupNorm(channels)
        self.to_qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)
        self.gain = nn.Parameter(torch.full((self.heads, 1, 1), 8.0))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, C, H, W)."""
        height, width = x.shape[2:]
        qkv = self.to_qkv(self.norm(x)).flatten(2).unflatten(1, (3, self.heads, -1))  # (B, 3, heads, D, H W)
        q, k, v = qkv.transpose(3, 4).unbind(1)  # (B, heads, H W, D) each
        q, k = F.normalize(q, dim=3) * self.gain.to(q.dtype), F.normalize(k, dim=3)
        y = F.scaled_dot_product_attention(q, k, v, scale=1.0)  # (B, heads, H W, D)
        return x + self.out(y.transpose(2, 3).flatten(1, 2).unflatten(2, (height, width)))


class Layout(nn.Module):
    """What the condition says of where things are: a small sketch of the picture.

    The condition reaches blocks as the same numbers at every place, and convolutions know of places only by the edges;
    so without it what is painted is right here and there, and wrong as a whole.
    """

    def __init__(self, condition: int, side: int, channels: int):
        super().__init__()
        self.side = side
        self.sketch = nn.Linear(condition, SKETCH * side**2)
        self.out = nn.Conv2d(SKETCH, channels, 1, bias=False)

    def forward(self, e: Tensor) -> Tensor:
        """The condition e (B, E) -> (B, C, side, side)."""
        return self.out(self.sketch(e).unflatten(1, (SKETCH, self.side, self.side)))


class UNet(nn.Module):
    """Pictures (B, C, S, S) and a condition (B, E) to pictures of the same shape.

    Stage i has `blocks` blocks of `widths[i]` channels on the way down and as many on the way up, to each of which what
    the way down had there is added: to concatenate it, as is usual, takes half as long again. The first stage works at
    1 / `patch` of the resolution, each further one at half of that before it; at the last every place attends to all
    others, and pictures of a fixed `size` may have a layout.

    Raises GessoError when `widths` is empty or has a width below 8.
    """

    def __init__(
        self,
        *,
        channels: int,
        widths: Sequence[int],
        blocks: int = 2,
        patch: int = 2,
        condition: int = 256,
        size: int | None = None,
    ):
        super().__init__()
        if not widths or min(widths) < 8:
            raise GessoError(
                f"widths {tuple(widths)} are too few or too small: give at least one, of 8 channels or more"
            )
        self.patch, self.widths = patch, tuple(widths)
        self.stem = nn.Conv2d(channels * patch**2, widths[0], 3, padding=1)
        steps = list(pairwise(widths))
        side = None if size is None else -(-size // self.multiple) * 2 ** (len(widths) - 1)
        self.layout = None if side is None else Layout(condition, side, widths[0])
        self.down = nn.ModuleList(_blocks(width, blocks, condition) for width in widths)
        self.to_half = nn.ModuleList(nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in steps)
        self.middle = Block(widths[-1], condition)
        self.attention = Attention(widths[-1])
        self.up = nn.ModuleList(_blocks(width, blocks, condition) for width in widths)
        self.to_double = nn.ModuleList(nn.Conv2d(coarse, fine, 3, padding=1) for fine, coarse in steps)
        self.norm = GroupNorm(widths[0])
        self.out = nn.Conv2d(widths[0], channels * patch**2, 3, padding=1)

    @property
    def multiple(self) -> int:
        """What the sides of a picture have to be a multiple of."""
        return self.patch * 2 ** (len(self.widths) - 1)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`; residual branches and the output begin at zero (Goyal et al. 2017)."""
        initialise(self, generator)
        for module in self.modules():
            if isinstance(module, Block):
                nn.init.zeros_(module.conv2.weight)
                nn.init.normal_(module.to_scale_and_shift.weight, std=0.02, generator=generator)
                nn.init.zeros_(module.to_scale_and_shift.bias)
            elif isinstance(module, Attention):
                nn.init.zeros_(module.out.weight)
            elif isinstance(module, Layout):
                nn.init.normal_(module.sketch.weight, std=module.sketch.in_features**-0.5, generator=generator)
                nn.init.zeros_(module.sketch.bias)
                nn.init.zeros_(module.out.weight)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        """Pictures x (B, C, H, W), H and W multiples of `multiple`, the condition e (B, E) -> (B, C, H, W)."""
        x = self.stem(F.pixel_unshuffle(x, self.patch).contiguous(memory_format=torch.channels_last))
        if self.layout is not None:
            x = x + self.layout(e).to(x.dtype)
        seen: list[Tensor] = []
        for stage in range(len(self.widths)):
            if stage:
                x = self.to_half[stage - 1](x)
            for block in self._of(self.down, stage):
                x = block(x, e)
                seen.append(x)
        x = self.attention(self.middle(x, e))
        for stage in reversed(range(len(self.widths))):
            for block in self._of(self.up, stage):
                x = block(x + seen.pop(), e)
            if stage:
                x = self.to_double[stage - 1](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return F.pixel_shuffle(self.out(F.silu(self.norm(x))), self.patch)

    @staticmethod
    def _of(stages: nn.ModuleList, stage: int) -> Iterator[Block]:
        yield from cast("Iterator[Block]", stages[stage])


def _blocks(width: int, count: int, condition: int) -> nn.ModuleList:
    return nn.ModuleList(Block(width, condition) for _ in range(count))


class Fourier(nn.Module):
    """Numbers in [0, 1] as sines and cosines of growing frequency (Vaswani et al. 2017): (B,) -> (B, width)."""

    frequencies: Tensor

    def __init__(self, width: int):
        super().__init__()
        frequencies = math.pi * torch.logspace(0, 7, width // 2, base=2.0)  # half a turn, to 64 turns
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        """t (B,) -> (B, width)."""
        angle = t[:, None] * self.frequencies
        return torch.cat([angle.cos(), angle.sin()], 1)
