"""Pictures that a painting begins from: as a model knows them, and where a mask lets them be repainted."""

from pathlib import Path

import numpy as np
import pytest

from gesso.arts.paint.image.art import ART
from gesso.arts.paint.image.build import Configuration
from gesso.arts.paint.image.given import gap_in, taken_in
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, decode, resized
from gesso.core.work import Work
from gesso.faces.calls import call_of

INK = Configuration(channels=1, size=8, widths=(16,), blocks=1, patch=2)
ALL = slice(None)


def test_pictures_are_taken_in_as_the_model_knows_them(photo: Path) -> None:
    assert taken_in(decode(photo), INK).shape == (1, 1, 8, 8)
    white = Raster(np.full((10, 20, 3), 255, np.uint8))
    assert taken_in(white, INK).max() == pytest.approx(-1)  # no ink
    clear = INK.model_copy(update={"channels": 4})
    assert taken_in(white, clear)[0, :, 0, 0].tolist() == pytest.approx([1, 1, 1, -1])


def mask(shape: tuple[int, int], rows: slice, columns: slice) -> Raster:
    rgb = np.zeros((*shape, 3), np.uint8)
    rgb[rows, columns] = 255
    return Raster(rgb)


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        (mask((10, 40), ALL, slice(0, 8)), slice(0, 20)),  # of all of it, at its left end
        (mask((20, 80), ALL, slice(50, 52)), slice(41, 61)),  # the square goes where the mask is
        (mask((8, 8), ALL, ALL), slice(30, 50)),  # a square one is of the middle square
    ],
)
def test_the_square_that_is_painted_is_where_the_mask_is(given: Raster, columns: slice) -> None:
    gap = gap_in(Raster(np.zeros((20, 80, 3), np.uint8)), given, None)
    assert gap.window == (slice(0, 20), columns)
    assert gap.square().size == (20, 20)


def test_a_mask_that_is_clear_lets_nothing_in_and_one_too_wide_warns(photo: Path) -> None:
    white = Raster(np.full((8, 8, 3), 255, np.uint8))
    clear = Raster(white.rgb, np.repeat([[0] * 4 + [255] * 4], 8, 0).astype(np.uint8))
    assert gap_in(white, clear, 8).square_mask(8)[0, 0, 0].tolist() == pytest.approx([0] * 4 + [1] * 4)
    with pytest.warns(UserWarning, match="wider than what can be painted at once, 10 x 10 pixels"):
        gap = gap_in(mask((10, 30), ALL, ALL), mask((10, 30), ALL, slice(1, 29)), None)
    assert gap.window[1] == slice(10, 20)


@pytest.mark.parametrize("shape", [(8, 8), (8, 16)])
def test_a_mask_without_white_is_refused(shape: tuple[int, int]) -> None:
    """Rather than give the picture back as it was."""
    with pytest.raises(GessoError, match="--mask: nothing in it is white"):
        gap_in(Raster(np.zeros((20, 80, 3), np.uint8)), mask(shape, ALL, slice(0, 0)), None)


def image(*words: str, **settings: object) -> Work:
    work = call_of(ART)(*words, **settings)
    assert isinstance(work, Work)
    return work


def test_what_a_mask_keeps_is_the_whole_picture_at_any_size(photo: Path) -> None:
    whole = decode(photo)  # 48 x 32 pixels
    right = mask((32, 48), ALL, slice(30, 48)).rgb
    work = image("7", like=photo, mask=right, steps=4)
    assert work.raster.size == (48, 32)
    assert np.array_equal(work.raster.rgb[:, :30], whole.rgb[:, :30])
    assert np.abs(work.raster.rgb[:, 32:].astype(int) - whole.rgb[:, 32:]).max() > 60
    large = image("7", like=photo, mask=right, size=128, steps=4)
    assert large.raster.size == (192, 128)
    assert np.array_equal(large.raster.rgb[:, :120], resized(whole.rgb, (192, 128))[:, :120])


def test_a_strip_of_which_no_number_is_said_has_pictures_between_its_ends(photo: Path) -> None:
    ends = decode(photo).rgb, decode(photo).rgb[::-1]
    for asked, across in (({}, 9), ({"count": 2}, 2)):
        assert image(model="digits", between=ends, size=8, steps=1, **asked).raster.size == (8 * across, 8)
