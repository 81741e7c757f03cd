"""Decoding: what each rule leaves, and that drawing keeps to the probabilities and to what is ruled out."""

import math

import pytest
import torch

from gesso.core.errors import GessoError
from gesso.networks import decoding
from gesso.networks.decoding import choose, ruled

SHARES = torch.tensor([[0.5, 0.25, 0.15, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=torch.float64)
LOGITS = SHARES.log() + torch.tensor([[3.0], [-7.0]], dtype=torch.float64)


def left(*rules: decoding.Rule) -> list[list[int]]:
    return [row.isfinite().nonzero()[:, 0].tolist() for row in ruled(LOGITS, rules)]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (decoding.top_k(2), [[0, 1], [2, 3]]),
        (decoding.top_k(9), [[0, 1, 2, 3], [0, 1, 2, 3]]),
        (decoding.top_p(0.45), [[0], [2, 3]]),
        (decoding.top_p(0.74), [[0, 1], [1, 2, 3]]),
        (decoding.top_p(1.0), [[0, 1, 2, 3], [0, 1, 2, 3]]),
        (decoding.min_p(0.45), [[0, 1], [1, 2, 3]]),
        (decoding.temperature(0), [[0], [3]]),
        (decoding.only(torch.tensor([True, False, True, False])), [[0, 2], [0, 2]]),
    ],
)
def test_what_a_rule_leaves(rule: decoding.Rule, kept: list[list[int]]) -> None:
    assert left(rule) == kept


def test_rules_go_one_after_the_other() -> None:
    no_first = decoding.only(torch.tensor([False, True, True, True]))
    assert left(no_first, decoding.top_k(1)) == [[1], [3]]
    with pytest.raises(GessoError, match="nothing is left"):
        choose(ruled(LOGITS, [decoding.top_k(1), no_first]), torch.zeros(2))


def test_temperature_is_the_power_of_the_probabilities() -> None:
    cooler = ruled(LOGITS, [decoding.temperature(0.5)]).softmax(-1)
    expected = SHARES.square() / SHARES.square().sum(-1, keepdim=True)
    torch.testing.assert_close(cooler, expected)


def test_choices_have_the_probabilities_of_the_logits() -> None:
    chance = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    for row, shares in zip(LOGITS, SHARES, strict=True):
        drawn = choose(row.expand(1000, -1), chance).bincount(minlength=4)
        assert drawn.tolist() == pytest.approx((1000 * shares).tolist(), abs=1)


@pytest.mark.parametrize("chance", [0.0, math.nextafter(1, 0)])
def test_what_is_ruled_out_is_never_chosen(chance: float) -> None:
    logits = torch.tensor([[-math.inf, 1.0, -math.inf, 2.0, -math.inf]])
    assert choose(logits, torch.tensor([chance], dtype=torch.float64)).item() in (1, 3)


def test_a_row_is_drawn_from_its_own_generator_alone() -> None:
    def sources(*seeds: int) -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in seeds]

    both, alone = decoding.chances(sources(1, 2)), decoding.chances(sources(2))
    assert both[1] == alone[0] != both[0]


def test_what_stands_apart_stays_as_likely_while_the_others_sharpen() -> None:
    token = torch.tensor([0, 1])
    kept = ruled(LOGITS, [decoding.apart(token, [decoding.temperature(0.5), decoding.top_k(2)])]).softmax(-1)
    torch.testing.assert_close(kept[0], torch.tensor([0.5, 0.5 * 25 / 34, 0.5 * 9 / 34, 0], dtype=torch.float64))
    torch.testing.assert_close(kept[1], torch.tensor([0, 0.2, 0.8 * 9 / 25, 0.8 * 16 / 25], dtype=torch.float64))
    alone = decoding.only(torch.tensor([[True, False, False, False], [True, False, False, True]]))
    left_over = ruled(LOGITS, [alone, decoding.apart(token, [decoding.top_k(1)])])
    assert [row.isfinite().nonzero()[:, 0].tolist() for row in left_over] == [[0], [3]]


def test_repetition_is_punished_each_time_that_it_came() -> None:
    tokens = torch.tensor([[0, 3, 0], [2, 2, 2]])
    punished = ruled(LOGITS, [decoding.repeated_less(tokens, 0.5)])
    counts = torch.tensor([[2, 0, 0, 1], [0, 0, 3, 0]])
    torch.testing.assert_close(LOGITS - punished, 0.5 * counts.double())
