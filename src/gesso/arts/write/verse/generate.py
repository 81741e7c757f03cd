"""Settings -> poems in strict form."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Generator, Tensor

from gesso.arts.write.art import Write
from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import LONGEST_TITLE, Told
from gesso.arts.write.prose import taste
from gesso.arts.write.verse.check import Judgement, judged
from gesso.arts.write.verse.forms import FORMS, FREE, LEVEL, OBLIQUE, Form, Scheme
from gesso.arts.write.verse.lexicon import Book, Lexicon
from gesso.arts.write.verse.rules import Rules, Wish, fitting
from gesso.arts.write.verse.writing import Pen, drafts
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.texts import Text

TRIES = 6
"""Poems that are written for each that is kept, if it is not said how many."""

AT_ONCE = 48
"""Poems that are written side by side."""

RHYMED_FIRST = {"5jue": 0.13, "5lv": 0.17, "7jue": 0.73, "7lv": 0.75}
"""The share of regular poems by people whose first lines rhyme too."""

GLOSS = str.maketrans({LEVEL: "平", OBLIQUE: "仄", FREE: "中", "?": "？"})
"""How tones are called."""


def form_of(settings: Write) -> Form:
    """The form that is asked for, or the usual one."""
    return FORMS[settings.form or "7jue"]


def pen_of(writer: Writer, lexicon: Lexicon, settings: Write, form: Form) -> Pen:
    """What a writer of ours writes with, who is told title and poet. Raises GessoError when the poet is not known."""
    told = Told(_heard(writer, settings, lexicon), _voice(writer, settings, lexicon))
    return Pen(writer.configuration.tokens, partial(drafts, writer, form.name, told))


def poems(pen: Pen, lexicon: Lexicon, settings: Write, seed: int, progress: Progress) -> Iterator[Text]:
    """The poems that `settings` ask for. Of the `tries` for each, the one is kept that the pen likes best.

    Raises GessoError when the form cannot be kept with what is given.
    """
    form = form_of(settings)
    progress.stage("writing", settings.count)
    for lines in written(pen, lexicon, settings, form, seed, range(settings.count), progress.say):
        work = _work(lines, lexicon, settings, form)
        if settings.count > 1:
            progress.tell("")
        progress.tell(work.plain)
        progress.advance()
        yield work


def written(
    pen: Pen,
    lexicon: Lexicon,
    settings: Write,
    form: Form,
    seed: int,
    numbers: range,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[str, ...]]:
    """The lines of the poems with these numbers, in simplified characters; `say` is told each first try as it grows."""
    tokens, book = pen.tokens, book_of(lexicon, settings)
    first, heads, rhyme = (
        lexicon.in_simplified(given or "") for given in (settings.begin, settings.acrostic, settings.rhyme)
    )
    wish = Wish(form, settings.start, rhyme, heads, first, settings.rules)
    tries = settings.tries or TRIES
    schemes = fitting(wish, book, tokens)
    together = max(1, AT_ONCE // tries)
    for first_number in range(0, len(numbers), together):
        part = numbers[first_number : first_number + together]
        sources = [generator(seed, "poem", number, attempt) for number in part for attempt in range(tries)]
        rules = Rules(wish, book, tokens, _drawn(schemes, form, sources))

        def allowed(body: Tensor, rules: Rules = rules) -> Tensor:
            say(tokens.decode(body[0].tolist()))
            return rules.allowed(body)

        draft = pen.drafts(allowed, taste(settings), sources)
        best = draft.liked.cpu().view(len(part), tries).argmax(1) + tries * torch.arange(len(part))
        for row in best.tolist():
            text = tokens.decode(draft.body[row].tolist())
            yield tuple(text[start : start + form.length] for start in range(0, form.size, form.length))


def _drawn(found: Sequence[Scheme], form: Form, sources: Sequence[Generator]) -> list[Scheme]:
    """A scheme for each poem, whose first line rhymes as often as people's do."""
    rhymed = RHYMED_FIRST[form.name]
    shares = torch.tensor([rhymed if 0 in scheme.rhymes else 1 - rhymed for scheme in found])
    return [found[int(shares.multinomial(1, generator=source))] for source in sources]


def book_of(lexicon: Lexicon, settings: Write) -> Book:
    """The rhyme book that is asked for. Raises GessoError when the lexicon has none of this name."""
    if settings.rhyme_book not in lexicon.books:
        raise GessoError(f"--rhyme-book {settings.rhyme_book}: this model knows {', '.join(lexicon.books)}")
    return lexicon.books[settings.rhyme_book]


def _heard(writer: Writer, settings: Write, lexicon: Lexicon) -> str:
    """The title as the writer hears it; a person is told of what is not heard. Raises GessoError when nothing is."""
    title = "".join(filter(str.isalnum, lexicon.in_simplified(settings.title or "")))
    known = "".join(character for character in title if character in writer.configuration.tokens.numbers)
    if title and not known:
        raise GessoError(f"--title {settings.title}: the model knows none of these characters; give a title in Chinese")
    if (heard := known[:LONGEST_TITLE]) != title:
        warnings.warn(f"of the title the model hears {heard}", stacklevel=2)
    return heard


def _voice(writer: Writer, settings: Write, lexicon: Lexicon) -> int:
    """The number of the poet asked for; 0 for none."""
    if settings.poet is None:
        return 0
    poets = writer.configuration.poets
    poet = lexicon.in_simplified(settings.poet)
    if poet not in poets:
        known = "、".join(poets)
        raise GessoError(f"--poet {settings.poet}: the model does not know this voice; it knows {known or 'none'}")
    return 1 + poets.index(poet)


def _work(lines: tuple[str, ...], lexicon: Lexicon, settings: Write, form: Form) -> Text:
    """The poem as a work: in the script that is wanted, with what stands beside and below it."""
    shown = lexicon.in_traditional if settings.script == "traditional" else str
    ruby = tuple(lexicon.readings(line) for line in lines) if settings.pinyin else ()
    notes: list[str] = [" ".join(readings) for readings in ruby]
    if settings.tones:
        judgement = judged(lines, form, lexicon.books[settings.rhyme_book])
        notes += [*([""] if notes else []), *gloss(lines, judgement)]
    return Text(
        "\n".join(f"{shown(line)}{'。' if number % 2 else '，'}" for number, line in enumerate(lines)),
        title=shown(lexicon.in_simplified(settings.title or "")),
        vertical=True,
        font=settings.font and settings.font.path,
        ruby=ruby,
        notes=tuple(notes),
        seal=settings.seal or "",
    )


def gloss(lines: Sequence[str], judgement: Judgement) -> list[str]:
    """The tones of each line as 平, 仄 and 中 for either, and its rhyme."""
    scheme, found = judgement.scheme, list[str]()
    for number, (has, wants) in enumerate(zip(judgement.tones, scheme.lines, strict=True)):
        heard = "".join(one if other == FREE or one != FREE else other for one, other in zip(has, wants, strict=True))
        rhyme = f"  {lines[number][-1]}（{judgement.group}）" if number in scheme.rhymes else ""
        found.append(heard.translate(GLOSS) + rhyme)
    return found
