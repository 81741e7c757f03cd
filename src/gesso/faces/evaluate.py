"""`gesso evaluate ART`: the figures of a model on data that it has not seen."""

import time
from collections.abc import Sequence
from typing import Any

from gesso.core import devices, registry
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
    if art.evaluation is None:
        raise Usage(f"{art.key} has nothing to evaluate; {', '.join(each.key for each in judged)} have")
    given = parse(
        f"gesso evaluate {art.key}",
        f"The figures of a model of {art.key} on data that it has not seen.",
        art.evaluation.model_fields,
        Computing,
        arguments[1:],
    )
    computing = take(Computing, given)
    settings = take(art.evaluation, given)

    started = time.perf_counter()
    device = devices.resolve(computing.device)
    with devices.repeatable(), Progress(shown=False if computing.quiet else None) as progress:
        found: dict[str, Any] = art.step("evaluate").evaluate(settings, device=device, progress=progress)
    answer = {"art": art.key, **found, "seconds": round(time.perf_counter() - started, 3)}
    if computing.json_:
        show_json(answer)
    else:
        show_rows({**{name: value for name, value in answer.items() if name != "metrics"}, **found.get("metrics", {})})
    return 0
