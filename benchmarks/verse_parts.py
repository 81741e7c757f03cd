"""Measure what parts of writing Chinese verse are worth, each by what it leaves out.

python -m benchmarks.verse_parts

Coming again: the same short training twice, once without numbers of their own for characters that a poem has already;
the perplexity of the test poems. Choosing: quatrains by `tang`, of which each is the one liked best of six by `tang`,
and those of which each is the only one, judged by another: the writer of that short training, which has not seen any.
Titles: for each of some quatrains by `tang` that writer guesses which title it was written for, out of all of them.
"""

import tempfile
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from gesso.arts.write.art import Write, WriteTraining
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.prepare import Told, in_chunks
from gesso.arts.write.surprise import perplexity, surprise
from gesso.arts.write.train import train
from gesso.arts.write.verse import writing
from gesso.arts.write.verse.forms import FORMS
from gesso.arts.write.verse.generate import pen_of, written
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.poems import POEMS, Poem, read_poems, split
from gesso.core import devices, places, weights
from gesso.core.declaration import check
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import find, require

STEPS, QUATRAINS, CPU = 1500, 100, torch.device("cpu")
FORM = "7jue"


def main() -> None:
    """Prints the perplexities after both trainings, those of poems chosen and not, and how many titles are guessed."""
    _, _, test = split(read_poems(require(find("tang"), places.data()) / POEMS))

    def as_it_is(_: Writer, logits: Tensor, *__: Tensor) -> Tensor:
        return logits

    judge = trained()
    print(f"with numbers for what comes again: perplexity {foreseen(judge, test):.1f}", flush=True)
    with patch.object(Writer, "moved", as_it_is):
        print(f"without: perplexity {foreseen(trained(), test):.1f}", flush=True)
    for tries in (1, 6):
        found = [Poem(FORM, "", "", lines) for lines in quatrains(tries, "", QUATRAINS)]
        print(f"{QUATRAINS} quatrains, each the best of {tries}: perplexity {foreseen(judge, found):.1f}", flush=True)
    titles = list(dict.fromkeys(poem.title for poem in test if 2 <= len(poem.title) <= 4))[:QUATRAINS]
    for heed in (0.0, writing.HEED):
        with patch.object(writing, "HEED", heed):
            poems = [next(iter(quatrains(6, title, 1))) for title in titles]
        print(f"heeded by {heed:g}: {guessed(judge, titles, poems)} of {len(titles)} titles guessed", flush=True)
    print(f"{STEPS} steps each; torch {torch.__version__}, {torch.get_num_threads()} threads")


def trained() -> Writer:
    """A writer after a short training, always the same."""
    given = {"data": "tang", "width": 184, "heads": 4, "layers": 4, "couples": 2048, "rate": 3e-3, "mixed": False}
    settings = check(WriteTraining, {**given, "steps": STEPS, "save_every": STEPS, "samples": False})
    with tempfile.TemporaryDirectory() as folder, devices.repeatable():
        made = train(settings, Path(folder), device=CPU, progress=Progress(shown=False))
        return load_writer(made.path, CPU)


def foreseen(writer: Writer, poems: list[Poem]) -> float:
    """The perplexity of poems to a writer who is told their form alone."""
    return perplexity(surprise(writer, in_chunks(poems, writer.configuration.tokens), CPU))


def quatrains(tries: int, title: str, count: int) -> list[tuple[str, ...]]:
    """The lines of poems by `tang`, each the one that it likes best of `tries`."""
    model = weights.find("gesso.arts.write", "tang")
    writer, lexicon = load_writer(model.path, CPU), Lexicon(**model.configuration["lexicon"])
    form, wish = FORMS[FORM], check(Write, {"form": FORM, "tries": tries, "title": title or None})
    pen = pen_of(writer, lexicon, wish, form)
    with devices.one_thread():
        return list(written(pen, lexicon, wish, form, 0, range(count)))


def guessed(judge: Writer, titles: list[str], poems: list[tuple[str, ...]]) -> int:
    """How many of the poems are likelier to the judge under their own titles than under any other."""
    tokens = judge.configuration.tokens
    bodies = torch.tensor([tokens.encode("".join(lines)) for lines in poems])
    liked = torch.stack([writing.liking(judge, FORM, Told(title), bodies) for title in titles])  # (titles, poems)
    return int((liked.argmax(0) == torch.arange(len(poems))).sum())


if __name__ == "__main__":
    main()
