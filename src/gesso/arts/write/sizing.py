"""How large a writer is to be, and how long it learns, for the text and the minutes that there are."""

import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from gesso.arts.write.art import WriteTraining
from gesso.core import files
from gesso.core.errors import GessoError

SIZES: tuple[tuple[float, dict[str, Any]], ...] = (
    (6, {"width": 128, "heads": 4, "layers": 4, "context": 128, "rate": 8e-3, "average": 0.99}),
    (25, {"width": 160, "heads": 5, "layers": 5, "context": 192, "rate": 3e-3, "average": 0.995}),
    (240, {"width": 192, "heads": 6, "layers": 6, "context": 256, "rate": 3e-3, "average": 0.999}),
    (float("inf"), {"width": 256, "heads": 8, "layers": 8, "context": 256, "rate": 2e-3, "average": 0.999}),
)
"""What is chosen for at most so many minutes."""

DROPOUT = ((3, 0.0), (8, 0.1), (25, 0.2), (float("inf"), 0.3))
"""What is silenced where a text is gone through at most so many times."""

FINISHING = 30.0
"""Seconds for starting, for looking on the way and for the report at the end, but half of the time at most."""


def sized(
    settings: WriteTraining,
    tokens: int,
    run: Path,
    pace: Callable[[WriteTraining], float],
    example: int | None = None,
    begun: Mapping[str, Any] | None = None,
) -> WriteTraining:
    """The settings with sizes and steps for `settings.minutes`, where these do not say them.

    What was chosen is kept in `run`/sizes.json: a run that goes on does not choose anew.

    Args:
        tokens: in the text that is learned from.
        pace: the seconds that a step takes with settings.
        example: the tokens of an example, where it is no window as long as the context.
        begun: the sizes of the model that it begins with.

    Raises GessoError when several processes train by the minute.
    """
    if settings.minutes is None and not begun:
        return settings
    kept = run / "sizes.json"
    if kept.exists():
        return settings.model_copy(update=json.loads(kept.read_text("utf-8")))
    free = set(WriteTraining.model_fields) - settings.model_fields_set
    chosen = {name: value for name, value in (begun or {}).items() if name in free}
    if settings.minutes is not None:
        chosen = _for_minutes(settings, settings.minutes, free, tokens, pace, example, chosen)
    files.atomic_bytes(kept, (json.dumps(chosen, indent=1) + "\n").encode())
    return settings.model_copy(update=chosen)


def _for_minutes(
    settings: WriteTraining,
    minutes: float,
    free: Collection[str],
    tokens: int,
    pace: Callable[[WriteTraining], float],
    example: int | None,
    begun: Mapping[str, Any],
) -> dict[str, Any]:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise GessoError("--minutes measures how fast one process is: give --steps and the sizes to several")
    chosen = next(sizes for most, sizes in SIZES if minutes <= most)
    chosen = {**{name: value for name, value in chosen.items() if name in free}, **begun}
    while tokens <= 4 * chosen.get("context", 0) > 32:  # a short text has no long windows
        chosen["context"] //= 2
    settings = settings.model_copy(update=chosen)
    if "steps" in free:
        steps = int(max(30 * minutes, 60 * minutes - FINISHING) / pace(settings))
        chosen["steps"] = max(20, steps)
    passes = chosen.get("steps", settings.steps) * settings.batch * (example or settings.context) / tokens
    if "dropout" in free:
        chosen["dropout"] = next(share for most, share in DROPOUT if passes <= most)
    if "blank" in free:
        chosen["blank"] = chosen.get("dropout", settings.dropout) / 10
    if "save_every" in free:
        chosen["save_every"] = max(10, chosen.get("steps", settings.steps) // 8)
    return chosen
