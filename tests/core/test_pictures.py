import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_pictures import FORMATS, gap, lossless, photo, png16, saved, tiff16
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps

from gesso.core.errors import GessoError
from gesso.core.pictures import decode, encode, from_array, from_image

LOSSLESS = ("PNG", "TIFF")


def rounded(samples: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return np.rint(samples / 257).astype(np.uint8)


def noise16(*shape: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("format", FORMATS)
def test_decodes_every_format_from_a_file_and_from_bytes(format: str, tmp_path: Path) -> None:
    data = lossless(Image.fromarray(photo()), format)
    path = tmp_path / "misnamed.dat"  # the content counts, not the name
    path.write_bytes(data)
    raster = decode(path)
    assert raster.format == format
    assert raster.size == (64, 48)
    assert raster.alpha is None
    assert gap(raster.rgb, photo()) <= (8 if format == "JPEG" else 0)
    assert np.array_equal(raster.rgb, decode(data).rgb)


def test_bands_join_without_a_seam() -> None:
    tall = np.random.default_rng(0).integers(0, 256, (777, 5, 4), dtype=np.uint8)
    raster = decode(saved(Image.fromarray(tall), "PNG"))
    assert raster.alpha is not None
    assert np.array_equal(np.dstack([raster.rgb, raster.alpha]), tall)


@pytest.mark.parametrize("size", [(1, 1), (30000, 10), (10, 30000)])
@pytest.mark.parametrize("format", FORMATS)
def test_odd_sizes(format: str, size: tuple[int, int]) -> None:
    if format == "WEBP" and max(size) > 16383:
        with pytest.raises(GessoError, match=r"does not fit WEBP, whose sides are at most 16383; choose PNG"):
            encode(from_array(photo(*size)), format)
    else:
        assert decode(encode(from_array(photo(*size)), format)).size == size


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, format: str) -> None:
    data = lossless(Image.fromarray(photo()), format, exif=turned(orientation))
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    raster = decode(data)
    assert raster.size == ((48, 64) if orientation >= 5 else (64, 48))
    assert np.array_equal(raster.rgb, expected)


def test_orientation_turns_alpha_too() -> None:
    image = Image.fromarray(photo())
    image.putalpha(Image.fromarray(photo()[:, :, 2]))
    alpha = decode(saved(image, "PNG", exif=turned(6))).alpha
    assert alpha is not None
    assert np.array_equal(alpha, np.rot90(photo()[:, :, 2], -1))


def test_damaged_exif_is_ignored() -> None:
    data = saved(Image.fromarray(photo()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xffgarbage")
    assert decode(data).size == (64, 48)


@pytest.mark.parametrize("format", FORMATS)
def test_no_metadata_is_copied(format: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (47.0, 22.0, 33.25)
    exif[ExifTags.Base.Artist] = "Jane Private"
    data = lossless(Image.fromarray(photo()), format, exif=exif)
    assert b"Jane Private" in data
    made = encode(decode(data), format, recipe_json="{}")
    assert b"Jane Private" not in made
    with Image.open(io.BytesIO(made)) as image:
        assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert ExifTags.Base.Artist not in image.getexif()


def modes_of_eight_bits() -> Iterator[tuple[str, Image.Image, str]]:
    colour = Image.fromarray(photo())
    alpha = colour.getchannel("G")
    grey_alpha = colour.convert("LA")
    grey_alpha.putalpha(alpha)
    colour_alpha = colour.copy()
    colour_alpha.putalpha(alpha)
    palette = colour.quantize(32)
    for format in LOSSLESS:
        yield "1-bit", colour.convert("1"), format
        yield "grey", colour.convert("L"), format
        yield "grey and alpha", grey_alpha, format
        yield "palette", palette, format
        yield "colour and alpha", colour_alpha, format
    yield "colour and alpha", colour_alpha, "WEBP"


@pytest.mark.parametrize(("kind", "image", "format"), list(modes_of_eight_bits()))
def test_every_mode_of_eight_bits(kind: str, image: Image.Image, format: str) -> None:
    expected = np.asarray(image.convert("RGBA"))
    raster = decode(lossless(image, format, **({"exact": True} if format == "WEBP" else {})))
    assert np.array_equal(raster.rgb, expected[:, :, :3])
    if "alpha" in kind:
        assert raster.alpha is not None
        assert np.array_equal(raster.alpha, expected[:, :, 3])
    else:
        assert raster.alpha is None
    assert np.array_equal(from_image(image).rgb, raster.rgb)


def test_palette_with_one_transparent_entry_and_with_several() -> None:
    image = Image.fromarray(photo()).quantize(16)
    index = np.asarray(image)
    one = decode(saved(image, "PNG", transparency=3)).alpha
    assert one is not None
    assert np.array_equal(one, np.where(index == 3, 0, 255))
    entries = bytes(range(0, 160, 10))
    several = decode(saved(image, "PNG", transparency=entries)).alpha
    assert several is not None
    assert np.array_equal(several, np.array(list(entries), np.uint8)[index])


def test_a_transparent_colour() -> None:
    image = Image.fromarray(photo())
    alpha = decode(saved(image, "PNG", transparency=tuple(photo()[5, 7].tolist()))).alpha
    assert alpha is not None
    assert alpha[5, 7] == 0
    assert alpha[0, 0] == 255


def test_an_opaque_alpha_is_no_alpha() -> None:
    assert decode(saved(Image.fromarray(photo()).convert("RGBA"), "PNG")).alpha is None


def test_cmyk_jpeg_as_adobe_writes_it() -> None:
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    raster = decode(saved(inks, "JPEG", quality=95))
    assert gap(raster.rgb, np.full((16, 16, 3), (255, 0, 0), np.uint8)) <= 6


def test_cmyk_tiff() -> None:
    inks = Image.new("CMYK", (16, 16), (255, 0, 0, 128))
    assert gap(decode(saved(inks, "TIFF")).rgb, np.full((16, 16, 3), (0, 127, 127), np.uint8)) <= 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_rounded_png(channels: int) -> None:
    samples = noise16(40, 30, channels)
    raster = decode(png16(samples))
    expected = rounded(samples)
    colours = 1 if channels < 3 else 3
    assert np.array_equal(raster.rgb, np.broadcast_to(expected[:, :, :colours], (40, 30, 3)))
    if channels in (2, 4):
        assert raster.alpha is not None
        assert np.array_equal(raster.alpha, expected[:, :, -1])
    else:
        assert raster.alpha is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflated", [False, True])
def test_sixteen_bits_are_rounded_tiff(order: str, deflated: bool) -> None:
    samples = noise16(40, 30, 3)
    assert np.array_equal(decode(tiff16(samples, order, deflated=deflated)).rgb, rounded(samples))


def test_sixteen_bit_grey_tiff() -> None:
    samples = noise16(40, 30)
    image = Image.frombytes("I;16", (30, 40), samples.astype("<u2").tobytes())
    assert np.array_equal(decode(saved(image, "TIFF")).rgb[:, :, 1], rounded(samples))


def test_sixteen_bit_transparent_colours() -> None:
    grey, colour = noise16(4, 4, 1), noise16(4, 4, 3)
    for samples, at in ((grey, (1, 2)), (colour, (3, 0))):
        key = samples[at].astype(">u2").tobytes()
        alpha = decode(png16(samples, (b"tRNS", key))).alpha
        assert alpha is not None
        assert alpha[at] == 0
        assert (alpha == 255).sum() == 15


def test_an_icc_profile_is_converted_to_srgb() -> None:
    linear = linear_profile()
    data = saved(Image.new("RGB", (8, 8), (55, 128, 200)), "PNG", icc_profile=linear)
    expected = [round(255 * (1.055 * (v / 255) ** (1 / 2.4) - 0.055)) for v in (55, 128, 200)]
    assert gap(decode(data).rgb, np.full((8, 8, 3), expected, np.uint8)) <= 1


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format in ("PNG", "TIFF"):
        assert np.array_equal(decode(saved(Image.fromarray(photo()), format, icc_profile=profile)).rgb, photo())


@pytest.mark.parametrize("profile", [b"not a profile", b"", bytes(200)])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    assert np.array_equal(decode(saved(Image.fromarray(photo()), "PNG", icc_profile=profile)).rgb, photo())


def test_a_profile_of_another_colour_space_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(decode(saved(Image.fromarray(photo()), "PNG", icc_profile=lab)).rgb, photo())


def test_a_profile_of_colours_leaves_a_grey_picture_alone() -> None:
    grey = Image.fromarray(photo()[:, :, 0])
    raster = decode(saved(grey, "PNG", icc_profile=linear_profile()))
    assert np.array_equal(raster.rgb[:, :, 2], photo()[:, :, 0])


def linear_profile() -> bytes:
    """Pillow's sRGB profile with its curves made straight: sRGB primaries, linear light."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for entry in range(int.from_bytes(profile[128:132], "big")):
        name, offset, length = struct.unpack_from(">4sII", profile, 132 + 12 * entry)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + length] = (b"curv" + bytes(8)).ljust(length, b"\0")
    return bytes(profile)


@pytest.mark.parametrize("format", FORMATS)
def test_of_several_frames_the_first(format: str) -> None:
    first, second = Image.fromarray(photo()), Image.new("RGB", (64, 48), "red")
    kind = "MPO" if format == "JPEG" else format
    raster = decode(lossless(first, kind, save_all=True, append_images=[second]))
    assert raster.format == format
    assert gap(raster.rgb, photo()) <= (12 if format == "JPEG" else 0)
