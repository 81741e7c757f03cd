"""Measure what two parts of writing Chinese verse are worth, each by what it leaves out.

python -m benchmarks.verse_parts

Couplets: the same short training twice, once without being told which character stands opposite the one to come; the
perplexity of the test poems. Reranking: quatrains by `tang`, of which each is the one liked best of six by `tang`, and
those of which each is the only one, judged by another: the writer of that short training, which has not seen any.
"""

import tempfile
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from gesso.arts.write import prepare
from gesso.arts.write.art import Write, WriteTraining
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.prepare import Told, in_chunks
from gesso.arts.write.surprise import perplexity, surprise
from gesso.arts.write.train import train
from gesso.arts.write.verse.forms import FORMS
from gesso.arts.write.verse.generate import pen_of, written
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.poems import POEMS, Poem, read_poems, split
from gesso.core import devices, places, weights
from gesso.core.declaration import check
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import find, require

STEPS, QUATRAINS, CPU = 1500, 100, torch.device("cpu")


def main() -> None:
    """Prints the perplexities after both trainings, and those of poems that were chosen and that were not."""
    _, _, test = split(read_poems(require(find("tang"), places.data()) / POEMS))
    told = prepare.places

    def alone(form: str, count: int, of: Told) -> Tensor:
        """The places of characters without that of the one opposite."""
        where = told(form, count, of)
        where[:, 4] = 0
        return where

    judge = trained()
    print(f"told what stands opposite: perplexity {foreseen(judge, test):.1f}", flush=True)
    with patch.object(prepare, "places", alone):
        print(f"not told: perplexity {foreseen(trained(), test):.1f}", flush=True)
    for tries in (1, 6):
        print(f"{QUATRAINS} quatrains, each the best of {tries}: perplexity {foreseen(judge, quatrains(tries)):.1f}")
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


def quatrains(tries: int) -> list[Poem]:
    """Poems by `tang`, each the one that it likes best of `tries`."""
    model = weights.find("gesso.arts.write", "tang")
    writer, lexicon = load_writer(model.path, CPU), Lexicon(**model.configuration["lexicon"])
    form, wish = FORMS["7jue"], check(Write, {"form": "7jue", "tries": tries})
    pen = pen_of(writer, lexicon, wish, form)
    with devices.one_thread():
        return [Poem("7jue", "", "", lines) for lines in written(pen, lexicon, wish, form, 0, range(QUATRAINS))]


if __name__ == "__main__":
    main()
