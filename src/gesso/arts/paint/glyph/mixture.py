"""Mixtures of bivariate Gaussians whose parameters a network gives (Bishop 1994; Graves 2013, equations 19 to 25)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

PENS = 3
"""What the pen does after a point: go on with the line, be lifted to the next one, or end the drawing."""

GO_ON, LIFT, END = range(PENS)

_FINEST = -5.0  # log of the smallest deviation: a point that is always the same would have a density without bound


class Mixture(NamedTuple):
    """Where the next point lies and what the pen does then; M Gaussians.

    Attributes:
        weights: logarithms of the shares π (..., M), normalised.
        mean: μ (..., M, 2).
        log_deviation: log σ (..., M, 2).
        correlation: ρ (..., M), between -1 and 1.
        pen: logarithms of the probabilities (..., 3), normalised.
    """

    weights: Tensor
    mean: Tensor
    log_deviation: Tensor
    correlation: Tensor
    pen: Tensor


def outputs(mixtures: int) -> int:
    """How many numbers a network gives for a mixture of as many Gaussians."""
    return 6 * mixtures + PENS


def read(x: Tensor, temperature: float = 1.0) -> Mixture:
    """What a network gives, (..., 6 M + 3) -> the mixture, at a temperature τ (Ha and Eck 2017, equation 8).

    Logits are divided by τ and variances multiplied by it.
    """
    pen, rest = x[..., :PENS], x[..., PENS:]
    weights, mean, deviation, correlation = rest.split([s * (rest.shape[-1] // 6) for s in (1, 2, 2, 1)], dim=-1)
    return Mixture(
        F.log_softmax(weights / temperature, -1),
        mean.unflatten(-1, (-1, 2)),
        deviation.unflatten(-1, (-1, 2)).clamp(min=_FINEST) + 0.5 * math.log(temperature),
        correlation.tanh() * 0.98,
        F.log_softmax(pen / temperature, -1),
    )


def log_density(mixture: Mixture, offsets: Tensor) -> Tensor:
    """log p(Δx, Δy) of offsets (..., 2) -> (...), in nats."""
    return log_joint(mixture, offsets).logsumexp(-1)


def log_joint(mixture: Mixture, offsets: Tensor) -> Tensor:
    """log π + log N(Δx, Δy; μ, σ, ρ) of offsets (..., 2) and each Gaussian: (..., M)."""
    z = (offsets[..., None, :] - mixture.mean) * (-mixture.log_deviation).exp()  # (..., M, 2)
    rho = mixture.correlation
    rest = 1 - rho.square()
    squared = z.square().sum(-1) - 2 * rho * z[..., 0] * z[..., 1]
    normaliser = mixture.log_deviation.sum(-1) + 0.5 * rest.log() + math.log(2 * math.pi)
    return mixture.weights - squared / (2 * rest) - normaliser


def sample(mixture: Mixture, chance: Tensor) -> tuple[Tensor, Tensor]:
    """An offset (B, 2) and what the pen does (B,), from `chance` (B, 4): two uniform numbers, two normal ones."""
    chosen = _chosen(mixture.weights, chance[:, 0])
    rows = torch.arange(len(chosen), device=chosen.device)
    mean, deviation = mixture.mean[rows, chosen], mixture.log_deviation[rows, chosen].exp()  # (B, 2)
    rho = mixture.correlation[rows, chosen]
    x, y = chance[:, 2], chance[:, 3]
    normal = torch.stack([x, rho * x + (1 - rho.square()).sqrt() * y], dim=1)
    return mean + deviation * normal, _chosen(mixture.pen, chance[:, 1])


def _chosen(log_shares: Tensor, uniform: Tensor) -> Tensor:
    """The index (B,) that a uniform number (B,) falls to, of shares (B, K)."""
    edges = log_shares.exp().cumsum(-1)
    return (uniform[:, None] * edges[:, -1:] >= edges).sum(-1).clamp(max=log_shares.shape[-1] - 1)
