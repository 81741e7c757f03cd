"""A plain convolutional classifier of pictures that learns in a few passes over the data (after Jordan 2024).

Three things make it quick: the first layer is measured instead of learned, the others begin as the identity, and what
is halved keeps its maxima.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, starmap

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.networks.features import initialise
from gesso.networks.residual import check_stages

PATCH = 2  # pixels of a side that the first layer sees
FAINTEST = 5e-4  # what is added to the variances of patches, so that what hardly varies is not made loud
QUIETER = 9.0  # what maxima are divided by, so that the head begins unsure


class Stage(nn.Module):
    """`depth` 3x3 convolutions, each followed by batch normalisation (Ioffe and Szegedy 2015) and GELU.

    After the first of them the picture is halved; a side too short for that stays as it is. Of several processes each
    normalises its own part of the batch.
    """

    def __init__(self, inputs: int, outputs: int, depth: int):
        super().__init__()
        widths = [inputs] + [outputs] * depth
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1, bias=False) for i, o in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, D, H // 2, W // 2)."""
        x = self.convolutions[0](x)
        x = F.gelu(self.norms[0](F.max_pool2d(x, [min(2, side) for side in x.shape[2:]])))
        for convolution, norm in zip(self.convolutions[1:], self.norms[1:], strict=True):
            x = F.gelu(norm(convolution(x)))
        return x


class Convolutional(nn.Module):
    """Pictures to classes: whitened patches, stages of convolutions, the maximum over space, a linear head.

    Stage i has `blocks[i]` convolutions of `widths[i]` channels. `channels` is 1 for grey and 3 for RGB.

    Raises GessoError when `widths` and `blocks` do not describe the same stages.
    """

    whitening: Tensor

    def __init__(
        self,
        *,
        channels: int = 1,
        widths: Sequence[int] = (64, 128, 256),
        blocks: Sequence[int] = (2, 2, 2),
        classes: int = 10,
    ):
        super().__init__()
        check_stages(widths, blocks)
        inputs = 2 * channels * PATCH**2
        self.register_buffer("whitening", torch.zeros(inputs, channels, PATCH, PATCH))
        self.bias = nn.Parameter(torch.zeros(inputs))
        self.stages = nn.ModuleList(starmap(Stage, zip([inputs, *widths], widths, blocks, strict=False)))
        self.head = nn.Linear(widths[-1], classes, bias=False)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`: He's (He et al. 2015), but the first filters pass on what they see."""
        initialise(self, generator)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
            elif isinstance(module, nn.Conv2d):
                with torch.no_grad():
                    nn.init.dirac_(module.weight[: module.in_channels])
        nn.init.normal_(self.head.weight, std=self.head.in_features**-0.5, generator=generator)

    @torch.no_grad()
    def measure(self, x: Tensor) -> None:
        """Set the first layer by pictures x (B, C, H, W), about mean 0 and deviation 1.

        Its filters are the principal directions of patches, scaled so that each varies by about 1, and their opposites.
        """
        patches = F.unfold(x, PATCH).transpose(1, 2).flatten(0, 1)  # (N, C PATCH^2)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (directions / (variances.clamp(min=0) + FAINTEST).sqrt()).T.unflatten(1, (-1, PATCH, PATCH))
        self.whitening.copy_(torch.cat([filters, -filters]))

    def maps(self, x: Tensor) -> Iterator[Tensor]:
        """Pictures x (B, C, H, W), about mean 0 and deviation 1 -> what comes out of each stage."""
        x = F.gelu(F.conv2d(x, self.whitening, self.bias))
        for stage in self.stages:
            x = stage(x)
            yield x

    def pooled(self, x: Tensor) -> Tensor:
        """What the last stage makes of pictures, (B, D, h, w) -> (B, D), what the head decides from."""
        return x.amax((2, 3)).to(self.head.weight.dtype) / QUIETER

    def features(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W), about mean 0 and deviation 1 -> (B, D), what the head decides from."""
        *_, last = self.maps(x)
        return self.pooled(last)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W) -> logits (B, classes)."""
        return self.head(self.features(x))
