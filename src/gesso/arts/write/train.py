"""What a writer learns: the next token of a text, and the next character of a poem."""

import time
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import TABLES, Writer, build, load_writer
from gesso.arts.write.prepare import Batch
from gesso.arts.write.reading import Poems, Texts
from gesso.arts.write.sizing import sized
from gesso.arts.write.surprise import surprise
from gesso.core import devices, weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop, optimisers
from gesso.pipeline.best import BEST, keep_if_better, kept
from gesso.pipeline.data.registry import DATASETS, find
from gesso.pipeline.turns import Turn

PACKAGE = "gesso.arts.write"

SHAPE = ("width", "heads", "layers", "mlp", "normalised", "mixed")
"""The settings in which a writer and the one that it begins with have to agree."""

TRIED, WARM = 16, 4
"""Steps by which it is measured how long one takes, and those before that do not count."""


def objective(model: Writer, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean surprise at the tokens that count, in nats."""
    where = batch.where if batch.where.shape[2] else None
    logits = model(batch.tokens[:, :-1], where, generator=generator)
    return F.cross_entropy(logits[batch.asked], batch.tokens[:, 1:][batch.asked]), {}


def train(
    settings: WriteTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a writer in the folder `run`, and save in `run`/model the weights that foresaw best what is held out.

    That is never learned from. At every checkpoint it is shown what is written, and at the end what is known by heart.
    """
    read = Poems(settings) if settings.data == ("tang",) else Texts(settings)
    start = None if settings.start is None else _started(settings.start)
    begun = None if start is None else start.configuration.model_dump(include={*SHAPE, "context", "couples"})
    settings = sized(settings, read.count, run, lambda tried: _pace(read, tried, device), read.example, begun)
    model = _fresh(read, settings)
    if start is not None:
        begin_with(model, start)
    figures: dict[str, float] = {}
    best = run / BEST

    def validate(average: Writer) -> dict[str, float]:
        found = surprise(average, read.held_out(settings), device)
        if found.tokens:
            figures["nats_per_token"] = found.nats / found.tokens
            keep_if_better(best, average, figures["nats_per_token"])
        if settings.samples:
            with devices.one_thread():
                progress.tell(f"\n{read.sample(average)}\n")
        return figures

    average = loop.train(
        model,
        read.batches(settings).draw,
        objective,
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate,
        resume=resume,
    )
    measured = "not measured"
    if best.exists():
        nats, tensors = kept(best)
        average.load_state_dict(tensors)
        measured = f"{nats:.4f} nats a token"
    named = [licence for each in DATASETS if each.name in settings.data for licence in each.licence.split("; ")]
    beside = read.beside()
    licences = (named or ["as the data it read"]) + ([find("cmudict").licence] if "english" in beside else [])
    saved = {
        "art": "write",
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": licences,
        **beside,
    }
    with devices.one_thread():
        copied = read.copied(average)
    progress.tell(f"\n{copied}")
    card = (
        f"# {run.name}\n\nA writer, trained on {', '.join(settings.data)} for {settings.steps} steps. "
        f"On what was held out: {measured}.\n\n## Copied\n\n{copied}\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), saved, card, in_bytes=TABLES)


def _started(name: str) -> Writer:
    return load_writer(weights.find(PACKAGE, name).path, torch.device("cpu"))


@torch.no_grad()
def begin_with(model: Writer, before: Writer) -> None:
    """Give `model` the weights of the one before, and of its tokens those that both know.

    Where their tokens differ, what pairs of them say is learned anew.

    Raises GessoError when the networks have not the same shape.
    """
    ours, theirs = model.configuration, before.configuration
    for field in ("kind", *SHAPE):
        if (value := getattr(theirs, field)) != getattr(ours, field):
            raise GessoError(f"--start: that model has {field} {value}, not {getattr(ours, field)}: ask for the same")
    held, known = model.state_dict(), before.state_dict()
    if ours.tokens != theirs.tokens:
        alike = [(row, theirs.tokens.numbers.get(symbol)) for symbol, row in ours.tokens.numbers.items()]
        for row, place in alike:
            if place is not None:
                held["embedding.weight"][row] = known["embedding.weight"][place]
        known = {key: x for key, x in known.items() if key not in TABLES}
    model.load_state_dict({**held, **{key: x for key, x in known.items() if x.shape == held[key].shape}})


def _fresh(read: Poems | Texts, settings: WriteTraining) -> Writer:
    model = build(read.configuration(settings))
    model.initialise(generator(settings.seed, "weights"), silent=settings.silent)
    return model


def _pace(read: Poems | Texts, settings: WriteTraining, device: torch.device) -> float:
    """The seconds that a step takes."""
    model, draw = _fresh(read, settings).to(device).train(), read.batches(settings).draw
    optimiser = optimisers.make(model.parameters(), settings)
    started = 0.0
    for step in range(WARM + TRIED):
        if step == WARM:
            started = time.perf_counter()
        source = generator(settings.seed, "pace", step)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            loss, _ = objective(model, Batch(*(x.to(device) for x in draw(Turn(step, 0, 1, source)))), source)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return (time.perf_counter() - started) / TRIED
