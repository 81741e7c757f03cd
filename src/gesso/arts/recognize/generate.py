"""A picture -> what it shows, as a document, with a rendering for people."""

from typing import NamedTuple

import torch

from gesso.arts.recognize.art import Recognize
from gesso.arts.recognize.build import Recognizer, load_recognizer
from gesso.arts.recognize.drawing import draw_labels
from gesso.arts.recognize.looks import prepared
from gesso.arts.recognize.models import to_ask
from gesso.core.contents import Document
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.weights import Model
from gesso.core.work import ModelRef, Output

SHOWN = 12  # classes named in a caption at most


class Answer(NamedTuple):
    """What one model says.

    Attributes:
        labels: classes with their calibrated probabilities, the likeliest first.
        strangeness: how far the picture is from what the model knows, as a multiple of its limit: 1 and less is known.
    """

    model: Model
    classes: tuple[str, ...]
    labels: tuple[tuple[str, float], ...]
    strangeness: float

    @property
    def known(self) -> bool:
        """Whether the picture is like those that the model has learned from."""
        return self.strangeness <= 1


def generate(
    settings: Recognize, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """What the picture shows, by the model that knows it best, or that none knows it.

    Raises GessoError when the picture cannot be read, or there is no model.
    """
    models = to_ask(model)
    picture = settings.picture.decode()
    progress.stage("looking", len(models))
    answers: list[Answer] = []
    for each in models:
        answers.append(ask(each, load_recognizer(each.path, device), picture, settings.top))
        progress.advance()
    best = min(answers, key=lambda answer: answer.strangeness)
    progress.note(f"{settings.picture.name}: {in_words(best)}")
    said = {
        "known": best.known,
        "labels": [{"label": label, "probability": share} for label, share in best.labels] if best.known else [],
        "model": best.model.name,
        "strangeness": best.strangeness,
        "classes": list(best.classes),
    }
    drawn = draw_labels(picture, best.labels if best.known else (), caption(best))
    used = ModelRef(name=best.model.name, sha256=best.model.sha256)
    return [Output(Document(said, drawn), used, best.model.licences)]


@torch.no_grad()
def ask(model: Model, recognizer: Recognizer, picture: Raster, top: int) -> Answer:
    """What a model says of a picture; probabilities and strangeness are rounded to six digits."""
    c = recognizer.configuration
    x = prepared(picture, c.look, channels=c.channels, size=c.size).to(recognizer.mean.device).float() / 255
    logits, traits = recognizer.examined(x)
    shares, places = recognizer.probabilities(logits)[0].topk(min(top, len(c.classes)))
    labels = zip((c.classes[i] for i in places.tolist()), (round(p, 6) for p in shares.tolist()), strict=True)
    ratio = float(recognizer.strangeness(traits)[0] / recognizer.limit.clamp(min=1e-6))
    return Answer(model, c.classes, tuple(labels), round(ratio, 6))


def in_words(answer: Answer) -> str:
    """The answer in one line."""
    if not answer.known:
        return caption(answer)
    return ", ".join(f"{label} {share:.1%}" for label, share in answer.labels) + f" ({answer.model.name})"


def caption(answer: Answer) -> str:
    """What stands above the labels: which model speaks, or that the picture is like nothing it knows."""
    if answer.known:
        return f"as {answer.model.name} sees it:"
    classes = ", ".join(answer.classes[:SHOWN]) + (" ..." if len(answer.classes) > SHOWN else "")
    return f"unlike anything known; nearest is {answer.model.name}: {classes}"
