"""What a painter makes as pictures for people: enlarged, on white or on nothing, on sheets, in the place of a mask."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gesso.arts.paint.image.showing import columns_for, enlarged, laid_out, rasters, repainted
from gesso.core.pictures import Raster, on_white


def test_enlarging_makes_edges_steep_and_hardly_rings() -> None:
    x = torch.zeros(1, 1, 16, 16)
    x[..., 8:] = 0.75
    y = enlarged(x, 256)
    assert y.shape == (1, 1, 256, 256)
    assert float(y.min()) == 0
    assert 0.75 <= float(y.max()) < 0.81
    between = ((y > 0.05) & (y < 0.7)).float().mean()
    assert between < 0.05  # bilinear has a sixteenth
    assert enlarged(x, 8).shape == (1, 1, 8, 8)


def test_ink_is_dark_on_white_or_on_nothing() -> None:
    x = torch.full((1, 1, 8, 8), -1.0)
    x[..., 2:6, 2:6] = 1
    opaque, clear = rasters(x, 8)[0], rasters(x, 8, transparent=True)[0]
    assert opaque.alpha is None
    assert (opaque.rgb[0, 0, 0], opaque.rgb[4, 4, 0]) == (255, 0)
    assert clear.alpha is not None
    assert (clear.alpha[0, 0], clear.alpha[4, 4]) == (0, 255)


def test_what_was_laid_on_white_is_taken_off_it() -> None:
    colour, opacity = torch.tensor([1.0, 0.2, 0.0]), torch.tensor([0.0, 0.5, 1.0]).repeat_interleave(4)
    x = torch.empty(1, 4, 12, 12)
    x[:, :3] = colour[:, None, None] * opacity + 1 - opacity
    x[:, 3] = opacity
    clear = rasters(2 * x - 1, 12, transparent=True)[0]
    assert clear.alpha is not None
    assert clear.alpha[0, [0, 5, 11]].tolist() == pytest.approx([0, 128, 255], abs=1)
    assert np.abs(clear.rgb[0, [5, 11]].astype(int) - (255, 51, 0)).max() <= 1
    opaque = rasters(2 * x - 1, 12)[0]
    assert opaque.alpha is None
    assert np.abs(on_white(clear).astype(int) - opaque.rgb).max() <= 1


def test_a_sheet_holds_every_picture() -> None:
    pictures = [Raster(np.full((8, 8, 3), value, np.uint8)) for value in range(5)]
    sheet = laid_out(pictures)
    assert set(np.unique(sheet.rgb)) == {0, 1, 2, 3, 4, 255}
    assert laid_out(pictures, 5).size == (40, 8)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 3), (5, 3), (7, 4), (8, 4), (24, 6), (61, 10), (64, 8)])
def test_the_last_row_of_a_sheet_is_full_where_it_can_be(count: int, columns: int) -> None:
    assert columns_for(count) == columns


def test_where_a_mask_begins_colours_count_by_their_opacity() -> None:
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 1:] = 1
    red, blue = (np.full((4, 4, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    over = repainted(Raster(blue), Raster(red), mask)
    assert over.alpha is None
    assert over.rgb[0].tolist() == [[200, 0, 0], [67, 0, 133], [0, 0, 200], [0, 0, 200]]
    clear = repainted(Raster(blue, np.zeros((4, 4), np.uint8)), Raster(red), mask)
    assert clear.alpha is not None
    assert clear.alpha[0].tolist() == [255, 85, 0, 0]
    assert clear.rgb[0, 1].tolist() == [200, 0, 0]


@pytest.mark.slow
def test_many_large_pictures_hold_little_more_than_few() -> None:
    def peak(count: int) -> float:
        code = (
            "import resource, gesso; from gesso.core.memory import give_back_large_blocks as give; give();"
            f"gesso.paint.image('7', count={count}, size=1024, sheet=True);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
        return int(said) * (1 if sys.platform == "darwin" else 1024) / 1e6

    assert peak(8) - peak(2) < 200
