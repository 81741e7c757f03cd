"""Picture files opened with Pillow: recognised by content, and judged before anything is decoded."""

import io
import re
import struct
import sys
import warnings
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gesso.core.errors import GessoError
from gesso.core.files import open_file

_READERS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
    "TIFF": TiffImageFile,
}
_STARTS = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
}
_FOREIGN_STARTS = {
    "a GIF": re.compile(rb"GIF8"),
    "a BMP": re.compile(rb"BM....\0\0\0\0", re.DOTALL),
    "a HEIC": re.compile(rb"....ftyp(hei|hev|mif|msf)", re.DOTALL),
    "an AVIF": re.compile(rb"....ftypavi", re.DOTALL),
    "a JPEG XL": re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "),
    "a JPEG 2000": re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    "a Photoshop": re.compile(rb"8BPS"),
    "a PDF": re.compile(rb"%PDF"),
    "an SVG": re.compile(rb"\s*<svg|\s*<\?xml"),
}
# Where each format says that it is complete, so that a truncated file is refused before it is decoded.
_END_MARKS = {"PNG": b"IEND\xaeB\x60\x82", "JPEG": b"\xff\xd9"}
_TAIL = 1 << 16

# What Pillow's parsers raise when they meet a damaged file.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_SUBFILE_TYPE, _STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 254, 273, 279, 324, 325


@dataclass(frozen=True)
class Opened:
    """A picture file whose header was read: `image` has its size, mode and metadata, but no pixels yet."""

    name: str
    file: BinaryIO
    format: str
    image: ImageFile


@contextmanager
def open_picture(source: Path | bytes, limit_megapixels: float | None = None) -> Generator[Opened]:
    """Open a PNG, JPEG, WebP or TIFF picture and read its header.

    Whatever Pillow raises inside the block becomes a GessoError of one line that names the file.
    """
    name = str(source) if isinstance(source, Path) else "the picture"
    if limit_megapixels is not None:
        _raise_limit_of_pillow(limit_megapixels)
    with open_file(source) if isinstance(source, Path) else io.BytesIO(source) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's doubts about metadata; what matters is raised
        format = _recognised(file, name)
        try:
            opened = Opened(name, file, format, _header(file, format))
            if limit_megapixels is not None:
                _check_size(opened, limit_megapixels)
            yield opened
        except Image.DecompressionBombError as error:
            raise GessoError(_too_large(name, "more pixels than can be trusted", limit_megapixels)) from error
        except MemoryError as error:
            raise GessoError(f"{name} does not fit into memory; close other programs or reduce it first") from error
        except _DAMAGED as error:
            raise GessoError(
                f"{name} cannot be decoded as {format}: {_reason(error)}; it may be damaged or unusual: export it again"
            ) from error


def load(opened: Opened) -> tuple[Image.Image, Image.Image | None]:
    """Decode the first frame of a picture.

    Returns:
        The pixels, and for colour pictures of 16 bits a second image of the same mode: Pillow keeps only the upper
        byte of each sample, and the second image holds the lower ones. Grey pictures of 16 bits are I;16.

    Raises:
        GessoError: the file is truncated, or is of a kind whose values have no known range.
    """
    _check_whole(opened)
    _check_kind(opened)
    image, file = opened.image, opened.file
    layout = _layout(image)
    if layout == "LA;16B":
        # Pillow has only an unpacker to the upper bytes. Seen as RGBA, the four bytes of a pixel all come through.
        _set_layout(image, "RGBA")
        image.load()
        grey, grey_low, alpha, alpha_low = image.split()
        return Image.merge("LA", (grey, alpha)), Image.merge("LA", (grey_low, alpha_low))
    image.load()
    if layout == "I;12":
        return image.point(lambda value: value * 16), None
    if not (match := re.fullmatch(r"((?:RGB|RGBX|RGBA|CMYK);16)([LBN])", layout)):
        return image, None
    little = match[2] == "L" or (match[2] == "N" and sys.byteorder == "little")
    low = _header(file, opened.format)
    _set_layout(low, match[1] + ("B" if little else "L"))
    low.load()
    return image, low


def _header(file: BinaryIO, format: str) -> ImageFile:
    file.seek(0)
    return _READERS[format](file)


