"""Glyphs come as paths, where a line or a column wants them."""

from pathlib import Path

import pytest

from gesso.core.typesetting.fonts import Face
from gesso.core.typesetting.outlines import Outlines
from made_fonts import make_font

VERT = "feature vert { sub c1 by tall; } vert;"


def outlines(tmp_path: Path, characters: str, features: str = "", spare: str = "") -> Outlines:
    return Outlines(Face(make_font(tmp_path / "made.ttf", characters, features=features, spare=spare)))


def test_in_a_line_the_origin_is_at_the_left_on_the_base_line(tmp_path: Path) -> None:
    glyph = outlines(tmp_path, "月").glyph("月")
    assert glyph.path == "M0 0V-100H100V0Z"
    assert glyph.advance == 1
    assert glyph.bounds == pytest.approx((0, -0.1, 0.1, 0))


def test_in_a_column_it_is_at_the_middle_of_the_upper_edge(tmp_path: Path) -> None:
    glyph = outlines(tmp_path, "月").glyph("月", column=True)
    assert glyph.bounds == pytest.approx((-0.5, 0.78, -0.4, 0.88))  # the square's lower edge is 0.88 em down


def test_commas_go_to_the_upper_right_of_a_column(tmp_path: Path) -> None:
    glyph = outlines(tmp_path, "，").glyph("，", column=True)
    assert glyph.bounds == pytest.approx((0.4, 0.12, 0.5, 0.22))


def test_brackets_and_latin_turn_with_it(tmp_path: Path) -> None:
    drawn = outlines(tmp_path, "（a")
    assert drawn.glyph("（", column=True).bounds == pytest.approx((-0.38, 0, -0.28, 0.1))
    assert drawn.glyph("a", column=True).bounds == pytest.approx((-0.27, 0, -0.16, 0.11))


def test_what_the_font_has_for_columns_is_taken(tmp_path: Path) -> None:
    drawn = outlines(tmp_path, "月，", VERT, "tall")
    assert drawn.glyph("，").bounds == pytest.approx((0, -0.11, 0.11, 0))
    assert drawn.glyph("，", column=True).bounds == pytest.approx((-0.5, 0.38, 0, 0.88))


def test_pairs_are_kerned_alone_and_in_classes(tmp_path: Path) -> None:
    features = "feature kern { pos c0 c1 -80; pos [c0 c2] [c3] 20; } kern;"
    drawn = outlines(tmp_path, "AVTo", features)
    assert [drawn.kern(*pair) for pair in ("AV", "Ao", "To", "VA", "A?")] == pytest.approx([-0.08, 0.02, 0.02, 0, 0])


def test_what_is_not_seen_has_no_path(tmp_path: Path) -> None:
    drawn = outlines(tmp_path, "a")
    assert [(drawn.glyph(each).path, drawn.glyph(each).advance) for each in ("\u3000", " ", "\u200b")] == [
        ("", 1.0),
        ("", 0.25),
        ("", 0.0),
    ]
