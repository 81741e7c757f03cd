"""A page in columns from right to left, as Chinese poems are written on paper or a fan."""

from collections.abc import Sequence
from itertools import groupby

from gesso.core.typesetting.outlines import Outlines
from gesso.core.typesetting.scripts import CLOSING, MOVED, is_square
from gesso.core.typesetting.seal import stamp_seal
from gesso.core.typesetting.sheet import SOFT, Line, Manuscript, Page, Sheet, Sign, in_colour

_EM = 112.0  # pixels
_LONGEST = 16  # characters of a line of verse; longer ones are prose, and run on in the next column
_WIDEST = 2.1  # times as wide as high that a page may be before several lines share a column

# In em of the text.
_MARGIN, _PADDING, _SIDE = 0.75, 1.2, 1.15
_TITLE, _SIGNATURE, _RUBY, _SEAL = 0.66, 0.46, 0.25, 0.92
_COMMA = 0.5  # of a character's step


def set_columns(manuscript: Manuscript, main: Outlines, small: Outlines) -> Page:
    """Sets a text in columns: its title at the right, the signature and the seal at the lower left."""
    sheet = Sheet(main, small)
    lines, prose = _wrapped(manuscript.lines)
    longest = max((_length(line, main) for line in lines), default=0.0)
    step = 1.08 if prose else 1.24 if longest < 5.6 else 1.18 if longest < 7.6 else 1.1
    apart = (1.5 if prose else 1.72 if len(lines) < 6 else 1.58) + (0.66 if manuscript.has_ruby else 0)
    high = max(longest, 4.0) * step
    shared, columns = 1, _columns(lines, 1)
    between = 0.9 * step
    while not prose and len(columns) > 1 and _wide(columns, apart) > _WIDEST * (shared * (high + between) + 2):
        shared += 1
        columns = _columns(lines, shared)
    tall = shared * high + (shared - 1) * between - (step - 1)

    titles = _cut(manuscript.title, tall, _TITLE * 1.16, main)
    head = len(titles) * _TITLE * 1.5 + 0.55 if titles else 0.0
    tail = _SEAL + 0.5 if manuscript.signature or manuscript.seal else 0.0
    width = 2 * (_MARGIN + _SIDE) + head + _wide(columns, apart) + tail
    height = 2 * (_MARGIN + _PADDING) + tall
    top = _MARGIN + _PADDING

    x = width - _MARGIN - _SIDE
    for title in titles:
        _run(sheet, title, x - _TITLE * 0.6, top, _TITLE, 1.16)
        x -= _TITLE * 1.5
    x -= 0.55 if titles else 0.0
    room = (0.66 if manuscript.has_ruby else 0) + 0.5
    for column in columns:
        for tier, line in enumerate(column):
            _run(sheet, line, x - room, top + tier * (high + between), 1.0, step)
        x -= apart if column else 0.55 * apart
    if tail:
        _sign(sheet, manuscript, _MARGIN + _SIDE + _SEAL / 2, top, top + tall)
    _frame(sheet, width, height)
    label = f"{manuscript.title}\n" if manuscript.title else ""
    label += "\n".join("".join(sign.character for sign in line) for line in manuscript.lines)
    return sheet.page(width * _EM, height * _EM, label)


def _wrapped(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    """The lines without spaces at their ends, long ones cut to columns; and whether any was."""
    if max(map(len, lines), default=0) <= _LONGEST:
        return list(lines), False
    total = sum(map(len, lines))
    reach = min(30, max(12, round((1.6 * total) ** 0.5)))
    cut: list[Line] = []
    for line in lines:
        while len(line) > reach:
            end = reach + (line[reach].character in CLOSING)
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


def _wide(columns: Sequence[Sequence[Line]], apart: float) -> float:
    """Em that the columns take, from the right of the first to the left of the last."""
    return sum(apart if column else 0.55 * apart for column in columns) - (apart - 1) if columns else 1.0


def _steps(sign: Sign, outlines: Outlines) -> float:
    """How far the next character is, in steps of the column."""
    if sign.character in MOVED:
        return _COMMA
    return outlines.glyph(sign.character, column=True).advance


def _length(line: Line, outlines: Outlines) -> float:
    """The steps of a line; what closes it hangs below."""
    hanging = bool(line) and line[-1].character in CLOSING
    return sum(_steps(sign, outlines) for sign in (line[:-1] if hanging else line))


def _cut(title: str, tall: float, step: float, outlines: Outlines) -> list[Line]:
    """The title in as many columns as it needs, of like length."""
    signs = tuple(map(Sign, title))
    if not signs:
        return []
    count = max(1, -(-_length(signs, outlines) * step // tall))
    length = round(-(-len(signs) // count))
    return [signs[start : start + length] for start in range(0, len(signs), length)]


def _run(sheet: Sheet, line: Line, x: float, y: float, size: float, step: float) -> None:
    """Sets a line downwards from `y`, about the middle `x`, in em of the text."""
    for sign in line:
        sheet.put(sign, x * _EM, y * _EM, size * _EM, column=True)
        if sign.ruby:
            _beside(sheet, sign, x + 0.56 * size, y + size * 0.5)
        # What lies on its side in a column keeps to the widths of its letters.
        spaced = step if is_square(sign.character) or sign.character.isspace() else 1.0
        y += _steps(sign, sheet.main) * size * spaced


def _beside(sheet: Sheet, sign: Sign, x: float, y: float) -> None:
    """Sets the small text of a character from `x` on, its middle at `y`."""
    ruby = in_colour(sign.ruby, sign.colour or SOFT)
    sheet.words(ruby, x * _EM, (y + 0.3 * _RUBY) * _EM, _RUBY * _EM, small=True)


def _sign(sheet: Sheet, manuscript: Manuscript, x: float, top: float, bottom: float) -> None:
    """Sets the seal at the bottom, and the signature above it."""
    if manuscript.seal:
        bottom -= _SEAL
        stamp_seal(sheet, manuscript.seal, (x - _SEAL / 2) * _EM, bottom * _EM, _SEAL * _EM)
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
        x, wide, high = (each * _EM for each in (margin, width - 2 * margin, height - 2 * margin))
        sheet.add(
            f'<rect x="{x:.2f}" y="{x:.2f}" width="{wide:.2f}" height="{high:.2f}" fill="none"'
            f' stroke="#a08c6c" stroke-width="{stroke * _EM:.2f}"/>'
        )
