"""Classes of one's own from a handful of examples each: a linear head, fitted in closed form, and how far it goes."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.arts.recognize.art import Teach
from gesso.arts.recognize.build import Configuration, Recognizer, build
from gesso.arts.recognize.looks import prepared
from gesso.arts.recognize.models import PACKAGE
from gesso.arts.recognize.spectrogram import BANDS, heard
from gesso.arts.recognize.taught import PARTS, SIDE, WHOLE, Taught, described, perceptual
from gesso.arts.recognize.train import weigh_as_saved, with_a_mistake
from gesso.core import weights
from gesso.core.errors import GessoError, Usage
from gesso.core.media import Sound
from gesso.core.pictures import LIMIT_MEGAPIXELS, decode
from gesso.core.places import home
from gesso.core.progress import Progress
from gesso.core.weights import Model
from gesso.pipeline.data.listing import Listing, list_all
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.data.registry import Kind
from gesso.pipeline.metrics import Estimate, accuracy, temperature

MOST = 2000  # examples; the time grows with their cube
SHARES = (0.0, 0.5)  # of the parts in the kernel: a style is the same all over, a thing has its parts in places
STRENGTHS = tuple(10 ** (power / 4) for power in range(-16, 9))  # of the ridge
FLAT = 0.3  # of the mean spread, added to every feature's, so that one that hardly varied does not count without bound
KNOWN = 0.97  # the share of examples that, each left out, count as known


class Lesson(NamedTuple):
    """A head, and what it says of each example when it is fitted without it.

    Attributes:
        weight, bias: the head, (D, K) and (K,).
        left_out: (N, K).
    """

    weight: Tensor
    bias: Tensor
    left_out: Tensor


def teach(settings: Teach, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """`gesso recognize --teach FOLDER`: learn the classes in a folder, and keep the model under the home folder.

    Raises GessoError when the folder does not hold two classes of two examples or more, or the name is taken.
    """
    name = _free_name(settings)
    listing = _listed(settings.teach)
    skips = Skips()
    features, labels = look(listing, skips, device, progress, settings.limit_megapixels or LIMIT_MEGAPIXELS)
    for label, count in enumerate(torch.bincount(labels, minlength=len(listing.classes)).tolist()):
        if count < 2:
            raise GessoError(
                f"the class {listing.classes[label]} has {count} {listing.kind[: -1 if count == 1 else None]} that can "
                "be read; give it two or more, five or ten if you can"
            )
    sounds = listing.kind == "sounds"
    model, measured = learn(features, labels, listing.classes, sounds=sounds)
    counts = dict(zip(listing.classes, torch.bincount(labels).tolist(), strict=True))
    _save(settings, name, model, counts, measured, listing.kind)
    return {
        "model": name,
        listing.kind: counts,
        "leave_one_out_accuracy": round(measured.value, 5),
        "accuracy_ci": [round(measured.low, 5), round(measured.high, 5)],
        "largest_class": round(max(counts.values()) / len(labels), 5),
        **({"left_out": list(skips.names)} if len(skips) else {}),
        "use": f"gesso recognize {'clip.wav' if sounds else 'photo.jpg'} --model {name}",
    }


@torch.no_grad()
def look(
    listing: Listing, skips: Skips, device: torch.device, progress: Progress, limit: float = LIMIT_MEGAPIXELS
) -> tuple[Tensor, Tensor]:
    """What the perceptual network sees in the examples, (N, D), and their labels (N,); those unreadable in `skips`.

    Of a long sound, the mean over its stretches. Pictures of more megapixels than the `limit` count as unreadable.
    """
    seen: list[Tensor] = []
    labels: list[int] = []
    progress.stage("looking", len(listing.names))
    for file, label in zip(listing.names, listing.labels, strict=True):
        try:
            path = listing.folder / file
            if listing.kind == "sounds":
                x = heard(Sound(path))
            else:
                x = prepared(decode(path, limit_megapixels=limit), "photo", channels=3, size=SIDE)
        except GessoError:
            skips.note([str(listing.folder / file)])
        else:
            seen.append(described(x.to(device).float() / 255).mean(0).cpu())
            labels.append(label)
        progress.advance()
    return torch.stack(seen) if seen else torch.empty(0, WHOLE + PARTS), torch.tensor(labels, dtype=torch.int64)


@torch.no_grad()
def learn(
    features: Tensor, labels: Tensor, classes: Sequence[str], *, sounds: bool = False
) -> tuple[Recognizer, Estimate]:
    """A recogniser from what was seen, (N, D), and the labels (N,); and how often it is right, leaving each one out."""
    model = build(
        Configuration(
            classes=tuple(classes),
            channels=1 if sounds else 3,
            size=BANDS if sounds else SIDE,
            look="sound" if sounds else "photo",
            network="features",
            features=perceptual().sha256,
        )
    )
    network = model.network
    assert isinstance(network, Taught)
    spread = features.std(0)
    network.middle.copy_(features.mean(0))
    network.spread.copy_((spread + FLAT * spread.mean()).clamp(min=1e-3))
    weigh_as_saved(model)
    x = ((features - network.middle) / network.spread).double()
    lesson = fit_head(x, labels, len(classes))
    network.head.weight.copy_(lesson.weight.T)
    network.head.bias.copy_(lesson.bias)
    model.temperature.fill_(temperature(*with_a_mistake(lesson.left_out, labels)))
    fit_limit(model, x[:, :WHOLE], labels)
    weigh_as_saved(model)
    return model, accuracy(lesson.left_out, labels)


def fit_head(x: Tensor, labels: Tensor, classes: int) -> Lesson:
    """The ridge regression from features x (N, WHOLE + PARTS) to one-hot labels (N,) that is best left out.

    Its strength, and whether it looks at the parts, are those with the least squared error when each example is left
    out, which the hat matrix H gives in closed form: (y - H y) / (1 - diag H) (Allen 1974). Solved by its kernel,
    for the examples are fewer than the features.
    """
    y = F.one_hot(labels, classes).double()  # (N, K)
    mean = x.mean(0)
    x = x - mean
    least, best = float("inf"), None
    for share in SHARES:
        gain = torch.cat([x.new_full((WHOLE,), (1 - share) / WHOLE), x.new_full((PARTS,), share / PARTS)])
        values, vectors = torch.linalg.eigh((x * gain) @ x.T)  # (N,), (N, N)
        values = values.clamp(min=0)
        for strength in STRENGTHS:
            hat = (vectors * (values / (values + strength))) @ vectors.T + 1 / len(x)
            left_out = y - (y - hat @ y) / (1 - hat.diagonal())[:, None]
            error = float((y - left_out).square().mean())
            if error < least:
                dual = (vectors / (values + strength)) @ vectors.T @ (y - y.mean(0))  # (N, K)
                weight = gain[:, None] * (x.T @ dual)
                least, best = error, Lesson(weight, y.mean(0) - mean @ weight, left_out)
    assert best is not None
    return best


def fit_limit(model: Recognizer, traits: Tensor, labels: Tensor) -> None:
    """Set what is strange to `model`, from traits (N, T) around 0 and labels (N,).

    The limit is that of the strangeness of each example when its class's centre and the covariance are taken without
    it. Taking it out changes the inverse covariance by one rank (Sherman and Morrison 1950).
    """
    count, width = traits.shape
    centres = torch.stack([traits[labels == label].mean(0) for label in range(len(model.centres))])
    rest = traits - centres[labels]  # (N, T)
    covariance = rest.T @ rest / count
    # Of a few examples in hundreds of directions most of the covariance is unknown: taken to be round.
    round_part = float(covariance.diagonal().mean().clamp(min=1e-3))
    inverse = torch.linalg.inv(covariance + round_part * torch.eye(width, dtype=torch.float64))
    model.centres.copy_(centres)
    values, vectors = torch.linalg.eigh(covariance)
    model.scale.fill_(round_part**-0.5)
    model.directions.copy_(vectors)
    model.shrinking.copy_(1 - (round_part / (values.clamp(min=0) + round_part)).sqrt())
    size = torch.bincount(labels)[labels].double()
    share = size / (size - 1)  # by how much farther an example is from its centre when it is left out
    turned = rest @ inverse
    grown = share / count / (1 - share / count * (turned * rest).sum(1))  # (N,)
    nearest = torch.full((count,), torch.inf, dtype=torch.float64)
    for label, centre in enumerate(centres):
        away = torch.where((labels == label)[:, None], share[:, None] * rest, traits - centre)
        distance = ((away @ inverse) * away).sum(1) + grown * (away * turned).sum(1).square()
        nearest = nearest.minimum(distance)
    model.limit.fill_(float((nearest / width).quantile(KNOWN)))


def _free_name(settings: Teach) -> str:
    """The name of the model to be. Raises GessoError when it is no name or is taken."""
    name = settings.name
    if name is None:
        name = re.sub(r"[^\w.-]+", "-", settings.teach.resolve().name).strip("-.")
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise Usage(f"--name: {name!r} is no name for a model; use letters, digits, dots and dashes")
    try:
        there = weights.find(PACKAGE, name).path
    except GessoError:
        return name
    if home() not in there.parents:
        raise GessoError(f"--name: {name} is a model already, in {there.parent}; choose another --name")
    if not settings.overwrite:
        raise GessoError(f"there is a model {name} already; choose another --name, or pass --overwrite to replace it")
    return name


def _listed(folder: Path) -> Listing:
    """The pictures or sounds to learn from; of a folder with train and test, those of train."""
    listing = list_all(folder)[0]
    if len(listing.classes) == 1:
        raise GessoError(f"{folder} has only the class {listing.classes[0]}; give two class folders or more")
    if len(listing.names) > MOST:
        raise GessoError(
            f"{folder} holds {len(listing.names)} {listing.kind}, and at most {MOST} are taught at once; "
            f"gesso train recognize --data {folder} trains on any number"
        )
    return listing


def _save(
    settings: Teach, name: str, model: Recognizer, counts: dict[str, int], measured: Estimate, kind: Kind
) -> Model:
    folder, total = settings.teach.resolve().name, sum(counts.values())
    configuration = {
        "art": "recognize",
        "network": model.configuration.model_dump(mode="json"),
        "data": None,
        "licences": [f"as the {kind} it has learned from"],
    }
    rows = "".join(f"| {label.replace('|', '/')} | {count} |\n" for label, count in counts.items())
    card = (
        f"# {name}\n\nA recogniser of {len(counts)} classes, taught by {total} {kind} of the folder {folder}:\n\n"
        f"    gesso recognize --teach {folder} --name {name}\n\n| class | {kind} |\n|---|---|\n{rows}\n"
        f"Accuracy on each of them when it is left out: {measured.value:.2%} (95 % interval {measured.low:.2%} to "
        f"{measured.high:.2%}); always naming the largest class gives {max(counts.values()) / total:.2%}. It is a "
        "linear head on Gesso's perceptual network, whose weights are found beside it by their SHA-256.\n"
    )
    return weights.save(home() / "models" / name, name, model.state_dict(), configuration, card)
