import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_pictures import FORMATS, lossless, photo, png, saved
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from gesso.core.errors import GessoError
from gesso.core.pictures import decode, encode, from_array


def refusal(data: bytes, tmp_path: Path, name: str = "photo.jpg", **options: Any) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(GessoError) as raised:
        decode(path, **options)
    line = str(raised.value)
    assert str(path) in line
    assert "\n" not in line
    return line


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"no\.png does not exist"):
        decode(tmp_path / "no.png")
    with pytest.raises(GessoError, match="is a folder, not a file"):
        decode(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    assert "is empty (0 bytes)" in refusal(b"", tmp_path)


def test_a_text_file_renamed(tmp_path: Path) -> None:
    assert "is not a picture (PNG, JPEG, WebP or TIFF)" in refusal(b"Dear diary,\nnot a picture.\n", tmp_path)


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"GIF89a", "a GIF"), (b"\0\0\0\x18ftypheic", "a HEIC"), (b"%PDF-1.7", "a PDF"), (b"8BPS\0\1", "a Photoshop")],
)
def test_other_formats_are_called_by_name(start: bytes, kind: str, tmp_path: Path) -> None:
    assert f"is {kind} file, which cannot be read; save it as PNG" in refusal(start + bytes(100), tmp_path)


def test_a_decompression_bomb(tmp_path: Path) -> None:
    line = refusal(png(100_000, 100_000, 8, 2, bytes(1000)), tmp_path)
    assert "claims 100000 x 100000 pixels, 10,000.0 megapixels" in line
    assert "above the limit of 64; if you trust it, raise the limit with --limit-megapixels" in line


@pytest.mark.parametrize("format", FORMATS)
def test_the_limit_can_be_lowered_and_raised(format: str, tmp_path: Path) -> None:
    data = lossless(Image.fromarray(photo(1001, 1000)), format)
    line = refusal(data, tmp_path, limit_megapixels=1)
    assert "claims 1001 x 1000 pixels" in line
    assert "above the limit of 1;" in line
    assert decode(data, limit_megapixels=1.001).size == (1001, 1000)


def test_a_bomb_of_webp(tmp_path: Path) -> None:
    claim = (2**24 - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + claim + claim
    refusal(b"RIFF" + struct.pack("<I", len(body)) + body, tmp_path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [0.999, 0.5, 0.02])
def test_a_truncated_file(format: str, kept: float, tmp_path: Path) -> None:
    data = encode(from_array(photo(400, 300)), format)
    line = refusal(data[: int(len(data) * kept)], tmp_path)
    assert "truncated" in line or "cannot be decoded as" in line


def test_a_truncated_photo_with_a_thumbnail_is_seen_from_its_structure(tmp_path: Path) -> None:
    thumbnail = saved(Image.fromarray(photo(16, 16)), "JPEG")
    data = saved(Image.fromarray(photo(400, 300)), "JPEG", exif=b"Exif\0\0" + thumbnail)
    assert "is truncated: its end is missing" in refusal(data[:-500], tmp_path)


def test_a_film_appended_to_a_photo_does_no_harm() -> None:
    data = saved(Image.fromarray(photo()), "JPEG") + bytes(200_000)
    assert decode(data).size == (64, 48)


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_bytes_give_a_picture_or_one_line(format: str) -> None:
    """Hundreds of damaged files: whatever the parser meets, nothing but GessoError comes out."""
    data = encode(from_array(photo(40, 30)), format, recipe_json='{"a": 1}')
    random = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(int(random.integers(1, 5))):
            damaged[int(random.integers(len(data)))] = int(random.integers(256))
        try:
            decode(bytes(damaged), limit_megapixels=1)
        except GessoError as error:
            assert "\n" not in str(error)  # noqa: PT017 - a picture may also come out whole


def test_pixels_without_a_known_range(tmp_path: Path) -> None:
    floats = Image.fromarray(np.ones((4, 4), np.float32))
    assert "floating-point pixels" in refusal(saved(floats, "TIFF"), tmp_path)


def test_a_cameras_raw_file_is_not_taken_for_its_preview(tmp_path: Path) -> None:
    tags = ImageFileDirectory_v2()
    tags[254] = 1
    line = refusal(saved(Image.fromarray(photo()), "TIFF", tiffinfo=tags), tmp_path, "photo.dng")
    assert "begins with a small preview" in line
