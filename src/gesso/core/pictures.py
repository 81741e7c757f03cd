"""The one decoder and encoder of pictures: PNG, JPEG, WebP and TIFF in and out, as 8-bit sRGB and alpha."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from gesso.core.errors import GessoError, TooLarge, Usage
from gesso.core.picture_colour import Bytes, eight_bits, to_arrays
from gesso.core.picture_metadata import PNG_KEYWORD, recipe_in_xmp, writable, xmp_packet
from gesso.core.picture_opening import load, open_picture
from gesso.core.suffixes import PICTURES

LIMIT_MEGAPIXELS = 64.0
"""Larger pictures are refused unless the user raises the limit."""

_LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383}
_LONGEST_XMP_IN_JPEG = 65504
_PREDICTOR, _XMP, _TIFF_BYTE = 317, 700, 1
_SLACK = 0.01  # by which floats may overshoot 0 to 1, as those of networks and filters do


@dataclass(frozen=True, eq=False)
class Raster:
    """A decoded picture.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB.
        alpha: (H, W) uint8, 255 opaque; None when all is opaque.
        format: the format it came in, and is encoded in unless told otherwise: PNG, JPEG, WEBP or TIFF.
    """

    rgb: Bytes
    alpha: Bytes | None = None
    format: str = "PNG"

    def __post_init__(self) -> None:
        if self.rgb.dtype != np.uint8 or self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or not self.rgb.size:
            raise ValueError(f"rgb must be uint8 (H, W, 3), not {self.rgb.dtype} {self.rgb.shape}")
        if self.alpha is not None and (self.alpha.dtype != np.uint8 or self.alpha.shape != self.rgb.shape[:2]):
            raise ValueError(f"alpha must be uint8 {self.rgb.shape[:2]}, not {self.alpha.dtype} {self.alpha.shape}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.rgb.shape[:2]
        return width, height

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that it can be written in."""
        return tuple(dict.fromkeys(PICTURES.values()))

    @property
    def picture(self) -> "Raster":
        """What is seen of it: itself."""
        return self

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """A file of it, as `pictures.encode` makes it."""
        return encode(self, format, recipe_json=recipe_json)


def format_of(path: Path) -> str:
    """The format that the suffix of `path` stands for. Raises Usage for a suffix that is not a picture's."""
    try:
        return PICTURES[path.suffix.lower()]
    except KeyError:
        raise Usage(
            f"{path}: pictures are written as {', '.join(PICTURES)}, not {path.suffix or 'without a suffix'}"
        ) from None


def suffix_of(format: str) -> str:
    """The usual suffix of a format, such as ".jpg"."""
    return next(suffix for suffix, known in PICTURES.items() if known == format)


def decode(source: Path | bytes, *, limit_megapixels: float = LIMIT_MEGAPIXELS) -> Raster:
    """Decode a PNG, JPEG, WebP or TIFF file, recognised by its content; of several frames the first.

    The EXIF orientation is applied, colours are converted to sRGB by the ICC profile, 16 bits are rounded to 8.
    No metadata is kept.

    Raises:
        GessoError: one line that names the file, when it cannot be read, is no picture, is larger than the limit, is
            truncated or is damaged. Size and completeness are judged before anything is decoded.
    """
    with open_picture(source, limit_megapixels) as opened:
        pixels, low = load(opened)
        rgb, alpha = to_arrays(opened.image, pixels, low)
        return Raster(rgb, alpha, opened.format)


def encode(raster: Raster, format: str, *, recipe_json: str | None = None, quality: int = 95) -> bytes:
    """Encode a picture as a PNG, JPEG, WEBP or TIFF file; the same arguments give the same bytes.

    Args:
        recipe_json: kept inside the file, for `read_recipe`.
        quality: 1 to 100, for JPEG (without chroma subsampling) and WebP; PNG and TIFF lose nothing.

    JPEG has no alpha: the picture is laid on white.

    Raises:
        TooLarge: the format cannot hold a picture of this size, or a recipe of this length.
    """
    width, height = raster.size
    if (longest := _LONGEST_SIDE.get(format)) and max(width, height) > longest:
        raise TooLarge(
            f"a picture of {width} x {height} pixels does not fit {format}, whose sides are at most {longest}; "
            "choose PNG or TIFF"
        )
    recipe = None if recipe_json is None else writable(recipe_json)
    options: dict[str, Any]
    match format:
        case "PNG":
            # Level 6 takes three times as long for files 4 % smaller.
            options = {"compress_level": 4, "pnginfo": _png_text(recipe)}
        case "JPEG":
            options = {"quality": quality, "subsampling": "4:4:4", "xmp": _jpeg_xmp(recipe)}
        case "WEBP":
            options = {"quality": quality, "xmp": b"" if recipe is None else xmp_packet(recipe)}
        case "TIFF":
            options = {"compression": "tiff_adobe_deflate", "tiffinfo": _tiff_tags(recipe)}
        case _:
            raise Usage(f"{format} is not a format of pictures; choose PNG, JPEG, WEBP or TIFF")
    file = io.BytesIO()
    _to_image(raster, on_white=format == "JPEG").save(file, format, **options)
    return file.getvalue()


