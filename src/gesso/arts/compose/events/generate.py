"""Settings -> a piece of the kind that a network has learned, note after note."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gesso.arts.compose.art import Compose
from gesso.arts.compose.events.build import Configuration, Events
from gesso.arts.compose.events.notes import (
    BEAT,
    GAPS,
    LENGTHS,
    LOW,
    PITCHES,
    STEP,
    Form,
    Notes,
    Rows,
    bar_of,
    left,
    line_of,
    piece_of,
    rows,
    sounding,
)
from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of_parts
from gesso.core.progress import Progress
from gesso.core.scores import HANDS, Key, Metre, Note, Part, Score
from gesso.networks import decoding
from gesso.networks.decoding import Rule

FINGERS = 10
"""Notes that begin together at most."""

MIDDLE = 60
"""The lowest note of the right hand."""


class Draw(NamedTuple):
    """How notes are chosen."""

    rules: tuple[Rule, ...]
    source: Generator

    def __call__(self, logits: Tensor, allowed: Tensor) -> int:
        """One of those `allowed` (V,), by logits (1, 1, V)."""
        ruled = decoding.ruled(logits[0].cpu(), (decoding.only(allowed), *self.rules))
        return int(decoding.choose(ruled, decoding.chances([self.source])))


def composed(
    model: Events,
    settings: Compose,
    source: Generator,
    progress: Progress,
    *,
    begin: Score | None = None,
    key: Key | None = None,
) -> Score:
    """A piece in the `key` that is asked for, if any; or one that goes on from a beginning.

    Raises GessoError when its metre was not learned, or the beginning leaves nothing to compose.
    """
    c = model.configuration
    number = _metre(c, settings, source, begin)
    metre = Metre(*c.metres[number][:2])
    if key is None and begin is not None:
        key = key_of_parts(begin.parts, minor=settings.minor)
    key = key or _key(c, settings, source)
    form = Form(number, bar_of(metre), key.tonic, int(key.minor), settings.bars)
    begun = Notes(*(torch.empty(0, dtype=torch.long) for _ in range(3)))
    pickup = None if settings.pickup is None else settings.pickup * BEAT
    if begin is not None:
        begun = piece_of(begin, c.kind).notes
        form = form._replace(bars=form.bars + (begin.pickup > 0))
        if int(begun.end.max()) >= form.bars * form.bar:
            raise GessoError(
                f"the beginning is as long as the piece is to be: ask for more --bars than {settings.bars}"
            )
    elif pickup is not None and pickup >= form.bar:
        raise GessoError(f"a pickup of {settings.pickup} quarters is a whole bar of {metre.beats}/{metre.unit}")
    progress.stage("composing", settings.bars)
    draw = Draw((decoding.temperature(settings.temperature), decoding.top_p(settings.top_p)), source)
    notes = continued(model, form, begun, pickup, draw, progress)
    return _score(notes, begin, len(begun.onset), pickup, c, metre, key, settings.tempo)


@torch.no_grad()
def continued(model: Events, form: Form, begun: Notes, pickup: int | None, draw: Draw, progress: Progress) -> Notes:
    """The notes `begun` and those that follow, up to the last of the form's bars.

    Of a line no note begins before the one before it is over; on a piano no key is struck that is still down.
    """
    c, device = model.configuration, next(model.parameters()).device
    cache, fed, bars = model.decoder.empty_cache(1, c.window), 0, 0
    onset, pitch, length = (list[int](x.tolist()) for x in begun)
    while True:
        notes, at = Notes(*map(torch.tensor, (onset, pitch, length))) if onset else begun, len(onset)
        whole = Rows(*(x.to(device) for x in rows(notes, form)))
        if cache.filled + at + 1 - fed > c.window:  # goes on from the half that was heard last
            cache, fed = model.decoder.empty_cache(1, c.window), max(0, at + 1 - c.window // 2)
        h = model.states(whole.heard[None, fed:], cache)[:, -1:]
        fed = at + 1
        r = Rows(*(x[None, at:] for x in whole))
        gap = draw(model.gaps(h, r), _gaps(c, form, notes, len(begun.onset), pickup))
        if gap == GAPS:
            return notes
        start = (onset[-1] if onset else 0) + gap
        there = torch.tensor([[start]], device=device)
        r = r._replace(gap=torch.full_like(there, gap), place=there % form.bar, left=left(there, form))
        pitch.append(draw(model.pitches(h, r), _pitches(c, notes, start)))
        r = r._replace(pitch=torch.full_like(there, pitch[-1]))
        length.append(draw(model.lasting(h, r), start + LENGTHS <= form.bars * form.bar))
        onset.append(start)
        if at == 0 and (pickup or is_pickup(start, form.bar)):
            form = form._replace(bars=form.bars + 1)
        progress.advance(start // form.bar - bars)
        bars = start // form.bar


def is_pickup(first: int, bar: int) -> bool:
    """Whether a piece whose first note begins at that step of a bar begins with a pickup."""
    return 2 * first >= bar


def _gaps(c: Configuration, form: Form, notes: Notes, begun: int, pickup: int | None) -> Tensor:
    """When the next note may begin, and whether there may be none: (GAPS + 1,)."""
    count, total = len(notes.onset), form.bars * form.bar
    last = int(notes.onset[-1]) if count else 0
    at = last + torch.arange(GAPS)
    allowed = at < total
    if count == 0:
        allowed &= at < form.bar
        if pickup is not None:
            allowed &= at == form.bar - pickup if pickup else 2 * at < form.bar
    elif c.kind == "monophonic":
        allowed &= at >= int(notes.end[-1])
    else:
        together = int((notes.onset == last).sum())
        allowed[0] = begun < count and together < FINGERS and bool(_pitches(c, notes, last).any())
    over = count > 0 and (last >= total - form.bar or not bool(allowed.any()))
    return torch.cat([allowed, torch.tensor([over])])


def _pitches(c: Configuration, notes: Notes, start: int) -> Tensor:
    """Which pitches a note may have that begins at `start`: (PITCHES,)."""
    every = torch.arange(PITCHES)
    allowed = (every >= c.lowest - LOW) & (every <= c.highest - LOW)
    allowed[notes.pitch[notes.end > start]] = False
    if len(notes.onset) and int(notes.onset[-1]) == start:
        allowed &= every > notes.pitch[-1]
    return allowed


def _metre(c: Configuration, settings: Compose, source: Generator, begin: Score | None) -> int:
    """The number of the beginning's metre, of that asked for, or of one drawn as often as the data have it."""
    known = [f"{beats}/{unit}" for beats, unit, _ in c.metres]
    if begin is None and settings.metre is None:
        return _drawn([count for *_, count in c.metres], source)
    name = settings.metre if begin is None else f"{begin.metre.beats}/{begin.metre.unit}"
    if name not in known:
        where = f"--metre {name}" if begin is None else f"the beginning is in {name}, which"
        raise GessoError(f"{where} was not learned: the model knows {', '.join(known)}")
    return known.index(name)


