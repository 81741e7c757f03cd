"""Settings -> poems and texts."""

from collections.abc import Callable, Iterator

import torch

from gesso.arts.write import prose
from gesso.arts.write.art import VERSE, Write
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.verse.generate import poems
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.texts import Text
from gesso.core.work import ModelRef, Output

PACKAGE = "gesso.arts.write"
AT_ONCE = 16
"""Texts that are written side by side."""


def generate(
    settings: Write, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """As many poems or texts as `settings` ask for, each a work; a person reads them as they are written.

    Raises GessoError when the model is not there or writes no such form, or what is given cannot be kept.
    """
    found = weights.find(PACKAGE, model or _model_for(settings))
    writer = load_writer(found.path, device)
    used = ModelRef(name=found.name, sha256=found.sha256)
    write = _writing(found, writer, settings)
    return [Output(work, used, found.licences) for work in write(settings, seed, progress)]


Writing = Callable[[Write, int, Progress], Iterator[Text]]


def _model_for(settings: Write) -> str:
    """The shipped model that writes what is asked for."""
    return "shakespeare" if settings.form == "free" else "tang"


def _writing(found: weights.Model, writer: Writer, settings: Write) -> Writing:
    """What writes the form. Raises GessoError when the model does not."""
    verse = writer.configuration.kind == "verse"
    if verse:
        if settings.form == "free":
            raise GessoError(f"{found.name} writes {', '.join(VERSE)}, not free text: choose another --model or --form")
        return lambda settings, seed, progress: poems(found, writer, settings, seed, progress)
    if settings.form in VERSE:
        raise GessoError(f"{found.name} writes no {settings.form}: --model tang does")
    for name in ("title", "acrostic", "poet", "start", "rhyme"):
        if getattr(settings, name) is not None:
            raise GessoError(f"{found.name} writes free text and knows no --{name}: --begin says how it begins")
    return lambda settings, seed, progress: _texts(writer, settings, seed, progress)


def _texts(writer: Writer, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    for first in range(0, settings.count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, settings.count))
        sources = [generator(seed, "text", number) for number in numbers]
        progress.stage("writing", settings.length)
        told, found = 0, [""] * len(sources)
        for found in prose.texts(writer, settings, sources):
            progress.advance()
            end = found[0].rfind("\n") + 1
            if settings.count == 1 and end > told:  # a line is there
                progress.tell(found[0][told : end - 1])
                told = end
        for number, text in enumerate(found):
            if settings.count == 1:
                progress.tell(text[told:])
            yield Text(text.strip("\n"), font=settings.font and settings.font.path, seal=settings.seal or "")
