"""Smooth noise that is the same at every size of the picture."""

import torch
from torch import Generator, Tensor

PERIOD = 256


class Noise:
    """Value noise (Perlin 1985): random numbers at whole points of the plane, smoothly blended, repeating after 256.

    Args:
        generator: draws the numbers.
    """

    def __init__(self, generator: Generator):
        self._values = torch.rand(PERIOD * PERIOD, generator=generator)

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Values in [0, 1] at the points x, y, whose shapes broadcast; 0.5 on the average."""
        column, row = x.floor(), y.floor()
        across, down = x - column, y - row
        across, down = across * across * (3 - 2 * across), down * down * (3 - 2 * down)
        left, top = column.long().remainder(PERIOD), row.long().remainder(PERIOD) * PERIOD
        right, bottom = (left + 1).remainder(PERIOD), (top + PERIOD).remainder(PERIOD * PERIOD)
        upper = torch.lerp(self._values[top + left], self._values[top + right], across)
        lower = torch.lerp(self._values[bottom + left], self._values[bottom + right], across)
        return torch.lerp(upper, lower, down)
