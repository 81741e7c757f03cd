"""Which recognisers there are: shipped, kept under the home folder, or trained by a run here."""

from pathlib import Path

from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.places import home
from gesso.core.weights import Model

PACKAGE = "gesso.arts.recognize"
_MAKE = "gesso train recognize trains one, gesso recognize --teach FOLDER teaches one"


def find(name: str) -> Model:
    """The model called `name`. Raises GessoError, saying how one is made, when there is none."""
    try:
        found = weights.find(PACKAGE, name)
    except GessoError:
        there = ", ".join(model.name for model in known())
        raise GessoError(f"there is no model {name} of recognize; there are: {there}; {_MAKE}") from None
    if found.configuration.get("art") != "recognize":
        raise GessoError(
            f"{name} is no model of recognize but of {found.configuration.get('art')}; choose another --model"
        )
    return found


def known() -> list[Model]:
    """All recognisers that go by name, each once: the shipped ones, then those at home, then those of runs here."""
    names = list(weights.shipped(PACKAGE))
    names += [path.parent.name for path in sorted((home() / "models").glob("*/*.safetensors"))]
    names += [path.parent.parent.name for path in sorted(Path("runs").glob("*/model/*.safetensors"))]
    models: list[Model] = []
    for name in dict.fromkeys(names):
        try:
            model = weights.find(PACKAGE, name)
            if model.configuration.get("art") == "recognize":
                models.append(model)
        except (GessoError, OSError, ValueError):  # somebody else's folder, or half a model, is no recogniser
            continue
    return models


def worlds(*, sounds: bool) -> dict[str, list[str]]:
    """What the models that ship know, of sounds or of pictures: their classes, by their names."""
    shipped = weights.shipped(PACKAGE).values()
    return {model.name: model.configuration["network"]["classes"] for model in shipped if _hears(model) == sounds}


def to_ask(name: str | None, *, sounds: bool) -> list[Model]:
    """The model called `name`, or all there are, for sounds or for pictures.

    Raises GessoError when there is none by that name, or it is for the other.
    """
    models = known() if name is None else [find(name)]
    fit = [model for model in models if _hears(model) == sounds]
    if not fit:
        wrong = "pictures, not sounds" if sounds else "sounds, not pictures"
        raise GessoError(f"{name} knows {wrong}: choose another --model, or leave it out")
    return fit


def _hears(model: Model) -> bool:
    return model.configuration["network"]["look"] == "sound"
