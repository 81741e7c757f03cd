"""A piano roll: pitch upwards, time to the right, each voice in its colour; as shapes and as SVG."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from gesso.core.music.musicxml_writing import Colour
from gesso.core.music.notation import Bar, bars_of
from gesso.core.scores import TICKS, Metre, Note, Score

COLOURS = ("#c8455a", "#e0992f", "#3d8f78", "#2f5f92", "#7d5a9e", "#8a6d4b", "#5b7f2f", "#6b7280")
"""Those of the voices, the highest first."""

PAPER, INK = "#fbf8f1", "#3a352c"
_BLACK_ROW, _OCTAVE, _BEAT, _BAR_LINE = "#f3eee3", "#d9d0bd", "#e9e2d3", "#b8ad97"
_IVORY, _EBONY, _KEY_EDGE = "#fffdf8", "#474136", "#d9d0bd"

_QUARTER, _ROW = 30.0, 9.0  # the width of a quarter note and the height of a semitone
_KEYS, _MARGIN, _HEAD, _GAP = 40.0, 26.0, 34.0, 34.0
_QUARTERS_IN_LINE = 34
_AROUND = 2  # semitones below the lowest note and above the highest
_BLACK = {1, 3, 6, 8, 10}


@dataclass(frozen=True)
class Box:
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0.0


@dataclass(frozen=True)
class Words:
    """A line of text that ends, begins or has its middle at `x`, on the line `y`."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "start"


@dataclass(frozen=True)
class Hold:
    """A fermata, its dot at a place."""

    x: float
    y: float


Shape = Box | Words | Hold


