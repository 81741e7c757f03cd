"""From Pillow's many modes to one: 8-bit sRGB and alpha, upright, a band of rows at a time."""

import io
import struct
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

Bytes = NDArray[np.uint8]

# Pictures are converted in bands, so that a large one is never in memory twice.
_ROWS = 256
_MODE_OF_PROFILE = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}


def to_arrays(image: Image.Image, pixels: Image.Image, low: Image.Image | None) -> tuple[Bytes, Bytes | None]:
    """The colours and the alpha of a decoded picture.

    Args:
        image: has the metadata: EXIF orientation, ICC profile.
        pixels, low: the pixels, as `load` gives them.

    Returns:
        sRGB (H, W, 3) and alpha (H, W), 255 opaque; alpha is None when all is opaque.
    """
    width, height = pixels.size
    orientation = _orientation(image)
    rgb = np.empty((width, height, 3) if orientation >= 5 else (height, width, 3), np.uint8)
    alpha = np.empty(rgb.shape[:2], np.uint8) if pixels.has_transparency_data else None
    rgb_as_stored = _as_stored(rgb, orientation)
    alpha_as_stored = None if alpha is None else _as_stored(alpha, orientation)
    to_srgb = _to_srgb(image.info.get("icc_profile"))
    for top in range(0, height, _ROWS):
        rows = slice(top, min(top + _ROWS, height))
        box = (0, rows.start, width, rows.stop)
        colour, transparency = _separated(pixels.crop(box), None if low is None else low.crop(box))
        rgb_as_stored[rows] = np.asarray(to_srgb(colour))
        if alpha_as_stored is not None:
            alpha_as_stored[rows] = 255 if transparency is None else transparency
    if alpha is not None and alpha.min() == 255:
        alpha = None
    return rgb, alpha


def eight_bits(high: Bytes, low: Bytes) -> Bytes:
    """16-bit samples 256 * high + low as 8 bits: the nearest to sample / 257."""
    # sample / 257 = high + (low - high) / 257, so the nearest is high or a neighbour of it.
    difference = low.astype(np.int16) - high
    return high + (difference > 128) - (difference < -128)


def _separated(band: Image.Image, low: Image.Image | None) -> tuple[Image.Image, Bytes | None]:
    """The colours of a band as L, RGB or CMYK of 8 bits, and its alpha."""
    transparent = band.info.get("transparency")
    alpha = None
    if band.mode.startswith("I;16"):
        values = np.asarray(band).astype(np.uint16)
        if transparent is not None:
            alpha = _opaque_but(values == transparent)
        return Image.fromarray(eight_bits((values >> 8).astype(np.uint8), (values & 255).astype(np.uint8))), alpha
    if low is not None:
        high, lower = np.asarray(band), np.asarray(low)
        if transparent is not None:
            key = np.array(transparent)
            alpha = _opaque_but(((high == key >> 8) & (lower == key & 255)).all(axis=-1))
        band = Image.fromarray(eight_bits(high, lower), band.mode)
    if band.has_transparency_data:
        grey = band.mode in ("1", "L", "LA", "La")
        band = band.convert("LA" if grey else "RGBA")
        alpha = np.asarray(band.getchannel("A"))
        return band.convert("L" if grey else "RGB"), alpha
    if band.mode == "1":
        return band.convert("L"), alpha
    return band if band.mode in ("L", "RGB", "CMYK") else band.convert("RGB"), alpha


def _opaque_but(clear: NDArray[np.bool_]) -> Bytes:
    return np.where(clear, 0, 255).astype(np.uint8)


def _to_srgb(profile: bytes | None) -> Callable[[Image.Image], Image.Image]:
    """What turns a band into sRGB: by its ICC profile where that is sound and fits the band's mode."""
    mode, transform = "", None
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = _MODE_OF_PROFILE[profile[16:20]]  # the colour space, in every profile's header
            srgb = cast("Any", ImageCms).createProfile("sRGB")  # Pillow leaves its type open
            transform = ImageCms.buildTransform(
                source,
                srgb,
                mode,
                "RGB",
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, KeyError):
            transform = None

    def convert(band: Image.Image) -> Image.Image:
        if transform is not None and band.mode == mode:
            converted = ImageCms.applyTransform(band, transform)
            assert converted is not None  # it is None only when asked to work in place
            return converted
        return band.convert("RGB")

    return convert


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. Damaged EXIF counts as upright."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return 1
    return value if value in range(1, 9) else 1


def _as_stored(upright: Bytes, orientation: int) -> Bytes:
    """A view of the upright array (H, W, ...) in the order in which the file holds its pixels."""
    match orientation:
        case 2:
            return upright[:, ::-1]
        case 3:
            return upright[::-1, ::-1]
        case 4:
            return upright[::-1]
        case 5:
            return upright.swapaxes(0, 1)
        case 6:
            return np.rot90(upright, 1)
        case 7:
            return upright[::-1, ::-1].swapaxes(0, 1)
        case 8:
            return np.rot90(upright, -1)
        case _:
            return upright
