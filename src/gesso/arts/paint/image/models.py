"""Which painters there are: shipped, kept under the home folder, or trained by a run here."""

from pathlib import Path

from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.places import home
from gesso.core.weights import Model

PACKAGE = "gesso.arts.paint.image"


def find(name: str | None) -> Model:
    """The model called `name`, or the first there is. Raises GessoError, saying how one is made, when there is none."""
    if name is not None:
        return weights.find(PACKAGE, name)
    found = known()
    if not found:
        raise GessoError("there is no painter yet: gesso train paint/image --data mnist trains one")
    return found[0]


def known() -> list[Model]:
    """All painters that go by name: the shipped ones, then those at home, then those of runs here."""
    models = list(weights.shipped(PACKAGE).values())
    for folder in (*sorted((home() / "models").glob("*/")), *sorted(Path("runs").glob("*/model/"))):
        for path in sorted(folder.glob("*.safetensors")):
            model = Model(folder.parent.name if folder.name == "model" else folder.name, path)
            if model.path.with_suffix(".json").exists() and model.configuration.get("art") == "paint/image":
                models.append(model)
    return models
