"""A page in rows from left to right: a poem with its lines as they are, or prose broken to a measure."""

from collections.abc import Sequence

from gesso.core.typesetting.outlines import Outlines
from gesso.core.typesetting.scripts import is_chinese
from gesso.core.typesetting.seal import stamp_seal
from gesso.core.typesetting.sheet import SOFT, Manuscript, Page, Sheet, in_colour
from gesso.core.typesetting.wrapping import Row, rows_of

_EM = 48.0  # pixels
_LETTERS = 60  # of a line of prose; of Chinese, less than half as many characters
_CHARACTERS = 26
_TALLEST = 1.5  # times as high as wide that a page may be before its text stands in columns

_ALPHABET = "the quick brown fox jumps over the lazy dog "

# In em of the text.
_MARGIN, _GUTTER, _NARROWEST = 4.5, 3.5, 13.0
_LEADING, _LEADING_CHINESE, _STANZA = 1.45, 1.8, 0.8
_RUBY, _RUBY_ROOM, _RUBY_APART = 0.4, 0.75, 0.18
_SIGNATURE, _SEAL = 0.82, 2.1
_CAPITALS, _SMALL_CAPITALS, _TRACKING, _TITLE_CHINESE = 1.15, 0.92, 0.07, 1.35


def set_rows(manuscript: Manuscript, main: Outlines, small: Outlines) -> Page:
    """Sets a text in rows: the title above in small capitals, the signature below at the right."""
    text = "".join(sign.character for line in manuscript.lines for sign in line)
    chinese = is_chinese(text)
    sheet = Sheet(main, small, em=_EM, tracking=_tracking(manuscript, small))
    measure = _CHARACTERS if chinese else sheet.measure(_ALPHABET) / len(_ALPHABET) * _LETTERS
    rows, paragraphs = rows_of(manuscript.lines, measure, sheet)
    leading = (_LEADING_CHINESE if chinese else _LEADING) + (_RUBY_ROOM if manuscript.has_ruby else 0)
    widest = max((row.indent + sheet.measure(sign.character for sign in row.signs) for row in rows), default=0.0)
    block = measure if paragraphs else widest
    title, high = _title(manuscript.title, max(block, 0.8 * measure), sheet)
    columns = _balanced(rows, block, leading)

    inner = max(
        len(columns) * block + (len(columns) - 1) * _GUTTER,
        sheet.measure(manuscript.signature) * _SIGNATURE,
        *(_title_width(line, sheet) for line in title),
    )
    head = len(title) * high + ((0.9 if chinese else 1.3) if title else 0.0)
    body = max(_depth(column, leading) for column in columns)
    tail = (1.2 + _SIGNATURE if manuscript.signature else 0.0) + (1.2 + _SEAL if manuscript.seal else 0.0)
    width, height = max(inner, _NARROWEST) + 2 * _MARGIN, head + body + tail + 2 * _MARGIN
    left, right = (width - inner) / 2, (width + inner) / 2

    y = _MARGIN
    for line in title:
        _set_title(sheet, line, left, y + 0.85)
        y += high
    for number, column in enumerate(columns):
        _set_column(sheet, column, left + number * (block + _GUTTER), _MARGIN + head, leading)
    y = _MARGIN + head + body
    if manuscript.signature:
        y += 1.2 + _SIGNATURE
        wide = (sheet.measure(manuscript.signature) - sheet.tracking) * _SIGNATURE
        sheet.words(in_colour(manuscript.signature, SOFT), right - wide, y, _SIGNATURE)
    if manuscript.seal:
        stamp_seal(sheet, manuscript.seal, right - _SEAL, y + 1.2, _SEAL)
    return sheet.page(width, height, manuscript.label)


def _tracking(manuscript: Manuscript, small: Outlines) -> float:
    """Em between characters, so that what stands small above them does not run together."""
    rubies = (sign.ruby for line in manuscript.lines for sign in line if sign.ruby)
    return max((sum(map(small.advance, ruby)) * _RUBY + _RUBY_APART - 1 for ruby in rubies), default=0.0)


def _balanced(rows: Sequence[Row], block: float, leading: float) -> list[list[Row]]:
    """The rows in as few columns of like depth as keep the page from being a strip."""
    count = 1
    while _depth(rows, leading) / count > _TALLEST * (count * block + (count - 1) * _GUTTER + 2 * _MARGIN):
        count += 1
    goal = _depth(rows, leading) / count
    columns: list[list[Row]] = [[]]
    for row in rows:
        if not row.signs and not columns[-1]:
            continue
        if len(columns) < count and columns[-1] and _depth([*columns[-1], row], leading) > goal + leading / 2:
            columns.append([])
        if row.signs or columns[-1]:
            columns[-1].append(row)
    return columns


def _depth(rows: Sequence[Row], leading: float) -> float:
    return sum(leading if row.signs else _STANZA * leading for row in rows)


def _set_column(sheet: Sheet, rows: Sequence[Row], x: float, y: float, leading: float) -> None:
    for row in rows:
        if row.signs:
            line = y + leading - 0.45
            sheet.words(row.signs, x + row.indent, line, 1.0)
            _set_ruby(sheet, row, x, line)
        y += leading if row.signs else _STANZA * leading


def _set_ruby(sheet: Sheet, row: Row, x: float, y: float) -> None:
    """Sets the small text of each character above it, about its middle."""
    x += row.indent
    for sign in row.signs:
        advance = sheet.main.advance(sign.character)
        if sign.ruby:
            wide = sheet.measure(sign.ruby, small=True) * _RUBY
            ruby = in_colour(sign.ruby, sign.colour or SOFT)
            sheet.words(ruby, x + (advance - wide) / 2, y - 1.02, _RUBY, small=True)
        x += advance + sheet.tracking


def _title(title: str, room: float, sheet: Sheet) -> tuple[list[str], float]:
    """The title in lines of no more than the room, and how far they are apart."""
    high = _TITLE_CHINESE * 1.4 if is_chinese(title) else _CAPITALS * 1.4
    lines: list[str] = []
    for word in title.split():
        if lines and _title_width(f"{lines[-1]} {word}", sheet) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines, high


def _title_signs(title: str) -> list[tuple[str, float]]:
    """What a title is set in, with sizes in em: Chinese as it is, other letters as capitals, large and small."""
    if is_chinese(title):
        return [(each, _TITLE_CHINESE) for each in title]
    return [(capital, _SMALL_CAPITALS if each.islower() else _CAPITALS) for each in title for capital in capitals(each)]


def capitals(text: str) -> str:
    """A title's letters as they are set."""
    return text if is_chinese(text) else text.upper()


def _title_width(title: str, sheet: Sheet) -> float:
    return sum((sheet.main.advance(each) + _TRACKING) * size for each, size in _title_signs(title))


def _set_title(sheet: Sheet, title: str, x: float, y: float) -> None:
    for each, size in _title_signs(title):
        sheet.put(each, x, y, size)
        x += (sheet.main.advance(each) + _TRACKING) * size
