"""Fonts are found by what they hold and what they are called, and one that does not do is named."""

from pathlib import Path

import pytest

from gesso.core.errors import GessoError
from gesso.core.typesetting.fonts import BUILT_IN, Face, find_face
from made_fonts import make_collection, make_font

RARE = "\U0003fff0\U0003fff1"  # Chinese as far as their places say; no font has them but those made here


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of fonts; nothing else is looked in."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))
    return tmp_path / "fonts"


def test_any_font_that_has_the_characters_will_do(folder: Path) -> None:
    other = make_font(folder / "Aardvark.ttf", RARE)
    assert find_face(RARE) == Face(other)


def test_a_kai_face_goes_before_a_song_face_and_both_before_others(folder: Path) -> None:
    make_font(folder / "Aardvark.ttf", RARE)
    make_font(folder / "deep" / "simsun.ttf", RARE)
    make_font(folder / "LXGWWenKai-Bold.ttf", RARE)
    kai = make_font(folder / "LXGWWenKai-Regular.ttf", RARE)
    assert find_face(RARE) == Face(kai)


def test_one_that_lacks_a_character_is_passed_over(folder: Path) -> None:
    make_font(folder / "LXGWWenKai-Regular.ttf", RARE[:1])
    song = make_font(folder / "simsun.ttf", RARE)
    assert find_face(RARE) == Face(song)


def test_of_a_collection_the_script_decides(folder: Path) -> None:
    fonts = [make_font(folder.parent / f"{name}.ttf", "觉覺", family=f"Noto {name}") for name in ("JP", "TC", "SC")]
    path = make_collection(make_font(folder / "NotoSerifCJK-Regular.ttc", "a"), fonts)
    assert find_face("觉") == Face(path, 2)
    assert find_face("覺") == Face(path, 1)


def test_english_can_always_be_set(folder: Path) -> None:
    assert find_face("“Not a font,” he said…") == BUILT_IN
    assert find_face("a café — or two") == BUILT_IN  # drawn without the accent, with a hyphen
    serif = make_font(folder / "Georgia.ttf", "abc")
    assert find_face("cab") == Face(serif)
    assert find_face("dog") == BUILT_IN


def test_when_none_has_all_the_characters_those_are_named_that_the_best_lacks(folder: Path) -> None:
    make_font(folder / "simsun.ttf", RARE[:1])
    with pytest.raises(GessoError, match=f"no font here has {RARE[1]}; name one by --font FILE, .* LXGW WenKai or"):
        find_face(RARE)
    with pytest.raises(GessoError, match="has 床, 前, 明, 月, 光, 疑 and 2 more;"):
        find_face("床前明月光疑是地")


def test_damaged_fonts_are_passed_over(folder: Path) -> None:
    whole = make_font(folder / "whole.ttf", RARE)
    (folder / "kaiti.ttf").write_bytes(whole.read_bytes()[:300])
    (folder / "kaiti.ttc").write_bytes(b"ttcf and no more")
    assert find_face(RARE) == Face(whole)


def test_a_font_given_is_taken_or_refused(folder: Path) -> None:
    make_font(folder / "simsun.ttf", RARE)
    given = make_font(folder.parent / "mine.ttf", "床前")
    assert find_face("床\n前 床", given) == Face(given)
    with pytest.raises(GessoError, match=r"mine\.ttf has no 月; name another font by --font"):
        find_face("床月", given)
    with pytest.raises(GessoError, match=r"none\.ttf does not exist"):
        find_face("床", folder / "none.ttf")
    (folder / "text.ttf").write_text("no font")
    with pytest.raises(GessoError, match=r"text\.ttf is no font with outlines; give a \.ttf, \.otf or \.ttc file"):
        find_face("床", folder / "text.ttf")
