"""How far a picture is from a photograph and from a style, as a feature network sees them."""

import torch
from torch import Tensor

from gesso.networks.features import CONTENT_LAYER, STYLE_LAYERS, covariance, instance_normalised, moments

# Which shifts of a layer, in its pixels down and right, are compared with it. The finest layer is large, and its
# covariance with itself is enough.
STROKES = {
    "conv11": ((0, 0),),
    "conv21": ((0, 0), (2, 0), (0, 2)),
    "conv31": ((0, 0), (2, 0), (0, 2)),
    "conv41": ((0, 0), (1, 0), (0, 1)),
}


def content_distance(result: dict[str, Tensor], content: dict[str, Tensor], layer: str = CONTENT_LAYER) -> Tensor:
    """Mean squared gap of the instance-normalised features of each picture at `layer`: (B,)."""
    gap = instance_normalised(result[layer]) - instance_normalised(content[layer])
    return gap.square().flatten(1).mean(1)


def style_distance(result: dict[str, Tensor], style: dict[str, Tensor]) -> Tensor:
    """Squared gaps of channel means and deviations over the style's mean square, averaged over layers: (B,)."""
    gaps: list[Tensor] = []
    for layer in STYLE_LAYERS:
        (mean, std), (mean_s, std_s) = moments(result[layer]), moments(style[layer])
        gap = ((mean - mean_s).square() + (std - std_s).square()).mean(1)
        gaps.append(gap / (style[layer].square().flatten(1).mean(1) + 1e-8))
    return torch.stack(gaps).mean(0)


def stroke_distance(result: dict[str, Tensor], style: dict[str, Tensor]) -> Tensor:
    """Relative squared gap, 0 to 2, of the covariances of channels with themselves and their shifted neighbours: (B,).

    Means and deviations carry colour more than stroke; which channels fire together, and next to what, carries the
    marks of the brush (Gatys et al. 2016; Berger and Memisevic 2017 for the shifts).
    """
    gaps: list[Tensor] = []
    for layer, shifts in STROKES.items():
        for shift in shifts:
            ours, theirs = covariance(result[layer], *shift), covariance(style[layer], *shift)
            # Over both, so that a nearly flat style does not drown all others.
            both = ours.square().sum((1, 2)) + theirs.square().sum((1, 2))
            gaps.append((ours - theirs).square().sum((1, 2)) / (both + 1e-8))
    return torch.stack(gaps).mean(0)
