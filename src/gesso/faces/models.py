"""`gesso models`: the models that there are, and their cards."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from gesso.core import registry, weights
from gesso.core.declaration import Settings, nearest
from gesso.core.errors import GessoError, Usage
from gesso.faces.options import Answering, called, parse, take
from gesso.faces.reporting import show_json, show_rows

_SHARED = "gesso.networks"  # what all arts share is no art's


class Asking(Settings):
    """What can be asked about models."""

    words: tuple[str, ...] = Field(
        (), description="list them, or show the card of one", json_schema_extra=called("list|show NAME")
    )


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso models list` or `gesso models show NAME`."""
    title = "Lists the shipped models, or shows the card of one."
    given = parse("gesso models", title, Asking.model_fields, Answering, arguments, "words")
    showing = take(Answering, given)
    match take(Asking, given).words:
        case () | ("list",):
            rows = [_row(name, model) for name, model in _shipped()]
            show_json({"models": rows}) if showing.json_ else show_rows(rows)
        case ("show", name):
            model = _find(name)
            if showing.json_:
                show_json({**_row(name, model), "configuration": model.configuration, "card": model.card})
            else:
                print(model.card.rstrip())
        case words:
            raise Usage(f"models {' '.join(words)}: say gesso models list, or gesso models show NAME")
    return 0


def _shipped() -> Iterator[tuple[str, weights.Model]]:
    """Every shipped model, with the name by which `gesso models show` knows it: "stylize/fast"."""
    for art in registry.arts().values():
        for model in weights.shipped(art.package).values():
            yield f"{art.key}/{model.name}", model
    for model in weights.shipped(_SHARED).values():
        yield model.name, model


def _find(name: str) -> weights.Model:
    """The shipped model with this name, with or without its art's; or a run's, or one in a folder."""
    known = dict(_shipped())
    matching = [full for full in known if full == name or full.endswith(f"/{name}")]
    if len(matching) == 1:
        return known[matching[0]]
    if matching:
        raise Usage(f"several models are called {name}: say which of {', '.join(matching)}")
    try:
        return weights.find(_SHARED, name)
    except GessoError:
        raise Usage(
            f"there is no model {name}{nearest(name, known)}; gesso models list lists the shipped ones"
        ) from None


def _row(name: str, model: weights.Model) -> dict[str, Any]:
    return {
        "model": name,
        "megabytes": round(model.path.stat().st_size / 1e6, 2),
        "licences": list(model.licences),
        "sha256": model.sha256,
    }
