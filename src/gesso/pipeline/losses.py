"""Losses by name."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.core.errors import GessoError

Loss = Literal["cross-entropy", "binary-cross-entropy", "mse", "rmse", "l1", "huber"]


def loss(name: Loss, prediction: Tensor, target: Tensor, *, smoothing: float = 0.0, delta: float = 1.0) -> Tensor:
    """The loss called `name`, a single number: the mean over all that is predicted.

    With p the prediction, t the target and e = p - t:

        cross-entropy          - sum over classes of t' log softmax(p), with t' = (1 - smoothing) t + smoothing / K
        binary-cross-entropy   - t log sigmoid(p) - (1 - t) log sigmoid(-p)
        mse                    e^2
        rmse                   the root of the mean of e^2
        l1                     |e|
        huber                  e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2) (Huber 1964)

    Args:
        prediction: for cross-entropy logits (..., K), classes last; for binary cross-entropy logits of any shape; else
            values of any shape.
        target: of the same shape, for the two cross-entropies probabilities in [0, 1]. Or labels (...) of an integer
            type, which every loss but cross-entropy takes as vectors of K numbers, one of them 1 and the others 0.
            Cross-entropy leaves out what has the label -100, such as padding.
        smoothing: of cross-entropy, at least 0 and less than 1: the share of each target that is spread evenly over
            the classes (Szegedy et al. 2016).
        delta: of huber, above 0: the error from which on the loss grows in proportion to it.

    Raises GessoError when the shapes do not fit, or when a setting is given to a loss that has none of it.
    """
    if smoothing != 0 and name != "cross-entropy":
        raise GessoError(f"{name} has no smoothing: leave it out, or take cross-entropy")
    if delta != 1 and name != "huber":
        raise GessoError(f"{name} has no delta: leave it out, or take huber")
    if not 0 <= smoothing < 1:
        raise GessoError(f"smoothing {smoothing:g} is not a share: give at least 0 and less than 1")
    if not delta > 0:
        raise GessoError(f"delta {delta:g} is too small: it must be more than 0")

    labelled = _are_labels(prediction, target)
    if not labelled and prediction.shape != target.shape:
        raise GessoError(
            f"{name} of predictions {tuple(prediction.shape)} cannot be taken against targets {tuple(target.shape)}: "
            "give targets of the same shape, or whole numbers that are labels of the last axis"
        )
    # Half the digits would be lost in the differences and the sums below.
    p = prediction.to(torch.promote_types(prediction.dtype, torch.float32))
    if name == "cross-entropy":
        if p.ndim == 0 or (not labelled and not target.is_floating_point()):
            raise GessoError(
                f"cross-entropy of predictions {tuple(prediction.shape)} cannot be taken against targets "
                f"{tuple(target.shape)} of {target.dtype}: give logits with the classes last, and labels or "
                "probabilities"
            )
        p = p.reshape(-1, p.shape[-1])
        t = target.long().flatten() if labelled else target.to(p.dtype).reshape(p.shape)
        return F.cross_entropy(p, t, label_smoothing=smoothing)
    t = F.one_hot(target.long(), p.shape[-1]).to(p.dtype) if labelled else target.to(p.dtype)
    match name:
        case "binary-cross-entropy":
            return F.binary_cross_entropy_with_logits(p, t)
        case "mse":
            return F.mse_loss(p, t)
        case "rmse":
            return F.mse_loss(p, t).clamp(min=1e-12).sqrt()  # at 0 the root has no gradient
        case "l1":
            return F.l1_loss(p, t)
        case "huber":
            return F.huber_loss(p, t, delta=delta)


def _are_labels(prediction: Tensor, target: Tensor) -> bool:
    whole = not target.is_floating_point() and target.dtype != torch.bool
    return whole and prediction.ndim > 0 and target.shape == prediction.shape[:-1]