def read_recipe(source: Path | bytes) -> str | None:
    """The recipe inside a picture file, as `encode` was given it; None if there is none. No pixel is decoded.

    Raises:
        GessoError: the file cannot be read or is no picture.
    """
    with open_picture(source) as opened:
        info = opened.image.info
        if opened.format == "PNG":
            text = info.get(PNG_KEYWORD)
            return None if text is None else str(text)
        packet = info.get("xmp")
        return recipe_in_xmp(packet) if packet else None


def from_image(image: Image.Image) -> Raster:
    """A PIL image of any mode of 8 or 16 bits, as `decode` takes a file. Raises GessoError for other modes."""
    if image.mode in ("I", "F"):
        raise GessoError(f"a PIL image of mode {image.mode} has no known range; convert it to RGB first")
    try:
        image.load()
    except OSError as error:
        raise GessoError(f"the PIL image cannot be loaded: {error}; open it anew") from error
    rgb, alpha = to_arrays(image, image, None)
    format = image.format or "PNG"
    return Raster(rgb, alpha, format if format in PICTURES.values() else "PNG")


def from_array(array: NDArray[Any]) -> Raster:
    """Pixels as a Raster: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with alpha; copied.

    uint8 and uint16 use their whole range, floats run from 0 to 1, bool is black and white.

    Raises:
        GessoError: another shape or type, or floats out of range.
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise GessoError(f"an array of shape {array.shape} is not a picture; give (H, W), (H, W, 3) or (H, W, 4)")
    samples = _samples(array)
    rgb = np.repeat(samples, 3, axis=2) if samples.shape[2] == 1 else np.array(samples[:, :, :3], order="C")
    return Raster(rgb, samples[:, :, 3].copy() if samples.shape[2] == 4 else None)


def on_white(raster: Raster) -> NDArray[np.uint8]:
    """A picture laid on white: uint8 (H, W, 3)."""
    if raster.alpha is None:
        return raster.rgb
    alpha = raster.alpha[:, :, None].astype(np.uint16)
    return ((raster.rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


@overload
def resized(picture: Raster, size: tuple[int, int]) -> Raster: ...
@overload
def resized(picture: Bytes, size: tuple[int, int]) -> Bytes: ...
def resized(picture: Raster | Bytes, size: tuple[int, int]) -> Raster | Bytes:
    """A picture, or a uint8 array (H, W) or (H, W, 3), resampled to `size`, width and height, with Lanczos' filter.

    With alpha, colours count by how opaque they are, so that hidden ones do not bleed over edges.
    """
    if not isinstance(picture, Raster):
        return np.array(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    image = _to_image(picture, on_white=False).resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    alpha = None if picture.alpha is None else pixels[:, :, 3].copy()
    return Raster(np.array(pixels[:, :, :3], order="C"), alpha, picture.format)


def _to_image(raster: Raster, *, on_white: bool) -> Image.Image:
    image = Image.fromarray(raster.rgb)
    if raster.alpha is None:
        return image
    alpha = Image.fromarray(raster.alpha)
    if on_white:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=alpha)
        return white
    image.putalpha(alpha)
    return image


def _samples(array: NDArray[Any]) -> Bytes:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return eight_bits((array >> 8).astype(np.uint8), (array & 255).astype(np.uint8))
    if not np.issubdtype(array.dtype, np.floating):
        raise GessoError(f"an array of {array.dtype} is not a picture; give uint8 or floats from 0 to 1")
    low, high = float(array.min()), float(array.max())
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # also when they are not numbers
        raise GessoError(f"the floats of a picture run from 0 to 1, these from {low:g} to {high:g}; rescale them")
    return np.rint(array.clip(0, 1).astype(np.float32) * 255).astype(np.uint8)


def _png_text(recipe: str | None) -> PngInfo:
    text = PngInfo()
    if recipe is not None:
        text.add_itxt(PNG_KEYWORD, recipe)
    return text


def _jpeg_xmp(recipe: str | None) -> bytes:
    packet = b"" if recipe is None else xmp_packet(recipe)
    if len(packet) > _LONGEST_XMP_IN_JPEG:
        raise TooLarge(f"a recipe of {len(packet)} bytes does not fit JPEG, which holds 65504; choose PNG or TIFF")
    return packet


def _tiff_tags(recipe: str | None) -> ImageFileDirectory_v2:
    tags = ImageFileDirectory_v2()
    tags[_PREDICTOR] = 2  # differences of neighbours halve the file
    if recipe is not None:
        tags.tagtype[_XMP] = _TIFF_BYTE
        tags[_XMP] = xmp_packet(recipe)
    return tags
