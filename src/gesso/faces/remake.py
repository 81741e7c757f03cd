"""`gesso remake WORK`: make a work again from the recipe inside it, and compare."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from gesso.core.declaration import Settings
from gesso.core.errors import Usage
from gesso.core.progress import Progress
from gesso.core.remake import remake
from gesso.faces.options import Computing, called, parse, take
from gesso.faces.reporting import say, show_json


class Remaking(Settings):
    """What can be said about remaking."""

    work: tuple[Path, ...] = Field((), description="the work to make again", json_schema_extra=called("FILE"))
    inputs: tuple[Path, ...] = Field(
        (), description="where to look first for what it was made from", json_schema_extra=called("FOLDER")
    )
    limit_megapixels: float | None = Field(None, gt=0, description="refuse larger pictures; 64 if not given")
    model: str | None = Field(None, description="where its model is, if not by the name that the recipe has")


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso remake`: 0 if the pixels are identical, 1 if they differ."""
    title = "Makes a work again from the recipe inside it: is it identical, or how large is the difference?"
    given = parse("gesso remake", title, Remaking.model_fields, Computing, arguments, "work")
    computing, options = take(Computing, given), take(Remaking, given)
    if len(options.work) != 1:
        raise Usage("name one work to make again, as in gesso remake painting.png")
    path = options.work[0]
    with Progress(shown=False if computing.quiet else None) as progress:
        verdict = remake(
            path,
            options.inputs,
            device=None if computing.device == "auto" else computing.device,
            limit_megapixels=options.limit_megapixels,
            progress=progress,
            model=options.model,
        )
    if progress.interrupted:
        raise KeyboardInterrupt
    if computing.json_:
        show_json({"path": str(path), **asdict(verdict), "verdict": str(verdict)})
    else:
        print(f"{path}: {verdict}")
        for line in verdict.circumstances:
            say(f"  {line}")
    return 0 if verdict.largest == 0 else 1
