"""Which painters there are: shipped, kept under the home folder, or trained by a run here."""

from collections.abc import Sequence
from pathlib import Path

from gesso.arts.paint.image.art import ART
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.places import home
from gesso.core.weights import Model

PACKAGE = "gesso.arts.paint.image"


def find(name: str | None, words: Sequence[str] = ()) -> Model:
    """The model called `name`; without a name, of those that know all these words the one that knows the fewest others.

    So a 7 is a digit rather than a key with a 7 on it. When none knows them all it is the first there is.

    Raises GessoError, saying how one is made, when there is none.
    """
    if name is not None:
        return weights.find(PACKAGE, name)
    found = known()
    if not found:
        raise GessoError("there is no painter yet: gesso train paint/image --data mnist trains one")
    if not words:
        return found[0]
    understanding = [model for model in found if set(words) <= set(_vocabulary(model))]
    return min(understanding, key=lambda model: len(_vocabulary(model)), default=found[0])


def _vocabulary(model: Model) -> list[str]:
    return model.configuration["network"]["words"]


def known() -> list[Model]:
    """All painters that go by name: those shipped, as the art lists them, those at home, and those of runs here."""
    shipped = weights.shipped(PACKAGE)
    models = [shipped[name] for name in ART.models]
    for folder in (*sorted((home() / "models").glob("*/")), *sorted(Path("runs").glob("*/model/"))):
        for path in sorted(folder.glob("*.safetensors")):
            model = Model(folder.parent.name if folder.name == "model" else folder.name, path)
            if model.path.with_suffix(".json").exists() and model.configuration.get("art") == "paint/image":
                models.append(model)
    return models
