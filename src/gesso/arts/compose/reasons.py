"""Why each note is as it is: how likely the composer found it, what else it thought of, and which notes it heard."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.compose.build import Composer
from gesso.arts.compose.frames import CLASSES, FIELDS, PAIRS, SILENT, START, VOICES, begun, first_bass, heard
from gesso.arts.compose.head import around
from gesso.networks.transformer import Cache

TOGETHER = 8
"""Notes that are silenced at a time, each in a copy of the piece."""

REACH = 32
"""Frames after the end of a note in which it is asked what is heard of it, and before a note that is given: two bars of
4/4. In eight bars of the shipped model's own, notes farther off made 8 % of all that is heard, none much."""


class Music(NamedTuple):
    """A piece of T frames as a composer knows it.

    Attributes:
        frames: symbols (T, 4).
        given: which of them were given (T, 4).
        told: key, quarters left of the phrase and of the piece (T, 3).
    """

    frames: Tensor
    given: Tensor
    told: Tensor


class Sung(NamedTuple):
    """A note: the frames from `start` up to `end` of a voice, and its symbol."""

    voice: int
    start: int
    end: int
    symbol: int


@torch.inference_mode()
def foreseen(composer: Composer, music: Music) -> Tensor:
    """log p of every symbol at each frame of each voice: (T, 4, SYMBOLS).

    It is what the composer says of a voice in a frame when it knows all frames before it, of the frame itself the
    voices that it chooses before, the notes that are given anywhere, and what it is told: the very distribution that
    the note was drawn from, before temperature, top-p and the rules changed it.
    """
    x, given, told, grid = _on(composer, music)
    hinted = _hinted(composer, x, given, told, grid)
    return composer(x, told, grid, hinted)[0].log_softmax(-1).cpu().double()


@torch.inference_mode()
def listened(
    composer: Composer,
    music: Music,
    sung: Sequence[Sung],
    asked: Sequence[int],
    advance: Callable[[float], None] = lambda _: None,
) -> Tensor:
    """By how much each note of `sung` raised log p of each that is `asked`, in nats: (notes, asked).

    A note is silenced, and log p falls by so much. Silenced means that nothing of it is heard: neither its pitch, its
    length, the interval that led to it and that which leads on from it, nor its intervals with other voices. Composers
    learn with a share of all that silenced at random, so that this is nothing new to them. In the choice of the notes
    of a frame, which always hears something of all voices, it counts as a rest; where it is given it is hidden. It is
    0 where the note was not known yet, or lies farther off than REACH. What remains of a note is that degrees are
    counted from the first bass.
    """
    x, given, told, grid = _on(composer, music)
    at = [sung[number] for number in asked]
    features = heard(x, told, grid)
    bass = first_bass(x)[:, None].repeat(1, x.shape[1])
    bass[:, 0] = CLASSES
    hinted = _hinted(composer, x, given, told, grid)
    caches = composer.empty_caches(1, x.shape[1])
    plain = _log_p(composer, composer.states(features, hinted, caches), x, bass, at, range(len(at)))[0]
    effects = torch.zeros(len(sung), len(at), dtype=torch.double)
    for group in _groups(sung, given[0]):
        silenced = [sung[number] for number in group]
        many, told_of = len(group), bool(given[0, silenced[0].start, silenced[0].voice])
        first = 0 if told_of else min(note.start for note in silenced)
        window = slice(first, min(x.shape[1], max(note.end for note in silenced) + REACH))
        y, left = x.repeat(many, 1, 1), given.repeat(many, 1, 1)
        for copy, note in enumerate(silenced):
            y[copy, note.start : note.end, note.voice] = SILENT
            left[copy, note.start : note.end, note.voice] = False
        hints = None if hinted is None else hinted.expand(many, -1, -1)
        if told_of:
            hints = _hinted(composer, x.expand(many, -1, -1), left, told.expand(many, -1, -1), grid.expand(many))
        states = composer.states(
            features[:, window].expand(many, -1, -1),
            None if hints is None else hints[:, window],
            [_as_far_as(cache, first, many, window.stop) for cache in caches],
            loudness=torch.stack([_loudness(x, note) for note in silenced])[:, window],
        )
        reached = [[_reaches(note, other, told_of, composer.configuration.order) for other in at] for note in silenced]
        these = [number for number, known in enumerate(zip(*reached, strict=True)) if any(known)]
        without = _log_p(composer, states, y, bass.expand(many, -1), at, these, first)
        mask = torch.tensor(reached).view(many, len(at))[:, these]
        effects[torch.tensor(group)[:, None], torch.tensor(these, dtype=torch.long)] = torch.where(
            mask, plain[these] - without, 0.0
        )
        advance(many)
    return effects


