"""The one way by which every face has an art train and evaluate.

A training has a folder of its own under runs/, its run, so that it can go on where it stopped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from gesso.core import devices, files, registry, weights
from gesso.core.declaration import Art, Settings, check
from gesso.core.errors import GessoError, Stopped, Usage
from gesso.core.progress import Progress

RUNS = Path("runs")

NAME = r"^\w[\w.-]*$"
"""What a run may be called."""


def start(art: Art, settings: Settings, name: str | None, *, device: str, progress: Progress) -> Path:
    """Train `art` in a new run, and give the folder of the model.

    Args:
        name: that of the run; the art's with a number if None.
        device: auto, cpu, cuda or mps.

    Raises GessoError when there is a run or a shipped model of that name, and as the training does; Stopped after
    Ctrl-C.
    """
    if name is None and "WORLD_SIZE" in os.environ:
        raise Usage("several processes train one run: name it with --run")
    if name is not None and not re.match(NAME, name):
        raise Usage(f"--run {name}: a run is called by letters, digits, dots, hyphens and underscores")
    if name in weights.shipped(art.package):
        raise Usage(f"--run {name}: a model of that name ships with Gesso and would be found first; name another")
    run = RUNS / (name or _numbered(art))
    if devices.rank() == 0:  # the first process makes the folder
        try:
            run.mkdir(parents=True)
        except FileExistsError:
            raise GessoError(
                f"{run} is there: gesso train --resume {run.name} goes on with it; or name another --run"
            ) from None
        said = {"art": art.key, "settings": settings.model_dump(mode="json")}
        files.atomic_bytes(run / "settings.json", (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    return _train(art, settings, run, device, progress, resume=False)


def go_on(name: str, *, device: str, progress: Progress) -> Path:
    """Go on with a run, and give the folder of the model.

    Raises GessoError when there is no such run or it cannot be read, and as the training does.
    """
    art, settings = read(name)
    return _train(art, settings, RUNS / name, device, progress, resume=True)


def read(name: str) -> tuple[Art, Settings]:
    """What is trained in a run, and how. Raises GessoError when there is no such run or it cannot be read."""
    said = RUNS / name / "settings.json"
    try:
        found: dict[str, Any] = json.loads(said.read_text("utf-8"))
        art = registry.find(found["art"])
        return art, check(trained_by(art), found["settings"])
    except FileNotFoundError:
        there = ", ".join(sorted(path.parent.name for path in RUNS.glob("*/settings.json"))) or "none"
        raise GessoError(f"there is no run {RUNS / name}; there are: {there}") from None
    except (ValueError, KeyError, TypeError):
        raise GessoError(f"{said} cannot be read; start the run anew") from None


def _train(art: Art, settings: Settings, run: Path, device: str, progress: Progress, *, resume: bool) -> Path:
    first = devices.rank() == 0
    try:
        where = devices.resolve(device)
        if first:
            progress.tell(
                f"training {art.key} in {run}; Ctrl-C saves and stops it, gesso train --resume {run.name} goes on"
            )
        with devices.repeatable():
            art.step("train").train(settings, run, device=where, progress=progress, resume=resume)
    except KeyboardInterrupt:
        if _unbegun(run):
            raise
        raise Stopped(f"stopped: gesso train --resume {run.name} goes on from what was saved") from None
    except (GessoError, OSError) as error:
        if not (files.no_room(error) or files.no_room(error.__cause__)):
            raise
        on = "start the run again" if _unbegun(run) else f"go on with gesso train --resume {run.name}"
        raise GessoError(f"the disk is full: free some space, then {on}; what was saved before is as it was") from error
    finally:
        if first and _unbegun(run):  # it came to nothing, such as for a wrong folder, and its name is free again
            shutil.rmtree(run)
    return run / "model"


def _unbegun(run: Path) -> bool:
    return [path.name for path in run.rglob("*") if path.is_file()] == ["settings.json"]


def _numbered(art: Art) -> str:
    """The art's name with the first number that no run has."""
    number = 1
    while (RUNS / f"{art.key.replace('/', '-')}-{number}").exists():
        number += 1
    return f"{art.key.replace('/', '-')}-{number}"


def trained_by(art: Art) -> type[Settings]:
    """The settings of an art's training. Raises Usage when it has none."""
    if art.training is None:
        trained = ", ".join(each.key for each in registry.arts().values() if each.training)
        raise Usage(f"{art.key} has nothing to train; to be trained are: {trained or 'none'}")
    return art.training


def evaluate(art: Art, settings: Settings, *, device: str, progress: Progress) -> dict[str, Any]:
    """The figures of a model of `art` on data that it has not seen, as its evaluation tells them."""
    where = devices.resolve(device)
    with devices.repeatable():
        return {"art": art.key, **art.step("evaluate").evaluate(settings, device=where, progress=progress)}


def evaluated_by(art: Art) -> type[Settings]:
    """The settings of an art's evaluation. Raises Usage when it has none."""
    if art.evaluation is None:
        judged = ", ".join(each.key for each in registry.arts().values() if each.evaluation)
        raise Usage(f"{art.key} has nothing to evaluate; to be evaluated are: {judged or 'none'}")
    return art.evaluation
