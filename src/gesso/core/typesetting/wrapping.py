"""Lines broken to a measure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gesso.core.typesetting.scripts import CLOSING, OPENING, is_square
from gesso.core.typesetting.sheet import Line, Sheet

_TURNOVER = 1.5  # times the measure that a line of verse may be; longer ones are paragraphs


@dataclass(frozen=True)
class Row:
    """A line as it is set, `indent` em from the left; one without signs parts stanzas or paragraphs."""

    signs: Line = ()
    indent: float = 0.0


def rows_of(lines: Sequence[Line], measure: float, sheet: Sheet) -> tuple[list[Row], bool]:
    """The lines in rows at most `measure` em wide, and whether there are paragraphs among them.

    What is left of a line of verse is indented below it. A paragraph that follows another is indented at its beginning.
    """
    rows: list[Row] = []
    paragraphs = False
    for number, line in enumerate(lines):
        wide = sheet.measure(sign.character for sign in line)
        if wide <= measure:
            rows.append(Row(line))
        elif wide <= _TURNOVER * measure:
            first, *rest = _broken(line, sheet, measure, measure - 2)
            rows += [Row(first), *(Row(each, 2.0) for each in rest)]
        else:
            indent = 1.5 if number and lines[number - 1] else 0.0
            first, *rest = _broken(line, sheet, measure - indent, measure)
            rows += [Row(first, indent), *map(Row, rest)]
            paragraphs = True
    return rows, paragraphs


def _broken(line: Line, sheet: Sheet, first: float, others: float) -> Iterator[Line]:
    """The line in pieces, the first at most `first` em wide and the others `others`."""
    start, room = 0, first
    while start < len(line):
        end = _end(line, sheet, start, room)
        yield _trimmed(line[start:end])
        start, room = end, others
        while start < len(line) and line[start].character.isspace():
            start += 1


def _end(line: Line, sheet: Sheet, start: int, room: float) -> int:
    """Where the piece that begins at `start` ends: after a word, or in one that is longer than the room."""
    wide, best = 0.0, start
    for at in range(start, len(line)):
        if at > start and _may_break(line[at - 1].character, line[at].character):
            best = at
        wide += sheet.main.advance(line[at].character)
        if wide > room and not line[at].character.isspace():
            return best if best > start else max(at, start + 1)
    return len(line)


def _may_break(before: str, after: str) -> bool:
    if after in CLOSING or after.isspace() or before in OPENING:
        return False
    return before.isspace() or before in "-–—" or is_square(before) or is_square(after)


def _trimmed(line: Line) -> Line:
    end = len(line)
    while end and line[end - 1].character.isspace():
        end -= 1
    return line[:end]
