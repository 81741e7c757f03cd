"""A text keeps its recipe in its last line, its words as they are, and has a page where a font has its characters."""

import re
from pathlib import Path

import pytest
from test_work import RECIPE

from gesso.core.contents import TEXTS, format_of
from gesso.core.errors import GessoError
from gesso.core.remake import compare
from gesso.core.texts import Text, without_recipe
from gesso.core.work import Work, read_recipe
from made_fonts import make_font

POEM = "床前明月光\n疑是地上霜"
UNKNOWN = "\U0003fffd"  # no font has it


def work(text: str = POEM, **more: object) -> Work:
    return Work(Text(text, **more), RECIPE)  # pyright: ignore[reportArgumentType] -- fields of any type


@pytest.fixture
def font(tmp_path: Path) -> Path:
    return make_font(tmp_path / "made.ttf", "床前明月光疑是地上霜静夜思")


def test_the_file_is_the_text_and_one_last_line_for_the_recipe(tmp_path: Path) -> None:
    path = work(title="静夜思", signature="李白", notes=("one", "two")).save(tmp_path / "poem")
    assert path.name == "poem.txt"
    text = path.read_text("utf-8")
    assert text == f"静夜思\n\n{POEM}\n\n李白\n\none\ntwo\n\ngesso-recipe: {RECIPE.to_json()}\n"
    assert read_recipe(path) == RECIPE
    assert without_recipe(text)[0] == f"静夜思\n\n{POEM}\n\n李白\n\none\ntwo"


@pytest.mark.parametrize("text", ["gesso-recipe: {}", "a\n\ngesso-recipe: {}", 'x\ngesso-recipe: {"art": "write"}'])
def test_a_text_that_ends_like_a_recipe_is_kept(text: str) -> None:
    with_one = Text(text).encode("TXT", recipe_json="{}").decode()
    assert without_recipe(with_one) == (text, "{}")
    body, recipe = without_recipe(Text(text).encode("TXT").decode())
    assert (body.removesuffix("\n"), recipe) == (text, None)


def test_the_recipe_is_found_after_an_editor_changed_the_ends_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_bytes(b"\xef\xbb\xbf" + work().data.replace(b"\n", b"\r\n"))
    assert read_recipe(path) == RECIPE


def test_a_text_of_another_program_has_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("a poem\n")
    with pytest.raises(GessoError, match="no recipe"):
        read_recipe(tmp_path / "other.txt")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(GessoError, match="cannot be read"):
        read_recipe(tmp_path / "latin.txt")


def test_texts_are_compared_character_by_character(tmp_path: Path) -> None:
    path = work().save(tmp_path / "poem")
    assert str(compare(path, [work()])) == "identical"
    verdict = compare(path, [work(POEM.replace("霜", "雪"))])
    assert (verdict.identical, verdict.largest, verdict.of) == (False, 1, "characters")
    assert str(verdict) == "characters that differ: 1, 9.09% of all"
    assert compare(path, [work(POEM + "低头")]).largest == 2
    other = Work(Text(POEM), RECIPE.model_copy(update={"device": "cuda"}))
    assert str(compare(path, [other])).startswith("identical characters")


def test_it_is_written_as_text_drawing_and_picture(tmp_path: Path) -> None:
    assert [format_of(tmp_path / name, TEXTS) for name in ("a.txt", "a.svg", "a.png")] == ["TXT", "SVG", "PNG"]
    with pytest.raises(GessoError, match=r"written as \.txt, \.svg.*, not \.mid"):
        work().save(tmp_path / "a.mid")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".jpg"])
def test_its_page_carries_the_recipe_and_is_made_again_to_the_byte(font: Path, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("resvg_py")
    path = work(vertical=True, font=font, title="静夜思").save(tmp_path / f"poem{suffix}")
    assert read_recipe(path) == RECIPE
    assert str(compare(path, [work(vertical=True, font=font, title="静夜思")])) == "identical"


def test_a_page_is_seen_without_its_font(font: Path) -> None:
    pytest.importorskip("resvg_py")
    shown = work(vertical=True, font=font)
    svg = shown.encode("SVG").decode()
    assert "<text" not in svg
    assert shown.content.encode("SVG").isascii()  # else the fonts of the system would be read to draw it
    assert shown.raster.rgb.min() < 60 < 230 < shown.raster.rgb.max()
    assert shown._repr_html_().startswith("<figure><img")  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it


def test_without_a_font_the_text_is_written_and_shown_and_the_page_says_what_is_missing() -> None:
    poem = work(f"a{UNKNOWN}b")
    assert poem.content.picture is None
    assert poem.data.decode().startswith(f"a{UNKNOWN}b\n")
    assert f"<pre>a{UNKNOWN}b" in poem._repr_html_()  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it
    for format in ("SVG", "PNG"):
        with pytest.raises(GessoError, match=f"no font here has {UNKNOWN}; name one by --font FILE, or install one"):
            poem.encode(format)


def test_what_stands_beside_characters_goes_with_them(font: Path) -> None:
    text = Text("床前\n明月", font=font, ruby=((), ("月",)), marks=(("#b5322a",),))
    first, second = text.manuscript.lines
    assert [(sign.character, sign.colour) for sign in first] == [("床", "#b5322a"), ("前", None)]
    assert [(sign.character, sign.ruby) for sign in second] == [("明", "月"), ("月", "")]
    assert len(re.findall("#b5322a", text.page.svg)) == 1


def test_a_seal_has_room_for_four() -> None:
    with pytest.raises(GessoError, match="room for four"):
        Text(POEM, seal="青莲居士也")


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize("text", ["", "\n\n", " ", "a\x00b\x07", "tab\there"])
def test_odd_texts_have_pages_too(text: str, vertical: bool) -> None:
    pytest.importorskip("resvg_py")
    assert min(work(text, vertical=vertical).raster.size) > 50
