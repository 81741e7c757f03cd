"""Distances between sets: values that can be worked out by hand."""

import pytest
import torch

from gesso.core.errors import GessoError
from gesso.pipeline.distances import frechet_distance, precision_and_recall


def normal(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_frechet_distance_of_gaussians_is_that_of_their_means_and_deviations() -> None:
    x = normal(500)
    x = (x - x.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T  # mean 0, covariance 1, exactly
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    # |m - n|^2 + the sum of (s - r)^2 for diagonal covariances s^2 and r^2
    assert frechet_distance(3 * x + 2, x) == pytest.approx(4 * 2**2 + 4 * (3 - 1) ** 2)
    assert frechet_distance(x, 3 * x + 2) == pytest.approx(frechet_distance(3 * x + 2, x))


def test_one_of_a_kind_cannot_be_compared() -> None:
    with pytest.raises(GessoError, match="1 and 5 are too few"):
        frechet_distance(normal(1), normal(5))


def test_precision_falls_for_what_is_strange_and_recall_for_what_is_missing() -> None:
    real = normal(400)
    precision, recall = precision_and_recall(normal(400, seed=1), real)
    assert min(precision, recall) > 0.7
    strange = torch.cat([normal(200, seed=1), normal(200, seed=2) + 50])
    assert precision_and_recall(strange, real)[0] == pytest.approx(precision / 2, abs=0.1)
    narrow = real[:1] + 0.01 * normal(400, seed=1)
    assert precision_and_recall(narrow, real) == (1.0, pytest.approx(0, abs=0.05))
