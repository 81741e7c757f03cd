"""Music as files of notation hold it: bar after bar, with repeats and ties; and the notes that are heard of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile

from gesso.core.errors import GessoError
from gesso.core.scores import Note

_MOST_BARS = 20_000


@dataclass
class Held:
    """A note of a bar: `start` ticks after its bar line; tied to the one before or to the next."""

    start: int
    length: int
    pitch: int
    tied_from: bool = False
    tied_to: bool = False


@dataclass
class Measure:
    """A bar.

    Attributes:
        length: in ticks.
        opens: whether a repeat begins with it.
        times: how often what it closes is played; 0 if it closes no repeat.
        endings: in which rounds it is played; in all if empty.
        fermatas: the notes that one stands on, as ticks after the bar line: where each begins, and is over.
        tempi: the tempi that begin in it, as ticks after the bar line and quarters in a minute.
    """

    length: int = 0
    opens: bool = False
    times: int = 0
    endings: tuple[int, ...] = ()
    fermatas: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    tempi: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])


def unfolded(measures: Sequence[Measure], name: str) -> list[int]:
    """The numbers of the bars in the order in which they are played. Raises GessoError for endless ones."""
    order: list[int] = []
    start, round_, at, jumped = 0, 1, 0, True
    while at < len(measures):
        measure = measures[at]
        left_endings = at > 0 and measures[at - 1].endings and not measure.endings
        if not jumped and (measure.opens or left_endings):
            start, round_ = at, 1
        jumped = False
        if not measure.endings or round_ in measure.endings:
            order.append(at)
            if len(order) > _MOST_BARS:
                raise GessoError(f"{name} has more than {_MOST_BARS} bars with its repeats; give a part of it")
            if measure.times and round_ < _rounds(measures, at):
                at, round_, jumped = start, round_ + 1, True
                continue
            if measure.times and not measure.endings:
                start, round_ = at + 1, 1
        at += 1
    return order


def _rounds(measures: Sequence[Measure], at: int) -> int:
    """How often the section is played that the bar closes: as often as its endings say."""
    if not measures[at].endings:
        return measures[at].times
    before = takewhile(lambda measure: measure.endings, reversed(measures[:at]))
    after = takewhile(lambda measure: measure.endings, measures[at:])
    return max(max(measure.endings) for measure in chain(before, after))


def heard(bars: Sequence[Sequence[Held]], measures: Sequence[Measure], order: Sequence[int]) -> tuple[Note, ...]:
    """The notes of a voice, given its notes in each bar, with tied ones made one."""
    notes: list[Note] = []
    open_: dict[int, Note] = {}
    now = 0
    for at in order:
        for held in sorted(bars[at], key=lambda each: (each.start, each.pitch)):
            start = now + held.start
            note = Note(start, held.length, held.pitch)
            before = open_.pop(held.pitch, None)
            if before is not None and held.tied_from and before.end == start:
                note = Note(before.start, start + held.length - before.start, held.pitch)
            elif before is not None:
                notes.append(before)
            if held.tied_to:
                open_[held.pitch] = note
            else:
                notes.append(note)
        now += measures[at].length
    return tuple(sorted([*notes, *open_.values()]))


def fermatas_of(measures: Sequence[Measure], order: Sequence[int]) -> tuple[int, ...]:
    """The ticks of all the fermatas that are heard.

    A fermata is a moment of all voices, that at which the last of them has come to its note.
    """
    found: list[int] = []
    now = 0
    for at in order:
        over = 0
        for begin, end in sorted(measures[at].fermatas):
            if begin < over:
                found[-1], over = now + begin, min(over, end)
            else:
                found.append(now + begin)
                over = end
        now += measures[at].length
    return tuple(found)


def tempi_of(measures: Sequence[Measure], order: Sequence[int]) -> list[tuple[int, float]]:
    """The tempi that are heard, each another than the one before, and the ticks at which they begin."""
    found: list[tuple[int, float]] = []
    now = 0
    for at in order:
        for tick, tempo in sorted(measures[at].tempi, key=lambda each: each[0]):
            if not found or tempo != found[-1][1]:
                found.append((now + tick, tempo))
        now += measures[at].length
    return found