def _key(c: Configuration, settings: Compose, source: Generator) -> Key:
    """A key that is drawn as often as the data have it, of the mode that is asked for if they have any."""
    fit = [each for each in c.keys if settings.minor in (None, each[1])]
    if not fit:
        return Key(0, bool(settings.minor))
    fifths, minor, _ = fit[_drawn([count for *_, count in fit], source)]
    return Key(fifths, minor)


def _drawn(counts: Sequence[int], source: Generator) -> int:
    return int(torch.tensor(counts, dtype=torch.float).multinomial(1, generator=source))


def _score(
    notes: Notes,
    begin: Score | None,
    begun: int,
    asked: int | None,
    c: Configuration,
    metre: Metre,
    key: Key,
    tempo: float | None,
) -> Score:
    """Notes as a score; those that were given, the first `begun`, are as they were given.

    Args:
        asked: the pickup that was asked for, in steps, if any.
    """
    bar, first = bar_of(metre), int(notes.onset[0])
    kept = () if begin is None else sounding(begin, c.kind)
    if begin is None:
        pickup = (bar - first) * STEP if asked or is_pickup(first, bar) else 0
        offset = -first * STEP if pickup else 0
    else:
        pickup = begin.pickup
        offset = (round(max(note.start for note in kept) / STEP) - int(notes.onset[begun - 1])) * STEP
    new = zip(*(x[begun:].tolist() for x in (notes.onset, notes.end, notes.pitch)), strict=True)
    made = [Note(start * STEP + offset, (end - start) * STEP, pitch + LOW) for start, end, pitch in new]
    every = tuple(sorted((*kept, *made)))
    if c.kind == "monophonic":
        # What was given may sound on into what follows.
        parts = (Part("Melody", c.program, line_of(Score((Part("", 0, every),)))),)
    else:
        hands = zip(HANDS, (True, False), strict=True)
        split = [Part(name, 0, tuple(n for n in every if (n.pitch >= MIDDLE) == right)) for name, right in hands]
        parts = tuple(part for part in split if part.notes)
    usual, title, text = (c.tempo, "", "") if begin is None else (begin.tempo, begin.title, begin.text)
    return Score(parts, usual if tempo is None else tempo, (), key, metre, pickup, (), title, text)
