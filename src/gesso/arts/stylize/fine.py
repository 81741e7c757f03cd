"""The picture itself optimised until features say it is in the style (Gatys et al. 2016), coarse to fine."""

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.arts.stylize.distances import content_distance
from gesso.arts.stylize.styles import Layers
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.rasters import to_rgb
from gesso.networks.features import Features, covariance

RATE = 0.02  # Adam's, for pixels in [0, 1]
# At two layers: the shallower holds what our own features do not see at the deeper as larger networks do.
CONTENT_WEIGHTS = {"conv31": 1.0, "conv41": 2.0}
STYLE_WEIGHT = 200.0
STROKE_WEIGHT = 40.0
SMOOTHNESS_WEIGHT = 2.0  # against single bright pixels, which features do not mind


def refine(
    start: Tensor,
    content: Tensor,
    style: Layers,
    features: Features,
    *,
    steps: int,
    progress: Progress,
) -> Tensor:
    """Optimise `start` (1, 3, H, W) to show `content`, of the same size, in the style of `style`.

    At half the size first, then at the whole, `steps` each, with a preview after the first. Ctrl-C ends it early
    and keeps the picture: `progress.interrupted` is then set.
    """
    height, width = content.shape[2:]
    picture = start
    if progress.interrupted:  # while another picture of the same work was refined
        return picture
    for scale in (2, 1):
        size = (max(16, height // scale), max(16, width // scale))
        target = _at(content, size)
        picture = _at(picture, size)
        picture = _optimise(picture, target, style, features, steps, progress)
        if progress.interrupted:
            break
        if scale > 1:
            progress.preview(Raster(to_rgb(picture)))
    return _at(picture, (height, width))


def _optimise(
    start: Tensor, content: Tensor, style: Layers, features: Features, steps: int, progress: Progress
) -> Tensor:
    with torch.no_grad():
        of_content = features(content)
    style = {name: (mean.to(content.device), cov.to(content.device)) for name, (mean, cov) in style.items()}
    picture = start.clamp(0, 1).clone().requires_grad_()
    optimiser = torch.optim.Adam([picture], lr=RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: 1 - 0.9 * n / steps)
    progress.stage(f"fine, {content.shape[3]}x{content.shape[2]}", steps)
    try:
        for _ in range(steps):
            of_picture = features(picture)
            style_gap, stroke_gap = distances_to(of_picture, style)
            loss = (
                sum(w * content_distance(of_picture, of_content, k)[0] for k, w in CONTENT_WEIGHTS.items())
                + STYLE_WEIGHT * style_gap
                + STROKE_WEIGHT * stroke_gap
                + SMOOTHNESS_WEIGHT * roughness(picture)
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                picture.clamp_(0, 1)
            progress.advance(loss=loss.item())
    except KeyboardInterrupt:
        progress.interrupted = True
    return picture.detach()


def distances_to(features: dict[str, Tensor], style: Layers) -> tuple[Tensor, Tensor]:
    """The style distance and the relative squared gap of covariances, of features (1, C, H, W) to a style's."""
    gaps: list[Tensor] = []
    strokes: list[Tensor] = []
    for name, (mean_s, spread_s) in style.items():
        mean, cov = features[name].mean((2, 3))[0], covariance(features[name])[0]
        variance, variance_s = cov.diagonal(), spread_s if spread_s.ndim == 1 else spread_s.diagonal()
        std, std_s = ((v.clamp(min=0) + 1e-8).sqrt() for v in (variance, variance_s))
        power = (mean_s.square() + variance_s).mean()
        gaps.append(((mean - mean_s).square() + (std - std_s).square()).mean() / (power + 1e-8))
        if spread_s.ndim == 2:
            strokes.append((cov - spread_s).square().sum() / (spread_s.square().sum() + 1e-8))
    return torch.stack(gaps).mean(), torch.stack(strokes).mean()


def roughness(x: Tensor) -> Tensor:
    """Mean squared second difference of neighbours: single pixels that stand out cost, edges and slopes hardly."""
    down = x[:, :, 2:] - 2 * x[:, :, 1:-1] + x[:, :, :-2]
    right = x[:, :, :, 2:] - 2 * x[:, :, :, 1:-1] + x[:, :, :, :-2]
    return down.square().mean() + right.square().mean()


def _at(x: Tensor, size: tuple[int, int]) -> Tensor:
    if x.shape[2:] == size:
        return x
    return F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False)
