"""Pictures whose ruling colour is changed, with a word for the new one: so a painter learns what colours are called."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

COLORS = {
    "red": (0.92, 0.33, 0.28),
    "orange": (0.93, 0.55, 0.18),
    "yellow": (0.99, 0.90, 0.25),
    "green": (0.45, 0.72, 0.28),
    "blue": (0.30, 0.60, 0.92),
    "purple": (0.58, 0.40, 0.76),
    "pink": (0.99, 0.62, 0.74),
    "brown": (0.58, 0.40, 0.24),
    "gray": (0.62, 0.62, 0.61),
    "black": (0.24, 0.24, 0.24),
    "white": (0.97, 0.97, 0.97),
}
"""Names of colours, and what each looks like on a flat drawing: RGB in [0, 1]."""
STEPS = 12
"""Steps of each of red, green and blue in which it is counted which colour there is the most of."""
PAPER, LINE = 0.95, 0.15
"""A colour whose darkest channel is above the one, or whose brightest is below the other, is paper or line."""
LEAST = 0.04
"""Share of a picture that its ruling colour covers at least."""
NEAR = 0.1
"""How far from what the ruling colour gives with black or with white a colour is of which a third is changed."""


def in_color(words: Sequence[str], color: str) -> Sequence[str]:
    """The words for a picture in another ruling colour; "" for its own."""
    return (color, *(word for word in words if word not in COLORS)) if color else words


def recolored(x: Tensor, share: float, generator: Generator) -> tuple[Tensor, list[str]]:
    """A `share` of the pictures x (B, C, S, S) in [-1, 1], C of 3 or more, each in another ruling colour.

    Gives them and the name of the new colour of each, "" where it is as it was: also where no colour rules.
    """
    chance, chosen = torch.rand((2, len(x)), generator=generator)
    rgb, drawn_on = _taken_apart(x)
    ruling, rules = _ruling_colors(rgb, drawn_on)
    changed = (chance < share) & rules
    numbers = (chosen * len(COLORS)).long()
    amount = changed[:, None, None, None] * drawn_on * mixed_in(rgb, ruling)
    shift = 2 * amount * (_values()[numbers] - ruling)[..., None, None]
    return torch.cat([x[:, :3] + shift, x[:, 3:]], 1), _names(numbers, changed)


def colors_of(x: Tensor) -> list[str]:
    """Which colour most pixels of each picture x (B, C, S, S) in [-1, 1] are nearest to, "" if that are too few."""
    rgb, drawn_on = _taken_apart(x)
    flat = rgb.flatten(2).transpose(1, 2)  # (B, N, 3)
    nearest = torch.cdist(flat, _values()).argmin(2)
    counts = torch.zeros(len(x), len(COLORS)).scatter_add_(1, nearest, _counted(flat, drawn_on).float())
    most, mode = counts.max(1)
    return _names(mode, most > LEAST * flat.shape[1])


def _values() -> Tensor:
    return torch.tensor(list(COLORS.values()))


def _names(numbers: Tensor, told: Tensor) -> list[str]:
    names = list(COLORS)
    return [names[n] if tell else "" for n, tell in zip(numbers.tolist(), told.tolist(), strict=True)]


def _taken_apart(x: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures in [-1, 1] -> their RGB (B, 3, S, S) and whether there is more than paper (B, 1, S, S), in [0, 1]."""
    rgb = (x[:, :3] + 1) / 2
    return rgb, (x[:, 3:] + 1) / 2 if x.shape[1] == 4 else (rgb.amin(1, keepdim=True) < PAPER).float()


def _ruling_colors(rgb: Tensor, drawn_on: Tensor) -> tuple[Tensor, Tensor]:
    """The colour that each picture has the most of but for lines (B, 3), and whether it covers enough to rule (B,)."""
    flat = rgb.flatten(2).transpose(1, 2)  # (B, N, 3)
    counted = _counted(flat, drawn_on)
    bins = (flat.clamp(0, 1) * (STEPS - 1)).round().long() @ torch.tensor([STEPS**2, STEPS, 1])
    counts = torch.zeros(len(rgb), STEPS**3).scatter_add_(1, bins, counted.float())
    most, mode = counts.max(1)
    alike = ((bins == mode[:, None]) & counted)[..., None]
    return (flat * alike).sum(1) / most.clamp(min=1)[:, None], most > LEAST * flat.shape[1]


def _counted(flat: Tensor, drawn_on: Tensor) -> Tensor:
    """Which pixels (B, N, 3) are neither paper nor line: (B, N)."""
    return (drawn_on.flatten(1) > 0.5) & (flat.amax(2) > LINE)


def mixed_in(rgb: Tensor, color: Tensor) -> Tensor:
    """How much of a colour (B, 3) is in each pixel of (B, 3, S, S), mixed with black or with white: (B, 1, S, S)."""
    color = color[..., None, None]
    of_black = (rgb * color).sum(1, keepdim=True) / color.square().sum(1, keepdim=True).clamp(min=1e-6)
    to_white = 1 - color
    of_white = ((1 - rgb) * to_white).sum(1, keepdim=True) / to_white.square().sum(1, keepdim=True).clamp(min=1e-6)
    of_black, of_white = of_black.clamp(0, 1), of_white.clamp(0, 1)
    from_black = (rgb - of_black * color).square().sum(1, keepdim=True)
    from_white = (1 - rgb - of_white * to_white).square().sum(1, keepdim=True)
    amount = torch.where(from_black < from_white + 1e-3, of_black, of_white)
    return amount * (-torch.minimum(from_black, from_white) / NEAR**2).exp()
