"""How well a writer foresees text that it was not trained on."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.write.art import WriteEvaluation
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.prepare import Batch, in_chunks, windows
from gesso.arts.write.verse.figures import form_kept, own_poems, under_rules
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.poems import POEMS, read_poems, split
from gesso.core import places, weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import find, require

PACKAGE = "gesso.arts.write"


class Surprise(NamedTuple):
    """-log p of all tokens of some texts in nats, and how many they are."""

    nats: float
    tokens: int


def nats(model: Writer, batch: Batch) -> Tensor:
    """-log p of each token of a batch but the first, in nats (B, T); 0 where it does not count."""
    where = batch.where if batch.where.shape[2] else None
    logits = model(batch.tokens[:, :-1], where)
    found = F.cross_entropy(logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none")
    return found.view_as(batch.asked) * batch.asked


@torch.no_grad()
def surprise(model: Writer, batches: Iterable[Batch], device: torch.device) -> Surprise:
    """How much the tokens of batches surprise a writer."""
    total, count = 0.0, 0
    for batch in batches:
        there = Batch(*(x.to(device) for x in batch))
        total += float(nats(model, there).double().sum())
        count += int(batch.asked.sum())
    return Surprise(total, count)


def perplexity(found: Surprise) -> float:
    """Among how many tokens that are all as likely the writer seems to choose."""
    return math.exp(found.nats / max(1, found.tokens))


def evaluate(settings: WriteEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate write`.

    nats_per_character: -log p of a character, from all before it; of texts each from at least half the context.
    perplexity: the same as the number of characters, all as likely, that the writer seems to choose among; of texts
        that are read in pieces of words, of these.
    nats_per_character_titled, perplexity_titled: of poems whose titles are told.
    perplexity_regular, perplexity_under_rules: of the poems that keep to their form, free, and among what the rules
        allow at each place.
    people_rhymed, people_alternating, people_regular_…: the shares of the test poems that rhyme within one group and
        that keep to their form in everything, and of lines whose tones alternate; with `poems` the same of the
        writer's own, without people_.

    Raises GessoError when the model or the data are not there.
    """
    found = weights.find(PACKAGE, settings.model)
    writer = load_writer(found.path, device)
    data = settings.data or tuple(found.configuration["data"])
    progress.stage("foreseeing")
    if writer.configuration.kind == "verse":
        lexicon = Lexicon(**found.configuration["lexicon"])
        metrics, what = _of_verse(writer, lexicon, data, settings.poems, device)
    else:
        metrics, what = _of_prose(writer, data, device)
    return {
        "model": found.name,
        "data": f"{', '.join(data)}, {what}",
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        "parameters": sum(p.numel() for p in writer.parameters()),
    }


def _of_verse(
    writer: Writer, lexicon: Lexicon, data: tuple[str, ...], own: int, device: torch.device
) -> tuple[dict[str, float], str]:
    if data != ("tang",):
        raise GessoError(f"a writer of verse is measured on tang, not on {', '.join(data)}")
    _, _, test = split(read_poems(require(find("tang"), places.data()) / POEMS))
    metrics: dict[str, float] = {}
    for name, told in (("", False), ("_titled", True)):
        found = surprise(writer, in_chunks(test, writer.configuration.tokens, told), device)
        metrics |= {f"nats_per_character{name}": found.nats / found.tokens, f"perplexity{name}": perplexity(found)}
    book = lexicon.books["pingshui"]
    free, bound, count = under_rules(writer, test, book, device)
    metrics["perplexity_regular"] = math.exp(free / max(1, count))
    metrics["perplexity_under_rules"] = math.exp(bound / max(1, count))
    metrics |= form_kept([(poem.lines, poem.form) for poem in test], book, "people_")
    if own:
        metrics |= form_kept(own_poems(writer, lexicon, own), book)
    return metrics, f"{len(test)} test poems"


def _of_prose(writer: Writer, data: tuple[str, ...], device: torch.device) -> tuple[dict[str, float], str]:
    _, kept = read_corpus(data)
    text = torch.tensor(writer.configuration.tokens.encode(kept))
    if len(text) < 2:
        raise GessoError(f"too little of {', '.join(data)} is held out: give longer texts")
    found = surprise(writer, windows(text, writer.configuration.context), device)
    metrics = {"nats_per_character": found.nats / (len(kept) - 1), "perplexity": perplexity(found)}
    return metrics, f"{len(kept)} characters held out"
