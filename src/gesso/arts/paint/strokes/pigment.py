"""Colours divided into purer ones, as Seurat and Signac laid them side by side."""

from dataclasses import replace

import torch

from gesso.arts.paint.strokes.stroke import Strokes
from gesso.core.seeds import generator

LUMA = (0.299, 0.587, 0.114)


def divided(strokes: Strokes, seed: int, *, purity: float = 1.35, spread: float = 0.16) -> Strokes:
    """The strokes in purer colours: more saturated, and moved apart in hue, so that neighbours average to what was.

    Args:
        purity: factor on saturation.
        spread: how far colours move, in sRGB; by opposite steps in turn, at equal light.
    """
    light = (strokes.color * torch.tensor(LUMA)).sum(1, keepdim=True)  # (N, 1)
    chroma = strokes.color - light
    turn = 2 * torch.pi * torch.rand(len(strokes), generator=generator(seed, "pigment"))
    # A circle of hues of equal light: two steps at right angles to the luma's weights.
    one, two = torch.tensor([0.60, -0.35, 0.26]), torch.tensor([-0.05, -0.22, 1.28])
    step = turn.cos()[:, None] * one + turn.sin()[:, None] * two * 0.6
    free = (strokes.width / 0.03).clamp(0.3, 1) * (strokes.width < 0.06)  # fine dots are drawing, broad ones ground
    room = free[:, None] * (4 * light * (1 - light)).clamp(0, 1)  # black and white stay
    return replace(strokes, color=(light + purity * chroma + spread * room * step).clamp(0, 1))
