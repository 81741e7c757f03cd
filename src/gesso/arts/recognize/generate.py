"""A picture or a sound -> what it is, as a document, with a rendering for people."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gesso.arts.recognize import spectrogram
from gesso.arts.recognize.art import Recognize
from gesso.arts.recognize.build import Configuration, Recognizer, load_recognizer
from gesso.arts.recognize.drawing import draw_labels
from gesso.arts.recognize.looks import prepared
from gesso.arts.recognize.models import to_ask, worlds
from gesso.core.contents import Document
from gesso.core.errors import GessoError
from gesso.core.media import Picture, Sound
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
        nearest: the names of the single examples that are likest, with their likeness, where a model knows names.
    """

    model: Model
    classes: tuple[str, ...]
    labels: tuple[tuple[str, float], ...]
    strangeness: float
    nearest: tuple[tuple[str, float], ...] = ()

    @property
    def known(self) -> bool:
        """Whether the picture is like those that the model has learned from."""
        return self.strangeness <= 1


def generate(
    settings: Recognize, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """What the picture or the sound is, by the model that knows it best, or that none knows it, and what they know.

    Raises GessoError when it cannot be read, or there is no model.
    """
    subject = settings.subject
    models = to_ask(model, sounds=isinstance(subject, Sound))
    picture, inputs_for = opened(subject)
    progress.stage("looking", len(models))
    answers: list[Answer] = []
    for each in models:
        try:
            recognizer = load_recognizer(each.path, device)
        except GessoError as error:
            if model is not None:
                raise
            warnings.warn(f"the model {each.name} is left out: {error}", stacklevel=2)
            continue
        answers.append(ask(each, recognizer, inputs_for(recognizer.configuration), settings.top))
        progress.advance()
    best = min(answers, key=lambda answer: answer.strangeness)
    known = worlds(sounds=isinstance(subject, Sound))
    progress.note(f"{subject.name}: {in_words(best, known)}")
    said: dict[str, Any] = {
        "known": best.known,
        "labels": [{"label": label, "probability": share} for label, share in best.labels] if best.known else [],
        "model": best.model.name,
        "strangeness": best.strangeness,
        "classes": list(best.classes),
        **({} if best.known else {"worlds": known}),
    }
    if best.nearest:
        said["nearest"] = [{"name": name, "likeness": likeness} for name, likeness in best.nearest]
    drawn = draw_labels(picture, best.labels if best.known else (), caption(best, known))
    used = ModelRef(name=best.model.name, sha256=best.model.sha256)
    return [Output(Document(said, drawn), used, best.model.licences)]


def opened(subject: Picture | Sound) -> tuple[Raster, Callable[[Configuration], Tensor]]:
    """What is to be seen of the subject, and what a model of some configuration takes of it: uint8 (W, C, H, S)."""
    if isinstance(subject, Sound):
        heard = spectrogram.heard(subject)
        return spectrogram.drawn(heard[0]), lambda _: heard
    picture = subject.decode()
    return picture, lambda c: prepared(picture, c.look, channels=c.channels, size=c.size)


@torch.no_grad()
def ask(model: Model, recognizer: Recognizer, inputs: Tensor, top: int) -> Answer:
    """What a model says of one picture, or of the stretches of one sound: uint8 (W, C, H, S).

    Probabilities are the means over the stretches, strangeness is the middle one; both are rounded to six digits.
    """
    c = recognizer.configuration
    x = inputs.to(recognizer.mean.device).float() / 255
    logits, traits = recognizer.examined(x)
    shares, places = recognizer.probabilities(logits).mean(0).topk(min(top, len(c.classes)))
    labels = zip((c.classes[i] for i in places.tolist()), _rounded(shares), strict=True)
    ratio = recognizer.strangeness(traits).median() / recognizer.limit.clamp(min=1e-6)
    nearest: Iterable[tuple[str, float]] = ()
    if c.names:
        likeness, places = recognizer.likeness(x).mean(0).topk(min(top, len(c.names)))
        nearest = zip((c.names[i] for i in places.tolist()), _rounded(likeness), strict=True)
    return Answer(model, c.classes, tuple(labels), round(float(ratio), 6), tuple(nearest))


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 6) for value in values.tolist()]


def in_words(answer: Answer, known: Iterable[str]) -> str:
    """The answer in one line."""
    if not answer.known:
        return "; ".join(caption(answer, known))
    near = f"; nearest: {', '.join(name for name, _ in answer.nearest)}" if answer.nearest else ""
    return ", ".join(f"{label} {share:.1%}" for label, share in answer.labels) + near + f" ({answer.model.name})"


def caption(answer: Answer, known: Iterable[str]) -> tuple[str, ...]:
    """What stands above the labels, line by line: which model speaks, or that the picture is like nothing it knows.

    Then it says what is `known`, by the names of models, and which of them is nearest.
    """
    if answer.known:
        near = f", nearest to {answer.nearest[0][0]}" if answer.nearest else ""
        return (f"as {answer.model.name} sees it{near}:",)
    classes = ", ".join(answer.classes[:SHOWN]) + (" ..." if len(answer.classes) > SHOWN else "")
    return (
        "unlike anything known",
        f"known are {', '.join(dict.fromkeys([*known, answer.model.name]))}",
        f"nearest is {answer.model.name}: {classes}",
    )
