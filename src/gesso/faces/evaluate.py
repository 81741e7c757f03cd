"""`gesso evaluate ART`: the figures of a model on data that it has not seen."""

import time
from collections.abc import Sequence
from typing import Any

from gesso.core import registry, runs
from gesso.core.errors import Usage
from gesso.core.progress import Progress
from gesso.faces.options import Computing, parse, take
from gesso.faces.reporting import show_json, show_rows


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso evaluate`."""
    judged = [art for art in registry.arts().values() if art.evaluation]
    if not arguments or arguments[0].startswith("-"):
        raise Usage(f"say what to evaluate: gesso evaluate {'|'.join(art.key for art in judged)}")
    art = registry.find(arguments[0])
    wanted = runs.evaluated_by(art)
    given = parse(
        f"gesso evaluate {art.key}",
        f"The figures of a model of {art.key} on data that it has not seen.",
        wanted.model_fields,
        Computing,
        arguments[1:],
    )
    computing = take(Computing, given)
    settings = take(wanted, given)

    started = time.perf_counter()
    with Progress(shown=False if computing.quiet else None) as progress:
        found = runs.evaluate(art, settings, device=computing.device, progress=progress)
    answer: dict[str, Any] = {**found, "seconds": round(time.perf_counter() - started, 3)}
    if computing.json_:
        show_json(answer)
    else:
        metrics, classes = answer.pop("metrics", {}), answer.pop("classes", [])
        show_rows(answer | metrics)
        if classes:
            print()
            show_rows(classes)
    return 0
