"""Colours between sRGB and OKLab (Ottosson 2020), in which equal steps look equal."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gesso.core.pictures import Raster
from gesso.core.rasters import fitted

_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_HUES = 2.5  # how much more hue and chroma count than lightness, where colours are grouped
_REST = 0.4  # how much a scale of colours lingers on each of them


def lab_of(srgb: Tensor) -> Tensor:
    """sRGB (3, N) in [0, 1] -> OKLab (3, N)."""
    linear = torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return linear.new_tensor(_TO_LAB) @ (linear.new_tensor(_TO_CONES) @ linear) ** (1 / 3)


def linear_of(lab: Tensor) -> Tensor:
    """OKLab (3, N) -> linear RGB (3, N), cut off at 0 and 1."""
    to_cones, to_rgb = (torch.tensor(m, dtype=torch.float64).inverse().to(lab) for m in (_TO_LAB, _TO_CONES))
    return (to_rgb @ (to_cones @ lab) ** 3).clamp_(0, 1)


def srgb_of(linear: Tensor) -> Tensor:
    """Linear RGB in [0, 1], of any shape -> sRGB."""
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-9) ** (1 / 2.4) - 0.055)


def parsed(colors: Sequence[str]) -> Tensor:
    """Colours such as "#e2622d" -> OKLab (N, 3)."""
    rgb = torch.tensor([[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in colors], dtype=torch.float64)
    return lab_of(rgb.T / 255).T.float()


def written(lab: Tensor) -> tuple[str, ...]:
    """The reverse of `parsed`."""
    rgb = (srgb_of(linear_of(lab.double().T)) * 255).round().int().T
    return tuple("#{:02x}{:02x}{:02x}".format(*color) for color in rgb.tolist())


def turned(colors: Sequence[str], degrees: float) -> tuple[str, ...]:
    """Colours with their hues turned by an angle, lightness and chroma kept."""
    lab = parsed(colors)
    angle = math.radians(degrees)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return written(torch.cat([lab[:, :1], lab[:, 1:] @ turn.T], 1))


def scale_of(stops: Tensor, entries: int = 1024) -> Tensor:
    """OKLab stops (N, 3) -> a scale through them (entries, 3), evenly spaced, that rests a little on each."""
    if len(stops) == 1:
        return stops.expand(entries, 3)
    at = torch.linspace(0, len(stops) - 1, entries, device=stops.device)
    low = at.floor().clamp(max=len(stops) - 2).long()
    part = at - low
    part = (1 - _REST) * part + _REST * (0.5 - 0.5 * (math.pi * part).cos())
    return stops[low].lerp(stops[low + 1], part[:, None])


def colors_in(picture: Raster, count: int = 6) -> tuple[str, ...]:
    """The colours that a picture is made of, from dark to light: clusters in OKLab (Lloyd 1982), the vivid of each.

    Hue and chroma count more than lightness, or a few bright things in a grey picture would be lost.
    """
    small = fitted(picture, 96, multiple=1, enlarge=False)
    pixels = torch.as_tensor(small.rgb).reshape(-1, 3)
    if small.alpha is not None and (small.alpha > 127).any():
        pixels = pixels[torch.as_tensor(small.alpha).flatten() > 127]
    lab = lab_of(pixels.T.double() / 255).T  # (N, 3)
    seen = lab * torch.tensor([1.0, _HUES, _HUES], dtype=torch.float64)
    centres = seen.mean(0, keepdim=True)
    while len(centres) <= count:  # the farthest from those there are; the mean itself is left out
        farthest = torch.cdist(seen, centres).amin(1).argmax()
        centres = torch.cat([centres, seen[farthest][None]])
    centres = centres[1:]
    nearest = torch.cdist(seen, centres).argmin(1)
    for _ in range(16):
        centres = torch.stack(
            [seen[nearest == i].mean(0) if (nearest == i).any() else c for i, c in enumerate(centres)]
        )
        nearest = torch.cdist(seen, centres).argmin(1)
    found = torch.stack([_vivid(lab[nearest == i]) for i in range(count) if (nearest == i).any()])
    found = found[found[:, 0].argsort()]
    return written(found if len(found) > 1 else found.expand(2, 3))


def _vivid(lab: Tensor) -> Tensor:
    """The median (3,) of those of the colours (N, 3) that are more chromatic than most."""
    chroma = lab[:, 1:].norm(dim=1)
    return lab[chroma >= chroma.quantile(0.7)].median(0).values
