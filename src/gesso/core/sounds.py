"""Reading WAV, OGG and FLAC files with libsndfile, as mono samples. No torch."""

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file

_LOWEST, _HIGHEST = 1000, 768_000
_TAIL = 1 << 17
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)  # what a program writes that does not know yet how long the sound will be


def read_sound(path: Path, seconds: float | None = None) -> tuple[NDArray[np.float32], int]:
    """The samples (n,) of a sound, its channels averaged, in [-1, 1] as a rule, and its samples in a second.

    Args:
        seconds: read no more than these, from the beginning; None: all.

    Raises:
        GessoError: it is missing, empty, truncated, damaged, or no WAV, OGG or FLAC file.
    """
    import soundfile  # loads libsndfile  # pyright: ignore[reportMissingTypeStubs] -- it has none

    with open_file(path) as raw:
        if not raw.read(1):
            raise GessoError(f"{path} is empty (0 bytes); copy or export it again")
        raw.seek(0)
        try:
            with soundfile.SoundFile(raw) as file:
                sound = cast("Any", file)
                rate, frames, format = int(sound.samplerate), int(sound.frames), str(sound.format)
                if not _LOWEST <= rate <= _HIGHEST:
                    raise GessoError(f"{path} claims {rate} samples a second; {_LOWEST} to {_HIGHEST} are read")
                wanted = frames if seconds is None else min(frames, int(np.ceil(seconds * rate)))
                samples = np.asarray(sound.read(wanted, dtype="float32", always_2d=True), np.float32)
        except (RuntimeError, ValueError, TypeError, MemoryError) as error:  # libsndfile's errors are RuntimeErrors
            raise GessoError(f"{path} cannot be read as a sound: {_reason(error)}; export it as WAV or FLAC") from error
        if not len(samples):
            raise GessoError(f"{path} has no samples in it; export it again")
        if len(samples) < wanted or not _is_whole(raw, format):
            raise GessoError(f"{path} is truncated: its end is missing; copy or export it again")
    mono = samples.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise GessoError(f"{path} has samples that are no numbers; export it again")
    return mono, rate


def _is_whole(raw: Any, format: str) -> bool:
    """Whether the file is as long as it says itself; libsndfile reads what there is of a shorter one."""
    size = raw.seek(0, 2)
    if format in ("WAV", "WAVEX"):
        raw.seek(4)
        claimed = int.from_bytes(raw.read(4), "little")
        return claimed in _UNKNOWN_LENGTHS or claimed + 8 <= size + 1  # some forget the last byte that pads
    if format == "OGG":
        raw.seek(max(0, size - _TAIL))
        tail = raw.read()
        last = tail.rfind(b"OggS")
        return last >= 0 and len(tail) > last + 5 and bool(tail[last + 5] & 4)  # its last page is marked
    return True  # FLAC says how many samples it has


def _reason(error: BaseException) -> str:
    text = str(error).removeprefix("Error opening ")
    return text.rsplit(": ", 1)[-1].rstrip(".").lower() or "its structure is broken"
