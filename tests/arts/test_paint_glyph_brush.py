"""The brush: what its outlines cover."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gesso.arts.paint.glyph.brush import Line, at_corners, envelope, half_width, outlines
from gesso.arts.paint.glyph.page import closed
from gesso.arts.paint.glyph.pixels import flattened

HORIZONTAL = np.array([[15, 50], [85, 48]], float)
VERTICAL = np.array([[50, 10], [50, 90]], float)
FOLD = np.array([[20, 20], [80, 20], [80, 80]], float)
LEFT_FALLING = np.array([[70, 10], [55, 50], [20, 85]], float)


def ink(stroke: np.ndarray, line: Line = "brush", width: float = 3.0) -> np.ndarray:
    """What is covered, at ten pixels to a hundredth of the square: bool (1000, 1000)."""
    image = Image.new("1", (1000, 1000))
    for outline in outlines(stroke, line, width):
        ImageDraw.Draw(image).polygon([(10 * x, 10 * y) for x, y in flattened(closed(outline))], 1)
    return np.asarray(image)


@pytest.mark.parametrize("stroke", [HORIZONTAL, VERTICAL, FOLD, LEFT_FALLING], ids=["h", "v", "fold", "left"])
@pytest.mark.parametrize("line", ["brush", "pen"])
def test_ink_lies_along_the_stroke_and_nowhere_else(stroke: np.ndarray, line: Line) -> None:
    covered = ink(stroke, line)
    for a, b in itertools.pairwise(stroke):
        for share in np.linspace(0.05, 0.9, 12):
            if len(stroke) == 2 or line == "pen":  # where it bends, the curve is not the line between the points
                x, y = np.rint(10 * (a + share * (b - a))).astype(int)
                assert covered[y, x]
    y, x = np.nonzero(covered)
    least, most = stroke.min(0) * 10, stroke.max(0) * 10
    assert x.min() > least[0] - 45
    assert x.max() < most[0] + 45
    assert y.min() > least[1] - 45
    assert y.max() < most[1] + 45


def test_verticals_are_bolder_than_horizontals_and_both_are_pressed_at_their_ends() -> None:
    horizontal, vertical = ink(HORIZONTAL).sum(0), ink(VERTICAL).sum(1)
    assert vertical[450:550].mean() > 1.15 * horizontal[450:550].mean()
    assert horizontal[800:860].max() > 1.2 * horizontal[450:550].mean()
    assert horizontal[130:220].max() > 1.1 * horizontal[450:550].mean()


def test_a_left_falling_stroke_ends_in_a_point() -> None:
    rows = ink(LEFT_FALLING).sum(1)
    assert rows[820:840].mean() < 0.6 * rows[200:400].mean()


def test_a_pen_is_of_one_width() -> None:
    columns = ink(HORIZONTAL, "pen", 5.0).sum(0)[200:800]
    assert columns.min() >= 58
    assert columns.max() <= 63


def test_a_fold_is_a_corner_and_a_bend_is_not() -> None:
    assert [part.tolist() for part in at_corners(FOLD)] == [[[20, 20], [80, 20]], [[80, 20], [80, 80]]]
    assert len(at_corners(LEFT_FALLING)) == 1


@pytest.mark.parametrize(
    "stroke",
    [
        [[5, 5]],
        [[5, 5], [5, 5]],
        [[5, 5], [5.2, 5]],
        [[5, 5], [50, 5], [5, 5]],
        [[0, 0], [100, 100], [0, 100], [100, 0]],
    ],
)
def test_every_stroke_leaves_ink(stroke: list[list[float]]) -> None:
    for line in ("brush", "pen"):
        shapes = outlines(np.array(stroke, float), line, 3.0)
        assert all(np.isfinite(shape).all() for shape in shapes)
        assert ink(np.array(stroke, float), line).sum() > 500


@pytest.mark.parametrize(
    ("middles", "radii"),
    [
        ([[20, 60], [21, 59], [22, 58], [30, 40], [40, 20]], [1, 3, 4, 2.5, 0.2]),
        ([[50, 50], [51, 50], [52, 51], [53, 53]], [1, 3, 6, 3]),
        ([[20, 20], [40, 20], [44, 22], [44, 26], [40, 30], [20, 34]], [4, 5, 6, 6, 5, 4]),
    ],
    ids=["pressed at once", "a dot in its widest circle", "a bend narrower than the brush"],
)
def test_an_envelope_covers_its_circles_and_has_no_barbs(middles: list[list[float]], radii: list[float]) -> None:
    columns = np.array([[*middle, r] for middle, r in zip(middles, radii, strict=True)]).T
    few, many = (
        np.stack(
            [np.interp(np.linspace(0, len(radii) - 1, n), np.arange(len(radii)), each) for each in columns], axis=1
        )
        for n in (40, 400)
    )
    circles, drawn = Image.new("1", (1000, 1000)), Image.new("1", (1000, 1000))
    for x, y, r in 10 * many:
        ImageDraw.Draw(circles).ellipse([x - r, y - r, x + r, y + r], 1)
    outline = flattened(closed(envelope(few[:, :2], few[:, 2])))
    ImageDraw.Draw(drawn).polygon([(10 * x, 10 * y) for x, y in outline], 1)
    wanted, found = np.asarray(circles), np.asarray(drawn)
    assert (wanted & ~found).sum() < 0.06 * wanted.sum()
    assert (found & ~wanted).sum() < 0.02 * wanted.sum()


def test_crowded_characters_are_written_finer() -> None:
    assert half_width(3, 1) > half_width(10, 1) > half_width(25, 1) > 0
    assert half_width(10, 2) == 2 * half_width(10, 1)
    assert half_width(20, 1) < half_width(20, 2) < 1.7 * half_width(20, 1)
