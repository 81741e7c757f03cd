"""Several inputs, one work after another: each is kept as soon as it is made, and what fails stops no other."""

import sys
import time
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gesso.core import contents, files, pictures
from gesso.core.contents import Document
from gesso.core.declaration import Art, Refused, Settings, check
from gesso.core.errors import GessoError, TooLarge, Usage
from gesso.core.make import make
from gesso.core.media import Media
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.work import Work
from gesso.faces.faults import debugging, in_plain_words
from gesso.faces.naming import Names, stem_of
from gesso.faces.options import media_of, spell
from gesso.faces.reporting import Report
from gesso.faces.table import Sorted, write_table


@dataclass(frozen=True)
class Order:
    """What is to be made: `values` for every work, and of `subjects` one each; how and where.

    With `announce`, the path of each work is printed on stdout as soon as it is written. With `table`, the rows of an
    art that has them are kept in one; with `sort`, copies of the subjects are put into folders.
    """

    art: Art
    values: dict[str, Any]
    subjects: Sequence[Any]
    seed: int = 0
    device: str = "auto"
    model: str | None = None
    out: str | None = None
    formats: Sequence[str] = ()
    overwrite: bool = False
    skip_existing: bool = False
    limit_megapixels: float | None = None
    announce: bool = True
    table: bool = False
    sort: bool = False


def gather(art: Art, given: Sequence[str], report: Report) -> list[str]:
    """The subjects of a batch: the values given, and for each folder the media in it, in order of their names.

    A folder without any is noted in `report`.
    """
    kinds = subjects_of(art)
    if not kinds:
        return list(given)
    suffixes = [suffix for kind in kinds for suffix in kind.suffixes]
    subjects: list[str] = []
    for each in given:
        if not Path(each).is_dir():
            subjects.append(each)
            continue
        try:
            inside = sorted(Path(each).iterdir())
        except OSError as error:
            report.fail(each, f"the folder {each} cannot be read: {error.strerror}")
            continue
        found = [str(path) for path in inside if _is_one(path, suffixes)]
        if within := sum(path.is_dir() and not path.name.startswith(".") for path in inside):
            warnings.warn(f"{within} folders in {each} are left out: name those too that you mean", stacklevel=2)
        if not found:
            wanted = " or ".join(kind.plural for kind in kinds)
            report.fail(each, f"there are no {wanted} in the folder {each}; looked for {', '.join(suffixes)}")
        subjects += found
    return subjects


def subjects_of(art: Art) -> tuple[type[Media], ...]:
    """The kinds of media that the art works on; none if its subject is of another type, or it has none."""
    return media_of(art.settings.model_fields[art.subject].annotation) if art.subject else ()


def run(order: Order, report: Report, progress: Progress) -> None:
    """Makes what is ordered, and fills `report`.

    Raises:
        GessoError: what is wrong for every work, such as a setting out of its bounds or a folder not to be written in.
    """
    started = time.perf_counter()
    try:
        names = Names(
            order.out,
            len(order.subjects),
            order.formats,
            overwrite=order.overwrite,
            sources=[source for subject in order.subjects if (source := _source(order.art, subject))],
            own=order.art.formats,
        )
        progress.works(len(order.subjects))
        shared: Settings | None = None
        rows: list[dict[str, Any]] = []
        shelves = Sorted(names.folder)
        for subject in order.subjects:
            progress.work(_name(subject))
            try:
                settings = _settings(order, subject, shared)
                shared = shared or settings
                said = _one(order, subject, settings, names, report, progress)
                _note(order, subject, said, rows, shelves)
            except Refused as error:
                if error.fields != (order.art.subject,):
                    raise
                report.fail(_name(subject), str(error).removeprefix(f"{spell(error.fields[0])}: "))
            except (Usage, BrokenPipeError):
                raise
            except KeyboardInterrupt:
                report.stopped = True
                break
            except Exception as error:  # one picture's misfortune is not the others'
                if debugging() and not isinstance(error, GessoError):
                    raise
                report.fail(_name(subject), in_plain_words(error))
            progress.finish()
            if progress.interrupted:
                report.stopped = True
                break
        if order.table and rows:
            path = write_table(names.folder / f"{_word(order.art)}.csv", rows, overwrite=order.overwrite)
            report.table = str(path)
            _announce([path], order, progress)
    finally:
        progress.close()
        report.seconds = time.perf_counter() - started


