"""Losses by name are those of their formulas, and refuse what does not belong to them."""

import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from gesso.core.errors import GessoError
from gesso.pipeline.losses import Loss, loss

LOGITS = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)) * 2
LABELS = torch.tensor([0, 1, 2, 3, 0, 2])
ONE_HOT = torch.eye(4)[LABELS]
SHARES = torch.rand(6, 4, generator=torch.Generator().manual_seed(1))


def test_cross_entropy_is_the_mean_surprise_with_and_without_smoothing() -> None:
    log_p = LOGITS - LOGITS.exp().sum(1, keepdim=True).log()
    torch.testing.assert_close(loss("cross-entropy", LOGITS, LABELS), -(ONE_HOT * log_p).sum(1).mean())
    smooth = 0.8 * ONE_HOT + 0.2 / 4
    expected = -(smooth * log_p).sum(1).mean()
    torch.testing.assert_close(loss("cross-entropy", LOGITS, LABELS, smoothing=0.2), expected)
    torch.testing.assert_close(loss("cross-entropy", LOGITS, smooth), expected)


def test_cross_entropy_of_sequences_has_its_classes_last_and_leaves_padding_out() -> None:
    logits, labels = LOGITS.view(2, 3, 4), LABELS.view(2, 3)
    torch.testing.assert_close(loss("cross-entropy", logits, labels), loss("cross-entropy", LOGITS, LABELS))
    padded = labels.clone()
    padded[1, 1:] = -100
    torch.testing.assert_close(loss("cross-entropy", logits, padded), loss("cross-entropy", LOGITS[:4], LABELS[:4]))


def test_binary_cross_entropy_is_from_logits() -> None:
    p = LOGITS.sigmoid()
    expected = -(SHARES * p.log() + (1 - SHARES) * (1 - p).log()).mean()
    torch.testing.assert_close(loss("binary-cross-entropy", LOGITS, SHARES), expected)
    assert float(loss("binary-cross-entropy", torch.tensor([500.0]), torch.tensor([True]))) == 0


def test_regression_losses_are_their_formulas() -> None:
    e = LOGITS - SHARES
    torch.testing.assert_close(loss("mse", LOGITS, SHARES), e.square().mean())
    torch.testing.assert_close(loss("rmse", LOGITS, SHARES), e.square().mean().sqrt())
    torch.testing.assert_close(loss("l1", LOGITS, SHARES), e.abs().mean())
    for delta in (0.5, 1.0, 3.0):
        far = e.abs() > delta
        expected = torch.where(far, delta * (e.abs() - delta / 2), e.square() / 2).mean()
        torch.testing.assert_close(loss("huber", LOGITS, SHARES, delta=delta), expected)


@pytest.mark.parametrize("name", ["binary-cross-entropy", "mse", "rmse", "l1", "huber"])
def test_labels_are_vectors_with_a_single_one(name: Loss) -> None:
    assert torch.equal(loss(name, LOGITS, LABELS), loss(name, LOGITS, ONE_HOT))


@pytest.mark.parametrize("name", get_args(Loss))
def test_every_loss_trains_a_classifier_and_is_exact_in_mixed_precision(name: Loss) -> None:
    prediction = LOGITS.bfloat16().requires_grad_()
    value = loss(name, prediction, LABELS)
    assert value.dtype == torch.float32
    value.backward()
    assert prediction.grad is not None
    stepped = prediction.detach().float() - 0.05 * prediction.grad.float()
    assert float(loss(name, stepped, LABELS)) < value.item()


def test_the_root_has_a_gradient_where_nothing_is_wrong() -> None:
    prediction = SHARES.clone().requires_grad_()
    loss("rmse", prediction, SHARES).backward()
    assert prediction.grad is not None
    assert prediction.grad.isfinite().all()


def test_a_wrong_guess_among_k_costs_what_it_should() -> None:
    assert float(loss("cross-entropy", torch.zeros(3, 10), torch.tensor([1, 5, 9]))) == pytest.approx(math.log(10))


@pytest.mark.parametrize("name", get_args(Loss))
def test_shapes_that_do_not_fit_are_refused(name: Loss) -> None:
    for target in (SHARES[:, :1], SHARES[0], LABELS[:3], LABELS.float()):
        with pytest.raises(GessoError, match=r"\(6, 4\) cannot be taken"):
            loss(name, LOGITS, target)


def test_settings_of_another_loss_and_out_of_bounds_are_refused() -> None:
    with pytest.raises(GessoError, match="mse has no smoothing"):
        loss("mse", LOGITS, SHARES, smoothing=0.1)
    with pytest.raises(GessoError, match="l1 has no delta"):
        loss("l1", LOGITS, SHARES, delta=2)
    with pytest.raises(GessoError, match="smoothing 1 is not a share"):
        loss("cross-entropy", LOGITS, LABELS, smoothing=1)
    with pytest.raises(GessoError, match="delta 0 is too small"):
        loss("huber", LOGITS, SHARES, delta=0)


def test_smoothing_is_torch_s() -> None:
    reference = F.cross_entropy(LOGITS, LABELS, label_smoothing=0.1)
    torch.testing.assert_close(loss("cross-entropy", LOGITS, LABELS, smoothing=0.1), reference)
