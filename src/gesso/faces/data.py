"""`gesso data`: the data sets that are known by name, fetched when asked, and whether they are whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from gesso.core import places
from gesso.core.declaration import Settings, nearest
from gesso.core.errors import Usage
from gesso.core.progress import Progress
from gesso.faces.options import Answering, called, parse, take
from gesso.faces.reporting import say, show_json, show_rows
from gesso.pipeline.data.registry import DATASETS, Dataset, find, is_here, megabytes

if TYPE_CHECKING:
    from gesso.pipeline.data.check import Checked


class Asking(Settings):
    """What can be asked about data."""

    words: tuple[str, ...] = Field(
        (),
        description="list the data sets, fetch one, or check those that are here, one of them, or a folder of yours",
        json_schema_extra=called("list|get NAME|check [NAME|FOLDER]"),
    )


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso data list`, `gesso data get NAME` or `gesso data check [NAME|FOLDER]`."""
    title = "Lists the data sets that have a name, fetches one, or checks that data are whole."
    given = parse("gesso data", title, Asking.model_fields, Answering, arguments, "words")
    showing = take(Answering, given)
    with Progress(shown=False if showing.quiet or showing.json_ else None) as progress:
        match take(Asking, given).words:
            case () | ("list",):
                return _list(showing)
            case ("get", name):
                return _get(find(name), showing, progress)
            case ("get",):
                raise Usage(f"say what to get: gesso data get {'|'.join(dataset.name for dataset in DATASETS)}")
            case ("check",):
                here = [dataset.name for dataset in DATASETS if is_here(dataset, places.data())]
                return _check(here, showing, progress)
            case ("check", what):
                return _check([what], showing, progress)
            case words:
                raise Usage(
                    f"data {' '.join(words)}: say gesso data list, gesso data get NAME, or "
                    "gesso data check [NAME|FOLDER]"
                )


def _list(showing: Answering) -> int:
    root = places.data()
    if showing.json_:
        rows = [_row(dataset, root) | {"bytes": dataset.size, "home": dataset.home} for dataset in DATASETS]
        show_json({"folder": str(root), "data": rows})
        return 0
    rows = [_row(dataset, root) for dataset in DATASETS]
    show_rows([row | {"size": megabytes(row["size"]), "here": "yes" if row["here"] else "no"} for row in rows])
    if not showing.quiet:
        say(f"data lie in {root}; GESSO_DATA names another folder")
    return 0


def _row(dataset: Dataset, root: Path) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "title": dataset.title,
        "kind": dataset.kind,
        "licence": dataset.licence,
        "size": dataset.size,
        "here": is_here(dataset, root),
    }


def _get(dataset: Dataset, showing: Answering, progress: Progress) -> int:
    from gesso.pipeline.data.obtain import get

    root = places.data()
    fetched = not is_here(dataset, root)
    said = get(dataset, root, progress)
    progress.close()
    folder = root / dataset.folder
    if showing.json_:
        show_json({"name": dataset.name, "path": str(folder), "fetched": fetched, "notes": said})
        return 0
    for line in said:  # a checksum that no one vouches for is no small talk: also when quiet
        say(f"gesso: {line}")
    if not showing.quiet:
        say(f"{dataset.name} {'is here now' if fetched else 'was here already'}; its licence: {dataset.licence}")
    print(folder)
    return 0


def _check(what: Sequence[str], showing: Answering, progress: Progress) -> int:
    from gesso.pipeline.data.check import check_dataset, check_folder

    root, names = places.data(), {dataset.name: dataset for dataset in DATASETS}
    answers: dict[str, Checked] = {}
    for each in what:
        if each in names:
            answers[each] = check_dataset(names[each], root, progress)
        elif Path(each).expanduser().is_dir():
            answers[each] = check_folder(Path(each).expanduser(), progress)
        else:
            raise Usage(f"{each} is neither a data set nor a folder{nearest(each, names)}")
    progress.close()
    wrong = [line for checked in answers.values() for line in checked.wrong]
    if showing.json_:
        show_json(
            {
                "checked": [
                    {"name": name, "files": checked.files, "classes": checked.counts, "wrong": checked.wrong}
                    for name, checked in answers.items()
                ]
            }
        )
    elif not showing.quiet:
        _show(answers)
    for line in wrong:
        say(f"gesso: {line}")
    if not showing.quiet and not showing.json_:
        say(_summary(answers, len(wrong), root))
    return 1 if wrong else 0


def _show(answers: dict[str, Checked]) -> None:
    files = [{"data": name, **row} for name, checked in answers.items() for row in checked.files]
    counts = [
        {"data": name, "class": each, "files": count}
        for name, checked in answers.items()
        for each, count in checked.counts.items()
    ]
    for rows in (files, counts):
        if rows:
            show_rows(rows)


def _summary(answers: dict[str, Checked], wrong: int, root: Path) -> str:
    if not answers:
        return f"no data set is in {root}: gesso data get NAME fetches one"
    whole = sum(checked.whole for checked in answers.values())
    return f"{whole} {'file is' if whole == 1 else 'files are'} whole, {wrong} {'is' if wrong == 1 else 'are'} not"
