"""`gesso explain WORK`: why a work came out as it did."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from gesso.core.declaration import Settings
from gesso.core.errors import Usage
from gesso.core.explanation import Explanation, explain
from gesso.core.progress import Progress
from gesso.faces.naming import make_folder
from gesso.faces.options import Computing, called, parse, take
from gesso.faces.reporting import say, show_json, show_rows


class Explaining(Settings):
    """What can be said about explaining."""

    work: tuple[Path, ...] = Field((), description="the work to explain", json_schema_extra=called("FILE"))
    inputs: tuple[Path, ...] = Field(
        (), description="where to look first for what it was made from", json_schema_extra=called("FOLDER")
    )
    art: str | None = Field(
        None,
        description="explain it as this art would, whoever made it; its recipe, if it has one, is left aside",
        json_schema_extra=called("ART"),
    )
    model: str | None = Field(
        None,
        description="the model that explains it; the one that made it, or the art's first, if not given",
        json_schema_extra=called("NAME|FOLDER"),
    )
    out: str | None = Field(
        None,
        description="a folder, or what the files' names begin with; beside the work if not given",
        json_schema_extra=called("FOLDER|NAME"),
    )
    overwrite: bool = Field(False, description="replace files that are there, rather than number the new ones")


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso explain`."""
    title = "Why a work came out as it did: a table here, and pictures and all details in files."
    given = parse("gesso explain", title, Explaining.model_fields, Computing, arguments, "work", {"overwrite"})
    computing, options = take(Computing, given), take(Explaining, given)
    if len(options.work) != 1:
        raise Usage("name one work to explain, as in gesso explain chorale.mid")
    path = options.work[0]
    with Progress(shown=False if computing.quiet else None) as progress:
        found = explain(
            path,
            options.inputs,
            art=options.art,
            model=options.model,
            device=computing.device,
            progress=progress,
        )
    files = [str(file) for file in found.save(_begins(found, path, options), overwrite=options.overwrite)]
    if computing.json_:
        show_json({"path": str(path), "files": files, **found.data})
        return 0
    if not computing.quiet:
        print(found.headline)
        for remark in found.remarks:
            print(remark)
        print()
        show_rows(found.table)
        say("")
    for file in files:
        print(file)
    return 0


def _begins(found: Explanation, work: Path, options: Explaining) -> Path:
    """What the names of the files begin with: no file is there that does, unless it is asked for by name."""
    out = Path(options.out).expanduser() if options.out else work.parent
    if options.out and not out.is_dir() and not options.out.endswith(("/", "\\")):
        make_folder(out.parent)
        return out.with_suffix("") if out.suffix in found.files else out
    make_folder(out)
    begins, number = out / f"{work.stem}-explained", 2
    while not options.overwrite and any(file.exists() for file in found.paths(begins)):
        begins, number = out / f"{work.stem}-explained-{number}", number + 1
    return begins
