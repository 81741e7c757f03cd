"""Whether data are whole: checksums of what was fetched, and every file of a folder decoded. No torch."""

import gzip
import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gesso.core.errors import GessoError
from gesso.core.files import open_file, sha256
from gesso.core.pictures import decode
from gesso.core.progress import Progress
from gesso.core.sounds import read_sound
from gesso.pipeline.data.listing import list_all
from gesso.pipeline.data.obtain import recorded
from gesso.pipeline.data.registry import Dataset, Source, require
from gesso.pipeline.data.strokes import read_drawings

_WRONG = ("missing", "damaged", "another", "changed")


@dataclass
class Checked:
    """What was found.

    Attributes:
        files: for each file with a checksum: its name, its SHA-256, what that says.
        counts: for a folder, the files of each class that can be read.
        wrong: one line for each file that is missing, damaged or another than it should be.
    """

    files: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    wrong: list[str] = field(default_factory=list[str])

    @property
    def whole(self) -> int:
        """How many files nothing is wrong with."""
        return sum(self.counts.values()) + sum(row["state"] not in _WRONG for row in self.files)


def check_dataset(dataset: Dataset, root: Path, progress: Progress) -> Checked:
    """Compare the files of a data set below the data folder `root` with what they should be; decode class folders.

    A .gz that was compressed anew but holds what the published one holds is as good. A file without a known checksum
    is compared with the one recorded when it was fetched, and a zip archive with the sums inside it.

    Raises:
        GessoError: it is not here.
    """
    folder = require(dataset, root)
    if dataset.kind == "strokes":
        return _check_strokes(dataset, root, progress)
    if dataset.instead and not dataset.sources:  # it was brought by hand
        return _check_files([(folder / dataset.instead, Source("", dataset.instead, None, None))], progress)
    if dataset.conversion is None:
        return _check_files([(root / source.path, source) for source in dataset.sources], progress)
    if not dataset.conversion.sha256:
        return check_folder(folder, progress)
    files: list[tuple[Path, Source]] = []
    for name, known in dataset.conversion.sha256:
        path = root / dataset.conversion.folder / name
        files.append((path, Source("", name, known, None)))
    instead = folder / dataset.instead if dataset.instead else None
    if instead and instead.is_file() and not any(path.is_file() for path, _ in files):
        files = [(instead, Source("", instead.name, None, None))]
    return _check_files(files, progress)


def _check_strokes(dataset: Dataset, root: Path, progress: Progress) -> Checked:
    """Read every drawing of a set of strokes, and count those of each part."""
    checked = _check_files([(root / dataset.folder / (dataset.instead or ""), Source("", "", None, None))], progress)
    try:
        checked.counts = {part: len(drawings) for part, drawings in read_drawings(dataset.name).items()}
    except GessoError as error:
        checked.wrong.append(str(error))
    return checked


def check_folder(folder: Path, progress: Progress) -> Checked:
    """Decode every picture or sound of a folder of classes.

    Raises:
        GessoError: there is no such folder, or it is no folder of classes.
    """
    checked = Checked()
    counts: Counter[str] = Counter()
    for listing in list_all(folder):
        progress.stage(f"reading {listing.folder.name}", len(listing.names))
        counts.update(dict.fromkeys(listing.classes, 0))
        for name, label in zip(listing.names, listing.labels, strict=True):
            path = listing.folder / name
            try:
                decode(path) if listing.kind == "pictures" else read_sound(path)
                counts[listing.classes[label]] += 1
            except GessoError as error:
                checked.wrong.append(str(error))
            progress.advance()
    checked.counts = dict(counts)
    return checked


def _check_files(files: Sequence[tuple[Path, Source]], progress: Progress) -> Checked:
    checked = Checked()
    progress.stage("checking", len(files))
    for path, source in files:
        if path.is_file():
            found = sha256(path)
            says, wrong = _judge(path, source, found)
            checked.files.append({"file": path.name, "sha256": found, "state": says})
        else:
            wrong = f"{path} is missing"
            checked.files.append({"file": path.name, "sha256": "", "state": "missing"})
        if wrong:
            checked.wrong.append(wrong)
        progress.advance()
    return checked


def _judge(path: Path, source: Source, found: str) -> tuple[str, str]:
    """What the checksum `found` of a file says, and what is wrong with the file, if anything is."""
    if found == source.sha256:
        return "as published", ""
    if source.sha256 and source.contents is None:
        return "another", f"{path} has the SHA-256 {found}, not {source.sha256}; remove it and get it again"
    if source.contents:
        return _judge_contents(path, source.contents)
    if zipfile.is_zipfile(path) and (broken := _broken_member(path)):
        return "damaged", f"{path} is damaged at {broken}; remove it and get it again"
    record = recorded(path)
    if not record.is_file():
        return "no checksum known", ""
    if found != (before := record.read_text("utf-8").split()[0]):
        return "changed", f"{path} has the SHA-256 {found}, and had {before} when it was fetched; get it again"
    return "as when fetched", ""


def _judge_contents(path: Path, expected: str) -> tuple[str, str]:
    digest = hashlib.sha256()
    with open_file(path) as raw:
        try:
            with gzip.open(raw) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except (OSError, EOFError, zlib.error) as error:
            return "damaged", f"{path} is damaged ({error}); remove it and get it again"
    if digest.hexdigest() != expected:
        return "another", f"{path} holds other data than the published file; remove it and get it again"
    return "compressed anew, same contents", ""


def _broken_member(path: Path) -> str | None:
    with zipfile.ZipFile(path) as file:
        try:
            return file.testzip()
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
            return str(error)
