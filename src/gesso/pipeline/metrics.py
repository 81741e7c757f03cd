"""The figures by which models are judged, with how sure they are.

Scores are logits or probabilities: whatever is larger for what the model holds likelier.
"""

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gesso.core.errors import GessoError

LEVEL = 0.95
COLDEST, HOTTEST = 0.05, 20.0


class Estimate(NamedTuple):
    """A figure, and the interval in which it lies with 95 % confidence unless another level was asked for."""

    value: float
    low: float
    high: float

    def figures(self, name: str, digits: int = 5) -> dict[str, Any]:
        """As an evaluation gives it: the value by its `name`, the bounds by `name`_ci, in so many decimals."""
        value, low, high = (round(each, digits) for each in self)
        return {name: value, f"{name}_ci": [low, high]}


class PerClass(NamedTuple):
    """Figures of each class, (K,) in [0, 1]."""

    precision: Tensor
    recall: Tensor
    f1: Tensor


class Reliability(NamedTuple):
    """What a reliability diagram shows, (bins,) each: the share of examples, their mean confidence and accuracy."""

    share: Tensor
    confidence: Tensor
    accuracy: Tensor


def wilson(successes: int, trials: int, *, level: float = LEVEL) -> Estimate:
    """A share of successes with its score interval (Wilson 1927), which is right for few trials and for shares near 1.

    Raises GessoError when there are no trials, or not as many as successes.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise GessoError(f"{successes} of {trials} is no share: give at least one trial, and no more successes")
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    # Rounding may put the bound of a share of 0 or 1 a hair beyond it.
    return Estimate(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def accuracy(scores: Tensor, labels: Tensor) -> Estimate:
    """The share of scores (N, K) whose largest is at the label (N,), with its Wilson interval."""
    return top_k_accuracy(scores, labels, 1)


def top_k_accuracy(scores: Tensor, labels: Tensor, k: int) -> Estimate:
    """The share of scores (N, K) with the label (N,) among their `k` largest, with its Wilson interval.

    Raises GessoError when `k` is not between 1 and K.
    """
    _check(scores, labels)
    if not 1 <= k <= scores.shape[1]:
        raise GessoError(f"the {k} best of {scores.shape[1]} classes: ask for 1 to {scores.shape[1]}")
    hits = (scores.topk(k, dim=1).indices == labels[:, None]).any(1)
    return wilson(int(hits.sum()), len(hits))


def confusion_matrix(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """How often a label was predicted as each class: (classes, classes), int64, a row for each label.

    Args:
        predicted: labels (N,), such as `scores.argmax(1)`.
        labels: the true ones, (N,).

    Raises GessoError when the shapes differ, or a label is not in 0 … classes - 1.
    """
    if predicted.shape != labels.shape or labels.ndim != 1:
        raise GessoError(
            f"{tuple(predicted.shape)} predictions do not fit {tuple(labels.shape)} labels: give (N,) each"
        )
    pairs = torch.stack([labels, predicted]).long()
    if pairs.numel() and (int(pairs.min()) < 0 or int(pairs.max()) >= classes):
        raise GessoError(f"labels from {int(pairs.min())} to {int(pairs.max())} do not fit {classes} classes")
    return torch.bincount(pairs[0] * classes + pairs[1], minlength=classes**2).view(classes, classes)


def per_class(confusion: Tensor) -> PerClass:
    """Precision, recall and F1 of each class from a confusion matrix (K, K); 0 where nothing was there to divide by."""
    counts = confusion.double()
    hits, predicted, true = counts.diagonal(), counts.sum(0), counts.sum(1)
    return PerClass(
        hits / predicted.clamp(min=1),
        hits / true.clamp(min=1),
        2 * hits / (predicted + true).clamp(min=1),
    )


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """The surprise at each label (N,) under logits (N, K): (N,) in nats. Its mean is the figure; see `bootstrap`."""
    _check(logits, labels)
    return F.cross_entropy(logits.double(), labels.long(), reduction="none")


def reliability(probabilities: Tensor, labels: Tensor, *, bins: int = 15) -> Reliability:
    """How confident the predictions with probabilities (N, K) are and how often they are right, bin by bin.

    Bin m of M has the predictions of confidence in (m / M, (m + 1) / M]. An empty bin has share, confidence and
    accuracy 0.
    """
    _check(probabilities, labels)
    confidence, predicted = probabilities.double().max(1)
    if float(confidence.max()) > 1 + 1e-4 or float(probabilities.min()) < 0:
        raise GessoError("probabilities are not between 0 and 1: take the softmax of logits first")
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=confidence.device)[1:-1]
    place = torch.bucketize(confidence, edges)
    count = torch.bincount(place, minlength=bins).double()
    right = (predicted == labels).double()
    return Reliability(
        count / len(labels),
        torch.bincount(place, confidence, minlength=bins) / count.clamp(min=1),
        torch.bincount(place, right, minlength=bins) / count.clamp(min=1),
    )


def calibration_error(probabilities: Tensor, labels: Tensor, *, bins: int = 15) -> float:
    """Expected calibration error of probabilities (N, K) against labels (N,) (Guo et al. 2017), in [0, 1].

    The mean gap between confidence and accuracy over bins of equal width, each weighted by its share of examples.
    """
    share, confidence, right = reliability(probabilities, labels, bins=bins)
    return float((share * (confidence - right).abs()).sum())


def temperature(logits: Tensor, labels: Tensor) -> float:
    """The T for which softmax(logits / T) makes labels (N,) likeliest, logits (N, K) (Guo et al. 2017).

    It lies between 0.05 and 20 and is found by golden-section search over log T, to a relative 1e-6: the likelihood
    has a single hill along 1 / T. Fit it on validation data, never on the test set.
    """
    _check(logits, labels)
    scores, truth = logits.double(), labels.long()

    def surprise(log_t: float) -> float:
        return float(F.cross_entropy(scores * math.exp(-log_t), truth))

    golden = (math.sqrt(5) - 1) / 2
    low, high = math.log(COLDEST), math.log(HOTTEST)
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = surprise(left), surprise(right)
    while high - low > 1e-6:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = surprise(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = surprise(right)
    return math.exp((low + high) / 2)


def psnr(pictures: Tensor, references: Tensor, *, peak: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio of pictures (B, …) in [0, peak] to references (B, …): (B,) in dB.

    Infinite for a picture equal to its reference.
    """
    if pictures.shape != references.shape or pictures.ndim < 2 or not pictures.numel():
        raise GessoError(f"pictures {tuple(pictures.shape)} do not fit references {tuple(references.shape)}")
    error = (pictures.double() - references.double()).square().flatten(1).mean(1)
    return 10 * (peak**2 / error).log10()