def _groups(sung: Sequence[Sung], given: Tensor) -> list[list[int]]:
    """The numbers of the notes, those of about one time together, those that are given by themselves."""
    order = sorted(range(len(sung)), key=lambda number: sung[number].start)
    told_of = [bool(given[sung[number].start, sung[number].voice]) for number in order]
    kinds = [[n for n, told in zip(order, told_of, strict=True) if told == kind] for kind in (False, True)]
    return [kind[at : at + TOGETHER] for kind in kinds for at in range(0, len(kind), TOGETHER)]


def _as_far_as(cache: Cache, filled: int, batch: int, length: int) -> Cache:
    """A cache of a batch that begins as this one does, and has room for so many frames."""
    keys, values = (each[..., :length, :].repeat(1, batch, 1, 1, 1) for each in (cache.keys, cache.values))
    return Cache(keys, values, filled)


def _reaches(note: Sung, other: Sung, given: bool, order: Sequence[int]) -> bool:
    """Whether the note is known when the other is chosen, and near."""
    if note == other or other.start >= note.end + REACH:
        return False
    if given:
        return note.start - other.start <= REACH
    return (note.start, order.index(note.voice)) < (other.start, order.index(other.voice))


def _on(composer: Composer, music: Music) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The music as a batch of one where the composer is, and its grid of sixteenths."""
    device = next(composer.parameters()).device
    x, given, told = (each[None].to(device) for each in music)
    return x, given, told, torch.ones(1, dtype=torch.long, device=device)


def _hinted(composer: Composer, x: Tensor, given: Tensor, told: Tensor, grid: Tensor) -> Tensor | None:
    if not bool(given.any()):
        return None
    return composer.hinted(x, given, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device), told, grid)


def _log_p(
    composer: Composer,
    states: Sequence[Tensor],
    x: Tensor,
    bass: Tensor,
    at: Sequence[Sung],
    these: Sequence[int],
    first: int = 0,
) -> Tensor:
    """log p of `these` of the notes `at`, in copies x (B, T, 4) of a piece: (B, these).

    Args:
        states: what the heads read of the frames from `first` on.
    """
    order = composer.configuration.order
    then = F.pad(x[:, :-1], (0, 0, 1, 0), value=START)
    found = torch.zeros(len(x), len(these), dtype=torch.double)
    for rank, voice in enumerate(order):
        places = [place for place, number in enumerate(these) if at[number].voice == voice]
        if not places:
            continue
        frames = torch.tensor([at[these[place]].start for place in places], device=x.device)
        known = around(rank, order, x[:, frames], then[:, frames], bass[:, frames])
        logits = composer.note(rank, [state[:, frames - first] for state in states], known)  # (B, N, SYMBOLS)
        sung = x.new_tensor([at[these[place]].symbol for place in places]).expand(len(x), -1)
        found[:, places] = logits.log_softmax(-1).gather(-1, sung[..., None])[..., 0].cpu().double()
    return found


def _loudness(x: Tensor, note: Sung) -> Tensor:
    """How loud each feature is heard when a note of x (1, T, 4) is not: (T, F)."""
    loudness = torch.ones(x.shape[1], len(FIELDS), device=x.device)
    pairs = [4 * VOICES + number for number, pair in enumerate(PAIRS) if note.voice in pair]
    # What is heard before a frame is of the frame before it.
    loudness[note.start + 1 : note.end + 1, [*range(note.voice, 4 * VOICES, VOICES), *pairs]] = 0.0
    led_on = begun(x)[0, :-1, note.voice] == note.end
    loudness[1:, 2 * VOICES + note.voice] *= (~led_on).float()
    return loudness
