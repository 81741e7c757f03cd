"""From ticks to what is written: bars, note values, dots, ties and triplets."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from gesso.core.scores import TICKS, Metre, Note, Part, Score

_VALUES = {
    8 * TICKS: "breve",
    4 * TICKS: "whole",
    2 * TICKS: "half",
    TICKS: "quarter",
    TICKS // 2: "eighth",
    TICKS // 4: "16th",
    TICKS // 8: "32nd",
}
_FINEST, _TRIPLET = TICKS // 8, TICKS // 6  # the grids that notes are moved to: 32nds, and sixteenths of triplets


@dataclass(frozen=True)
class Written:
    """A note, a chord or a rest as it is written.

    Attributes:
        start, length: in ticks from the beginning of the piece.
        notes: those that sound; none for a rest.
        value: its name in MusicXML, such as "quarter"; empty for a rest of a whole bar.
        dotted: whether it has a dot.
        triplet: whether three of its value take the time of two.
        tied_from, tied_to: whether the notes are held from the one before, and on to the next.
        fermata: whether a fermata stands on it; of notes that are tied on the last.
    """

    start: int
    length: int
    notes: tuple[Note, ...]
    value: str = ""
    dotted: bool = False
    triplet: bool = False
    tied_from: bool = False
    tied_to: bool = False
    fermata: bool = False

    @property
    def end(self) -> int:
        """The tick at which it is over."""
        return self.start + self.length


@dataclass(frozen=True)
class Bar:
    """A bar of all parts.

    Attributes:
        start, length: in ticks.
        origin: where it would begin if it were whole; a pickup has only its end.
        short: whether it is a pickup, or a last bar that a pickup completes.
    """

    start: int
    length: int
    origin: int
    short: bool = False

    @property
    def end(self) -> int:
        """The tick at which the next one begins."""
        return self.start + self.length


def bars_of(score: Score) -> list[Bar]:
    """The bars of a score, at least one."""
    whole, start = score.metre.ticks, score.pickup
    found = [Bar(0, start, start - whole, short=True)] if start else []
    while start < score.end or not found:
        found.append(Bar(start, whole, start))
        start += whole
    last = found[-1]
    if score.pickup and len(found) > 1 and score.end == last.end - score.pickup:
        found[-1] = Bar(last.start, whole - score.pickup, last.start, short=True)
    return found


def voices_of(part: Part, score: Score, most: int | None = None) -> list[list[tuple[Note, ...]]]:
    """The notes of a part in voices with one chord at a time; a part of one voice, as it should be, has one.

    Of chords that begin together the highest is the first's. Their times are moved to what can be written. Where more
    than `most` voices would be needed, the note that is over first is written shorter, or joins a chord.
    """
    grids = _grids(part, score)
    chords: dict[tuple[int, int], dict[int, Note]] = {}
    for note in part.notes:
        start, grid = _snapped(note.start, grids, score.pickup)
        length = max(grid, _snapped(note.end, grids, score.pickup)[0] - start)
        chords.setdefault((start, length), {})[note.pitch] = replace(note, start=start, length=length)
    voices: list[list[tuple[Note, ...]]] = []
    for (start, _), notes in sorted(chords.items(), key=lambda each: (each[0][0], -max(each[1]))):
        chord = tuple(note for _, note in sorted(notes.items()))
        free = next((voice for voice in voices if voice[-1][0].end <= start), None)
        if free is None and len(voices) == most:
            free = min(voices, key=lambda voice: voice[-1][0].end)
            last = free.pop()
            if last[0].start < start:
                free.append(tuple(replace(note, length=start - note.start) for note in last))
            else:
                joined = {note.pitch: replace(note, length=last[0].length) for note in (*chord, *last)}
                chord = tuple(joined[pitch] for pitch in sorted(joined))
        if free is None:
            voices.append([chord])
        else:
            free.append(chord)
    return voices or [[]]


def written(voice: Sequence[tuple[Note, ...]], bar: Bar, metre: Metre, fermatas: Sequence[int] = ()) -> list[Written]:
    """What a voice has in a bar, without gaps: rests fill them."""
    first = bisect_right(voice, bar.start, key=lambda chord: chord[0].end)
    sounding = list(takewhile(lambda chord: chord[0].start < bar.end, voice[first:]))
    if not sounding:
        return [Written(bar.start, bar.length, ())]
    found: list[Written] = []
    now = bar.start
    for chord in sounding:
        start, end = max(bar.start, chord[0].start), min(bar.end, chord[0].end)
        found += _pieces(now, start, (), bar, metre)
        paused = any(chord[0].start <= tick < chord[0].end for tick in fermatas)
        for piece in _pieces(start, end, chord, bar, metre):
            tied_to = piece.end < chord[0].end
            tied_from = piece.start > chord[0].start
            found.append(replace(piece, tied_from=tied_from, tied_to=tied_to, fermata=paused and not tied_to))
        now = end
    return [*found, *_pieces(now, bar.end, (), bar, metre)]


def _grids(part: Part, score: Score) -> dict[int, int]:
    """The beats of the part that are triplets, by their number from the first bar line, each with its grid."""
    if score.metre.ticks % TICKS:
        return {}
    errors: dict[int, list[int]] = {}
    for tick in (tick for note in part.notes for tick in (note.start, note.end)):
        place = (tick - score.pickup) % TICKS
        gaps = [abs(round(place / grid) * grid - place) for grid in (_FINEST, _TRIPLET)]
        both = errors.setdefault((tick - score.pickup) // TICKS, [0, 0])
        both[0], both[1] = both[0] + gaps[0], both[1] + gaps[1]
    return {beat: _TRIPLET for beat, (straight, triplet) in errors.items() if triplet < straight}


def _snapped(tick: int, grids: dict[int, int], pickup: int) -> tuple[int, int]:
    """The nearest place that can be written, and the grid of its beat."""
    grid = grids.get((tick - pickup) // TICKS, _FINEST)
    place = pickup + round((tick - pickup) / grid) * grid
    return max(0, place), grids.get((place - pickup) // TICKS, _FINEST)


def _pieces(start: int, end: int, notes: tuple[Note, ...], bar: Bar, metre: Metre) -> Iterator[Written]:
    """The note values that fill a stretch of a bar, split where the beat must be seen."""
    if start >= end:
        return
    offset, length = start - bar.origin, end - start
    value = _value(offset, length)
    if value and (value[2] or _shows_beats(offset, length, metre, is_rest=not notes)):
        yield Written(start, length, notes, *value)
        return
    split = _split(start, end, bar, metre)
    yield from _pieces(start, split, notes, bar, metre)
    yield from _pieces(split, end, notes, bar, metre)


def _value(offset: int, length: int) -> tuple[str, bool, bool] | None:
    """The value, dotted or not, of a triplet or not, that lasts so long from `offset` in its bar; None if none does."""
    straight = _is_straight(offset, length)
    if not straight and offset // TICKS != (offset + length - 1) // TICKS:
        return None  # the notes of a triplet stay in their beat
    seen = length if straight else length * 3 // 2
    for base, name in _VALUES.items():
        if seen == base or (2 * seen == 3 * base and base > _FINEST):
            return name, seen != base, not straight
    return None


def _is_straight(offset: int, length: int) -> bool:
    return not offset % _FINEST and not length % _FINEST


def _shows_beats(offset: int, length: int, metre: Metre, *, is_rest: bool) -> bool:
    """Whether one value from `offset` in its bar hides no beat that must be seen."""
    if length == metre.ticks:
        return True
    beat = _compound_beat(metre)
    if beat and offset % beat + length > beat and (offset % beat or length % beat):
        return False  # what lasts longer than a compound beat is whole beats, or tied
    inside = range(offset + _FINEST, offset + length, _FINEST)
    strongest = max((_strength(place, metre) for place in inside), default=0)
    return strongest <= _strength(offset, metre) + (0 if is_rest else 1)


def _compound_beat(metre: Metre) -> int:
    """The ticks of a beat of three units, as in 6/8, 9/8 and 12/8; 0 where beats are not of three."""
    is_compound = metre.unit >= 8 and metre.beats % 3 == 0 and metre.beats > 3
    return 3 * 4 * TICKS // metre.unit if is_compound else 0


def _split(start: int, end: int, bar: Bar, metre: Metre) -> int:
    """Where to divide a stretch: at its strongest place, in a triplet at its beat or after one of its thirds."""
    offset, length = start - bar.origin, end - start
    if _is_straight(offset, length):
        places = range(start + _FINEST, end, _FINEST)
    else:
        grids = (TICKS, 2 * _TRIPLET, _TRIPLET)
        firsts = ((grid, start + grid - offset % grid) for grid in grids)
        places = next(range(first, end, grid) for grid, first in firsts if first < end)
    beat = _compound_beat(metre)
    late = 1 if beat and not offset % beat else -1  # from a beat of three on, as many whole beats as there are
    return max(places, key=lambda tick: (_strength(tick - bar.origin, metre), late * tick))


def _strength(offset: int, metre: Metre) -> int:
    """How strong a place of a bar is: a bar line 8, then half a bar of four beats, beats, and halves of these."""
    offset %= metre.ticks
    if not offset:
        return 8
    unit = 4 * TICKS // metre.unit
    compound = _compound_beat(metre)
    beat = compound or unit
    if metre.beats in (4, 12) and offset == metre.ticks // 2:
        return 6
    if offset % beat == 0:
        return 5
    if compound:
        beat = 2 * unit  # its thirds are two levels weaker than itself, so that no note hides a beat
        if offset % unit == 0:
            return 3
        beat = unit
    for strength in (4, 3, 2, 1) if not compound else (2, 1):
        beat //= 2
        if beat and offset % beat == 0:
            return strength
    return 0
