"""What the tests of `stylize` paint with: networks of random weights that run in milliseconds, and small pictures."""

import numpy as np
import torch
from numpy.typing import NDArray

from gesso.arts.stylize.build import Configuration, Painter
from gesso.networks.features import Features, initialise, vgg19_plan
from gesso.networks.modulated import Modulation

Rgb = NDArray[np.uint8]

TINY = Configuration(widths=(8, 8, 8), blocks=1, style=8)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def painter(configuration: Configuration = TINY, seed: int = 0) -> Painter:
    """A painter of random weights, as sensitive to its style as a trained one."""
    model = Painter(configuration)
    model.initialise(seeded(seed))
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, Modulation):
                module.affine.weight.mul_(40)
    return model.eval().requires_grad_(False)


def features(seed: int = 0) -> Features:
    network = Features(vgg19_plan((4, 4, 6, 6, 6)))
    initialise(network, seeded(seed))
    return network.eval().requires_grad_(False)


def picture(height: int, width: int, seed: int = 0) -> Rgb:
    """Smooth colours with some grain, (H, W, 3)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [
        np.sin(x / random.uniform(4, 25) + random.uniform(0, 6)) * np.cos(y / random.uniform(4, 25)) for _ in range(3)
    ]
    grain = random.normal(0, 6, (height, width, 3))
    return (127.5 + 100 * np.stack(waves, axis=2) + grain).clip(0, 255).astype(np.uint8)


def gap(a: Rgb, b: Rgb) -> int:
    """The largest difference of two pictures of one size, of 255."""
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b).max())
