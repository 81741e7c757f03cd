"""What is learned from: texts, or the poems of the Tang, each with what a training asks of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import torch

from gesso.arts.write.art import Write, WriteTraining
from gesso.arts.write.build import Configuration, Writer, with_heard
from gesso.arts.write.copies import longest_copies
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.english.lexicon import read_lexicon as read_english
from gesso.arts.write.prepare import POEM, Batch, Prose, Verse, in_chunks, poets_of, windows
from gesso.arts.write.prose import texts
from gesso.arts.write.tokens import characters, pairs
from gesso.arts.write.verse.forms import FORMS
from gesso.arts.write.verse.generate import pen_of, written
from gesso.arts.write.verse.lexicon import Lexicon, read_lexicon
from gesso.arts.write.verse.poems import POEMS, Poem, read_poems, split
from gesso.core import places
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.registry import find, is_here, require

OWN = ("width", "heads", "layers", "context", "couples", "normalised", "mixed", "mlp", "dropout", "blank")
"""The settings that are a writer's own."""

FEWEST_WORDS = 1000
"""Words that must be known for verse to be written of them."""

LOOKED = 60_000
"""Characters of what is held out by which it is seen how learning goes, at most: all of it would take too long."""

SAMPLE, REPORT = 300, 2000
"""Characters of a sample, and of each of the texts in which copies are looked for."""


class Texts:
    """Texts of any kind, the last tenth of each held out, or what is published for validation.

    Attributes:
        count: the tokens that are learned from.
        example: the tokens of an example, where it is no window as long as the context.

    Raises GessoError when there are none, or they cannot be read.
    """

    example = None

    def __init__(self, settings: WriteTraining):
        self.data = tuple(dict.fromkeys(settings.data))
        self.text, kept = read_corpus(settings.data)
        self.tokens = characters(self.text) if settings.tokens == "characters" else pairs(self.text, settings.pieces)
        self.learned = torch.tensor(self.tokens.encode(self.text))
        self.count = len(self.learned)
        self.unseen = torch.tensor(self.tokens.encode(kept[:LOOKED]))

    def configuration(self, settings: WriteTraining) -> Configuration:
        own = settings.model_dump(include=set(OWN))
        return with_heard(Configuration(kind="prose", tokens=self.tokens, **own), [self.learned])

    def batches(self, settings: WriteTraining) -> Prose:
        return Prose(settings, self.learned)

    def held_out(self, settings: WriteTraining) -> Iterable[Batch]:
        return windows(self.unseen, settings.context)

    def sample(self, writer: Writer) -> str:
        return _texts(writer, 1, SAMPLE)[0].strip()

    def copied(self, writer: Writer) -> str:
        """What of three texts of its own stands in those that it learned from, as Markdown."""
        found = [copy for text in _texts(writer, 3, REPORT) for copy in longest_copies(text, self.text)]
        found.sort(key=lambda copy: -len(copy.text))
        said = f"The longest runs of three texts of {REPORT} characters that stand word for word in what was learned:\n"
        rows = [f"- {len(copy.text)} characters: {' / '.join(copy.text.split(chr(10)))}" for copy in found[:5]]
        return "\n".join([said, *(rows or ["- none of a dozen characters or more"])])

    def beside(self) -> dict[str, Any]:
        """What else a model keeps: of English that is read by letters, how its words sound, if that can be known."""
        sounds = find("cmudict")
        if self.tokens.merges or not is_here(sounds, places.data()):
            return {}
        cased = [source for source in self.data if source != "sonnets"]  # where names cannot be told from words
        for data in (cased, self.data):
            lexicon = read_english(places.data() / sounds.sources[0].path, read_corpus(data)[0])
            if len(lexicon.words) >= FEWEST_WORDS:
                return {"english": lexicon.model_dump(mode="json")}
        return {}


class Poems:
    """The regulated poems of the Tang.

    Attributes:
        count: the characters that are learned from.
        example: the characters of an example, on an average.

    Raises GessoError when they are not here, or are to be read otherwise than by characters.
    """

    example = POEM

    def __init__(self, settings: WriteTraining):
        if settings.tokens != "characters":
            raise GessoError("--tokens pairs is for texts: poems are read by characters")
        self.folder = require(find("tang"), places.data())
        self.poems, self.validation, _ = split(read_poems(self.folder / POEMS))
        self.tokens = characters("".join(line for poem in self.poems for line in poem.lines))
        self.count = sum(len(line) for poem in self.poems for line in poem.lines)

    def configuration(self, settings: WriteTraining) -> Configuration:
        own = settings.model_dump(include=set(OWN))
        wanted = Configuration(kind="verse", tokens=self.tokens, poets=poets_of(self.poems), **own)
        return with_heard(wanted, (torch.tensor(self.tokens.encode("".join(poem.lines))) for poem in self.poems))

    def batches(self, settings: WriteTraining) -> Verse:
        return Verse(settings, self.poems, self.tokens)

    def held_out(self, settings: WriteTraining) -> Iterable[Batch]:
        return in_chunks(self.validation, self.tokens)

    def sample(self, writer: Writer) -> str:
        return "\n".join("，".join(couplet) + "。" for couplet in _couplets(_poems(writer, self.lexicon, 1)[0]))

    def copied(self, writer: Writer) -> str:
        """What of twenty poems of its own stands in those that it learned from, as Markdown."""
        learned = "\n".join(line for poem in self.poems for line in poem.lines)
        wanted = _poems(writer, self.lexicon, 20)
        found = [copy for lines in wanted for line in lines for copy in longest_copies(line, learned, shortest=4)]
        found.sort(key=lambda copy: -len(copy.text))
        rows = [f"- {copy.text}" for copy in found[:5]]
        return "\n".join(
            ["The longest runs of twenty quatrains that stand in what was learned:\n", *(rows or ["- none"])]
        )

    @cached_property
    def lexicon(self) -> Lexicon:
        return read_lexicon(self.folder, self.tokens.symbols[1:], _readings(self.poems))

    def beside(self) -> dict[str, Any]:
        """What else a model keeps: how its characters sound."""
        return {"lexicon": self.lexicon.model_dump(mode="json")}


def _readings(poems: Sequence[Poem]) -> dict[str, str]:
    """How most of the lines have each character read today, where pypinyin is installed to tell."""
    try:
        from pypinyin import Style, lazy_pinyin  # pyright: ignore[reportMissingImports]
    except ImportError:
        return {}
    counts: dict[str, Counter[str]] = {}
    for poem in poems:
        for line in poem.lines:
            read = lazy_pinyin(line, style=Style.TONE, errors="ignore")
            if len(read) < len(line):
                continue
            for character, reading in zip(line, read, strict=True):
                counts.setdefault(character, Counter())[reading] += 1
    usual = {character: found.most_common(1)[0][0] for character, found in counts.items()}
    return {character: reading for character, reading in usual.items() if reading != character}


def _poems(writer: Writer, lexicon: Lexicon, count: int) -> list[tuple[str, ...]]:
    wish, form = check(Write, {"tries": 1}), FORMS["7jue"]
    return list(written(pen_of(writer, lexicon, wish, form), lexicon, wish, form, 0, range(count)))


def _couplets(lines: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    return (lines[at : at + 2] for at in range(0, len(lines), 2))


def _texts(writer: Writer, count: int, length: int) -> list[str]:
    wish = check(Write, {"form": "free", "length": length})
    *_, found = texts(writer, wish, [generator(0, "sample", number) for number in range(count)])
    return found
