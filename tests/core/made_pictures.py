"""Picture files made for the tests, by Pillow and by hand."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")


def photo(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A smooth colourful picture without symmetries, (H, W, 3): kind to lossy formats."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [255 * x / width, 255 * y / height, 255 * (x + 2 * y) / (width + 2 * height)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def lossless(image: Image.Image, format: str, **options: Any) -> bytes:
    return saved(image, format, **({"lossless": True} if format == "WEBP" else {}), **options)


def gap(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.abs(a.astype(int) - b).max())


def png(width: int, height: int, bits: int, kind: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG written by hand: Pillow writes no colours of 16 bits, and no lies. `kind` is PNG's colour type."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def png16(samples: NDArray[np.uint16], *extra: tuple[bytes, bytes]) -> bytes:
    """A 16-bit PNG of (H, W, channels)."""
    height, width, channels = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return png(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, *extra)


def tiff16(samples: NDArray[np.uint16], order: str, *, deflated: bool = False) -> bytes:
    """A 16-bit RGB TIFF, in one strip; `order` is < or >."""
    height, width, _ = samples.shape
    strip = samples.astype(f"{order}u2").tobytes()
    strip = zlib.compress(strip) if deflated else strip
    bits_at = 8 + 2 + 9 * 12 + 4
    short, long = 3, 4
    entries = [
        (256, long, 1, width),
        (257, long, 1, height),
        (258, short, 3, bits_at),
        (259, short, 1, 8 if deflated else 1),
        (262, short, 1, 2),
        (273, long, 1, bits_at + 6),
        (277, short, 1, 3),
        (278, long, 1, height),
        (279, long, 1, len(strip)),
    ]
    fields = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (struct.pack(f"{order}HH", value, 0) if kind == short and count == 1 else struct.pack(f"{order}I", value))
        for tag, kind, count, value in entries
    )
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    bits = struct.pack(f"{order}HHH", 16, 16, 16)
    return start + struct.pack(f"{order}H", len(entries)) + fields + bytes(4) + bits + strip
