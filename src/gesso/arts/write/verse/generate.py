"""Settings -> poems in strict form."""

from collections.abc import Iterator, Sequence

from torch import Generator

from gesso.arts.write.art import VERSE, Write
from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import Told
from gesso.arts.write.prose import taste
from gesso.arts.write.verse.forms import FORMS, Form
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.rules import VerseRules, Wish
from gesso.arts.write.verse.writing import Draft, drafts
from gesso.core import weights
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.texts import Text

AT_ONCE = 64
"""Poems that are written side by side."""


def poems(
    found: weights.Model, writer: Writer, settings: Write, seed: int, progress: Progress
) -> Iterator[Text]:
    """The poems that `settings` ask for. Of the `tries` for each, that is kept which the writer likes best."""
    form = FORMS[settings.form or "7jue"]
    lexicon = Lexicon(**found.configuration["lexicon"])
    simple = {name: lexicon.simplified(getattr(settings, name) or "") for name in ("title", "begin", "acrostic", "poet")}
    told = Told(simple["title"], _voice(writer, found.name, simple["poet"]))
    wish = Wish(...)
    together = max(1, AT_ONCE // settings.tries)
    progress.stage("writing", settings.count)
    for first in range(0, settings.count, together):
        numbers = range(first, min(first + together, settings.count))
        sources = [generator(seed, "poem", number, attempt) for number in numbers for attempt in range(settings.tries)]
        rules = VerseRules(wish, lexicon, writer.configuration.tokens, sources)
        draft = drafts(writer, form.name, told, form.lines * form.length, rules.allowed, taste(settings), sources)
