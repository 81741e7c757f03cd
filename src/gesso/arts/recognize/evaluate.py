"""How often a recogniser is right, how sure it may be of it, and what it takes for strange."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.arts.recognize.art import RecognizeEvaluation
from gesso.arts.recognize.build import Recognizer, load_recognizer
from gesso.arts.recognize.drawing import draw_confusion
from gesso.arts.recognize.models import find
from gesso.arts.recognize.prepare import chunk, in_chunks, open_inputs
from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes, check_free
from gesso.core.pictures import encode, format_of
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.listing import is_whole
from gesso.pipeline.data.loading import Examples, Skips, first_of
from gesso.pipeline.data.registry import DATASETS
from gesso.pipeline.metrics import (
    PerClass,
    accuracy,
    bootstrap,
    calibration_error,
    confusion_matrix,
    negative_log_likelihood,
    per_class,
    top_k_accuracy,
    wilson,
)


class Seen(NamedTuple):
    """What a model makes of N pictures: logits (N, K), traits (N, T); and their labels (N,). On the CPU."""

    logits: Tensor
    traits: Tensor
    labels: Tensor


@torch.no_grad()
def seen(
    model: Recognizer,
    batches: Iterable[tuple[Tensor, Tensor]],
    device: torch.device,
    progress: Progress | None = None,
) -> Seen:
    """What `model` makes of pictures (B, C, S, S) in [0, 1] that come with labels (B,)."""
    rows: list[tuple[Tensor, Tensor, Tensor]] = []
    for pictures, labels in batches:
        logits, traits = model.examined(pictures.to(device))
        rows.append((logits.cpu(), traits.cpu(), labels))
        if progress is not None:
            progress.advance()
    return Seen(*(torch.cat(column) for column in zip(*rows, strict=True)))


def evaluate(settings: RecognizeEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate recognize` on the test split, or on all of a folder that it has not learned from.

    accuracy, top3_accuracy, calibration_error, nats (the mean surprise at the label), and unknown, the share taken for
    strange; all but the error with a 95 % interval, as accuracy_ci. Beside them precision, recall and F1 of each class.
    For data of other classes than the model's, `unknown` is all there is.

    Raises GessoError when the model or the data are not there.
    """
    found = find(settings.model)
    model = load_recognizer(found.path, device)
    data = settings.data or found.configuration["data"]
    if data is None:
        raise GessoError(f"{found.name} has learned from all that it was given; name others with --data")
    c = model.configuration
    size = None if c.look == "sound" else c.size
    whole = not settings.baseline and _is_of_others(data, found.configuration["data"])
    skips = Skips()
    examples, sounds = open_inputs(data, "all" if whole else "test", size, skips)
    if sounds != (c.look == "sound"):
        raise GessoError(f"{data} holds {'sounds' if sounds else 'pictures'}, which {found.name} does not take")
    if first_of(examples).shape[0] != c.channels:
        raise GessoError(f"{found.name} takes pictures of other colours than those of {data}; choose other --data")
    alike = sorted(examples.classes) == sorted(c.classes)
    for name, wanted in (("--confusion", settings.confusion is not None), ("--baseline", settings.baseline)):
        if wanted and not alike:
            raise GessoError(f"{data} has other classes than {found.name}: there is no {name}; leave it out")
    if settings.confusion is not None:
        format_of(settings.confusion)
        check_free(settings.confusion, settings.overwrite)
    progress.stage("examples", -(-len(examples) // chunk(examples)))
    result = seen(model, in_chunks(examples, torch.arange(len(examples)), skips), device, progress)
    strange = model.strangeness(result.traits.to(device)).cpu() > model.limit.cpu()
    metrics: dict[str, Any] = {}
    classes: list[dict[str, Any]] = []
    if alike:
        ours = torch.tensor([c.classes.index(name) for name in examples.classes])  # theirs may come in another order
        result = result._replace(labels=ours[result.labels])
        counts = confusion_matrix(result.logits.argmax(1), result.labels, len(c.classes))
        metrics, classes = figures(model, result), by_class(counts, c.classes)
        if settings.baseline:
            metrics |= baseline(open_inputs(data, "train", size, skips)[0], examples, skips, progress)
        if settings.confusion:
            picture = encode(draw_confusion(counts, c.classes), format_of(settings.confusion))
            atomic_bytes(settings.confusion, picture, overwrite=settings.overwrite)
    skips.sum_up()
    return {
        "model": found.name,
        "data": f"{data}, {len(result.labels)} {'' if whole else 'test '}{'sounds' if sounds else 'pictures'}",
        "metrics": metrics | wilson(int(strange.sum()), len(strange)).figures("unknown"),
        "parameters": sum(p.numel() for p in model.parameters()),
        **({"classes": classes} if classes else {}),
    }


def _is_of_others(data: str, learned: str | None) -> bool:
    """Whether all of `data` can be asked for: a folder that is not divided, and not the one that was learned from."""
    folder = Path(data).expanduser()
    if data in [dataset.name for dataset in DATASETS] or not is_whole(folder):
        return False
    return learned is None or folder.resolve() != Path(learned).expanduser().resolve()


def figures(model: Recognizer, result: Seen) -> dict[str, Any]:
    """accuracy, top3_accuracy and nats with their intervals, and calibration_error."""
    logits, _, labels = result
    calibrated = logits / model.temperature.cpu()
    surprise = bootstrap(negative_log_likelihood(calibrated, labels), generator(0, "bootstrap"))
    return {
        **accuracy(logits, labels).figures("accuracy"),
        **top_k_accuracy(logits, labels, min(3, logits.shape[1])).figures("top3_accuracy"),
        "calibration_error": round(calibration_error(calibrated.softmax(1), labels), 5),
        **surprise.figures("nats"),
    }


def by_class(counts: Tensor, classes: Sequence[str]) -> list[dict[str, Any]]:
    """The row of each class: how many examples it has, precision, recall and F1, of a confusion matrix (K, K)."""
    columns = torch.stack(per_class(counts), 1).tolist()  # (K, 3)
    return [
        {"class": name, "examples": count} | dict(zip(PerClass._fields, (round(x, 5) for x in row), strict=True))
        for name, count, row in zip(classes, counts.sum(1).tolist(), columns, strict=True)
    ]


def baseline(train: Examples, test: Examples, skips: Skips, progress: Progress) -> dict[str, Any]:
    """baseline_accuracy, of taking the label of the training example whose pixels are the likest.

    The likest has the largest cosine, of the pixels less their mean over the training examples. And
    largest_class, the share of the commonest class. Both with their intervals.
    """
    every = torch.arange(len(train))
    sums = [(x.sum(0), len(x)) for x, _ in in_chunks(train, every, skips)]
    middle = torch.stack([x for x, _ in sums]).sum(0) / sum(count for _, count in sums)
    shown = [(F.normalize((x - middle).flatten(1)), y) for x, y in in_chunks(test, torch.arange(len(test)), skips)]
    asked, truth = (torch.cat(column) for column in zip(*shown, strict=True))
    best, taken = torch.full((len(truth),), -2.0), torch.zeros(len(truth), dtype=torch.int64)
    progress.stage("baseline", -(-len(train) // chunk(train)))
    for x, labels in in_chunks(train, every, skips):
        likeness, place = (asked @ F.normalize((x - middle).flatten(1)).T).max(1)
        taken = torch.where(likeness > best, labels[place], taken)
        best = torch.maximum(best, likeness)
        progress.advance()
    right, commonest = int((taken == truth).sum()), int(truth.bincount().max())
    return {
        **wilson(right, len(truth)).figures("baseline_accuracy"),
        **wilson(commonest, len(truth)).figures("largest_class"),
    }
