"""A piece drawn from a composer frame by frame, so that it keeps to what is asked of it.

In each frame the voices are chosen one after the other from what the composer finds likely and the rules allow. A note
that would leave another voice nothing is not taken: of the few that voices have, all are tried. Where no chord is left
at all, the frame before is chosen anew if nothing is given. If notes are, the frame has to keep to less: first voices
may move where they should rest, then parallels are allowed, then crossing, then any chord. What is composed always
keeps to the ranges.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from gesso.arts.compose.build import Composer
from gesso.arts.compose.frames import CLASSES, LOW, SILENT, START, SYMBOLS, VOICES, first_bass, heard
from gesso.arts.compose.head import around
from gesso.arts.compose.phrases import BEAT
from gesso.arts.compose.rules import UNCHOSEN, Allowed, Notes, Rules
from gesso.core.errors import GessoError
from gesso.networks import decoding

BASS = VOICES - 1
RETREATS = 100
"""How often in a piece the frame before is chosen anew. Chorales hardly need it; narrow ranges may."""

RAREST = 0.01
"""What has less than this share of the likeliest's probability is not taken: a voice that is nearly sure to stay has
hundreds of sixteenths to move in, and would do so absurdly once or twice in a piece."""


class Chord(NamedTuple):
    """A triad in root position, as pitch classes. One voice at least has the third, if it is to be `whole`."""

    root: int
    third: int
    fifth: int
    whole: bool = False

    def has(self, notes: Notes) -> bool:
        """Whether the notes that are chosen are of this chord."""
        there = _classes(notes)
        return there.get(BASS, self.root) == self.root and {*there.values()} <= {self.root, self.third, self.fifth}

    def left(self, voice: int, notes: Notes) -> tuple[int, ...]:
        """The pitch classes that a voice may have beside the notes that are chosen."""
        if not self.has(notes):
            return ()
        if voice == BASS:
            return (self.root,)
        last = all(note != UNCHOSEN for other, note in enumerate(notes) if other != voice)
        bare = self.whole and last and self.third not in _classes(notes).values()
        return (self.third,) if bare else (self.root, self.third, self.fifth)


class Plan(NamedTuple):
    """What a piece of T frames is to be.

    Attributes:
        frames: the symbols of the notes that are given (T, 4).
        given: which are (T, 4).
        told: key, quarters left of the phrase, quarters left of the piece, at each frame (T, 3).
        held: frames in which no voice moves, as on the last chord of a phrase (T,).
        chords: what some frames have to be, such as the first and the last: one of so many.
        sources: the earlier frame that each repeats, or -1 (T,).
    """

    frames: Tensor
    given: Tensor
    told: Tensor
    held: Tensor
    chords: dict[int, tuple[Chord, ...]]
    sources: Tensor


class Taste(NamedTuple):
    """How daring the choice of a note is where a voice moves; when it moves is as likely as the composer finds it.

    Most sixteenths hold the note before, so that sharper choices among all notes would hold on for too long.
    """

    temperature: float = 1.0
    top_p: float = 1.0


class Piece(NamedTuple):
    """What came of a plan: symbols (T, 4), and the frames in which a rule was relaxed."""

    frames: Tensor
    relaxed: tuple[int, ...]


@torch.inference_mode()
def search(
    composer: Composer,
    plan: Plan,
    rules: Rules,
    taste: Taste,
    generator: Generator,
    advance: Callable[[], None] = lambda: None,
) -> Piece:
    """A piece that keeps to the plan and the rules.

    Raises GessoError when the ranges leave a voice nothing.
    """
    device = next(composer.parameters()).device
    steps = len(plan.frames)
    x = plan.frames[None].clone()
    given, told, grid = plan.given[None], plan.told[None], torch.ones(1, dtype=torch.long)
    hinted = None
    if bool(given.any()):
        there = torch.ones(1, steps, dtype=torch.bool)
        known = (x, given, there, told, grid)
        hinted = composer.hinted(*(each.to(device) for each in known), generator=None)
    caches = composer.empty_caches(1, steps)
    relaxed: list[int] = []
    refused: list[list[list[int]]] = [[] for _ in range(steps)]  # chords of each frame that left the next nothing
    retreats = RETREATS if hinted is None else 0
    t = 0
    while t < steps:
        for cache in caches:
            cache.filled = t
        features = heard(x[:, : t + 1], told[:, : t + 1], grid)[:, -1:].to(device)
        states = composer.states(features, None if hinted is None else hinted[:, t : t + 1], caches)
        then = x[:, t - 1 : t] if t else torch.full((1, 1, VOICES), START)
        bass = first_bass(x)[:, None] if t else torch.full((1, 1), CLASSES)
        frame = _Frame(composer, states, then.to(device), bass.to(device), taste, generator, refused[t])
        chord = [int(note) if known else UNCHOSEN for note, known in zip(plan.frames[t], plan.given[t], strict=True)]
        if (source := int(plan.sources[t])) >= 0:
            chord = x[0, source].tolist()
        before = [note if note != START else SILENT for note in then[0, 0].tolist()]
        held = before if t and bool(plan.held[t]) else None
        near = [before, *following(plan, x[0], t)]
        ways = demands(rules, near, held, plan.chords.get(t, ()))
        found = frame.chosen(chord, ways[0])
        if found is None and t and retreats:
            retreats -= 1
            refused[t].clear()
            t -= 1
            refused[t].append(x[0, t].tolist())
            continue
        if found is None:
            relaxed.append(t)
            found = next(filter(None, (frame.chosen(chord, way) for way in ways[1:])), None)
        if found is None:
            raise GessoError("a voice has no note left in its range: train with music of wider ranges")
        x[0, t] = torch.tensor(found)
        t += 1
        advance()
    return Piece(x[0], tuple(relaxed))


def following(plan: Plan, frames: Tensor, t: int) -> Sequence[Notes]:
    """What is known of the first frame (4,) within a beat after t that is of a phrase that returns, or in which notes
    are given of voices that have none at t; at most one."""
    for at in range(t + 1, min(t + 1 + BEAT, len(frames))):
        if (source := int(plan.sources[at])) >= 0:
            return [frames[source].tolist()]
        if bool((plan.given[at] & ~plan.given[t]).any()):
            return [torch.where(plan.given[at], plan.frames[at], SILENT).tolist()]
    return []


def _classes(notes: Notes) -> dict[int, int]:
    """The pitch classes of the voices that sound."""
    return {voice: (note + LOW - 1) % CLASSES for voice, note in enumerate(notes) if note > SILENT}


Demand = Callable[[int, Notes], Allowed]
"""A voice, and the notes of the frame that are known -> what that voice may take."""


def demands(rules: Rules, near: Sequence[Notes], held: Notes | None, asked: Sequence[Chord]) -> list[Demand]:
    """What a frame has to keep to, and the less that it has to where that cannot be, as the module says.

    `near` is the frame before it and, if there is one, that of `following`: what is parallel is so both ways.
    """

    def demand(rules: Rules, held: Notes | None, asked: Sequence[Chord]) -> Demand:
        def allowed(voice: int, chosen: Notes) -> Allowed:
            notes = np.logical_and.reduce([rules.allowed(voice, chosen, frame) for frame in near])
            if held is not None and held[voice] > SILENT:
                notes &= np.arange(SYMBOLS) == held[voice]
            if asked:
                classes = [step for chord in asked for step in chord.left(voice, chosen)]
                notes &= np.isin((np.arange(SYMBOLS) + LOW - 1) % CLASSES, classes)
            return notes

        return allowed

    free = rules._replace(parallels=True)
    crossing = free._replace(crossing=True)
    return [
        demand(rules, held, asked),
        demand(rules, None, asked),
        demand(free, None, asked),
        demand(crossing, None, asked),
        demand(crossing, None, ()),
    ]


class _Frame:
    """The choice of the notes of one frame."""

    def __init__(
        self,
        composer: Composer,
        states: Sequence[Tensor],
        then: Tensor,
        bass: Tensor,
        taste: Taste,
        generator: Generator,
        refused: Sequence[Notes],
    ):
        self.composer, self.order = composer, composer.configuration.order
        self.states, self.then, self.bass = states, then, bass
        self.taste = [decoding.temperature(taste.temperature), decoding.top_p(taste.top_p)]
        self.generator, self.refused = generator, refused

    def chosen(self, chord: Notes, demand: Demand) -> list[int] | None:
        """The chord with a note for each voice that has none; None when there is none that may be taken."""
        found = list(chord)
        if not self._can_be(found, demand):
            return None
        for number, voice in enumerate(self.order):
            if found[voice] != UNCHOSEN:
                continue
            left = torch.from_numpy(demand(voice, found))
            x = torch.tensor(found, device=self.then.device).view(1, 1, VOICES)
            known = around(number, self.order, x, self.then, self.bass)
            logits = self.composer.note(number, self.states, known)[0].cpu()  # (1, SYMBOLS)
            last = self.then[0, :, voice].cpu().clamp(max=SYMBOLS - 1)
            while True:
                rules = [decoding.only(left), decoding.min_p(RAREST), decoding.apart(last, self.taste)]
                found[voice] = int(decoding.choose(decoding.ruled(logits, rules), decoding.chances([self.generator])))
                if self._can_be(found, demand):
                    break
                left[found[voice]] = False
        return found

    def _can_be(self, chord: list[int], demand: Demand) -> bool:
        """Whether there are notes for the voices that have none, so that the chord may be taken."""
        voice = next((voice for voice in self.order if chord[voice] == UNCHOSEN), None)
        if voice is None:
            return chord not in self.refused
        notes = np.flatnonzero(demand(voice, chord)).tolist()
        return any(self._can_be([*chord[:voice], note, *chord[voice + 1 :]], demand) for note in notes)
