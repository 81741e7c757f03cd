"""A photograph of a digit, any size, any light, becomes what MNIST holds."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from gesso.arts.recognize.looks import centred, figure, otsu, prepared
from gesso.core.pictures import Raster, from_image


def drawn(width: int = 400, height: int = 300, *, ink: int = 40, paper: int = 220) -> Image.Image:
    """A seven, off the middle."""
    image = Image.new("RGB", (width, height), (paper,) * 3)
    pen = ImageDraw.Draw(image)
    stroke = max(2, width // 40)
    points = [(0.55, 0.2), (0.75, 0.2), (0.62, 0.6)]
    pen.line([(x * width, y * height) for x, y in points], (ink,) * 3, stroke, joint="curve")
    return image


def ink(image: Image.Image | Raster) -> np.ndarray:
    raster = image if isinstance(image, Raster) else from_image(image)
    return prepared(raster, "ink", channels=1, size=28)[0, 0].numpy().astype(float)


def test_a_photograph_becomes_white_on_black_with_its_centre_of_mass_in_the_middle() -> None:
    x = ink(drawn())
    assert x.shape == (28, 28)
    assert x[0].max() == x[-1].max() == x[:, 0].max() == x[:, -1].max() == 0
    assert x.max() > 200
    rows, columns = (np.flatnonzero(x.any(axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    places = np.arange(28) + 0.5
    assert abs((x.sum(1) * places).sum() / x.sum() - 14) <= 0.6
    assert abs((x.sum(0) * places).sum() / x.sum() - 14) <= 0.6


@pytest.mark.parametrize("size", [(60, 45), (1600, 1200)])
def test_its_size_does_not_matter(size: tuple[int, int]) -> None:
    assert np.abs(ink(drawn(*size)) - ink(drawn())).mean() < 12


def test_it_may_be_light_on_dark() -> None:
    assert np.abs(ink(drawn(ink=230, paper=30)) - ink(drawn())).mean() < 3


def test_light_from_one_side_does_not_matter() -> None:
    pixels = np.asarray(drawn()).astype(float)
    light = np.linspace(0.5, 1, pixels.shape[1])[None, :, None]
    shaded = Raster((pixels * light).astype(np.uint8))
    assert np.abs(ink(shaded) - ink(drawn())).mean() < 8


def test_grain_of_the_paper_does_not_matter() -> None:
    grain = np.random.default_rng(0).normal(0, 5, (300, 400, 1))
    noisy = Raster((np.asarray(drawn()) + grain).clip(0, 255).astype(np.uint8))
    assert np.abs(ink(noisy) - ink(drawn())).mean() < 8


def test_what_is_transparent_is_paper() -> None:
    grey = np.asarray(drawn(paper=255).convert("L"))
    cut_out = Raster(np.zeros((*grey.shape, 3), np.uint8), 255 - grey)
    assert np.abs(ink(cut_out) - ink(drawn(paper=255))).mean() < 8


def test_a_picture_of_mnist_is_taken_as_it_is() -> None:
    own = np.zeros((28, 28, 3), np.uint8)
    own[5:22, 9:12] = np.arange(17, dtype=np.uint8)[:, None, None] * 12
    assert np.array_equal(ink(Raster(own)), own[:, :, 0])


@pytest.mark.parametrize("size", [(1, 1), (300, 2), (2, 300), (28, 28)])
@pytest.mark.parametrize("look", ["ink", "garment", "photo"])
def test_an_empty_picture_of_any_size_is_no_error(look: str, size: tuple[int, int]) -> None:
    x = prepared(from_image(Image.new("RGB", size, "salmon")), look, channels=3, size=28)  # pyright: ignore[reportArgumentType] -- parametrised
    assert (x.shape, x.dtype) == ((1, 3, 28, 28), torch.uint8)
    assert look == "photo" or not x.any()


def test_a_garment_fills_its_square() -> None:
    image = Image.new("RGB", (200, 300), "white")
    ImageDraw.Draw(image).rectangle((60, 40, 139, 199), "navy")
    x = prepared(from_image(image), "garment", channels=1, size=28)[0, 0]
    assert (x > 128).any(1).sum() == 28
    assert (x > 128).any(0).sum() == 14


def test_otsu_divides_two_heaps() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(m, 5, 500) for m in (50, 180)])
    assert 60 < otsu(values.clip(0, 255)) < 165


def test_a_thin_stroke_keeps_its_shape() -> None:
    bright = np.zeros((90, 9))
    bright[10:80, 4] = 255
    x = centred(figure(bright), 28, 20, by_mass=True)
    assert x.any(1).sum() == 20
    assert x.any(0).sum() == 1
