"""How well a writer foresees text that it was not trained on."""

import math
from collections.abc import Callable
from typing import Any

import torch

from gesso.arts.write.art import WriteEvaluation
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.english import figures as sonnets
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.prepare import Told, in_chunks, windows
from gesso.arts.write.surprise import perplexity, surprise
from gesso.arts.write.verse.figures import form_kept, own_poems, under_rules
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.poems import POEMS, Poem, read_poems, split
from gesso.core import devices, places, weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.registry import find, require
from gesso.pipeline.metrics import Estimate, bootstrap

PACKAGE = "gesso.arts.write"


def evaluate(settings: WriteEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate write`.

    nats_per_character: -log p of a character, from all before it; of texts each from at least half the context.
    perplexity: the same as the number of characters, all as likely, that the writer seems to choose among; of texts
        that are read in pieces of words, of these.
    nats_per_character_titled, perplexity_titled: of poems whose titles are told.
    nats_per_character_ci and the like: the 95 % interval, the test poems being a sample of such poems.
    nats_per_character_voiced, perplexity_voiced: of poems by poets whose voices it knows, each told; …_known_poets are
        those of the same poems, when nothing is told.
    perplexity_regular, perplexity_under_rules: of the poems that keep to their form, free, and among what the rules
        allow at each place.
    people_rhymed, people_alternating, people_regular_…: the shares of the test poems that rhyme within one group and
        that keep to their form in everything, and of lines whose tones alternate; with `poems` the same of the
        writer's own, without people_.
    people_in_metre, in_metre, faultless: of a writer of English verse, with `poems`, the shares of lines that are
        pentameters, of people and of sonnets of its own, and of these lines without any fault in metre or rhyme.

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
        metrics, what, kept = _of_prose(writer, data, device)
        if settings.poems:
            if "english" not in found.configuration:
                raise GessoError(f"--poems: {found.name} writes no verse, leave it out")
            lexicon = EnglishLexicon(**found.configuration["english"])
            with devices.one_thread():
                metrics |= sonnets.form_kept(writer, lexicon, settings.poems, kept.splitlines())
    return {
        "model": found.name,
        "data": f"{', '.join(data)}, {what}",
        "metrics": {name: round(value, 4) if isinstance(value, float) else value for name, value in metrics.items()},
        "parameters": sum(p.numel() for p in writer.parameters()),
    }


def _of_verse(
    writer: Writer, lexicon: Lexicon, data: tuple[str, ...], own: int, device: torch.device
) -> tuple[dict[str, Any], str]:
    if data != ("tang",):
        raise GessoError(f"a writer of verse is measured on tang, not on {', '.join(data)}")
    _, _, test = split(read_poems(require(find("tang"), places.data()) / POEMS))
    metrics: dict[str, Any] = {}
    voices = {poet: number for number, poet in enumerate(writer.configuration.poets, 1)}
    heard = [poem for poem in test if poem.poet in voices]
    ways: dict[str, tuple[list[Poem], Callable[[Poem], Told]]] = {
        "": (test, lambda _: Told()),
        "_titled": (test, lambda poem: Told(poem.title)),
        "_known_poets": (heard, lambda _: Told()),
        "_voiced": (heard, lambda poem: Told(poet=voices[poem.poet])),
    }
    for name, (poems, told) in ways.items():
        found = surprise(writer, in_chunks(poems, writer.configuration.tokens, told), device)
        nats = bootstrap(found.each[:, 0], generator(0, "bootstrap"), counts=found.each[:, 1])
        metrics |= nats.figures(f"nats_per_character{name}", 4)
        metrics |= Estimate(*map(math.exp, nats)).figures(f"perplexity{name}", 4)
    book = lexicon.books["pingshui"]
    free, bound, count = under_rules(writer, test, book, device)
    metrics["perplexity_regular"] = math.exp(free / max(1, count))
    metrics["perplexity_under_rules"] = math.exp(bound / max(1, count))
    metrics |= form_kept([(poem.lines, poem.form) for poem in test], book, "people_")
    if own:
        with devices.one_thread():
            metrics |= form_kept(own_poems(writer, lexicon, own), book)
    return metrics, f"{len(test)} test poems"


def _of_prose(writer: Writer, data: tuple[str, ...], device: torch.device) -> tuple[dict[str, float], str, str]:
    """What is found, of what, and the text that is held out."""
    _, kept = read_corpus(data)
    text = torch.tensor(writer.configuration.tokens.encode(kept))
    if len(text) < 2:
        raise GessoError(f"too little of {', '.join(data)} is held out: give longer texts")
    found = surprise(writer, windows(text, writer.configuration.context), device)
    metrics = {"nats_per_character": found.nats / (len(kept) - 1), "perplexity": perplexity(found)}
    return metrics, f"{len(kept)} characters held out", kept
