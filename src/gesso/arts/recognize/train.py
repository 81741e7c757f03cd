"""What a recogniser learns: the label of a picture or a sound; and after that, how far to trust itself."""

from pathlib import Path

import torch
from torch import Generator, Tensor

from gesso.arts.recognize.art import Look, RecognizeTraining
from gesso.arts.recognize.build import Configuration, Recognizer, Views, build, load_recognizer
from gesso.arts.recognize.evaluate import seen
from gesso.arts.recognize.models import find
from gesso.arts.recognize.prepare import Batch, Labelled
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks.convolutional import Convolutional
from gesso.networks.recurrent import Recurrent
from gesso.pipeline import loop
from gesso.pipeline.data.loading import first_of
from gesso.pipeline.data.registry import DATASETS
from gesso.pipeline.losses import loss
from gesso.pipeline.metrics import accuracy, temperature

VALUES = 50_000_000  # of pixels, at most, by which they are measured
MEASURED = 20_000  # training pictures, at most, from which mean features and covariance are taken
KNOWN = 0.995  # the share of validation pictures that count as known


class Objective:
    """The loss that the settings name, and the share of a batch that is right."""

    def __init__(self, settings: RecognizeTraining):
        self.settings = settings

    def __call__(self, model: Recognizer, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to minimise and the figures to log."""
        logits = model(batch.pictures)
        right = (logits.detach().argmax(1) == batch.labels).float().mean()
        s = self.settings
        return loss(s.loss, logits, batch.labels, smoothing=s.smoothing, delta=s.delta), {"right": right}


def configured(settings: RecognizeTraining, labelled: Labelled) -> Configuration:
    """The network that the settings name, for the pictures that there are."""
    channels, _, size = first_of(labelled.examples).shape
    return Configuration(
        classes=labelled.examples.classes,
        channels=channels,
        size=size,
        look=labelled.look,
        views=views_of(settings, labelled.look),
        names=tuple(title for title in labelled.titles if title),
        **settings.model_dump(include={"network", "widths", "blocks", "hidden", "layers"}),
    )


def begin_with(model: Recognizer, name: str) -> None:
    """Give `model` the weights of the model called `name`, but for its head if the classes are others.

    Raises GessoError when there is none by this name, or its network is another.
    """
    ours, theirs = model.configuration, load_recognizer(find(name).path, torch.device("cpu"))
    shape = {"network", "widths", "blocks", "hidden", "layers"}
    if isinstance(model.network, Recurrent):
        shape.add("size")
    if theirs.configuration.channels != ours.channels:
        kinds = {1: "grey pictures or sounds", 3: "pictures in colour"}
        said = [kinds.get(each.channels, "others") for each in (theirs.configuration, ours)]
        raise GessoError(f"--start: {name} has learned from {said[0]}, these are {said[1]}: begin with another")
    for field in sorted(shape):
        if (value := getattr(theirs.configuration, field)) != getattr(ours, field):
            raise GessoError(f"--start: {name} has {field} {value}, not {getattr(ours, field)}: ask for the same")
    held = theirs.network.state_dict()
    if theirs.configuration.classes != ours.classes:
        held |= {f"head.{part}": value for part, value in model.network.head.state_dict().items()}
    model.network.load_state_dict(held)


def views_of(settings: RecognizeTraining, look: Look) -> Views:
    """Over which views of a picture its answer is the mean: those that the network has learned to take for the same."""
    if look == "ink" and settings.shift:
        return "shifted"
    if look == "sound" or not settings.flip:
        return "one"
    return "mirrored and shifted" if settings.shift else "mirrored"


@torch.no_grad()
def fit_pixels(model: Recognizer, labelled: Labelled) -> None:
    """Set the mean and deviation of the pixels, and a layer that is measured, from up to 2000 training pictures.

    A layer that comes from another model stays as those after it know it.
    """
    first = labelled.training[: max(16, min(2000, VALUES // first_of(labelled.examples).numel()))]
    x = torch.cat([pictures for pictures, _ in labelled.unchanged(first)])
    model.mean.copy_(x.mean((0, 2, 3))[:, None, None])
    model.deviation.copy_(x.std((0, 2, 3)).clamp(min=0.01)[:, None, None])
    if isinstance(model.network, Convolutional) and not labelled.settings.start:
        model.network.measure((x - model.mean) / model.deviation)


@torch.no_grad()
def fit_trust(model: Recognizer, labelled: Labelled, device: torch.device) -> None:
    """Set what the model knows of its own limits, from its training and its validation pictures.

    Traits are brought to a deviation of 1, and their variances raised by a hundredth, so that directions in which
    nothing varies do not count without bound.
    """
    weigh_as_saved(model)
    looked = [(model.traits(x.to(device)).cpu(), y) for x, y in labelled.unchanged(labelled.training[:MEASURED])]
    traits, labels = (torch.cat(column) for column in zip(*looked, strict=True))
    model.middle.copy_(traits.mean(0).half())  # as it is saved: what is measured from it is small, and exact
    rest = traits.double() - model.middle.cpu()  # (N, T)
    for label in range(len(model.centres)):
        chosen = labels == label
        centre = rest[chosen].mean(0) if chosen.any() else rest.mean(0)
        model.centres[label] = centre
        rest[chosen] -= centre
    spread = rest.square().mean(0).sqrt().clamp(min=1e-3)
    rest /= spread
    values, vectors = torch.linalg.eigh(rest.T @ rest / len(rest))  # the largest last
    main = model.directions.shape[1]
    values = values.clamp(min=0) + 0.01
    remaining = values[:-main].mean() if main < len(values) else values[0]
    model.scale.copy_(1 / (spread * remaining.sqrt()))
    model.directions.copy_(vectors[:, -main:])
    model.shrinking.copy_(1 - (remaining / values[-main:]).sqrt())
    held = seen(model, labelled.unchanged(labelled.validation), device)
    model.temperature.fill_(temperature(*with_a_mistake(held.logits, held.labels)))
    weigh_as_saved(model)
    model.limit.fill_(model.strangeness(held.traits.to(device)).cpu().double().quantile(KNOWN))


@torch.no_grad()
def fit_gallery(model: Recognizer, labelled: Labelled, device: torch.device) -> None:
    """Keep the features of the training examples that have names, so that the nearest can be told."""
    named = torch.tensor([place for place, title in enumerate(labelled.titles) if title])
    if len(named):
        weigh_as_saved(model)
        model.gallery.copy_(torch.cat([model.features(x.to(device)) for x, _ in labelled.unchanged(named)]))


def with_a_mistake(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (N, K) and labels (N,), and one more picture, scored as the middling one, that was something else.

    A dozen right answers of a dozen are no proof of certainty: this is Laplace's rule of succession.
    """
    best = scores.topk(2, 1)
    middling = (best.values[:, 0] - best.values[:, 1]).argsort()[len(scores) // 2]
    return torch.cat([scores, scores[middling][None]]), torch.cat([labels, best.indices[middling, 1:]])


def weigh_as_saved(model: Recognizer) -> None:
    """Round the weights as `weights.save` does, so that what is measured is what will be read back."""
    model.load_state_dict({name: x.half().float() for name, x in model.state_dict().items()})


def train(
    settings: RecognizeTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a recogniser in the folder `run`, and save it in `run`/model. The test split is never read."""
    labelled = Labelled(settings)
    model = build(configured(settings, labelled))
    model.initialise(generator(settings.seed, "weights"))
    if settings.start:
        begin_with(model, settings.start)
    fit_pixels(model, labelled)
    measured = "not measured"

    def validate(average: Recognizer) -> dict[str, float]:
        nonlocal measured
        held = seen(average, labelled.unchanged(labelled.validation), device)
        right = accuracy(held.logits, held.labels)
        measured = (
            f"{right.value:.2%} (95 % interval {right.low:.2%} to {right.high:.2%}) on {len(held.labels)} held out"
        )
        return {"accuracy": right.value}

    average = loop.train(
        model,
        labelled.draw,
        Objective(settings),
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate,
        skips=labelled.skips,
        resume=resume,
    )
    fit_gallery(average, labelled, device)
    fit_trust(average, labelled, device)
    labelled.skips.sum_up()
    licences = [dataset.licence for dataset in DATASETS if dataset.name == settings.data] or ["as the data it saw"]
    configuration = {
        "art": "recognize",
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": licences,
    }
    card = (
        f"# {run.name}\n\nA recogniser of {len(labelled.examples.classes)} classes, trained on {settings.data} for "
        f"{settings.steps} steps. Accuracy: {measured}.\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), configuration, card)
