"""What a batch of documents leaves beside them: one table, and copies of its inputs sorted into folders."""

import csv
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gesso.core.files import atomic_bytes, atomic_write, open_file, sha256
from gesso.faces.naming import make_folder

UNKNOWN = "unknown"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a cell that begins so is computed by a spreadsheet
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no names for files on Windows
_LONGEST = 80  # characters of a folder's name; file systems take 255 bytes


def write_table(path: Path, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False) -> Path:
    """Write rows as CSV in UTF-8, and return where: at `path`, or if another is there at the next with a number.

    The columns are those of all rows, in the order in which they first come.

    Raises GessoError when it cannot be written.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    data = text.getvalue().encode(errors="backslashreplace")  # a file's name may be no text
    if path.is_file() and sha256(path) == sha256(data):
        return path
    path = path if overwrite else _free(path)
    atomic_bytes(path, data, overwrite)
    return path


class Sorted:
    """Copies files into a folder for each label, below `folder`. No file is moved, and none is replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folders: dict[str, str] = {}

    def copy(self, source: Path, label: str) -> Path:
        """Copy `source` into the folder of `label`, that of the unknown if it is empty; if it is there, leave it.

        Raises GessoError when it cannot be written.
        """
        folder = self.folder / self._folder_of(label)
        wanted = folder / source.name
        if wanted.is_file() and sha256(wanted) == sha256(source):
            return wanted
        path = _free(wanted)
        with open_file(source) as original:
            make_folder(folder)
            with atomic_write(path) as copy:
                shutil.copyfileobj(original, copy)
        return path

    def _folder_of(self, label: str) -> str:
        """A folder's name for a label, the same for no other one, whether or not capitals count there."""
        if label not in self._folders:
            taken = {name.casefold() for name in self._folders.values()} | {UNKNOWN}
            name = plain = _folder_name(label) if label else UNKNOWN
            number = 2
            while label and name.casefold() in taken:
                name, number = f"{plain}-{number}", number + 1
            self._folders[label] = name
        return self._folders[label]


def _folder_name(label: str) -> str:
    """A label as the name of a folder, without the signs that file systems mind."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', "-", label)[:_LONGEST].strip(" .")
    return f"{name}-" if not name or _RESERVED.fullmatch(name) else name


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _free(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 ... that is not there."""
    free, number = path, 2
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
