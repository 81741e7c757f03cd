"""`gesso train ART` and `gesso train --resume RUN`."""

import time
from collections.abc import Sequence
from functools import partial

from pydantic import Field

from gesso.core import devices, registry, runs
from gesso.core.declaration import Settings
from gesso.core.errors import Stopped, Usage
from gesso.core.progress import Progress
from gesso.faces.options import Computing, called, parse, take
from gesso.faces.reporting import show_json


class Running(Computing):
    """What every training can be told besides what the art says."""

    run: str | None = Field(None, pattern=runs.NAME, description="the run's name; numbered if not given")


class Resuming(Settings):
    """Which run goes on."""

    resume: str = Field(pattern=runs.NAME, description="the run that is to go on", json_schema_extra=called("RUN"))


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso train`."""
    started = time.perf_counter()
    if arguments and not arguments[0].startswith("-"):
        art = registry.find(arguments[0])
        wanted = runs.trained_by(art)
        given = parse(f"gesso train {art.key}", f"Trains {art.key}.", wanted.model_fields, Running, arguments[1:])
        running = take(Running, given)
        train = partial(runs.start, art, take(wanted, given), running.run)
    else:
        trained = "|".join(art.key for art in registry.arts().values() if art.training)
        title = f"Trains an art: gesso train {trained} starts a run, as gesso train {trained} --help tells."
        given = parse("gesso train", title, Resuming.model_fields, Running, arguments)
        running = take(Running, given)
        if "resume" not in given:
            raise Usage(f"say what to train, as in gesso train {trained}, or which run goes on, with --resume RUN")
        name = take(Resuming, given).resume
        art, _ = runs.read(name)
        train = partial(runs.go_on, name)
    first = devices.rank() == 0
    try:
        with Progress(shown=None if first and not running.quiet else False) as progress:
            model = train(device=running.device, progress=progress)
    except (Stopped, KeyboardInterrupt):
        if first:
            raise
        return Stopped.exit_code  # the first process says it for all
    if not first:
        return 0
    if running.json_:
        seconds = round(time.perf_counter() - started, 3)
        show_json({"art": art.key, "run": str(model.parent), "seconds": seconds})
    else:
        print(model)
    return 0
