"""What the files of works are called, so that none is overwritten unasked."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from gesso.core import contents
from gesso.core.errors import GessoError, Usage
from gesso.core.files import check_free
from gesso.core.suffixes import PICTURES

_LONGEST, _MOST_BYTES = 100, 200  # of a name; file systems take 255 bytes, with number and suffix
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}")


class Names:
    """Gives each work of a command its file.

    Args:
        out: a folder, or the file of the only work; the current folder if None.
        works: how many works are to be made.
        formats: the formats asked for, the first for the work's own file; if empty, the art's own, or for pictures
            that of the input, or PNG.
        overwrite: whether a file that is there is replaced, rather than a number added to the new one's name.
        sources: what works are made from; none of it is replaced but the file that `out` names.
        own: the formats that the art declares; none for pictures.
    """

    def __init__(
        self,
        out: str | None,
        works: int,
        formats: Sequence[str] = (),
        *,
        overwrite: bool = False,
        sources: Iterable[Path] = (),
        own: Sequence[str] = (),
    ) -> None:
        self.formats, self.overwrite, self.own = tuple(formats), overwrite, tuple(own)
        self.folder, self.file = _place(out, self.own)
        self._taken: set[Path] = set()
        self._sources = {source.resolve() for source in sources}
        if self.file and works > 1:
            raise Usage(f"--out: {self.file} names one file, but {works} works are to be made; name a folder")
        if self.file and formats and contents.format_of(self.file, self.own or contents.PICTURES) != formats[0]:
            raise Usage(f"--out: {self.file.name} is not a name for --format {formats[0].lower()}")
        make_folder(self.folder)

    def plan(self, stem: str, source: Path | None) -> Path:
        """The file of the work called `stem` that is made from `source`, whether or not it is there already."""
        if self.file:
            path = self.file
        else:
            first = (*self.formats, *self.own[:1], _format_like(source))[0]
            path = self._unused(self.folder / (stem + contents.suffix_of(first)))
        self._taken.add(path)
        return path

    def files(self, path: Path) -> list[Path]:
        """The files of the work at `path`, one for each format, its own first."""
        return [path, *(path.with_suffix(contents.suffix_of(format)) for format in self.formats[1:])]

    def free(self, path: Path, *, again: bool = False) -> Path:
        """The file to write for a planned `path`: that one, or if it is there the next with a number that is not.

        With `again`, for a further work from the same settings, it is never the planned one.

        Raises:
            GessoError: the user named this file, and it is there.
        """
        if again:
            path = self._unused(path)
        elif path == self.file:
            check_free(path, self.overwrite)
        while any(self._stays(file) for file in self.files(path)):
            self._taken.add(path)
            path = self._unused(path)
        self._taken.add(path)
        return path

    def _stays(self, file: Path) -> bool:
        """Whether a file is there and not to be replaced."""
        return file.exists() and (not self.overwrite or (file != self.file and file.resolve() in self._sources))

    def _unused(self, path: Path) -> Path:
        """`path`, or the first of path-2, path-3 ... that this command has not used."""
        stem, number = path.stem, 2
        if path in self._taken and (numbered := re.fullmatch(r"(.+)-(\d+)", stem)):
            stem, number = numbered[1], int(numbered[2]) + 1
        while path in self._taken:
            path = path.with_stem(f"{stem}-{number}")
            number += 1
        return path


def make_folder(folder: Path) -> None:
    """Make a folder for what is made. Raises GessoError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GessoError(f"--out: the folder {folder} cannot be made: {error.strerror or error}") from None


def formats_of(text: str | None, own: Sequence[str] = ()) -> tuple[str, ...]:
    """The formats in "png,jpg", by their names in `core.contents`; `own` as in `Names`."""
    words = [word.strip().lstrip(".").lower() for word in (text or "").split(",") if word.strip()]
    known = contents.suffixes_of(own or contents.PICTURES)
    for word in words:
        if f".{word}" not in known:
            what = "such works" if own else "pictures"
            raise Usage(f"--format: {what} are written as {', '.join(each[1:] for each in known)}, not {word}")
    return tuple(dict.fromkeys(contents.suffixes[f".{word}"] for word in words))


def stem_of(subject: str | None, label: Any, otherwise: str) -> str:
    """ "photo-monet" for the subject photo.jpg and the label monet; `otherwise` stands for what is not there."""
    parts = [_word(subject) if subject else "", _label(label)]
    if not any(parts):
        return otherwise
    joined = "-".join(part for part in parts if part)[:_LONGEST]
    return joined.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")


def _format_like(source: Path | None) -> str:
    return PICTURES.get(source.suffix.lower(), "PNG") if source else "PNG"


def _label(value: Any) -> str:
    """A setting's value as part of a name: the styles monet and wave.jpg are monet+wave."""
    values = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else () if value is None else (value,)
    return "+".join(_word(getattr(each, "name", each)) for each in values)


def _word(name: Any) -> str:
    """Text, or a file's name without its suffix, with no signs that file systems or shells mind."""
    text = str(name)
    stem = text.removesuffix(Path(text).suffix) if _SUFFIX.fullmatch(Path(text).suffix) else text
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.")


def _place(out: str | None, own: Sequence[str]) -> tuple[Path, Path | None]:
    """The folder that works go to, and their file if `out` names one."""
    path = Path(out or ".").expanduser()
    if path.is_dir() or (out or "").endswith(("/", "\\")) or not _SUFFIX.fullmatch(path.suffix):
        return path, None
    try:
        contents.format_of(path, own or contents.PICTURES)
    except GessoError as error:
        raise Usage(f"--out: {error}; or end the name of a folder with /") from None
    return path.parent, path
