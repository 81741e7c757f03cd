"""Where things stand on a page."""

import re
from pathlib import Path

import pytest

from gesso.core.texts import Text
from gesso.core.typesetting.page import typeset
from gesso.core.typesetting.sheet import Manuscript, Page, Sign
from made_fonts import make_font

HAN = "床前明月光疑是地上霜举头望低思故乡静夜白李，。（）"
LATIN = "".join(map(chr, range(32, 127))) + "“”’—"
SIDE = re.compile(r'<path id="(g\d+)" d="M(-?\d+) (-?\d+)V(-?\d+)')
USE = re.compile(r'<use href="#(g\d+)" transform="translate\((\S+) (\S+)\)scale\((\S+?)\)"')


@pytest.fixture
def han(tmp_path: Path) -> Path:
    return make_font(tmp_path / "han.ttf", HAN)


@pytest.fixture
def latin(tmp_path: Path) -> Path:
    return make_font(tmp_path / "latin.ttf", LATIN)


def placed(page: Page, characters: str) -> list[tuple[str, float, float, float]]:
    """The characters in their order of drawing, with their places and sizes: known by the sides of their squares."""
    sides = {name: abs(int(end) - int(start)) for name, _, start, end in SIDE.findall(page.svg)}
    return [
        (characters[(sides[name] - 100) // 10], float(x), float(y), 1000 * float(size))
        for name, x, y, size in USE.findall(page.svg)
    ]


def poem(*lines: str, **more: str) -> Manuscript:
    return Manuscript(tuple(tuple(map(Sign, line)) for line in lines), **more)


def test_columns_go_from_right_to_left_and_are_level(han: Path) -> None:
    page = typeset(poem("床前明", "疑是地"), vertical=True, font=han)
    (a, x0, y0, _), (b, x1, y1, _), _, (c, x2, y2, _), *_ = placed(page, HAN)
    assert a + b + c == "床前疑"
    assert x0 == x1 > x2 + 112
    assert y0 == y2 < y1 - 112


def test_the_title_is_smaller_at_the_right_and_the_signature_at_the_lower_left(han: Path) -> None:
    page = typeset(
        poem("床前明月光", "疑是地上霜", title="静夜思", signature="李白", seal="白"), vertical=True, font=han
    )
    drawn = placed(page, HAN)
    assert "".join(each[0] for each in drawn) == "静夜思床前明月光疑是地上霜白李白"
    title, first, last, seal, signature = drawn[0], drawn[3], drawn[12], drawn[13], drawn[14]
    assert title[1] > first[1] > last[1] > signature[1]
    assert signature[3] < title[3] < first[3]
    assert title[2] == first[2] < signature[2]
    assert len(re.findall('fill="#b5322a"', page.svg)) == 1
    assert seal[2] > signature[2]


def test_everything_lies_within_the_page(han: Path) -> None:
    lines = ["床前明月光，", "疑是地上霜。"] * 30
    for vertical in (True, False):
        page = typeset(poem(*lines, title="静夜思", signature="李白"), vertical=vertical, font=han)
        drawn = placed(page, HAN)
        assert len(drawn) == 365
        assert all(0 < x < page.width and 0 < y < page.height for _, x, y, _ in drawn)
        assert 0.4 < page.width / page.height < 2.5


def test_long_lines_run_on_and_no_column_begins_with_a_comma(han: Path) -> None:
    drawn = placed(typeset(poem("床前明月光，疑是地上霜。" * 12), vertical=True, font=han), HAN)
    top = min(y for _, _, y, _ in drawn)
    first = [character for character, _, y, _ in drawn if y == top]
    assert len(first) > 5
    assert not {"，", "。"} & set(first)


def test_small_text_stands_at_the_right_in_columns_and_above_in_rows(han: Path) -> None:
    lines = ((Sign("床", "夜"), Sign("前", "夜")),)
    (_, x0, _, size), (_, x1, _, small), *_ = placed(typeset(Manuscript(lines), vertical=True, font=han), HAN)
    assert x1 > x0 + size / 2
    assert small < size / 3
    drawn = placed(typeset(Manuscript(lines), font=han), HAN)
    (above,) = {y for character, _, y, _ in drawn if character == "夜"}
    (line,) = {y for character, _, y, _ in drawn if character != "夜"}
    assert above < line


def test_lines_of_verse_stay_as_they_are(latin: Path) -> None:
    drawn = placed(typeset(poem("One line", "  and two", "", "three"), font=latin), LATIN)
    rows = {y: "".join(each[0] for each in drawn if each[2] == y) for _, _, y, _ in drawn}
    assert list(rows.values()) == ["Oneline", "andtwo", "three"]
    first, second, third = rows
    assert third - second > 1.5 * (second - first)
    starts = [min(x for _, x, at, _ in drawn if at == y) for y in rows]
    assert starts[0] == starts[2] < starts[1]


def test_prose_is_broken_between_words_to_a_measure(latin: Path) -> None:
    words = "several words that are to be set, " * 12
    drawn = placed(typeset(poem(words.strip()), font=latin), LATIN)
    rows: dict[float, str] = {}
    for character, _, y, _ in drawn:
        rows[y] = rows.get(y, "") + character
    assert len(rows) > 5
    assert "".join(rows.values()) == words.replace(" ", "")
    ends = ("several", "words", "that", "are", "to", "be", "set,")
    assert all(row.endswith(ends) and len(row) <= 60 for row in rows.values())


def test_a_title_is_in_capitals_and_a_long_text_in_several_columns(latin: Path) -> None:
    page = typeset(poem(*["a line of it"] * 120, title="Of It"), font=latin)
    drawn = placed(page, LATIN)
    assert "".join(each[0] for each in drawn[:4]) == "OFIT"
    assert drawn[0][3] > drawn[1][3]
    assert len({x for character, x, _, _ in drawn[4:] if character == "a"}) >= 2
    assert page.height < 2 * page.width


def test_the_same_text_gives_the_same_page_and_its_words_for_those_who_hear_it(han: Path) -> None:
    text = Text("床前 <明月>\n光", title="静&夜", vertical=True, font=make_font(han, HAN + "<>&"))
    assert text.page.svg == Text(text.text, title=text.title, vertical=True, font=han).page.svg
    said = re.search("<title>(.*?)</title>", text.page.svg, re.S)
    assert said
    assert said[1] == "".join(
        each if each in "\n &lt;gamp" else f"&#{ord(each)};" for each in "静&amp;夜\n床前 &lt;明月&gt;\n光"
    )
