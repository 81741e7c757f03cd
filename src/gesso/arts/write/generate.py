"""Settings -> poems and texts."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Generator

from gesso.arts.write import hub, hub_prose, hub_verse, pretrained, prose
from gesso.arts.write.art import CHINESE, ENGLISH, OWN_TO, VERSE, FormName, Write
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.english import writing
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.english.writing import Wish, verses, verses_by
from gesso.arts.write.pretrained import Pretrained
from gesso.arts.write.verse.generate import book_of, form_of, pen_of, poems
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.core import devices, weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.texts import Text
from gesso.core.work import ModelRef, Output
from gesso.networks.decoding import Rule

PACKAGE = "gesso.arts.write"
AT_ONCE = 16
"""Texts that are written side by side."""

Writing = Callable[[Sequence[Generator]], Iterator[list[str]]]
"""Texts that are drawn from generators, longer each time."""

WriteVerses = Callable[[Wish, Generator, Sequence[Rule]], Iterator[str]]
"""The lines of English verse that is wished for, drawn from a generator, by rules that change the logits."""


def generate(
    settings: Write, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """As many poems or texts as `settings` ask for, each a work; a person reads them as they are written.

    Raises GessoError when the model is not there or writes no such form, or what is given cannot be kept.
    """
    if model and model.startswith(hub.PREFIX):
        return list(_hosted(hub.find(model), settings, seed, device, progress))
    found = weights.find(PACKAGE, model or _model_for(settings))
    writer = load_writer(found.path, device)
    verse = writer.configuration.kind == "verse"
    _check_written(settings, settings.form or ("7jue" if verse else "free"))
    if verse:
        works = _poems(found, writer, settings, seed, progress)
    else:
        works = _texts(found, writer, settings, seed, progress)
    used = ModelRef(name=found.name, sha256=found.sha256)
    with devices.one_thread():
        whole = verse or settings.form in ENGLISH
        return [Output(work, used, found.licences, whole=whole) for work in progress.until_stopped(works)]


def _check_written(settings: Write, form: FormName) -> None:
    """Raises GessoError when something is set that belongs to another form than is written."""
    for name, other in OWN_TO.items():
        if form != other and settings.told((name,)):
            raise GessoError(f"--{name} belongs to --form {other}: leave it out")


def _model_for(settings: Write) -> str:
    """The shipped model for what is asked: verse is Chinese, and so is what is said in other than Latin letters."""
    said = "".join(text for text in (settings.title, settings.begin, settings.acrostic) if text)
    latin = any(letter.isascii() and letter.isalpha() for letter in said)
    return "shakespeare" if settings.form in ("free", *ENGLISH) or (settings.form is None and latin) else "tang"


def _poems(found: weights.Model, writer: Writer, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    if settings.form not in (None, *VERSE):
        raise GessoError(
            f"{found.name} writes {', '.join(VERSE)}, not {settings.form}: choose another --model or --form"
        )
    lexicon = Lexicon(**found.configuration["lexicon"])
    return poems(pen_of(writer, lexicon, settings, form_of(settings)), lexicon, settings, seed, progress)


def _texts(found: weights.Model, writer: Writer, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    if settings.form in ENGLISH:
        yield from _verse(found, writer, settings, seed, progress)
        return
    if settings.form in VERSE:
        raise GessoError(f"{found.name} writes no {settings.form}: --model tang does")
    yield from _free(found.name, partial(prose.texts, writer, settings), settings, seed, progress)


def _hosted(
    found: hub.Hosted, settings: Write, seed: int, device: torch.device, progress: Progress
) -> Iterator[Output]:
    _check_written(settings, settings.form or "free")
    used, host = ModelRef(name=found.name, sha256=found.sha256), pretrained.load(found, device)
    if settings.form in (None, "free"):
        works = _free(found.name, partial(hub_prose.texts, host, settings), settings, seed, progress)
    elif settings.form in ENGLISH:
        works = _hosted_english(host, settings, seed, progress)
    else:
        works = _hosted_chinese(found.name, host, settings, seed, progress)
    for work in progress.until_stopped(works):
        yield Output(work, used, found.licences, whole=settings.form not in (None, "free"))


def _hosted_chinese(name: str, host: Pretrained, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    """Poems whose tones and rhymes the shipped model knows."""
    lexicon = Lexicon(**weights.find(PACKAGE, "tang").configuration["lexicon"])
    heading = (settings.title or "", settings.poet or "")
    pen = hub_verse.pen_of(host, name, heading, book_of(lexicon, settings), form_of(settings))
    return poems(pen, lexicon, settings, seed, progress)


def _hosted_english(host: Pretrained, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    """Verse whose words the shipped model knows."""
    lexicon = EnglishLexicon(**weights.find(PACKAGE, "shakespeare").configuration["english"])

    def by_host(wish: Wish, source: Generator, rules: Sequence[Rule]) -> Iterator[str]:
        write = hub_verse.Lines(host, settings.title or "", wish.tries, source, rules)
        return verses_by(write, writing.prepared(lexicon, write.letters), wish)

    return _english(by_host, settings, seed, progress)


def _free(model: str, write: Writing, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    if told := settings.told(("title", "acrostic", *CHINESE)):
        raise GessoError(
            f"{model} writes free text and knows no {told[0]}: --begin says how it begins, or choose --form for a poem"
        )
    for first in range(0, settings.count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, settings.count))
        for text in _written(write, settings, [generator(seed, "text", number) for number in numbers], progress):
            yield Text(text.strip("\n"), font=settings.font and settings.font.path, seal=settings.seal or "")
        if progress.interrupted:
            return


def _verse(found: weights.Model, writer: Writer, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    if "english" not in found.configuration:
        raise GessoError(f"{found.name} does not know how English words sound: --model shakespeare does")
    return _english(partial(verses, writer, EnglishLexicon(**found.configuration["english"])), settings, seed, progress)


def _english(write: WriteVerses, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    form = "sonnet" if settings.form == "sonnet" else "blank"
    wish = Wish(form, settings.lines, settings.begin, settings.acrostic or "", settings.tries or writing.TRIES)
    rules = prose.taste(settings, writing.TEMPERATURE)
    progress.stage("writing", settings.count * len(wish.scheme))
    for number in range(settings.count):
        lines = list[str]()
        if settings.count > 1:
            progress.tell("")
        if settings.title:
            progress.tell(f"{settings.title}\n")
        for line in write(wish, generator(seed, "poem", number), rules):
            lines.append(line)
            progress.tell(line)
            progress.advance()
        yield Text(
            "\n".join(lines),
            settings.title or "",
            font=settings.font and settings.font.path,
            seal=settings.seal or "",
        )


def _written(write: Writing, settings: Write, sources: Sequence[Generator], progress: Progress) -> list[str]:
    """Texts written side by side; a single one is shown as it grows, and what there is of it when it is stopped."""
    progress.stage("writing", settings.length)
    told, found = 0, [""] * len(sources)
    try:
        for found in write(sources):
            progress.advance()
            end = found[0].rfind("\n") + 1
            if settings.count == 1 and end > told:
                progress.tell(found[0][told : end - 1])
                told = end
            if settings.count == 1:
                progress.say(found[0][told:])
    except KeyboardInterrupt:
        progress.interrupted = True
    if settings.count == 1:
        progress.tell(found[0][told:])
    return found
