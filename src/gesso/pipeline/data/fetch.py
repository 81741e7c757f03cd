"""Fetching a file: resumed where it broke off, checked by SHA-256, and never half there."""

import errno
import hashlib
import http.client
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gesso.core.errors import GessoError, Stopped
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import Source, megabytes

TRIES = 5
"""How often in a row nothing may come before the server is given up."""

_CHUNK = 1 << 18
_SECONDS = 30.0  # without a byte
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class _BrokenOff(Exception):
    """The connection ended before the file did."""


@dataclass
class _Part:
    """What has come of a file, and the server's mark of the version that it is part of."""

    path: Path

    @property
    def mark(self) -> Path:
        return self.path.with_name(f"{self.path.name}.mark")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)


def fetch(source: Source, target: Path, progress: Progress, *, pause: float = 1.0) -> str:
    """Fetch `source` to `target`, going on from what an earlier fetch left, and return its SHA-256.

    What has come is in `target` + ".part" until it is whole and has the right checksum; only then does it get its name.

    Args:
        pause: seconds before the first new try after the connection broke; doubled for each one in a row.

    Raises:
        Stopped: Ctrl-C; the part is kept.
        GessoError: the server cannot be reached or does not have the file, the disk is full (the part is kept), or
            the file is not the one that is known (it is removed).
    """
    part = _Part(target.with_name(f"{target.name}.part"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        failures, before = 0, part.size()
        while True:
            try:
                _receive(source, part, progress)
                break
            except (OSError, http.client.HTTPException, _BrokenOff) as error:
                _give_up_if_hopeless(error, source, target, part)
                came = part.size() != before
                failures, before = (1 if came else failures + 1), part.size()
                if failures >= TRIES:
                    raise GessoError(_unreachable(error, source, target, part)) from error
                time.sleep(pause * 2 ** (failures - 1))
        found = _checked(source, part)
        part.path.replace(target)
        part.mark.unlink(missing_ok=True)
        return found
    except KeyboardInterrupt:
        raise Stopped(f"stopped: {megabytes(part.size())} of {target.name} are kept, the next get goes on") from None
    except OSError as error:
        raise GessoError(f"{target} cannot be written: {_reason(error)}; set GESSO_DATA to another folder") from error


def _receive(source: Source, part: _Part, progress: Progress) -> None:
    """Ask for what is missing and append it, until the file is whole."""
    have = part.size()
    if source.size is not None and have >= source.size:
        if have == source.size:
            return
        part.remove()  # longer than the file can be: not a part of it
        have = 0
    with closing(_ask(source, part, have)) as answer:
        start, total = _extent(answer, have)
        if start != have:  # the server sends the whole file again, or another stretch
            part.remove()
            have = 0
            if start:
                raise _BrokenOff(f"it sent bytes from {start}, which were not asked for")
        _refuse_wrong_size(source, total, part)
        if mark := answer.headers.get("ETag") or answer.headers.get("Last-Modified"):
            part.mark.write_text(mark, "utf-8")
        expected = source.size if total is None else total
        progress.stage(Path(source.path).name, (expected or 0) / 1e6, have / 1e6)  # megabytes
        with part.path.open("ab") as file:
            for chunk in _chunks(answer):
                file.write(chunk)
                have += len(chunk)
                progress.advance(len(chunk) / 1e6)
            file.flush()
            os.fsync(file.fileno())
    if expected is not None and have < expected:
        raise _BrokenOff(f"the connection ended after {have} of {expected} bytes")


def _ask(source: Source, part: _Part, have: int) -> http.client.HTTPResponse:
    if not re.match(r"https?://", source.url):
        raise GessoError(f"{source.url} is not an address of the web")
    headers = {"Accept-Encoding": "identity", "User-Agent": "gesso"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if part.mark.is_file() and not (mark := part.mark.read_text("utf-8")).startswith("W/"):
            headers["If-Range"] = mark  # another version is sent whole
    request = urllib.request.Request(source.url, headers=headers)
    return urllib.request.urlopen(request, timeout=_SECONDS)


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body, each piece as soon as it is there."""
    while chunk := answer.read1(_CHUNK):
        yield chunk


def _extent(answer: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """At which byte the answer begins, and how long the whole file is, as far as the server says."""
    if answer.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if not match:
            return have, None
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = answer.headers.get("Content-Length")
    return 0, int(length) if length and length.isdigit() else None


def _refuse_wrong_size(source: Source, total: int | None, part: _Part) -> None:
    if source.sha256 and source.size and total is not None and total != source.size:
        part.remove()
        raise GessoError(
            f"{source.url} has {total} bytes instead of {source.size}: it is not the file that is known; "
            "look whether its home has moved"
        )


def _checked(source: Source, part: _Part) -> str:
    """The SHA-256 of the part. Raises GessoError, and removes it, when it is not what it should be."""
    with part.path.open("rb") as file:
        found = _digest(file)
    if source.sha256 and found != source.sha256:
        part.remove()
        raise GessoError(
            f"what came from {source.url} has the SHA-256 {found}, not {source.sha256}: it was removed; try again, "
            "and if it happens again the file at its home has changed"
        )
    return found


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _give_up_if_hopeless(error: Exception, source: Source, target: Path, part: _Part) -> None:
    """Raise a GessoError for what trying again does not mend."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code == 416:  # nothing lies beyond the part: it is not a part of what the server has now
            part.remove()
        elif error.code not in _PASSING:
            raise GessoError(
                f"{source.url} answers {error.code} {error.reason}: it may have moved; "
                f"if you find it elsewhere, put it at {target}"
            ) from error
    elif isinstance(error, urllib.error.URLError) and isinstance(error.reason, ssl.SSLCertVerificationError):
        raise GessoError(f"{source.url} has no certificate that can be trusted: {_reason(error.reason)}") from error
    elif isinstance(error, OSError) and error.errno in _FULL:
        raise GessoError(
            f"no room for {target} ({_reason(error)}): free some space, or set GESSO_DATA to another disk; "
            f"the {megabytes(part.size())} that came are kept, the next get goes on"
        ) from error
    elif isinstance(error, PermissionError | NotADirectoryError | IsADirectoryError):
        raise error


def _unreachable(error: Exception, source: Source, target: Path, part: _Part) -> str:
    why = error.reason if isinstance(error, urllib.error.URLError) else error
    kept = f"; the {megabytes(part.size())} that came are kept, the next get goes on" if part.size() else ""
    return f"{source.url} cannot be fetched: {_reason(why)}{kept}; or put the file at {target} by other means"


def _reason(error: object) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
