"""Settings -> works: the one way by which every face has an art make something."""

from __future__ import annotations

from typing import Any

from gesso.core import devices
from gesso.core.declaration import Action, Art, Settings
from gesso.core.errors import Usage
from gesso.core.progress import Progress
from gesso.core.versions import versions
from gesso.core.work import Output, Recipe, Work, inputs_in

_LARGEST_SEED = 2**63 - 1


def make(
    art: Art,
    settings: Settings,
    *,
    seed: int = 0,
    device: str = "auto",
    model: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Work]:
    """Has `art` make its works from `settings`, and gives each its recipe.

    Args:
        seed: the same seed gives the same works, on the same machine, versions and number of threads.
        device: auto, cpu, cuda or mps.
        model: a shipped name, a run's name or a folder; the art's own first model if not given.
        threads: how many threads torch computes on; as many as it likes if not given.

    Raises:
        GessoError: the device or the model is not there, nothing in the art is learned and a model is named, or an
            input cannot be read.
    """
    if not 0 <= seed <= _LARGEST_SEED:
        raise Usage(f"seed: {seed} is not between 0 and {_LARGEST_SEED}")
    if model is not None and art.training is None:
        raise Usage(f"{art.key.replace('/', ' ')} takes no model, nothing in it is learned: leave out --model")
    progress = progress or Progress(shown=False)
    where = devices.resolve(device)
    with devices.repeatable(threads) as used:
        outputs: list[Output] = art.step("generate").generate(
            settings, seed=seed, device=where, model=model, progress=progress
        )
    shared: dict[str, Any] = {
        "art": art.name,
        "method": art.method,
        "versions": versions(),
        "device": devices.describe(where),
        "threads": used,
    }
    works: list[Work] = []
    for output in outputs:
        plain: dict[str, Any] = (output.settings or settings).model_dump(mode="json")
        recipe = Recipe(
            **shared,
            stopped=progress.interrupted and not output.whole,
            settings=plain,
            seed=seed if output.seed is None else output.seed,
            inputs=tuple(inputs_in(plain)),
            model=output.model,
            licences=output.licences,
        )
        works.append(Work(output.content, recipe))
    return works


def act(
    art: Art, action: Action, settings: Settings, *, device: str = "auto", progress: Progress | None = None
) -> dict[str, Any] | list[dict[str, Any]]:
    """Has `art` do what `action` is for: one row, or a list of rows, to be shown.

    Raises GessoError when the device is not there, or as the action does.
    """
    function = art.function(action.function)
    if not action.computes:
        return function(settings)
    where = devices.resolve(device)
    with devices.repeatable():
        return function(settings, device=where, progress=progress or Progress(shown=False))
