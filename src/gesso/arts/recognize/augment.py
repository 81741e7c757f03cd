"""Pictures and spectrograms, shifted, turned, scaled, bent, mirrored and in part erased, by a generator alone."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gesso.arts.recognize.art import RecognizeTraining

KNOTS = 5  # places in a row at which a bending is drawn


def augmented(x: Tensor, settings: RecognizeTraining, generator: Generator) -> Tensor:
    """Pictures x (B, C, H, W) in [0, 1], each changed in its own way, as far as `settings` allow.

    What comes in from outside is black, but for photographs, which go on as their own mirror image. Equal states of
    `generator` give equal pictures.
    """
    if settings.shift or settings.rotate or settings.scale or settings.bend:
        x = moved(x, settings, generator)
    return erased(x, settings.erase, generator) if settings.erase else x


def varied(x: Tensor, settings: RecognizeTraining, generator: Generator) -> Tensor:
    """Spectrograms x (B, 1, T, F) in [0, 1], each begun elsewhere, a fainter one laid under some, and then `augmented`.

    The shift is one of pitch too, the scale one of pitch and pace; sounds are neither turned nor mirrored.
    """
    starts = torch.randint(x.shape[2], (len(x), 1), generator=generator)
    at = (torch.arange(x.shape[2]) + starts) % x.shape[2]  # (B, T)
    x = x.gather(2, at[:, None, :, None].expand_as(x))
    others = x[torch.randperm(len(x), generator=generator)]
    chosen, fainter = torch.rand((2, len(x), 1, 1, 1), generator=generator).unbind()
    fainter = 0.15 + 0.45 * fainter  # of the range of loudness
    x = torch.where(chosen < settings.overlay, torch.maximum(x, others - fainter), x)
    return augmented(x, settings.model_copy(update={"rotate": 0.0}), generator)


def mirrored(x: Tensor, places: Tensor, epoch: int) -> Tensor:
    """x (B, C, H, W), of which those at odd `places` (B,) are mirrored, left to right; in odd epochs the others.

    By turns instead of by chance, so that a picture that two epochs show is seen both ways (Jordan 2024). `places` are
    those of a shuffled order, so that they tell nothing of the classes.
    """
    return torch.where(((places + epoch) % 2 == 1)[:, None, None, None], x.flip(3), x)


def moved(x: Tensor, settings: RecognizeTraining, generator: Generator) -> Tensor:
    """x (B, C, H, W) through one random affine map a picture, and a smooth bending of it, bilinear.

    What is only shifted is so by whole pixels: between them it would be blurred, as what is asked about later is not.
    """
    height, width = x.shape[2:]
    angle, scale, down, right = (2 * torch.rand((4, len(x)), generator=generator) - 1).unbind()
    angle = angle * math.radians(settings.rotate)
    scale = 1 + scale * settings.scale
    if settings.rotate or settings.scale or settings.bend:
        down, right = down * settings.shift, right * settings.shift
    else:
        down, right = (_whole(share, settings.shift, side) for share, side in ((down, height), (right, width)))
    cos, sin = angle.cos() / scale, angle.sin() / scale
    # Rows map places of the result to places of x; both run from -1 to 1, so a side is 2 long.
    theta = torch.stack(
        [
            torch.stack([cos, -sin, 2 * right], 1),
            torch.stack([sin, cos, 2 * down], 1),
        ],
        1,
    )  # (B, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)  # (B, H, W, 2)
    if settings.bend:
        grid = grid + bending(x, settings.bend, generator)
    beyond = "reflection" if settings.look == "photo" else "zeros"
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=beyond, align_corners=False)


def _whole(share: Tensor, farthest: float, side: int) -> Tensor:
    """Shares (B,) from -1 to 1 of the `farthest` way, as a share of the `side`, in whole pixels, all alike likely."""
    most = int(farthest * side)
    return (share * (most + 0.5)).round().clamp(-most, most) / side


def bending(x: Tensor, share: float, generator: Generator) -> Tensor:
    """How far each place of x (B, C, H, W) is moved, (B, H, W, 2): smooth noise of deviation `share` at KNOTS x KNOTS.

    Elastic distortion (Simard et al. 2003), drawn at few places and interpolated instead of drawn at all and blurred.
    """
    knots = 2 * share * torch.randn((len(x), 2, KNOTS, KNOTS), generator=generator)
    return F.interpolate(knots, x.shape[2:], mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


def erased(x: Tensor, share: float, generator: Generator) -> Tensor:
    """A `share` of the pictures x (B, C, H, W), each with a black rectangle of 2 to 25 % of it (Zhong et al. 2020)."""
    height, width = x.shape[2:]
    chosen, area, form, top, left = torch.rand((5, len(x), 1, 1, 1), generator=generator).unbind()
    area, form = 0.02 + 0.23 * area, (2 * form - 1) * math.log(2)  # the ratio of the sides is 1/2 to 2
    high, wide = (area.sqrt() * (form * sign).exp() for sign in (0.5, -0.5))
    top, left = top * (1 - high), left * (1 - wide)
    y = ((torch.arange(height) + 0.5) / height)[:, None]
    x_at = ((torch.arange(width) + 0.5) / width)[None]
    inside = (y >= top) & (y < top + high) & (x_at >= left) & (x_at < left + wide)  # (B, 1, H, W)
    return x.masked_fill(inside & (chosen < share), 0.0)
