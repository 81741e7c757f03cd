"""What may come next in a poem that is to keep its form, so that there is always a way to its end."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.forms import FREE, LEVEL, OBLIQUE, Form, Scheme, Tone
from gesso.arts.write.verse.forms import schemes as schemes_of
from gesso.arts.write.verse.lexicon import Book
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError


@dataclass(frozen=True)
class Wish:
    """What is asked of a poem, in simplified characters.

    Attributes:
        start: the tone of the second character; drawn if None.
        rhyme: a rhyme group, by its name or by a character in it; any if empty.
        heads: the first characters of all lines, or nothing.
        first: the first line, or nothing.
        bound: whether it keeps tones and rhyme, or the number of lines and characters alone.
    """

    form: Form
    start: Tone | None = None
    rhyme: str = ""
    heads: str = ""
    first: str = ""
    bound: bool = True


class Rules:
    """What may come next in each of several poems.

    Characters that are given stand where they are wanted, even where they break a scheme. No character that is chosen
    stands in the poem already, or is to come as one that is given.

    Args:
        schemes: that of each poem.

    Raises GessoError when what is wished for cannot be.
    """

    def __init__(self, wish: Wish, book: Book, tokens: Tokens, schemes: Sequence[Scheme]):
        self.wish, self.tokens, self.schemes = wish, tokens, schemes
        self.level, self.oblique = (self._mask(known) for known in (book.level, book.oblique))
        self.groups = torch.stack([self._mask(group) for group in book.groups.values()]) & self.level  # (G, V)
        self.given = {place: tokens.numbers[character] for place, character in _given(wish, tokens).items()}
        possible = _possible(wish, book, tokens)
        self.possible = torch.tensor([name in possible for name in book.groups]).expand(len(schemes), -1)  # (B, G)
        self.free = torch.ones(len(schemes), len(tokens), dtype=torch.bool)  # characters that no place has yet
        self.free[:, [0, *self.given.values()]] = False
        self.left = torch.tensor([len(scheme.rhymes) for scheme in schemes])  # rhymes still to be found
        for place in self.given:
            self.left -= self._rhymes_at(place).long()
        wanted = torch.stack([self._wanted(scheme) for scheme in self.schemes])  # (B, N)
        self.tones = {LEVEL: wanted == 0, OBLIQUE: wanted == 1, FREE: wanted == 2}

    def allowed(self, body: Tensor) -> Tensor:
        """What may follow the characters (B, t) of the poems so far: (B, V). Call it once for each t, from 0 on."""
        at = body.shape[1]
        if at:
            self._note(body[:, -1].cpu(), at - 1)
        if at in self.given:
            only = torch.zeros_like(self.free)
            only[:, self.given[at]] = True
            return only
        if not self.wish.bound:
            return self.free.clone()
        tone = (
            (self.tones[LEVEL][:, at, None] & self.level)
            | (self.tones[OBLIQUE][:, at, None] & self.oblique)
            | (self.tones[FREE][:, at, None] & (self.level | self.oblique))
        )
        spare = self._spare()  # (B, G)
        enough = self.possible & (spare >= 0)
        rhyming = enough.float() @ self.groups.float() > 0  # in a group that has enough of them: (B, V)
        # Another character may be taken if a group has enough without it.
        harmless = ((enough & (spare > 0)).any(1)[:, None]) | (enough.float() @ (~self.groups).float() > 0)
        rhymes = self._rhymes_at(at)[:, None]
        return self.free & tone & torch.where(rhymes, rhyming, harmless | (self.left == 0)[:, None])

    def _spare(self) -> Tensor:
        """How many more characters each group has than there are rhymes to be found (B, G)."""
        return (self.free.float() @ self.groups.float().T).long() - self.left[:, None]

    def _note(self, chosen: Tensor, at: int) -> None:
        """Take down what was chosen (B,) at a place."""
        rows = torch.arange(len(chosen))
        self.free[rows, chosen] = False
        rhymes = self._rhymes_at(at)
        if self.wish.bound and bool(rhymes.any()):
            narrowed = self.possible & self.groups[:, chosen].T
            # What is given may not rhyme: then it does not bind the others.
            rhymes = rhymes & narrowed.any(1)
            self.possible = torch.where(rhymes[:, None], narrowed, self.possible)
        if at not in self.given:
            self.left = self.left - self._rhymes_at(at).long()

    def _rhymes_at(self, at: int) -> Tensor:
        """Which poems rhyme at a place (B,)."""
        line, place = divmod(at, self.wish.form.length)
        last = place == self.wish.form.length - 1
        return torch.tensor([last and line in scheme.rhymes for scheme in self.schemes])

    def _mask(self, known: str) -> Tensor:
        mask = torch.zeros(len(self.tokens), dtype=torch.bool)
        mask[[self.tokens.numbers[character] for character in known if character in self.tokens.numbers]] = True
        return mask

    def _wanted(self, scheme: Scheme) -> Tensor:
        return torch.tensor([(LEVEL + OBLIQUE + FREE).index(tone) for tone in scheme.tones])


def fitting(wish: Wish, book: Book, tokens: Tokens) -> list[Scheme]:
    """The schemes that what is given breaks least, of those that are wished for.

    Raises GessoError when what is wished for cannot be.
    """
    found = [scheme for scheme in schemes_of(wish.form) if wish.start in (None, scheme.start)]
    given, possible = _given(wish, tokens), _possible(wish, book, tokens)
    if not wish.bound:
        return found
    faults = [_faults(scheme, given, wish.form, book, possible) for scheme in found]
    return [scheme for scheme, count in zip(found, faults, strict=True) if count == min(faults)]


def _faults(scheme: Scheme, given: dict[int, str], form: Form, book: Book, possible: set[str]) -> int:
    count = 0
    for place, character in given.items():
        count += scheme.tones[place] == LEVEL and character not in book.level
        count += scheme.tones[place] == OBLIQUE and character not in book.oblique
        line, at = divmod(place, form.length)
        if at == form.length - 1 and line in scheme.rhymes:
            count += not any(character in book.groups[name] for name in possible)
    return count


def _given(wish: Wish, tokens: Tokens) -> dict[int, str]:
    """The characters that are given, by their places."""
    form, heads, first = wish.form, wish.heads, wish.first
    if heads and len(heads) != form.lines:
        raise GessoError(f"--acrostic {heads}: give {form.lines} characters, one for each line of a {form.name}")
    if first and len(first) != form.length:
        raise GessoError(f"--begin {first}: a line of a {form.name} has {form.length} characters, not {len(first)}")
    if heads and first and heads[0] != first[0]:
        raise GessoError(f"--acrostic and --begin differ: the first line begins with {heads[0]} or with {first[0]}")
    unknown = [character for character in heads + first if character not in tokens.numbers]
    if unknown:
        raise GessoError(f"the model does not know {'、'.join(dict.fromkeys(unknown))}: choose other characters")
    return dict(enumerate(first)) | {line * form.length: character for line, character in enumerate(heads)}


def _possible(wish: Wish, book: Book, tokens: Tokens) -> set[str]:
    """The groups that a poem may rhyme in, by the characters of each that are known."""
    needed = wish.form.lines // 2 + 1 + len(wish.heads) + len(wish.first)
    large = {name for name, group in book.groups.items() if sum(map(tokens.numbers.__contains__, group)) >= needed}
    if not wish.rhyme:
        return large
    if wish.rhyme in book.groups:
        found = {wish.rhyme}
    else:
        found = {name for name, group in book.groups.items() if wish.rhyme in group}
    if not found:
        raise GessoError(
            f"--rhyme {wish.rhyme}: no level rhyme of this book has it{nearest(wish.rhyme, book.groups)}; "
            f"its groups are {'、'.join(book.groups)}"
        )
    if not found & large:
        raise GessoError(f"--rhyme {wish.rhyme}: there are too few characters that rhyme; choose another")
    return found & large
