"""Taking files out of an archive: only those that were expected, only to where they belong."""

import gzip
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gesso.core.errors import GessoError
from gesso.core.files import atomic_write, sha256
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import Unpack

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


def unpack(archive: Path, rule: Unpack, root: Path, progress: Progress) -> list[Path]:
    """Take what `rule` names out of a .tar.gz or .zip, to below the data folder `root`; return the files.

    A member's name decides nothing but which of the expected files it is, so that none can be written elsewhere;
    links, devices and all other members are left in the archive.

    Raises:
        GessoError: the archive is damaged, an expected file is missing, too large, or not the one that is known.
    """
    known = dict(rule.sha256)
    folder, aside = root / rule.folder, root / f"{rule.folder}.part"
    shutil.rmtree(aside, ignore_errors=True)  # what an unpacking left that was stopped
    names: list[Path] = []
    progress.stage(f"unpacking {archive.name}")
    try:
        with _opened(archive) as members:
            for name, size, content in members:
                match = re.fullmatch(rule.members, name)
                if not match:
                    continue
                if size > rule.largest:
                    raise GessoError(f"{name} in {archive} has {size} bytes, more than the {rule.largest} it may have")
                parts = [group.replace(" ", "_") for group in match.groups()]
                target = aside.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with atomic_write(target, overwrite=True) as file:
                    shutil.copyfileobj(content, file)
                _refuse_other(target, known.pop("/".join(parts), None), archive)
                names.append(target.relative_to(aside))
                progress.advance()
    except _DAMAGED as error:
        raise GessoError(f"{archive} is damaged ({error}): remove it and get it again") from error
    if known or not names:
        missing = ", ".join(known) or "any file that was expected"
        raise GessoError(f"{archive} does not hold {missing}: its home has changed")
    # All of it is whole now: it appears at once, not file by file.
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).replace(folder / name)
    shutil.rmtree(aside)
    return [folder / name for name in names]


def _refuse_other(file: Path, expected: str | None, archive: Path) -> None:
    if expected and (found := sha256(file)) != expected:
        raise GessoError(
            f"{file.name} in {archive} has the SHA-256 {found}, not {expected}: remove the archive and get it again"
        )


@contextmanager
def _opened(archive: Path) -> Iterator[Iterator[tuple[str, int, IO[bytes]]]]:
    """The regular files of an archive: name, size, content."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            yield _zipped(file)
    else:
        with tarfile.open(archive, "r:*") as file:
            yield _tarred(file)


def _zipped(file: zipfile.ZipFile) -> Iterator[tuple[str, int, IO[bytes]]]:
    for info in file.infolist():
        if not info.is_dir():
            with file.open(info) as content:
                yield info.filename, info.file_size, content


def _tarred(file: tarfile.TarFile) -> Iterator[tuple[str, int, IO[bytes]]]:
    for info in file:
        if info.isfile() and (content := file.extractfile(info)):
            yield info.name, info.size, content