def bootstrap(
    values: Tensor,
    generator: Generator,
    *,
    counts: Tensor | None = None,
    resamples: int = 1000,
    level: float = LEVEL,
) -> Estimate:
    """The mean of `values` (N,) with its percentile bootstrap interval (Efron 1979), drawn from `generator`.

    With `counts` (N,) each value is the sum over so many things, as over the notes of a piece. The mean is then that of
    all things, and what is drawn anew is still the pieces, for the things in one are alike.
    """
    if values.ndim != 1 or not len(values) or resamples < 1:
        raise GessoError(f"a mean needs values (N,) and resamples, not {tuple(values.shape)} and {resamples}")
    values = values.detach().cpu().double()
    counts = torch.ones_like(values) if counts is None else counts.cpu().double()
    # One resample at a time: all of them at once would not fit into memory for a large test set.
    draws = (torch.randint(len(values), (len(values),), generator=generator) for _ in range(resamples))
    means = torch.stack([values[draw].sum() / counts[draw].sum() for draw in draws])
    low, high = means.quantile(torch.tensor([0.5 - level / 2, 0.5 + level / 2], dtype=torch.float64)).tolist()
    return Estimate(float(values.sum() / counts.sum()), low, high)


def _check(scores: Tensor, labels: Tensor) -> None:
    if scores.ndim != 2 or not scores.numel() or labels.shape != scores.shape[:1]:
        raise GessoError(
            f"scores {tuple(scores.shape)} do not fit labels {tuple(labels.shape)}: give (N, K) and (N,), N at least 1"
        )
