"""What a Gaussian mixture foresees that knows of a drawing only whether the pen was lifted before."""

from collections.abc import Iterable

import torch
from torch import Generator, Tensor

from gesso.arts.paint.glyph.mixture import LIFT, PENS, Mixture, log_density, log_joint
from gesso.arts.paint.glyph.prepare import Batch

GAUSSIANS = 20
ROUNDS = 60
SMALLEST = 1e-4  # of what is added to every variance, so that none vanishes


class Markov:
    """p(Δx, Δy, pen | whether the pen was lifted before), by expectation and maximisation (Dempster et al. 1977)."""

    def __init__(self, batches: Iterable[Batch], generator: Generator):
        counted = [_flat(batch) for batch in batches]
        offsets, pens, lifted = (torch.cat(column) for column in zip(*counted, strict=True))
        parts = [offsets[lifted == up] for up in (False, True)]
        self.mixtures = [fitted(part if len(part) else offsets, generator) for part in parts]
        counts = torch.stack([torch.bincount(pens[lifted == up], minlength=PENS) + 1 for up in (False, True)])
        self.pens = (counts / counts.sum(1, keepdim=True)).log()

    def nats(self, batch: Batch) -> float:
        """The surprise at all the points of a batch, in nats."""
        offsets, pens, lifted = _flat(batch)
        total = -float(self.pens[lifted.long(), pens].sum())
        for up, mixture in enumerate(self.mixtures):
            total -= float(log_density(mixture, offsets[lifted == bool(up)]).sum())
        return total


def _flat(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The points that count: offsets (N, 2), pens (N,), and whether the pen was lifted before each (N,)."""
    chosen = batch.counted.bool()
    return batch.offsets[chosen].double(), batch.pens[chosen], batch.heard[..., 2 + LIFT][chosen] > 0.5


def fitted(x: Tensor, generator: Generator) -> Mixture:
    """A mixture of Gaussians fitted to offsets x (N, 2); it says nothing of the pen."""
    chosen = torch.randint(len(x), (GAUSSIANS,), generator=generator)
    squares = (x[:, :, None] * x[:, None]).flatten(1)  # (N, 4)
    mixture = _mixture(torch.ones(GAUSSIANS, dtype=x.dtype) / GAUSSIANS, x[chosen], x.T.cov().expand(GAUSSIANS, 2, 2))
    for _ in range(ROUNDS):
        shares = log_joint(mixture, x).softmax(1)  # (N, M), of each Gaussian in each offset
        mass = shares.sum(0) + 1e-9
        mean = shares.T @ x / mass[:, None]
        covariance = (shares.T @ squares / mass[:, None]).view(-1, 2, 2) - mean[:, :, None] * mean[:, None]
        mixture = _mixture(mass / mass.sum(), mean, covariance + SMALLEST * torch.eye(2, dtype=x.dtype))
    return mixture


def _mixture(shares: Tensor, mean: Tensor, covariance: Tensor) -> Mixture:
    deviation = covariance.diagonal(dim1=1, dim2=2).sqrt()  # (M, 2)
    correlation = covariance[:, 0, 1] / deviation.prod(1)
    return Mixture(shares.log(), mean, deviation.log(), correlation, torch.zeros(PENS, dtype=shares.dtype))
