"""`gesso train ART` and `gesso train --resume RUN`: a run is a folder under runs/."""

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from gesso.core import devices, files, registry, weights
from gesso.core.declaration import Art, Settings, check
from gesso.core.errors import GessoError, Usage
from gesso.core.progress import Progress
from gesso.faces.options import Computing, called, parse, take
from gesso.faces.reporting import say, show_json

RUNS = Path("runs")


class Running(Computing):
    """What every training can be told besides what the art says."""

    run: str | None = Field(None, pattern=r"^\w[\w.-]*$", description="the run's name; numbered if not given")


class Resuming(Settings):
    """Which run goes on."""

    resume: str = Field(pattern=r"^\w[\w.-]*$", description="the run that is to go on", json_schema_extra=called("RUN"))


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso train`."""
    if arguments and not arguments[0].startswith("-"):
        return _start(registry.find(arguments[0]), arguments[1:])
    trained = "|".join(art.key for art in registry.arts().values() if art.training)
    title = f"Trains an art: gesso train {trained} starts a run, as gesso train {trained} --help tells."
    given = parse("gesso train", title, Resuming.model_fields, Running, arguments)
    running = take(Running, given)
    if "resume" not in given:
        raise Usage(f"say what to train, as in gesso train {trained}, or which run goes on, with --resume RUN")
    run = RUNS / take(Resuming, given).resume
    art, settings = _settings_of(run)
    return _train(art, settings, run, running, resume=True)


def _start(art: Art, arguments: Sequence[str]) -> int:
    if art.training is None:
        trained = ", ".join(each.key for each in registry.arts().values() if each.training)
        raise Usage(f"{art.key} has nothing to train; {trained or 'no art'} has")
    given = parse(f"gesso train {art.key}", f"Trains {art.key}.", art.training.model_fields, Running, arguments)
    running = take(Running, given)
    settings = take(art.training, given)
    if running.run is None and "WORLD_SIZE" in os.environ:
        raise Usage("several processes train one run: name it with --run")
    if running.run in weights.shipped(art.package):
        raise Usage(
            f"--run {running.run}: a model of that name ships with Gesso and would be found first; name another"
        )
    run = RUNS / (running.run or _numbered(art))
    if devices.rank() > 0:  # the first process makes the folder
        return _train(art, settings, run, running, resume=False)
    try:
        run.mkdir(parents=True)
    except FileExistsError:
        raise GessoError(
            f"{run} is there: gesso train --resume {run.name} goes on with it; or name another --run"
        ) from None
    said = {"art": art.key, "settings": settings.model_dump(mode="json")}
    files.atomic_bytes(run / "settings.json", (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    return _train(art, settings, run, running, resume=False)


def _train(art: Art, settings: Settings, run: Path, running: Running, *, resume: bool) -> int:
    started = time.perf_counter()
    device = devices.resolve(running.device)
    first = devices.rank() == 0
    if first and not running.quiet:
        say(f"training {art.key} in {run}; Ctrl-C stops it, gesso train --resume {run.name} goes on")
    try:
        with devices.repeatable(), Progress(shown=None if first and not running.quiet else False) as progress:
            art.step("train").train(settings, run, device=device, progress=progress, resume=resume)
    except (GessoError, OSError) as error:
        if not (files.no_room(error) or files.no_room(error.__cause__)):
            raise
        on = "start the run again" if _unbegun(run) else f"go on with gesso train --resume {run.name}"
        raise GessoError(f"the disk is full: free some space, then {on}; what was saved before is as it was") from error
    finally:
        if first:
            _forget_if_unbegun(run)
    if not first:
        return 0
    if running.json_:
        show_json({"art": art.key, "run": str(run), "seconds": round(time.perf_counter() - started, 3)})
    else:
        print(run / "model")
    return 0


def _settings_of(run: Path) -> tuple[Art, Settings]:
    try:
        said: dict[str, Any] = json.loads((run / "settings.json").read_text("utf-8"))
        art = registry.find(said["art"])
        if art.training is None:
            raise KeyError("training")
        return art, check(art.training, said["settings"])
    except FileNotFoundError:
        there = ", ".join(sorted(path.parent.name for path in RUNS.glob("*/settings.json"))) or "none"
        raise GessoError(f"there is no run {run}; there are: {there}") from None
    except (ValueError, KeyError, TypeError):
        raise GessoError(f"{run / 'settings.json'} cannot be read; start the run anew") from None


def _forget_if_unbegun(run: Path) -> None:
    """Removes a run that came to nothing, such as for a wrong folder, so that its name is free again."""
    if _unbegun(run):
        shutil.rmtree(run)


def _unbegun(run: Path) -> bool:
    return [path.name for path in run.rglob("*") if path.is_file()] == ["settings.json"]


def _numbered(art: Art) -> str:
    """The art's name with the first number that no run has."""
    number = 1
    while (RUNS / f"{art.key.replace('/', '-')}-{number}").exists():
        number += 1
    return f"{art.key.replace('/', '-')}-{number}"
