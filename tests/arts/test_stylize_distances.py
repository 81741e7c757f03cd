"""What the distances of style transfer say: nothing of a picture to itself, and no more than they should of others."""

from collections.abc import Callable

import pytest
import torch
from tiny_stylize import features, picture
from torch import Tensor

from gesso.arts.stylize.distances import content_distance, stroke_distance, style_distance
from gesso.core.rasters import to_tensor

Seen = dict[str, Tensor]
Distance = Callable[[Seen, Seen], Tensor]


def seen(seed: int) -> Seen:
    return features()(to_tensor(picture(64, 80, seed)))


def flat(like: Seen) -> Seen:
    """The features of a picture of one colour."""
    return {name: torch.ones_like(x) for name, x in like.items()}


@pytest.mark.parametrize("distance", [content_distance, style_distance, stroke_distance])
def test_a_picture_is_at_no_distance_from_itself_and_at_some_from_another(distance: Distance) -> None:
    ours, theirs = seen(0), seen(1)
    assert float(distance(ours, ours)) == 0
    assert float(distance(ours, theirs)) > 0.01


def test_each_picture_of_a_batch_has_its_own_distance() -> None:
    ours, theirs = seen(0), seen(1)
    both = {name: torch.cat([ours[name], theirs[name]]) for name in ours}
    twice = {name: torch.cat([x, x]) for name, x in theirs.items()}
    for distance in (content_distance, style_distance, stroke_distance):
        alone = torch.cat([distance(ours, theirs), distance(theirs, theirs)])
        torch.testing.assert_close(distance(both, twice), alone, rtol=1e-4, atol=1e-6)


def test_strokes_are_as_far_there_as_back() -> None:
    ours, theirs = seen(0), seen(1)
    torch.testing.assert_close(stroke_distance(ours, theirs), stroke_distance(theirs, ours))


def test_a_flat_style_is_one_away_and_drowns_no_other() -> None:
    ours = seen(0)
    assert float(stroke_distance(ours, flat(ours))) == pytest.approx(1)
    assert float(stroke_distance(flat(ours), flat(ours))) == 0


def test_opposite_strokes_are_two_away_and_unrelated_ones_one() -> None:
    rows = torch.arange(64)
    ones, twos = 1.0 - 2 * (rows % 2), 1.0 - 2 * (rows // 2 % 2)  # rows that alternate: each, and every two
    ours, theirs = ({name: x.view(1, 1, 64, 1).expand(1, 1, 64, 64) for name in seen(0)} for x in (ones, twos))
    # Of ten covariances two, with the row two below, are opposite; one, with the next row, is there and not here.
    assert float(stroke_distance(ours, theirs)) == pytest.approx((2 + 2 + 1) / 10, abs=0.01)
