"""Figures against published values, examples worked by hand, and what must hold of any interval."""

import math

import pytest
import torch

from gesso.core.errors import GessoError
from gesso.pipeline.metrics import (
    accuracy,
    bootstrap,
    calibration_error,
    confusion_matrix,
    negative_log_likelihood,
    per_class,
    psnr,
    reliability,
    temperature,
    top_k_accuracy,
    wilson,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # The last four: Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    [
        (8, 10, 0.4902, 0.9433),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_published(successes: int, trials: int, low: float, high: float) -> None:
    estimate = wilson(successes, trials)
    assert estimate == pytest.approx((successes / trials, low, high), abs=6e-5)


def test_a_wilson_interval_holds_its_share_and_narrows() -> None:
    for trials in (1, 7, 10_000):
        for successes in (0, 1, trials):
            value, low, high = wilson(successes, trials)
            assert 0 <= low <= value <= high <= 1
    assert wilson(80, 100).low > wilson(8, 10).low
    assert wilson(8, 10, level=0.99).low < wilson(8, 10).low


SCORES = torch.tensor([[3.0, 2, 1], [3, 2, 1], [1, 2, 3], [2, 3, 1]])
LABELS = torch.tensor([0, 1, 0, 1])


def test_accuracy_counts_the_best_and_the_k_best() -> None:
    assert accuracy(SCORES, LABELS) == wilson(2, 4)
    assert top_k_accuracy(SCORES, LABELS, 2) == wilson(3, 4)
    assert top_k_accuracy(SCORES, LABELS, 3) == wilson(4, 4)


def test_the_confusion_matrix_has_a_row_for_each_true_label() -> None:
    matrix = confusion_matrix(SCORES.argmax(1), LABELS, 3)
    assert matrix.tolist() == [[1, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_precision_recall_and_f1_of_each_class() -> None:
    precision, recall, f1 = per_class(torch.tensor([[8, 2, 0], [4, 6, 0], [0, 0, 0]]))
    assert precision.tolist() == pytest.approx([8 / 12, 6 / 8, 0])
    assert recall.tolist() == pytest.approx([0.8, 0.6, 0])
    assert f1.tolist() == pytest.approx([16 / 22, 12 / 18, 0])


def test_surprise_is_that_of_the_probability_of_the_label() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    nats = negative_log_likelihood(probabilities.log() + 5, torch.tensor([0, 2]))  # a constant changes nothing
    assert nats.tolist() == pytest.approx([-math.log(0.7), -math.log(0.1)])


def test_calibration_error_worked_by_hand() -> None:
    # Of two bins, (0, 1/2] has confidences 0.4 and 0.5, one of them right; (1/2, 1] has 0.9, 0.7 and 0.8, two right.
    probabilities = torch.tensor(
        [[0.4, 0.3, 0.3], [0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]], dtype=torch.float64
    )
    labels = torch.tensor([0, 0, 0, 2, 0])
    share, confidence, right = reliability(probabilities, labels, bins=2)
    assert share.tolist() == pytest.approx([0.4, 0.6])
    assert confidence.tolist() == pytest.approx([0.45, 0.8])
    assert right.tolist() == pytest.approx([0.5, 2 / 3])
    assert calibration_error(probabilities, labels, bins=2) == pytest.approx(0.4 * 0.05 + 0.6 * (0.8 - 2 / 3))


def test_calibration_error_of_the_sure_and_of_the_honest() -> None:
    sure = torch.tensor([[1.0, 0.0]]).expand(10, 2)
    assert calibration_error(sure, torch.zeros(10, dtype=torch.long)) == 0
    assert calibration_error(sure, torch.ones(10, dtype=torch.long)) == 1
    probabilities = torch.rand(40_000, 4, generator=seeded()).softmax(1)
    labels = torch.multinomial(probabilities, 1, generator=seeded(1))[:, 0]
    assert calibration_error(probabilities, labels) < 0.02


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_temperature_recovers_a_scale_that_is_known(scale: float) -> None:
    logits = torch.randn(20_000, 5, generator=seeded()) * 2
    labels = torch.multinomial(logits.softmax(1), 1, generator=seeded(1))[:, 0]
    found = temperature(logits * scale, labels)
    assert found == pytest.approx(scale, rel=0.04)
    surprises = [
        float(negative_log_likelihood(logits * scale / t, labels).mean()) for t in (found, 0.99 * found, 1.01 * found)
    ]
    assert surprises[0] < min(surprises[1:])


def test_temperature_stays_in_its_bounds_where_there_is_no_best() -> None:
    logits = torch.eye(4)
    assert temperature(logits, torch.arange(4)) == pytest.approx(0.05, rel=1e-3)  # always right: the surer the better
    assert temperature(logits, torch.arange(4).flip(0)) == pytest.approx(20, rel=1e-3)
    assert 0.05 <= temperature(1e6 * logits, torch.tensor([0, 1, 2, 0])) <= 20


def test_psnr_of_a_known_error_and_of_none() -> None:
    reference = torch.rand(3, 1, 8, 8, generator=seeded())
    off = reference + torch.tensor([0.1, 0.01, 0.0])[:, None, None, None]
    assert psnr(off, reference).tolist() == pytest.approx([20, 40, math.inf], abs=1e-3)
    assert psnr(off * 255, reference * 255, peak=255).tolist() == pytest.approx([20, 40, math.inf], abs=1e-3)


def test_a_bootstrap_interval_is_that_of_the_normal_approximation_for_many_values() -> None:
    values = torch.randn(2000, generator=seeded()) * 3 + 10
    value, low, high = bootstrap(values, seeded(1))
    half = 1.96 * float(values.std()) / 2000**0.5
    assert value == pytest.approx(float(values.mean()))
    assert (low, high) == pytest.approx((value - half, value + half), abs=0.15 * half)


def test_a_bootstrap_is_a_function_of_its_generator() -> None:
    values = torch.rand(50, generator=seeded())
    assert bootstrap(values, seeded(1)) == bootstrap(values, seeded(1))
    assert bootstrap(values, seeded(1)) != bootstrap(values, seeded(2))
    assert bootstrap(torch.full((5,), 3.0), seeded()) == (3, 3, 3)


def test_of_notes_in_pieces_the_pieces_are_drawn_anew() -> None:
    pieces = 0.3 * torch.randn(40, 1, generator=seeded()).double() + torch.rand((40, 25), generator=seeded(1)).double()
    counts = torch.tensor([25, 5] * 20)
    notes = [piece[:count] for piece, count in zip(pieces, counts.tolist(), strict=True)]
    found = bootstrap(torch.stack([piece.sum() for piece in notes]), seeded(2), counts=counts)
    as_if_apart = bootstrap(torch.cat(notes), seeded(2))
    assert found.value == pytest.approx(as_if_apart.value)
    assert found.low < found.value < found.high
    assert found.high - found.low > 2 * (as_if_apart.high - as_if_apart.low)


def test_an_estimate_is_told_with_its_interval() -> None:
    assert wilson(8, 10).figures("share", 3) == {"share": 0.8, "share_ci": [0.49, 0.943]}


def test_what_does_not_fit_is_refused() -> None:
    for scores, labels in ((SCORES, LABELS[:3]), (SCORES[0], LABELS), (SCORES[:0], LABELS[:0])):
        with pytest.raises(GessoError, match="do not fit"):
            accuracy(scores, labels)
        with pytest.raises(GessoError, match="do not fit"):
            temperature(scores, labels)
    with pytest.raises(GessoError, match="ask for 1 to 3"):
        top_k_accuracy(SCORES, LABELS, 4)
    with pytest.raises(GessoError, match="do not fit 2 classes"):
        confusion_matrix(SCORES.argmax(1), LABELS, 2)
    with pytest.raises(GessoError, match="softmax"):
        calibration_error(SCORES, LABELS)
    with pytest.raises(GessoError, match="at least one trial"):
        wilson(0, 0)
    with pytest.raises(GessoError, match="do not fit"):
        psnr(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(GessoError, match="a mean needs"):
        bootstrap(torch.zeros(0), seeded())