@dataclass(frozen=True)
class Roll:
    """A piano roll as shapes, in the order in which they are painted."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


def roll(score: Score, colour: Colour | None = None) -> Roll:
    """The piano roll of a score, in as many lines of some eight bars as it takes.

    Args:
        colour: that of each note; that of its voice if not given.
    """
    pitches = [note.pitch for part in score.parts for note in part.notes] or [60]
    low, high = min(pitches) - _AROUND, max(pitches) + _AROUND
    lines = _lines(bars_of(score), score.metre)
    longest = max(line[-1].end - line[0].start for line in lines) / TICKS * _QUARTER
    width = _MARGIN + _KEYS + longest + _MARGIN
    shapes: list[Shape] = [*_head(score, width)]
    top = _MARGIN + _HEAD + (_HEAD if score.title else 0)
    for line, heard in zip(lines, _heard(lines, score), strict=True):
        shapes += _ground(line, score, low, high, top)
        shapes += _notes(line, heard, high, top, colour)
        shapes += _holds(line, score, top)
        top += (high - low + 1) * _ROW + _GAP
    height = top - _GAP + _MARGIN
    return Roll(width, height, (Box(0, 0, width, height, PAPER), *shapes))


def roll_svg(drawn: Roll) -> str:
    """A piano roll as an SVG drawing."""
    shapes = "\n".join(map(_svg, drawn.shapes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width:g} {drawn.height:g}" fill="{INK}" '
        f'font-family="Avenir, Helvetica, sans-serif">\n{shapes}\n</svg>\n'
    )


def _lines(bars: Sequence[Bar], metre: Metre) -> list[Sequence[Bar]]:
    """The bars, so many to a line that its notes are not too small."""
    fit = max(1, _QUARTERS_IN_LINE * TICKS // metre.ticks)
    first = fit + 1 if bars[0].short and len(bars) > 1 else fit
    return [bars[:first], *(bars[start : start + fit] for start in range(first, len(bars), fit))]


def _head(score: Score, width: float) -> Iterator[Shape]:
    """The title, and which colour is which voice."""
    y = _MARGIN
    if score.title:
        yield Words(width / 2, y + 16, score.title, 22, "middle")
        y += _HEAD
    x = _MARGIN + _KEYS
    for number, part in enumerate(score.parts):
        yield Box(x, y + 2, 16, _ROW, COLOURS[number % len(COLOURS)], 3)
        yield Words(x + 21, y + 11, part.name, 12)
        x += 36 + 7 * len(part.name)


def _ground(line: Sequence[Bar], score: Score, low: int, high: int, top: float) -> Iterator[Shape]:
    """The keys at the side, their rows, the beats and the bar lines with their numbers."""
    left = _MARGIN + _KEYS
    start, end = line[0].start, line[-1].end
    wide, bottom = (end - start) / TICKS * _QUARTER, top + (high - low + 1) * _ROW
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * _ROW
        if pitch % 12 in _BLACK:
            yield Box(left, y, wide, _ROW, _BLACK_ROW)
        if pitch % 12 == 0:
            yield Box(left, y + _ROW - 0.5, wide, 1, _OCTAVE)
    unit = 4 * TICKS // score.metre.unit
    for bar in line:
        for tick in range(bar.end - unit, bar.start, -unit):
            yield Box(left + (tick - start) / TICKS * _QUARTER - 0.5, top, 1, bottom - top, _BEAT)
        x = left + (bar.start - start) / TICKS * _QUARTER
        yield Box(x - 0.6, top, 1.2, bottom - top, _BAR_LINE)
        number = (bar.start - score.pickup) // score.metre.ticks + 1
        if number > 0:
            yield Words(x + 3, top - 4, str(number), 9)
    yield Box(left + wide - 0.6, top, 1.2, bottom - top, _BAR_LINE)
    yield from _keyboard(low, high, top)


def _keyboard(low: int, high: int, top: float) -> Iterator[Shape]:
    right = _MARGIN + _KEYS - 4
    yield Box(_MARGIN, top, right - _MARGIN, (high - low + 1) * _ROW, _IVORY)
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * _ROW
        if pitch % 12 in _BLACK:
            yield Box(_MARGIN, y + _ROW / 2 - 0.3, right - _MARGIN, 0.6, _KEY_EDGE)
            yield Box(_MARGIN, y, 0.55 * (right - _MARGIN), _ROW, _EBONY, 1.5)
        elif pitch % 12 in (0, 5):
            yield Box(_MARGIN, y + _ROW - 0.3, right - _MARGIN, 0.6, _KEY_EDGE)
        if pitch % 12 == 0:
            yield Words(right - 2, y + _ROW - 1.5, f"C{pitch // 12 - 1}", 8, "end")


def _heard(lines: Sequence[Sequence[Bar]], score: Score) -> list[list[tuple[int, Note]]]:
    """The notes of each line, with the numbers of their parts; one that is held over its end is in both."""
    starts = [line[0].start for line in lines]
    found: list[list[tuple[int, Note]]] = [[] for _ in lines]
    for number, part in enumerate(score.parts):
        for note in part.notes:
            first = bisect_right(starts, note.start) - 1
            for line in range(first, bisect_left(starts, note.end, first + 1)):
                found[line].append((number, note))
    return found


def _notes(
    line: Sequence[Bar], heard: Sequence[tuple[int, Note]], high: int, top: float, colour: Colour | None
) -> Iterator[Shape]:
    start, end = line[0].start, line[-1].end
    left = _MARGIN + _KEYS
    on_key: defaultdict[int, list[tuple[int, Note]]] = defaultdict(list)
    for number, note in heard:
        on_key[note.pitch].append((number, note))
    for number, note in heard:
        together = sorted({n for n, each in on_key[note.pitch] if each.start < note.end and each.end > note.start})
        share = _ROW / len(together)
        x = left + (max(note.start, start) - start) / TICKS * _QUARTER
        length = (min(note.end, end) - max(note.start, start)) / TICKS * _QUARTER
        y = top + (high - note.pitch) * _ROW + together.index(number) * share
        fill = (colour(number, note) if colour else None) or COLOURS[number % len(COLOURS)]
        yield Box(x + 0.6, y + 0.4, max(1.5, length - 1.2), share - 0.8, fill, min(3.0, share / 3))


def _holds(line: Sequence[Bar], score: Score, top: float) -> Iterator[Shape]:
    for tick in score.fermatas:
        if line[0].start <= tick < line[-1].end:
            yield Hold(_MARGIN + _KEYS + (tick - line[0].start) / TICKS * _QUARTER + _QUARTER / 2, top - 5)


def _svg(shape: Shape) -> str:
    match shape:
        case Box():
            round_ = f' rx="{shape.radius:.3g}"' if shape.radius else ""
            place = f'x="{shape.x:.2f}" y="{shape.y:.2f}" width="{shape.width:.2f}" height="{shape.height:.2f}"'
            return f'<rect {place}{round_} fill="{shape.fill}"/>'
        case Words():
            anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
            place = f'x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size:g}"{anchor}'
            return f"<text {place}>{escape(shape.text)}</text>"
        case Hold():
            bow = f'<path d="M{shape.x - 6:.2f} {shape.y:.2f}a6 6 0 0 1 12 0" fill="none" stroke="{INK}"/>'
            return f'{bow}<circle cx="{shape.x:.2f}" cy="{shape.y - 1:.2f}" r="1.3"/>'
