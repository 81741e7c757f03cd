"""Files: opened with clear errors, and written whole or not at all."""

import errno
import hashlib
import io
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from gesso.core.errors import GessoError

UNFINISHED = ".gesso-*.part"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises GessoError when it is missing, a folder, or may not be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise GessoError(_cannot_read(path, error)) from error


def check_free(path: Path, overwrite: bool = False) -> None:
    """Raises GessoError when `path` exists and is not to be replaced, or there is no folder for it."""
    if not overwrite and os.path.lexists(path):
        raise GessoError(f"{path} already exists; choose another name, or pass --overwrite to replace it")
    if not path.parent.is_dir():
        raise GessoError(_cannot_write(path, FileNotFoundError()))


@contextmanager
def atomic_write(path: Path, overwrite: bool = False) -> Generator[BinaryIO]:
    """Write `path` whole or not at all: `with atomic_write(path) as file: file.write(...)`.

    The bytes go to a temporary name in the same folder, are flushed to the disk, and are renamed when the block ends.
    If the block fails, or the disk is full, the temporary file is removed and nothing appears at `path`.

    Raises GessoError when `path` exists and `overwrite` is not given, or when it cannot be written.
    """
    temporary = path.parent / UNFINISHED.replace("*", secrets.token_hex(8))
    try:
        if path.is_dir():
            raise GessoError(f"{path} cannot be written: it is a folder; choose another name")
        check_free(path, overwrite)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(temporary, path, overwrite)
    except FileExistsError:
        check_free(path)
        raise
    except OSError as error:
        raise GessoError(_cannot_write(path, error)) from error
    finally:
        # Left behind by a failure, and by publishing under a second name.
        with suppress(OSError):
            temporary.unlink()


def atomic_bytes(path: Path, data: bytes, overwrite: bool = False) -> None:
    """Write `data` to `path` as `atomic_write` does."""
    with atomic_write(path, overwrite) as file:
        file.write(data)


def forget_unfinished(folder: Path) -> None:
    """Remove below `folder` what was left half written by a process that was killed. None may be writing there."""
    for path in list(folder.rglob(UNFINISHED)):
        path.unlink(missing_ok=True)


def no_room(error: BaseException | None) -> bool:
    """Whether this is the system's word that the disk is full, or the file as large as it may become."""
    return isinstance(error, OSError) and error.errno in _FULL


def sha256(source: Path | bytes) -> str:
    """The SHA-256 of a file or of bytes, as 64 hexadecimal digits. Raises GessoError when the file cannot be read."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with open_file(source) as file:
        try:
            return hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()
        except OSError as error:
            raise GessoError(_cannot_read(source, error)) from error


def _publish(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        # Unlike a rename, a link fails if the name was taken since we looked.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        temporary.rename(path)


def _cannot_read(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist; check the name"
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder, not a file; name a file in it"
    return f"{path} cannot be read: {_reason(error)}"


def _cannot_write(path: Path, error: OSError) -> str:
    if no_room(error):
        return f"{path} cannot be written: no room for it ({_reason(error)}); free some space or choose another --out"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{path} cannot be written: there is no folder {path.parent}; create it or choose another --out"
    return f"{path} cannot be written: {_reason(error)}; choose another --out"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
