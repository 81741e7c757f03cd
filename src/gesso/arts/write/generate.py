"""Settings -> poems and texts."""

import torch

from gesso.arts.write import prose
from gesso.arts.write.art import VERSE, Write
from gesso.arts.write.build import Writer, load_writer
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.texts import Text
from gesso.core.work import ModelRef, Output

PACKAGE = "gesso.arts.write"


def generate(
    settings: Write, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """As many poems or texts as `settings` ask for, each a work.

    Raises GessoError when the model is not there or writes no such form, or what is given cannot be kept.
    """
    found = weights.find(PACKAGE, model or _model_for(settings))
    writer = load_writer(found.path, device)
    works = _texts(writer, settings, seed, progress) 
    used = ModelRef(name=found.name, sha256=found.sha256)
    return [Output(work, used, found.licences) for work in works]
