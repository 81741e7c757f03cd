"""Random numbers are a function of the seed and of what they are for."""

import pytest
import torch

from gesso.core.seeds import derive, generator


def test_derived_seeds_never_change() -> None:
    # Recipes written today are remade in years: these numbers are part of the format.
    assert derive(0) == 3456079177858693020
    assert derive(7, "noise", 3) == 1825561352680885569


def test_every_part_of_the_path_counts() -> None:
    seeds = [derive(1, *path) for path in ((), ("a",), ("a", "b"), ("ab",), ("b", "a"), (1,), ("1",))]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_generators_repeat_and_are_independent(seed: int) -> None:
    first, again, other = (
        torch.randn(1000, generator=generator(seed, *path)) for path in (("noise", 0), ("noise", 0), ("noise", 1))
    )
    assert torch.equal(first, again)
    assert abs(float((first * other).mean())) < 0.15
