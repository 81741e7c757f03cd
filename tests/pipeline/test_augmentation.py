"""Pictures as training data: any folder of pictures will do, and what is drawn is a function of the seed alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

from gesso.core.errors import GessoError
from gesso.pipeline.pictures import load_pool, mixed, picture_files, random_crop, recoloured, texture


def seeded(seed: int) -> Generator:
    return torch.Generator().manual_seed(seed)


def noise(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.randint(256, (3, height, width), generator=seeded(seed), dtype=torch.uint8)


def save(path: Path, width: int = 8, height: int = 6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(height, width).permute(1, 2, 0).numpy()).save(path)
    return path


DRAWS: dict[str, Callable[[Generator], Tensor]] = {
    "crop": lambda g: random_crop(noise(90, 70), 32, g),
    "crop of a picture smaller than it": lambda g: random_crop(noise(20, 30), 64, g),
    "recoloured": lambda g: recoloured(noise(24, 24).float() / 255, g),
    "mixed": lambda g: mixed(noise(24, 24).float() / 255, noise(24, 24, seed=1).float() / 255, g),
    "texture": lambda g: texture(48, g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_state_draws_the_same_and_another_state_another(name: str) -> None:
    draw = DRAWS[name]
    assert torch.equal(draw(seeded(1)), draw(seeded(1)))
    assert not torch.equal(draw(seeded(1)), draw(seeded(2)))


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_drawn_is_a_picture(name: str) -> None:
    for seed in range(20):
        x = DRAWS[name](seeded(seed))
        assert x.dtype == torch.float32
        assert x.ndim == 3
        assert x.shape[0] == 3
        assert x.shape[1] == x.shape[2]
        assert x.isfinite().all()
        assert float(x.min()) >= -1e-6
        assert float(x.max()) <= 1 + 1e-6


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 300), (300, 5), (16, 16), (17, 400)])
def test_a_picture_of_any_size_can_be_cropped(height: int, width: int) -> None:
    assert random_crop(noise(height, width), 32, seeded(0)).shape == (3, 32, 32)


def test_a_crop_is_cut_out_of_the_picture_and_flipped_half_of_the_time() -> None:
    height, width = 60, 80
    picture = torch.zeros(3, height, width, dtype=torch.uint8)
    picture[0] = torch.arange(height, dtype=torch.uint8)[:, None]  # red tells the row
    picture[1] = torch.arange(width, dtype=torch.uint8)  # green tells the column
    flipped, sides, places = 0, set[int](), set[tuple[int, int]]()
    for seed in range(40):
        rows, columns, blue = random_crop(picture, 24, seeded(seed), smallest=0.5) * 255
        flipped += bool(columns[0, 0] > columns[0, -1])
        span = float(rows[-1, 0] - rows[0, 0])
        assert abs(float((columns[0, -1] - columns[0, 0]).abs()) - span) < 0.1  # a square stays a square
        assert float(blue.abs().max()) == 0
        sides.add(round(span * 24 / 23))
        places.add((round(float(rows.mean())), round(float(columns.mean()))))
    assert 10 < flipped < 30
    assert 29 <= min(sides) < 40 < 52 < max(sides) <= 61
    assert len(places) > 30


def test_recolouring_changes_colours_and_not_places() -> None:
    flat = torch.zeros(3, 8, 8)
    flat[:, :, 4:] = torch.tensor([0.8, 0.4, 0.2])[:, None, None]
    for seed in range(10):
        x = recoloured(flat, seeded(seed))
        assert torch.equal(x[:, :, 4:], x[:, :1, 4:5].expand(3, 8, 4))
        assert torch.equal(x[:, :, :4], x[:, :1, :1].expand(3, 8, 4))


def test_a_mixture_holds_both_pictures() -> None:
    black, white = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    shares = [float(mixed(black, white, seeded(seed)).mean()) for seed in range(30)]
    assert 0.2 < float(np.mean(shares)) < 0.8
    blends = [x for seed in range(30) if 0 < float((x := mixed(black, white, seeded(seed)))[0, 0, 0]) < 1]
    assert 5 < len(blends) < 25  # blended, or side by side
    for x in blends:
        assert float(x.std()) == pytest.approx(0, abs=1e-6)


def test_textures_have_several_colours_and_a_grain() -> None:
    for seed in range(5):
        x = texture(64, seeded(seed))
        assert float(x.flatten(1).std(1).max()) > 0.05
        neighbours = (x[:, 1:] - x[:, :-1]).abs().mean() + (x[:, :, 1:] - x[:, :, :-1]).abs().mean()
        assert 0.005 < float(neighbours) < 0.3  # neither flat nor white noise


def test_every_picture_below_the_folders_is_found_in_order_of_name(tmp_path: Path) -> None:
    paintings = [save(tmp_path / "b" / name) for name in ("a.jpg", "c.PNG", "sub/z.webp")]
    photographs = [save(tmp_path / "a" / name) for name in ("m.tif", "n.jpeg")]
    (tmp_path / "b" / "index.json").write_text("{}")
    assert picture_files([tmp_path / "b", tmp_path / "a"]) == [*paintings, *photographs]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"no folder .*nowhere") as raised:
        picture_files([tmp_path / "nowhere"])
    assert "\n" not in str(raised.value)
    with pytest.raises(GessoError, match=r"no folder .*photo\.png"):
        picture_files([save(tmp_path / "photo.png")])


def test_a_folder_without_pictures_is_named_though_another_has_some(tmp_path: Path) -> None:
    save(tmp_path / "full" / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("none")
    with pytest.raises(GessoError, match=r"no pictures in .*empty: it needs PNG, JPEG, WebP or TIFF"):
        picture_files([tmp_path / "full", tmp_path / "empty"])


def test_pictures_are_held_as_they_are_unless_they_are_larger_than_asked(tmp_path: Path) -> None:
    small, wide = save(tmp_path / "small.png"), save(tmp_path / "wide.png", width=120, height=30)
    pool = load_pool([small, wide], 60)
    assert torch.equal(pool[0], noise(6, 8))
    assert [tuple(x.shape) for x in pool] == [(3, 6, 8), (3, 15, 60)]
    assert all(x.dtype == torch.uint8 for x in pool)


def test_a_line_of_pixels_can_be_held(tmp_path: Path) -> None:
    assert load_pool([save(tmp_path / "line.png", width=500, height=1)], 100)[0].shape == (3, 1, 100)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "poem.jpg").write_text("Shall I compare thee to a summer's day?")
    with pytest.raises(GessoError, match=r"poem\.jpg"):
        load_pool(picture_files([tmp_path]), 64)
