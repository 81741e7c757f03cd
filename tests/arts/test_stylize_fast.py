"""The fast engine paints any size, in tiles that nobody sees, and a seed decides what it paints."""

import numpy as np
import pytest
import torch
from tiny_stylize import TINY, gap, painter, picture, seeded

from gesso.arts.stylize.build import Configuration, Noise, Painter
from gesso.arts.stylize.fast import HALO, STRIDE, paint, tiles
from gesso.core.rasters import to_tensor


def code_of(model: Painter, seed: int = 5) -> torch.Tensor:
    """The code of a style picture."""
    return model.encode(to_tensor(picture(64, 96, seed)))[0]


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 40), (17, 23), (16, 16), (8, 24), (10, 3000), (3000, 3), (129, 255)]
)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_any_size_is_painted_at_its_size(height: int, width: int, strength: float) -> None:
    model = painter()
    photo = picture(height, width)
    result = paint(model, photo, code_of(model), strength=strength)
    assert result.shape == photo.shape
    assert result.dtype == np.uint8
    assert gap(result, photo) > 10


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_tiles_cannot_be_seen(strength: float) -> None:
    model, photo = painter(), picture(300, 404)
    whole = paint(model, photo, code_of(model), strength=strength, tile=4096)
    tiled = paint(model, photo, code_of(model), strength=strength, tile=64)
    assert whole.std() > 10
    assert gap(whole, tiled) <= 1


def test_tiles_of_the_network_that_ships_cannot_be_seen() -> None:
    model, photo = painter(Configuration()), picture(420, 96)
    whole = paint(model, photo, code_of(model), tile=4096)
    assert whole.std() > 10
    assert gap(whole, paint(model, photo, code_of(model), tile=144)) <= 1


@pytest.mark.parametrize("configuration", [TINY, Configuration()], ids=["tiny", "as shipped"])
def test_the_network_reaches_no_further_than_a_tile_sees_beyond_itself(configuration: Configuration) -> None:
    model, length = painter(configuration), 2 * (HALO + 2 * STRIDE)
    strip = torch.rand((1, 3, length, 16), generator=seeded(0))
    code, noise = model.encode(strip), model.noise(length, 16, seeded(1))
    _, statistics = model(strip, code, noise)
    reach = 0
    for row in range(length // 2, length // 2 + STRIDE):
        spoiled = strip.clone()
        spoiled[:, :, row] = torch.nan  # which spreads to all that depends on it, however little
        rows = model(spoiled, code, noise, statistics)[0].isnan().any(dim=3)[0].any(dim=0).nonzero()
        reach = max(reach, row - int(rows.min()), int(rows.max()) - row)
    assert 30 < reach <= HALO


def test_noise_in_a_tile_is_the_noise_of_the_whole_there() -> None:
    noise = painter().noise(64, 96, seeded(0))
    tile = noise.tile(16, 32, 24, 40)
    assert isinstance(tile, Noise)
    assert torch.equal(tile.half, noise.half[:, :, 8:20, 16:36])
    assert torch.equal(tile.quarter, noise.quarter[:, :, 4:10, 8:18])


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    model, photo = painter(), picture(50, 70)
    first = paint(model, photo, code_of(model), seed=3)
    assert np.array_equal(first, paint(model, photo, code_of(model), seed=3))
    assert not np.array_equal(first, paint(model, photo, code_of(model), seed=4))


def test_another_style_gives_another_picture() -> None:
    model, photo = painter(), picture(50, 70)
    assert gap(paint(model, photo, code_of(model, 5)), paint(model, photo, code_of(model, 6))) > 10


def test_at_no_strength_the_picture_is_itself_and_it_is_left_slowly() -> None:
    model, photo = painter(), picture(60, 44)
    gaps = [gap(paint(model, photo, code_of(model), strength=s), photo) for s in (0.0, 0.001, 0.1, 1.0)]
    assert gaps[0] == 0
    assert gaps[1] <= 2
    assert gaps[1] < gaps[2] < gaps[3]


def test_the_picture_that_is_given_is_not_changed() -> None:
    model, photo = painter(), picture(40, 40)
    before = photo.copy()
    paint(model, photo, code_of(model))
    assert np.array_equal(photo, before)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (64, 64), (72, 200), (304, 400), (24, 4000), (1288, 1272)])
@pytest.mark.parametrize("tile", [8, 64, 1280])
def test_tiles_cover_every_pixel_once(height: int, width: int, tile: int) -> None:
    covered = np.zeros((height, width), int)
    for top, left, bottom, right in tiles(height, width, tile):
        covered[top:bottom, left:right] += 1
        assert top % STRIDE == left % STRIDE == 0
        assert 0 < bottom - top <= tile
        assert 0 < right - left <= tile
    assert (covered == 1).all()
