"""How near a set of made things is to a set of real ones, in the features of a network that knows the real ones."""

import torch
from torch import Tensor

from gesso.core.errors import GessoError

NEIGHBOURS = 3
CHUNK = 1000


def frechet_distance(made: Tensor, real: Tensor) -> float:
    """Between two sets of features (N, D) and (M, D), each taken for a Gaussian (Heusel et al. 2017): at least 0.

    |m - n|^2 + tr(A + B - 2 (A B)^(1/2)), of the means m, n and the covariances A, B. Of few features in many
    directions it comes out too large: compare only distances of as many.

    Raises GessoError when a set has fewer than two.
    """
    if min(len(made), len(real)) < 2:
        raise GessoError(f"{len(made)} and {len(real)} are too few to compare: give two or more of each")
    one, other = made.double(), real.double()
    a, b = one.T.cov(), other.T.cov()
    values, vectors = torch.linalg.eigh(a)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    # A B and A^(1/2) B A^(1/2) have the same eigenvalues, and the latter is symmetric.
    mixed = torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    gap = (one.mean(0) - other.mean(0)).square().sum()
    return max(0.0, float(gap + a.trace() + b.trace() - 2 * mixed))


def precision_and_recall(made: Tensor, real: Tensor, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """The share of what was made that lies among the real, and of the real among what was made, from features (N, D).

    Among a set is what is nearer to one of it than that one's third neighbour is (Kynkaanniemi et al. 2019).
    """
    return _share_among(made, real, neighbours), _share_among(real, made, neighbours)


def _share_among(points: Tensor, others: Tensor, neighbours: int) -> float:
    reach = torch.cat([torch.cdist(part, others).kthvalue(neighbours + 1).values for part in others.split(CHUNK)])
    within = torch.cat([(torch.cdist(part, others) <= reach).any(1) for part in points.split(CHUNK)])
    return float(within.float().mean())
