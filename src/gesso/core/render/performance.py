"""How a score is played: when each note begins and ends, how loud it is, and how it comes from the one before."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gesso.core.scores import TICKS, Score
from gesso.core.seeds import derive

Floats = NDArray[np.float64]

GRID = TICKS // 4  # the tempo changes from sixteenth to sixteenth
FINAL_TEMPO = 0.55  # of the tempo before, at the last chord
FERMATA = 0.6  # of the tempo, while one is held
BREATH = 0.28  # seconds before a phrase begins
REPEATED = 0.06  # seconds by which a note ends early when the next has the same pitch
UNEVEN = 0.007  # seconds of standard deviation by which players begin apart


@dataclass(frozen=True)
class Expression:
    """What a player does that the score does not say.

    Attributes:
        ritardando: slow down to the last chord.
        breath: hold fermatas, and breathe before what follows.
        shaping: 0 to 1, how much louder strong beats, the middle of phrases and the upper part are.
        unevenness: 0 to 1, how far apart players begin.
    """

    ritardando: bool = True
    breath: bool = True
    shaping: float = 1.0
    unevenness: float = 1.0


@dataclass(frozen=True)
class Notes:
    """The notes of one part as they are played, (N,) each, in the order of the score.

    Attributes:
        onset, offset: seconds.
        pitch: as MIDI counts.
        velocity: 1 to 127, with fractions.
        glide: semitones from the note before, if it leads into this one without a gap; else 0.
        joined: whether one does.
        leads: whether this one leads into the next.
    """

    onset: Floats
    offset: Floats
    pitch: Floats
    velocity: Floats
    glide: Floats
    joined: NDArray[np.bool_]
    leads: NDArray[np.bool_]


def performance(score: Score, expression: Expression | None = None, *, seed: int = 0) -> list[Notes]:
    """The notes of each part of a score, as they are played."""
    told = Expression() if expression is None else expression
    score = with_tempi(score, told)
    phrases = _phrases(score)
    top = max(range(len(score.parts)), key=lambda number: _height(score, number), default=0)
    played: list[Notes] = []
    for number, part in enumerate(score.parts):
        notes = sorted(part.notes)
        start = np.array([note.start for note in notes], np.float64)
        end = np.array([note.end for note in notes], np.float64)
        pitch = np.array([note.pitch for note in notes], np.float64)
        velocity = np.array([note.velocity for note in notes], np.float64)
        leads = np.zeros(len(notes), bool)
        leads[:-1] = (end[:-1] == start[1:]) & (start[:-1] < start[1:])
        breathes = np.isin(end, phrases[1:]) if told.breath else np.zeros(len(notes), bool)
        again = leads & ~breathes & (pitch == np.append(pitch[1:], -1))
        leads &= ~breathes & ~again
        joined = np.append(False, leads[:-1])[: len(notes)]
        glide = np.where(joined, np.append(0, pitch[:-1])[: len(notes)] - pitch, 0)
        onset, offset = (seconds(score, ticks) for ticks in (start, end))
        length = offset - onset
        offset = offset - np.select(
            [breathes, again], [np.minimum(BREATH, length / 3), np.minimum(REPEATED, length / 4)], 0
        )
        late = np.random.default_rng(derive(seed, "onsets", number)).normal(size=len(notes)).clip(-2, 2)
        onset = (onset + told.unevenness * UNEVEN * late).clip(min=0)
        velocity = velocity + told.shaping * (_shape(score, start, phrases) + (5 if number == top else 0))
        velocity = velocity.clip(1, 127)
        played.append(Notes(onset, np.maximum(offset, onset + 0.03), pitch, velocity, glide, joined, leads))
    return played


def with_tempi(score: Score, expression: Expression) -> Score:
    """The score with the tempi at which it is played. One that has more than one of its own keeps to them.

    The final ritardando is that of a runner who comes to a stop (Friberg and Sundberg 1999, "Does music performance
    allude to locomotion?"): v(x) = (1 + (w^q - 1) x)^(1/q) with q = 3 and the final tempo w, over the last bar.
    """
    if score.tempi:
        return score
    held = _held(score) if expression.breath else []
    last = max((note.start for part in score.parts for note in part.notes), default=0)
    span = min(score.metre.ticks, last / 4) if expression.ritardando else 0
    first = -int((span - last) // GRID)  # of the sixteenths of the ritardando
    places = {*itertools.chain(*held), *range(first * GRID, last + GRID, GRID)}
    tempi: list[tuple[int, float]] = []
    for tick in sorted(place for place in places if place < score.end):
        factor = FERMATA if any(begin <= tick < end for begin, end in held) else 1.0
        if span:
            x = min(max((tick - last + span) / span, 0), 1)
            factor = min(factor, (1 + (FINAL_TEMPO**3 - 1) * x) ** (1 / 3))
        tempo = round(score.tempo * factor, 2)
        if tempo != (tempi[-1][1] if tempi else score.tempo):
            tempi.append((tick, tempo))
    return replace(score, tempi=tuple(tempi))


def seconds(score: Score, ticks: Floats) -> Floats:
    """When ticks of a score are played, in seconds, at the tempi that it says."""
    starts = np.array([0, *(tick for tick, _ in score.tempi)], np.float64)
    each = 60 / TICKS / np.array([score.tempo, *(tempo for _, tempo in score.tempi)])  # seconds of a tick
    begun = np.append(0, np.cumsum(np.diff(starts) * each[:-1]))
    at = np.searchsorted(starts, ticks, side="right") - 1
    return begun[at] + (ticks - starts[at]) * each[at]


def _held(score: Score) -> list[tuple[int, int]]:
    """The ticks from which and to which each fermata lasts: the note of the highest part that it stands on."""
    spans: list[tuple[int, int]] = []
    for tick in score.fermatas:
        ends = [note.end for part in score.parts for note in part.notes if note.start <= tick < note.end]
        if ends:
            spans.append((tick, ends[0]))
    return spans


def _phrases(score: Score) -> Floats:
    """The ticks at which phrases begin, and at which the last is over."""
    return np.unique(np.array([0, *(end for _, end in _held(score)), score.end], np.float64))


def _height(score: Score, number: int) -> float:
    notes = score.parts[number].notes
    return sum(note.pitch for note in notes) / len(notes) if notes else 0.0


def _shape(score: Score, start: Floats, phrases: Floats) -> Floats:
    """By how much louder notes are, in velocity: an arch over the phrase (Todd 1992), and the metre's weights."""
    if not len(start):
        return start
    index = (np.searchsorted(phrases, start, side="right") - 1).clip(0, max(len(phrases) - 2, 0))
    begin, end = phrases[index], phrases[np.minimum(index + 1, len(phrases) - 1)]
    x = (start - begin) / np.maximum(end - begin, 1)
    arch = 12 * (0.35 - (x - 0.6) ** 2 / 0.36)
    place = (start - score.pickup) % score.metre.ticks
    beat = 4 * TICKS / score.metre.unit
    weight = np.where(place == 0, 5.0, np.where(place % beat == 0, 1.5, -2.5))
    return arch + weight
