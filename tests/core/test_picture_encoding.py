import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_pictures import FORMATS, gap, photo, saved
from numpy.typing import NDArray
from PIL import Image

from gesso.core.errors import GessoError, Usage
from gesso.core.pictures import (
    Raster,
    decode,
    encode,
    format_of,
    from_array,
    read_recipe,
    resized,
    suffix_of,
)
from gesso.core.suffixes import PICTURES


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bytes_each_time(format: str) -> None:
    raster = Raster(photo(), photo()[:, :, 0].copy())
    assert encode(raster, format, recipe_json='{"a": 1}') == encode(raster, format, recipe_json='{"a": 1}')


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_back(format: str) -> None:
    raster = decode(encode(Raster(photo()), format))
    assert raster.format == format
    assert raster.alpha is None
    assert gap(raster.rgb, photo()) <= {"JPEG": 8, "WEBP": 12}.get(format, 0)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept(format: str) -> None:
    alpha = photo()[:, :, 0].copy()
    back = decode(encode(Raster(photo(), alpha), format)).alpha
    assert back is not None
    assert np.array_equal(back, alpha)


def test_jpeg_is_laid_on_white() -> None:
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    raster = decode(encode(Raster(np.zeros((48, 64, 3), np.uint8), alpha), "JPEG"))
    assert raster.rgb[:, :30].min() >= 250
    assert raster.rgb[:, 34:].max() <= 5


def test_jpeg_keeps_all_of_the_colour_and_quality_matters() -> None:
    data = encode(Raster(photo()), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # pyright: ignore[reportAttributeAccessIssue]
    assert len(encode(Raster(photo()), "JPEG", quality=40)) < len(data)


RECIPES = [
    "{}",
    '{"style": "vang\u00f8gh-\u5f69\u8272 \U0001f3a8", "note": "say \\"hi\\" & \'bye\' <b>"}',
    '{"end": "]]></gesso:recipe></x:xmpmeta><?xpacket end=\\"w\\"?>"}',
    '{"spaces": "  kept  ",\r\n\t"lines": [1,\n2]}\r',
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_comes_back_letter_by_letter(recipe: str, format: str, tmp_path: Path) -> None:
    data = encode(Raster(photo()), format, recipe_json=recipe)
    path = tmp_path / "work"
    path.write_bytes(data)
    assert read_recipe(data) == read_recipe(path) == recipe
    assert gap(decode(data).rgb, photo()) <= 12


@pytest.mark.parametrize("format", FORMATS)
def test_characters_that_no_file_can_hold_are_escaped(format: str) -> None:
    data = encode(Raster(photo()), format, recipe_json='{"file": "\udcff\uffff.png"}')
    assert read_recipe(data) == '{"file": "\\udcff\\uffff.png"}'


@pytest.mark.parametrize("format", FORMATS)
def test_a_recipe_is_read_though_the_pixels_are_gone(format: str) -> None:
    data = encode(Raster(np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)), format, recipe_json="{}")
    if format in ("PNG", "JPEG"):  # the other two keep it behind the pixels
        data = data[:-5000]
    assert read_recipe(data) == "{}"


@pytest.mark.parametrize("format", FORMATS)
def test_no_recipe(format: str) -> None:
    assert read_recipe(encode(Raster(photo()), format)) is None


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"not xml, but urn:gesso:1.0:",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a xmlns:gesso="urn:gesso:1.0:"><gesso:recipe>&b;</gesso:recipe></a>',
        b"\xff\xfe\xff",
    ],
)
def test_the_metadata_of_others_is_no_recipe(packet: bytes) -> None:
    assert read_recipe(saved(Image.fromarray(photo()), "JPEG", xmp=packet)) is None


def test_a_recipe_that_another_program_made_an_attribute() -> None:
    packet = b'<a xmlns:g="urn:gesso:1.0:"><b g:recipe="{&quot;seed&quot;: 1}"/></a>'
    assert read_recipe(saved(Image.fromarray(photo()), "WEBP", xmp=packet)) == '{"seed": 1}'


def test_no_recipe_in_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(GessoError, match=r"notes\.txt is not a picture"):
        read_recipe(tmp_path / "notes.txt")


def test_a_recipe_too_long_for_jpeg() -> None:
    recipe = '{"a": "' + "b" * 65_500 + '"}'
    with pytest.raises(GessoError, match="does not fit JPEG, which holds 65504; choose PNG or TIFF"):
        encode(Raster(photo()), "JPEG", recipe_json=recipe)
    assert read_recipe(encode(Raster(photo()), "PNG", recipe_json=recipe)) == recipe


def test_an_unknown_format() -> None:
    with pytest.raises(Usage, match="GIF is not a format of pictures; choose PNG"):
        encode(Raster(photo()), "GIF")


def test_suffixes_and_formats() -> None:
    assert {format_of(Path(f"a{suffix.upper()}")) for suffix in PICTURES} == set(FORMATS)
    assert [suffix_of(format) for format in FORMATS] == [".png", ".jpg", ".webp", ".tif"]
    with pytest.raises(Usage, match=r"a\.gif: pictures are written as \.png.*, not \.gif"):
        format_of(Path("a.gif"))


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a,
        lambda a: a.astype(np.uint16) * 257,
        lambda a: a / 255,
        lambda a: (a / 255).astype(np.float32),
        np.asfortranarray,
    ],
)
def test_arrays_of_every_kind(convert: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    assert np.array_equal(from_array(convert(photo())).rgb, photo())
    grey = from_array(convert(photo()[:, :, 0]))
    assert np.array_equal(grey.rgb, np.repeat(photo()[:, :, :1], 3, axis=2))
    with_alpha = from_array(convert(np.dstack([photo(), photo()[:, :, 0]])))
    assert with_alpha.alpha is not None
    assert np.array_equal(with_alpha.alpha, photo()[:, :, 0])


def test_a_mask_of_true_and_false_is_white_and_black() -> None:
    assert from_array(np.array([[True, False]])).rgb[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.zeros((4, 4, 2), np.uint8), "an array of shape .* is not a picture"),
        (np.zeros((0, 4, 3), np.uint8), "an array of shape .* is not a picture"),
        (np.zeros((4,), np.uint8), "an array of shape .* is not a picture"),
        (np.zeros((4, 4, 3), np.int64), "an array of int64 is not a picture"),
        (np.full((4, 4, 3), 255.0), "run from 0 to 1, these from 255 to 255; rescale"),
        (np.full((4, 4, 3), np.nan), "run from 0 to 1, these from nan to nan"),
    ],
)
def test_arrays_that_are_no_pictures(array: NDArray[Any], line: str) -> None:
    with pytest.raises(GessoError, match=line):
        from_array(array)


def test_resized() -> None:
    half = resized(photo(), (32, 24))
    assert half.shape == (24, 32, 3)
    assert gap(half, photo()[::2, ::2]) <= 12
    assert resized(photo()[:, :, 0], (10, 20)).shape == (20, 10)
    raster = resized(Raster(photo(), format="TIFF"), (128, 96))
    assert (raster.size, raster.format, raster.alpha) == ((128, 96), "TIFF", None)


def test_resized_keeps_hidden_colours_hidden() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[:, :20] = 255
    alpha = rgb[:, :, 0].copy()  # white where opaque, black where hidden
    small = resized(Raster(rgb, alpha), (15, 15))
    assert small.alpha is not None
    assert small.rgb[small.alpha > 8].min() >= 250