def _recognised(file: BinaryIO, name: str) -> str:
    start = file.read(64)
    if not start:
        raise GessoError(f"{name} is empty (0 bytes); copy or export it again")
    for format, pattern in _STARTS.items():
        if pattern.match(start):
            return format
    for kind, pattern in _FOREIGN_STARTS.items():
        if pattern.match(start):
            raise GessoError(f"{name} is {kind} file, which cannot be read; save it as PNG, JPEG, WebP or TIFF first")
    raise GessoError(f"{name} is not a picture (PNG, JPEG, WebP or TIFF), whatever its name says; name another file")


def _reason(error: BaseException) -> str:
    words = str(error).split()
    # A single word is a key or a tag that was looked up in vain.
    return " ".join(words) if len(words) > 1 else "its structure is broken"


def _raise_limit_of_pillow(limit_megapixels: float) -> None:
    # Pillow has a limit of its own for the whole process. It is only ever raised, and only when the user asked.
    own = Image.MAX_IMAGE_PIXELS
    if own is not None and limit_megapixels * 1e6 > own:
        Image.MAX_IMAGE_PIXELS = int(limit_megapixels * 1e6)


def _check_size(opened: Opened, limit_megapixels: float) -> None:
    width, height = opened.image.size
    megapixels = width * height / 1e6
    if megapixels > limit_megapixels:
        claim = f"{width} x {height} pixels, {megapixels:,.1f} megapixels"
        raise GessoError(_too_large(opened.name, claim, limit_megapixels))


def _too_large(name: str, claim: str, limit_megapixels: float | None) -> str:
    limit = "" if limit_megapixels is None else f", above the limit of {limit_megapixels:g}"
    return f"{name} claims {claim}{limit}; if you trust it, raise the limit with --limit-megapixels"


def _check_whole(opened: Opened) -> None:
    """Refuse a file that by its own structure must be longer, without decoding it."""
    file, image = opened.file, opened.image
    after_header = file.tell()  # from here on no thumbnail's end can be mistaken for the picture's
    size = file.seek(0, io.SEEK_END)
    match opened.format:
        case "PNG" | "JPEG":
            whole = _holds(file, _END_MARKS[opened.format], after_header, size)
        case "WEBP":
            file.seek(4)
            whole = int.from_bytes(file.read(4), "little") + 8 <= size
        case _:
            whole = isinstance(image, TiffImageFile) and _tiff_end(image) <= size
    if not whole:
        raise GessoError(f"{opened.name} is truncated: its end is missing after {size} bytes; copy or export it again")
    file.seek(after_header)


def _tiff_end(image: TiffImageFile) -> int:
    """Where the last strip or tile ends, by what the file says of itself."""
    tags = image.tag_v2
    starts: tuple[int, ...] = tags.get(_STRIPS) or tags.get(_TILES) or ()
    lengths: tuple[int, ...] = tags.get(_STRIP_BYTES) or tags.get(_TILE_BYTES) or ()
    return max((start + length for start, length in zip(starts, lengths, strict=False)), default=0)


def _holds(file: BinaryIO, mark: bytes, start: int, size: int) -> bool:
    # At the very end as a rule; some cameras append a film or other data.
    for position in (max(start, size - _TAIL), start):
        file.seek(position)
        if mark in file.read():
            return True
    return False


def _check_kind(opened: Opened) -> None:
    image = opened.image
    if isinstance(image, TiffImageFile) and image.tag_v2.get(_SUBFILE_TYPE, 0) & 1:
        raise GessoError(
            f"{opened.name} begins with a small preview, as cameras' raw files do; export it as TIFF or JPEG first"
        )
    if image.mode in ("I", "F"):
        bits = "floating-point" if image.mode == "F" else "32-bit"
        raise GessoError(f"{opened.name} has {bits} pixels, whose range is unknown; convert it to 8 or 16 bits first")


def _layout(image: ImageFile) -> str:
    """How the samples lie in the file, in Pillow's words, such as RGB;16B."""
    arguments = image.tile[0].args if image.tile else ""
    return arguments if isinstance(arguments, str) else str(arguments[0]) if arguments else ""


def _set_layout(image: ImageFile, layout: str) -> None:
    image.tile = [
        tile._replace(args=layout if isinstance(tile.args, str) else (layout, *(tile.args or ())[1:]))
        for tile in image.tile
    ]
