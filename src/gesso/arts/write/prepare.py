"""Texts and poems -> batches."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import LONGEST_LINE
from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.forms import FORMS
from gesso.arts.write.verse.poems import Poem
from gesso.core.errors import GessoError
from gesso.pipeline.turns import Turn

LONGEST_TITLE = 12
"""Characters of a title that are told."""

KNOWN_POET = 40
"""Poems that a poet must have among those learned from for the voice to be known."""

POEM = 40
"""Characters of a poem as it is counted in a batch."""

CHUNK = 64


class Batch(NamedTuple):
    """Tokens in sequences.

    Attributes:
        tokens: (B, T + 1); each but the first is to be foreseen from those before it.
        where: of each that is to be foreseen, see `Writer.forward`: (B, T, 5); of prose (B, T, 0).
        asked: which of them count (B, T).
    """

    tokens: Tensor
    where: Tensor
    asked: Tensor


class Prose:
    """Windows of a text (N,)."""

    def __init__(self, settings: WriteTraining, text: Tensor):
        self.settings, self.text = settings, text
        if len(self.text) <= settings.context:
            raise GessoError(
                f"the text has {len(self.text)} tokens to learn from, no more than the {settings.context} that are "
                "heard at a time: give more text, or a smaller --context"
            )

    def draw(self, turn: Turn) -> Batch:
        """Windows from anywhere, a function of the turn's generator's state alone."""
        count, context = self.settings.batch // turn.parts, self.settings.context
        starts = torch.randint(len(self.text) - context, (count,), generator=turn.generator)
        return _of_prose(self.text[starts[:, None] + torch.arange(context + 1)])


def windows(text: Tensor, context: int) -> Iterator[Batch]:
    """All of a text (N,) in windows, each token foreseen once, from at least half a context but at the beginning."""
    half = context // 2
    starts = list(range(0, max(1, len(text) - 1 - half), half))
    for at in range(0, len(starts), CHUNK):
        rows = [text[start : start + context + 1] for start in starts[at : at + CHUNK]]
        batch = _of_prose(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True))
        for number, row in enumerate(rows):
            batch.asked[number, len(row) - 1 :] = False
            if at + number > 0:
                batch.asked[number, : context - half] = False
        yield batch


def _of_prose(tokens: Tensor) -> Batch:
    count, length = len(tokens), tokens.shape[1] - 1
    return Batch(tokens, torch.empty(count, length, 0), torch.ones(count, length, dtype=torch.bool))


class Told(NamedTuple):
    """What is told of a poem: its title, its poet by number, 0 for none, and whether it is read backwards."""

    title: str = ""
    poet: int = 0
    backwards: bool = False


def sequence(lines: Sequence[str], form: str, told: Told, tokens: Tokens) -> Batch:
    """A poem as a sequence, without the dimension of the batch: its title, a mark, and its characters.

    The mark is token 0, which stands for nothing else that is read before a poem. Fewer lines than a form has are the
    beginning of a poem.
    """
    title = [token for token in tokens.encode(told.title) if token][:LONGEST_TITLE]
    body = tokens.encode("".join(lines))
    if told.backwards:
        body.reverse()
    read = torch.tensor([*title, 0, *body])
    where = places(form, len(body), told)
    before = where.new_zeros(len(title), 5)
    before[:, 3] = told.poet
    asked = torch.cat([torch.zeros(len(title)), torch.ones(len(body))]).bool()
    return Batch(read, torch.cat([before, where]), asked)


def places(form: str, count: int, told: Told) -> Tensor:
    """Where the first `count` characters of a poem stand in the order in which they are read (count, 5)."""
    lines, length = FORMS[form].lines, FORMS[form].length
    at = torch.arange(count)
    if told.backwards:
        at = lines * length - 1 - at
    line, place = at // length, at % length
    second = line % 2 == (0 if told.backwards else 1)  # of the two lines of a couplet, in the order of reading
    kind = 1 + list(FORMS).index(form) + (len(FORMS) if told.backwards else 0)
    # Places are counted from the end of the line: the last five of seven are what a line of five is.
    columns = [
        torch.full_like(at, kind),
        1 + line,
        1 + LONGEST_LINE - length + place,
        torch.full_like(at, told.poet),
        torch.where(second, length, 0),
    ]
    return torch.stack(columns, 1)


class Verse:
    """Poems to learn from."""

    def __init__(self, settings: WriteTraining, poems: Sequence[Poem], tokens: Tokens):
        self.settings, self.tokens = settings, tokens
        self.voices = {poet: number for number, poet in enumerate(poets_of(poems), 1)}
        self.of_form = {form: [poem for poem in poems if poem.form == form] for form in FORMS}
        self.sizes = torch.tensor([float(FORMS[form].size * len(same)) for form, same in self.of_form.items()])

    def draw(self, turn: Turn) -> Batch:
        """Poems of one form, about `batch` times `POEM` characters, a function of the generator's state alone."""
        source = turn.generator
        form = list(FORMS)[int(self.sizes.multinomial(1, generator=source))]
        poems = self.of_form[form]
        count = max(1, round(self.settings.batch * POEM / FORMS[form].size / turn.parts))
        chosen = torch.randint(len(poems), (count,), generator=source).tolist()
        return stacked([self._told(poems[number], source) for number in chosen])

    def _told(self, poem: Poem, source: Generator) -> Batch:
        s, (title, voice, back) = self.settings, torch.rand(3, generator=source).tolist()
        told = Told(
            poem.title if title < s.titles else "",
            self.voices.get(poem.poet, 0) if voice < s.voices else 0,
            back < s.backwards,
        )
        return sequence(poem.lines, poem.form, told, self.tokens)


def poets_of(poems: Sequence[Poem]) -> tuple[str, ...]:
    """The poets whose voices can be learned."""
    written = Counter(poem.poet for poem in poems)
    return tuple(sorted(poet for poet, count in written.items() if count >= KNOWN_POET))


def stacked(sequences: Sequence[Batch]) -> Batch:
    """Sequences as a batch; after the shorter ones there is nothing that counts."""
    return Batch(
        *(torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True) for parts in zip(*sequences, strict=True))
    )


def in_chunks(
    poems: Sequence[Poem], tokens: Tokens, told: Callable[[Poem], Told] = lambda _: Told()
) -> Iterator[Batch]:
    """All poems, a form after the other, with what is `told` of each."""
    for form in FORMS:
        same = [poem for poem in poems if poem.form == form]
        for at in range(0, len(same), CHUNK):
            yield stacked([sequence(poem.lines, form, told(poem), tokens) for poem in same[at : at + CHUNK]])
