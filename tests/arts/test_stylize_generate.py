"""From settings to a work: each style in its mask and by its weight."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_stylize import TINY, Rgb, gap, painter, picture

from gesso.arts.stylize.art import Stylize
from gesso.arts.stylize.color import blended
from gesso.arts.stylize.generate import generate
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.pictures import Raster
from gesso.core.progress import Progress

PHOTO, FIRST, SECOND = picture(32, 48), picture(64, 64, 1), picture(64, 64, 2)
LEFT = np.repeat(np.array([255, 0], np.uint8), 24)[None].repeat(32, axis=0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny painter of random weights, in a folder."""
    folder = tmp_path_factory.mktemp("model")
    weights.save(folder, "tiny", painter().state_dict(), {"network": TINY.model_dump(mode="json")}, "# tiny\n")
    return folder


def stylized(model: Path, **values: Any) -> Rgb:
    settings = check(Stylize, {"content": PHOTO, **values})
    (output,) = generate(settings, seed=0, device=torch.device("cpu"), model=str(model), progress=Progress(shown=False))
    assert isinstance(output.content, Raster)
    return output.content.rgb


def test_a_style_goes_where_its_mask_is_white(model: Path) -> None:
    both = stylized(model, style=(FIRST, SECOND), mask=(LEFT, 255 - LEFT))
    for rows, style in ((np.s_[:, :24], FIRST), (np.s_[:, 24:], SECOND)):
        alone = stylized(model, style=style)
        assert gap(alone, PHOTO) > 10
        assert np.array_equal(both[rows], alone[rows])


@pytest.mark.parametrize("weight", [(1, 2), (0.1, 0.2), (50, 100)])
def test_in_masks_the_heaviest_style_is_whole_and_others_are_in_their_proportion(
    model: Path, weight: tuple[float, float]
) -> None:
    both = stylized(model, style=(FIRST, SECOND), weight=weight, mask=(LEFT, 255 - LEFT))
    first, second = (stylized(model, style=style) for style in (FIRST, SECOND))
    assert gap(both[:, :24], blended(PHOTO, first, 0.5)[:, :24]) <= 1
    assert np.array_equal(both[:, 24:], second[:, 24:])


def test_what_is_protected_stays(model: Path) -> None:
    result = stylized(model, style=FIRST, protect=LEFT)
    assert np.array_equal(result[:, :24], PHOTO[:, :24])
    assert np.array_equal(result[:, 24:], stylized(model, style=FIRST)[:, 24:])