def _settings(order: Order, subject: Any, shared: Settings | None) -> Settings:
    """The settings of one work. What an earlier one has read in already, such as a style's picture, is taken over."""
    values = dict(order.values)
    if shared is not None:
        values |= {name: getattr(shared, name) for name in shared.model_fields_set}
    if order.art.subject and subject is not None:
        values[order.art.subject] = subject
    return check(order.art.settings, values, spell=spell, context={"limit_megapixels": order.limit_megapixels})


def _one(
    order: Order, subject: Any, settings: Settings, names: Names, report: Report, progress: Progress
) -> list[dict[str, Any]]:
    """Makes the work, or the several works, of one subject and writes them; gives what those say that are documents."""
    art = order.art
    label = getattr(settings, art.label) if art.label else None
    source = _source(art, subject)
    stem = stem_of(source.name if source else subject, label, f"{_word(art)}-{order.seed}")
    planned = names.plan(stem, source)
    if order.skip_existing and planned.exists():
        report.skipped.append(str(planned))
        return contents.documents_in(planned) if art.table else []
    path = names.free(planned)
    with _previews(path, progress):
        works = make(art, settings, seed=order.seed, device=order.device, model=order.model, progress=progress)
    for number, work in enumerate(works):
        path = names.free(path, again=True) if number else path
        _write(work, names.files(path), order, report, progress)
    return [work.content.data for work in works if isinstance(work.content, Document)]


def _source(art: Art, subject: Any) -> Path | None:
    """The file that a subject is, if the art works on files."""
    return Path(subject) if subjects_of(art) and subject is not None else None


def _note(order: Order, subject: Any, said: list[dict[str, Any]], rows: list[dict[str, Any]], shelves: Sorted) -> None:
    """Adds what was said of a subject to the rows, and sorts the subject by it."""
    art = order.art
    if not (art.table and (order.table or order.sort)):
        return
    for each in said:
        row = art.function(art.table)(each)
        rows.append({"file": str(subject)} | row)
        if order.sort and art.sorted_by:
            shelves.copy(Path(subject), row[art.sorted_by])


@contextmanager
def _previews(path: Path, progress: Progress) -> Generator[None]:
    """Within it, how far a long work has come can be seen in a file beside the one that it will have."""
    file = path.with_name(f"{path.stem}.preview.jpg")
    if file.exists():  # somebody's own
        progress.preview = lambda _: None
        yield
        return

    def show(picture: Raster) -> None:
        with suppress(GessoError):  # a work is not lost because its preview could not be written
            files.atomic_bytes(file, pictures.encode(picture, "JPEG"), overwrite=True)
            progress.note(f"preview: {file}")

    progress.preview = show
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _write(work: Work, paths: Sequence[Path], order: Order, report: Report, progress: Progress) -> None:
    encoded: dict[Path, bytes] = {}
    for path in paths:  # all of them before the first is written, so that where one is refused none is left behind
        try:
            data = work.encode(contents.format_of(path, work.content.formats))
        except TooLarge as error:  # a work is not lost because its file cannot hold it
            path = path.with_suffix(".png")
            if path in encoded or path in paths:
                progress.tell(f"{error}: it is in {path.name} alone")
                continue
            progress.tell(f"{error}: it is saved as {path.name}")
            data = work.encode("PNG")
        encoded[path] = data
    for path, data in encoded.items():
        files.atomic_bytes(path, data, order.overwrite)
    paths, first = list(encoded), next(iter(encoded.values()))
    for stem, path in (stems := _stems(work, paths)):
        files.atomic_bytes(path, stem.encode(contents.format_of(path, stem.content.formats)), order.overwrite)
    paths = [*paths, *(path for _, path in stems)]
    data = work.content.data if isinstance(work.content, Document) else None
    report.keep(paths, files.sha256(first), work.recipe.model_dump(mode="json"), data)
    _announce(paths, order, progress)


def _stems(work: Work, paths: Sequence[Path]) -> list[tuple[Work, Path]]:
    """The voices of a work of music that are wanted by themselves, each with a file beside each of the work's."""
    named = [(stem, stem_of(None, name, "voice")) for name, stem in work.stems.items()]
    return [(stem, path.with_stem(f"{path.stem}-{name}")) for stem, name in named for path in paths]


def _announce(paths: Sequence[Path], order: Order, progress: Progress) -> None:
    if not order.announce:
        return
    for path in paths:
        if progress.shown and sys.stdout.isatty():
            progress.note(str(path))  # on the same terminal, where the line that moves must not be written over
        else:
            print(path, flush=True)


def _word(art: Art) -> str:
    """The art as part of a file's name."""
    return art.key.replace("/", "-")


def _name(subject: Any) -> str:
    return Path(subject).name if isinstance(subject, str | Path) else ""


def _is_one(path: Path, suffixes: Sequence[str]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
