"""A page in columns from right to left, as Chinese poems are written on paper or a fan."""

from collections.abc import Sequence
from itertools import groupby

from gesso.core.typesetting.outlines import Outlines
from gesso.core.typesetting.scripts import CLOSING, MOVED, OPENING, is_square
from gesso.core.typesetting.seal import stamp_seal
from gesso.core.typesetting.sheet import SOFT, Line, Manuscript, Page, Sheet, Sign, in_colour

_EM = 112.0  # pixels, where the page is not wider than _PIXELS
_SMALLEST_EM = 48.0
_PIXELS = 3000
_LONGEST = 16  # characters of a line of verse; longer ones are prose, and run on in the next column
_WIDEST = 2.1  # times as wide as high that a page may be before several lines share a column

# In em of the text.
_MARGIN, _PADDING, _SIDE = 0.75, 1.2, 1.25
_TITLE, _SIGNATURE, _RUBY, _SEAL = 0.66, 0.46, 0.27, 0.92
_RUBY_ROOM, _HANGING, _TAIL, _STANZA = 0.72, 0.3, 0.55, 0.55
_COMMA = 0.5  # of a character's step, in verse


def set_columns(manuscript: Manuscript, main: Outlines, small: Outlines) -> Page:
    """Sets a text in columns: its title at the right, the signature and the seal at the lower left."""
    lines, prose = _wrapped(manuscript.lines)
    longest = max((_length(line, main, prose) for line in lines), default=0.0)
    step = 1.08 if prose else 1.24 if longest < 5.6 else 1.18 if longest < 7.6 else 1.1
    wide = 1 + (_RUBY_ROOM if manuscript.has_ruby else 0)
    apart = wide + (0.5 if prose else 0.72 if len(lines) < 6 else 0.58)
    high = max(longest, 4.0) * step
    shared, columns = 1, _columns(lines, 1)
    between = 0.9 * step
    while not prose and len(columns) > 1 and _across(columns, wide, apart) > _WIDEST * (shared * (high + between) + 2):
        shared += 1
        columns = _columns(lines, shared)
    hanging = _HANGING if any(line and line[-1].character in CLOSING for line in lines) else 0.0
    tall = shared * high + (shared - 1) * between - (step - 1) + hanging

    titles = _cut(manuscript.title, tall, _TITLE * 1.16, main)
    head = len(titles) * _TITLE * 1.5 + 0.55 if titles else 0.0
    tail = _SEAL + _TAIL if manuscript.signature or manuscript.seal else 0.0
    width = 2 * (_MARGIN + _SIDE) + head + _across(columns, wide, apart) + tail
    height = 2 * (_MARGIN + _PADDING) + tall
    top = _MARGIN + _PADDING

    sheet = Sheet(main, small, em=max(_SMALLEST_EM, min(_EM, _PIXELS / width)))
    x = width - _MARGIN - _SIDE
    for title in titles:
        _run(sheet, title, x - _TITLE * 0.6, top, _TITLE, 1.16)
        x -= _TITLE * 1.5
    x -= 0.55 if titles else 0.0
    for column in columns:
        for tier, line in enumerate(column):
            _run(sheet, line, x - wide + 0.5, top + tier * (high + between), 1.0, step, 1.0 if prose else _COMMA)
        x -= apart if column else _STANZA * apart
    if tail:
        _sign(sheet, manuscript, _MARGIN + _SIDE + _SEAL / 2, top, top + tall - hanging)
    _frame(sheet, width, height)
    return sheet.page(width, height, manuscript.label)


def _wrapped(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    """The lines, long ones cut to columns, and whether any was."""
    if max(map(len, lines), default=0) <= _LONGEST:
        return list(lines), False
    total = sum(map(len, lines))
    reach = min(30, max(12, round((1.6 * total) ** 0.5)))
    cut: list[Line] = []
    for line in lines:
        while len(line) > reach:
            end = reach - (line[reach - 1].character in OPENING) + (line[reach].character in CLOSING)
            cut.append(line[:end])
            line = line[end:]
        cut.append(line)
    return cut, True


def _columns(lines: Sequence[Line], shared: int) -> list[list[Line]]:
    """The lines in columns, so many in each; an empty column parts stanzas."""
    columns: list[list[Line]] = []
    for empty, group in groupby(lines, lambda line: not line):
        stanza = list(group)
        if empty:
            columns += [[]] if columns else []
            continue
        columns += [stanza[start : start + shared] for start in range(0, len(stanza), shared)]
    return columns[:-1] if columns and not columns[-1] else columns


def _across(columns: Sequence[Sequence[Line]], wide: float, apart: float) -> float:
    """Em that columns take, each as wide and so far from the next."""
    return sum(apart if column else _STANZA * apart for column in columns) - apart + wide if columns else wide


def _advance(sign: Sign, outlines: Outlines, comma: float) -> float:
    """How far the next character is, in steps of the column."""
    return comma if sign.character in MOVED else outlines.glyph(sign.character, column=True).advance


def _length(line: Line, outlines: Outlines, prose: bool = False) -> float:
    """The steps of a line; what closes it hangs below."""
    hanging = bool(line) and line[-1].character in CLOSING
    return sum(_advance(sign, outlines, 1.0 if prose else _COMMA) for sign in (line[:-1] if hanging else line))


def _cut(title: str, tall: float, step: float, outlines: Outlines) -> list[Line]:
    """The title in as many columns as it needs, of like length."""
    signs = tuple(map(Sign, title))
    if not signs:
        return []
    count = max(1, -(-_length(signs, outlines) * step // tall))
    length = round(-(-len(signs) // count))
    return [signs[start : start + length] for start in range(0, len(signs), length)]


def _run(sheet: Sheet, line: Line, x: float, y: float, size: float, step: float, comma: float = _COMMA) -> None:
    """Sets a line downwards from `y`, about the middle `x`, in em of the text."""
    for sign in line:
        sheet.put(sign, x, y, size, column=True)
        if sign.ruby:
            _beside(sheet, sign, x + 0.56 * size, y + size * 0.5)
        # What lies on its side in a column keeps to the widths of its letters.
        spaced = step if is_square(sign.character) or sign.character.isspace() else 1.0
        y += _advance(sign, sheet.main, comma) * size * spaced


def _beside(sheet: Sheet, sign: Sign, x: float, y: float) -> None:
    """Sets the small text of a character from `x` on, its middle at `y`."""
    ruby = in_colour(sign.ruby, sign.colour or SOFT)
    sheet.words(ruby, x, y + 0.3 * _RUBY, _RUBY, small=True)


def _sign(sheet: Sheet, manuscript: Manuscript, x: float, top: float, bottom: float) -> None:
    """Sets the seal at the bottom, and the signature above it."""
    if manuscript.seal:
        bottom -= _SEAL
        stamp_seal(sheet, manuscript.seal, x - _SEAL / 2, bottom, _SEAL)
        bottom -= 0.3
    line = in_colour(manuscript.signature, SOFT)
    size = _SIGNATURE
    if line:
        long = _length(line, sheet.main) * 1.14
        size = min(size, (bottom - top) / long)
        _run(sheet, line, x, bottom - long * size, size, 1.14)


def _frame(sheet: Sheet, width: float, height: float) -> None:
    """A double line about the page, the inner one fine."""
    for margin, stroke in ((_MARGIN, 0.026), (_MARGIN + 0.09, 0.009)):
        sheet.frame(margin, margin, width - 2 * margin, height - 2 * margin, stroke)
