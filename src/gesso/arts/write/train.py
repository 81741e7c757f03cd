"""What a writer learns: the next token of a text, and the next character of a poem."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import Configuration, Writer, build
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.evaluate import surprise
from gesso.arts.write.prepare import Batch, Prose, Verse, in_chunks, windows
from gesso.arts.write.tokens import characters, pairs
from gesso.arts.write.verse.poems import read_poems, split
from gesso.core import places, weights
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop
from gesso.pipeline.data.registry import DATASETS, find, require

SIZES = ("width", "heads", "layers", "context", "couples", "normalised", "mlp", "dropout", "blank")


def objective(model: Writer, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean surprise at the tokens that count, in nats."""
    where = batch.where if batch.where.shape[2] else None
    logits = model(batch.tokens[:, :-1], where, generator=generator)
    return F.cross_entropy(logits[batch.asked], batch.tokens[:, 1:][batch.asked]), {}


def train(
    settings: WriteTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a writer in the folder `run`, and save it in `run`/model. What is held out is never learned from."""
    if settings.data == ("tang",):
        poems, validation, _ = split(read_poems(require(find("tang"), places.data()) / "tang_regulated_simplified.jsonl.gz"))
        tokens = characters("".join(line for poem in poems for line in poem.lines))
        data = Verse(settings, poems, tokens)
        configuration = _configuration(settings, kind="verse", tokens=tokens, poets=data.poets)
        held_out: Callable[[], Any] = lambda: in_chunks(validation, tokens)
        learned = f"{len(poems)} poems"
    else:
        text, kept = read_corpus(settings.data)
        tokens = characters(text) if settings.tokens == "characters" else pairs(text, settings.pieces)
        data = Prose(settings, text, tokens)
        configuration = _configuration(settings, kind="prose", tokens=tokens)
        unseen = torch.tensor(tokens.encode(kept))
        held_out = lambda: windows(unseen, settings.context)
        learned = f"{len(text)} characters"
    model = build(configuration)
    model.initialise(generator(settings.seed, "weights"), silent=settings.silent)
    figures: dict[str, float] = {}

    def validate(average: Writer) -> dict[str, float]:
        found = surprise(average, held_out(), device)
        figures["nats_per_token"] = found.nats / max(1, found.tokens)
        return figures

    average = loop.train(
        model, data.draw, objective, settings, run, device=device, progress=progress, validate=validate, resume=resume
    )
    licences = [dataset.licence for dataset in DATASETS if dataset.name in settings.data] or ["as the data it read"]
    saved = {
        "art": "write",
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": licences,
    }
    measured = f"{figures['nats_per_token']:.4f} nats a token" if figures else "not measured"
    card = (
        f"# {run.name}\n\nA writer, trained on {learned} of {', '.join(settings.data)} for {settings.steps} steps. "
        f"On what was held out: {measured}.\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), saved, card)


def _configuration(settings: WriteTraining, **more: Any) -> Configuration:
    return Configuration(**settings.model_dump(include=set(SIZES)), **more)
