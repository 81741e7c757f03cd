"""Writing WAV, FLAC and OGG files with libsndfile, the recipe inside: as INFO in WAV, else among Vorbis' comments."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError, Usage
from gesso.core.files import open_file
from gesso.core.picture_metadata import writable

_SUBTYPES = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS"}
_BLOCK = 1 << 15  # frames: libsndfile's Vorbis encoder keeps what it is given on its stack
_RECIPE = "gesso recipe "
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_SERIAL = b"Geso"


def encode_sound(samples: NDArray[np.float32], rate: int, format: str, *, recipe_json: str | None = None) -> bytes:
    """A sound file; the same arguments give the same bytes.

    Args:
        samples: (channels, n) in [-1, 1]; what is louder is cut off.
        rate: samples in a second.
        format: WAV and FLAC, of 16 bits, or OGG.
        recipe_json: kept inside the file, for `sound_recipe`.

    Raises:
        GessoError: the samples are not finite, or the file cannot be encoded.
    """
    import soundfile  # loads libsndfile  # pyright: ignore[reportMissingTypeStubs] -- it has none

    if format not in _SUBTYPES:
        raise Usage(f"{format} is not a format of sounds; choose {', '.join(_SUBTYPES)}")
    if samples.ndim != 2 or not samples.size:
        raise ValueError(f"samples must be (channels, n), not {samples.shape}")
    if not np.isfinite(samples).all():
        raise GessoError("the sound has samples that are no numbers; lower its gain")
    frames = np.ascontiguousarray(samples.clip(-1, 1).T)
    text = "" if recipe_json is None else _RECIPE + writable(recipe_json)
    file = io.BytesIO()
    try:
        with soundfile.SoundFile(file, "w", rate, len(samples), _SUBTYPES[format], format=format) as opened:
            sound = cast("Any", opened)
            if text and format != "WAV":
                sound.comment = text
            for start in range(0, len(frames), _BLOCK):
                sound.write(frames[start : start + _BLOCK])
    except (RuntimeError, ValueError, TypeError) as error:  # libsndfile's errors are RuntimeErrors
        raise GessoError(f"the sound cannot be written as {format}: {error}; choose WAV") from error
    data = file.getvalue()
    if format == "WAV":
        return _with_info(data, text.encode()) if text else data
    return _with_serial(data) if format == "OGG" else data


def sound_recipe(path: Path) -> str | None:
    """The recipe inside a sound file, as `encode_sound` was given it; None if there is none.

    Raises GessoError when the file cannot be read or is no sound.
    """
    import soundfile  # loads libsndfile  # pyright: ignore[reportMissingTypeStubs] -- it has none

    with open_file(path) as raw:
        try:
            with soundfile.SoundFile(raw) as opened:
                sound = cast("Any", opened)
                comment = _info(raw) if sound.format in ("WAV", "WAVEX") else str(sound.comment)
        except (RuntimeError, ValueError, TypeError) as error:
            raise GessoError(f"{path} cannot be read as a sound; was it copied whole?") from error
    return comment.removeprefix(_RECIPE) if comment.startswith(_RECIPE) else None


def sound_difference(one: bytes, other: bytes) -> tuple[float, float]:
    """The largest difference of two samples of two sound files, full scale being 1, and the share that differ.

    Where one is longer, or has other channels or another rate, the difference counts as 1.

    Raises GessoError when one of them is no sound.
    """
    import soundfile  # loads libsndfile  # pyright: ignore[reportMissingTypeStubs] -- it has none

    try:
        sounds = [
            cast("Any", soundfile).read(io.BytesIO(file), dtype="float32", always_2d=True) for file in (one, other)
        ]
    except (RuntimeError, ValueError, TypeError) as error:
        raise GessoError("the file holds no sound that can be compared") from error
    (before, rate), (after, new_rate) = sounds
    if rate != new_rate or before.shape != after.shape:
        return 1.0, 1.0
    gaps = np.abs(before - after)
    return float(gaps.max(initial=0)), float((gaps > 0).mean())


def _with_info(data: bytes, text: bytes) -> bytes:
    """A WAV file with a comment behind its samples; libsndfile leaves out a long one."""
    comment = text + bytes(1 + (len(text) + 1) % 2)
    info = b"INFO" + b"ICMT" + (len(text) + 1).to_bytes(4, "little") + comment
    data += bytes(len(data) % 2) + b"LIST" + len(info).to_bytes(4, "little") + info
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def _info(raw: BinaryIO) -> str:
    """The comment in a WAV file, wherever another program has put it; nothing if there is none."""
    raw.seek(12)
    while len(head := raw.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] != b"LIST":
            raw.seek(size + size % 2, 1)
            continue
        held = raw.read(size + size % 2)
        at = 4
        while held.startswith(b"INFO") and at + 8 <= len(held):
            length = int.from_bytes(held[at + 4 : at + 8], "little")
            if held[at : at + 4] == b"ICMT":
                return held[at + 8 : at + 8 + length].rstrip(b"\0").decode("utf-8", "replace")
            at += 8 + length + length % 2
    return ""


def _with_serial(data: bytes) -> bytes:
    """An Ogg file whose stream has always the same number; libsndfile draws one by the clock."""
    return b"".join(_renumbered(page) for page in _pages(data))


def _pages(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        segments = data[at + 26]
        size = 27 + segments + sum(data[at + 27 : at + 27 + segments])
        yield data[at : at + size]
        at += size


def _renumbered(page: bytes) -> bytes:
    page = page[:14] + _SERIAL + page[18:22] + bytes(4) + page[26:]
    return page[:22] + _checksum(page).to_bytes(4, "little") + page[26:]


def _checksum(page: bytes) -> int:
    """Ogg's: that of zlib with the bits of bytes and of the sum in the other order, from 0 on."""
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
