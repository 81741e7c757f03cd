"""A style is called as people call it, and what is not there is answered in one line."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_stylize import features, painter, picture

from gesso.arts.stylize import names, styles
from gesso.arts.stylize.art import Stylize
from gesso.arts.stylize.names import Painting, Style, known_as, slug
from gesso.arts.stylize.styles import Statistics, save_style, statistics_of
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.files import sha256
from gesso.networks.features import STYLE_LAYERS

PAINTINGS = (
    Painting("claude-monet-impression-sunrise", "Claude Monet", "Impression, Sunrise", "1840-1926", "impressionism"),
    Painting("claude-monet-poppies", "Claude Monet", "Poppies", "1840-1926", "impressionism"),
    Painting("vincent-van-gogh-sunflowers", "Vincent van Gogh", "Sunflowers", "1853-1890", "post-impressionism"),
)


def statistics(value: float = 0.5) -> Statistics:
    pair = torch.full((2,), value), torch.full((2, 2), value)
    return Statistics(torch.full((3,), value), dict.fromkeys(STYLE_LAYERS, pair), pair)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home and an empty current folder, and three paintings that ship."""
    monkeypatch.setenv("GESSO_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for module in (names, styles):
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "styles.json")
    names.shipped.cache_clear()
    styles.pack({painting: statistics(number) for number, painting in enumerate(PAINTINGS)}, "a" * 64)
    yield tmp_path / "here"
    names.shipped.cache_clear()


def test_what_is_packed_ships() -> None:
    assert tuple(names.shipped().values()) == PAINTINGS
    for number, called in enumerate(("monet", "poppies", "sunflowers")):
        found = statistics_of(Style(called), painter(), features(), "a" * 64)
        assert found.code.tolist() == [number] * 3
        assert found.color[0].tolist() == [number] * 2
        assert found.layers["conv41"][1].tolist() == [[number] * 2] * 2


def test_a_shipped_style_taken_with_another_model_is_refused() -> None:
    with pytest.raises(GessoError, match="the style claude-monet-poppies was taken with another model"):
        statistics_of(Style("poppies"), painter(), features(), "b" * 64)


@pytest.mark.parametrize(
    ("called", "full"),
    [
        ("claude-monet-poppies", "claude-monet-poppies"),
        ("Claude Monet, Poppies", "claude-monet-poppies"),
        ("poppies", "claude-monet-poppies"),
        ("monet", "claude-monet-impression-sunrise"),
        ("Claude Monet", "claude-monet-impression-sunrise"),
        ("Van Gogh", "vincent-van-gogh-sunflowers"),
        ("sunflower", None),  # whole words only
        ("on", None),
        ("", None),
        ("---", None),
    ],
)
def test_a_shipped_style_goes_by_its_name_or_by_words_of_it(called: str, full: str | None) -> None:
    assert known_as(called) == full


def test_a_saved_style_goes_by_its_name() -> None:
    save_style("My Garden!", statistics(), "a" * 64)
    style = Style("my garden")
    assert style.name == str(style) == "my-garden"
    assert style.picture is None


def test_a_saved_style_comes_before_words_of_shipped_ones() -> None:
    save_style("monet", statistics(), "a" * 64)
    assert Style("monet").name == "monet"


@pytest.mark.parametrize("name", ["星夜", "Kyōsai", "Здравствуй мир", "1885"])
def test_names_of_every_script_can_be_saved_and_found(name: str) -> None:
    save_style(name, statistics(), "a" * 64)
    assert Style(name).name in names.saved()
    assert Style(name).name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Impression, Sunrise", "impression-sunrise"),
        ("  Édouard  Manet ", "edouard-manet"),
        ("Kyōsai_crow", "kyosai-crow"),
        ("../../etc/passwd", "etc-passwd"),
        ("梵高：星夜", "梵高-星夜"),
        ("Тройка", "тройка"),
        ("がくえん", "がくえん"),
        ("가을", "가을"),
        ("…", ""),
    ],
)
def test_a_name_is_made_of_letters_and_digits(text: str, name: str) -> None:
    assert slug(text) == name
    assert slug(name) == name


def test_a_picture_file_is_a_style(shelf: Path) -> None:
    Image.fromarray(picture(6, 8)).save(shelf / "My Garden.png")
    for source in ("My Garden.png", str(shelf / "My Garden.png"), shelf / "My Garden.png"):
        style = Style(source)
        assert style.name == "my-garden"
        assert style.picture is not None
        assert np.array_equal(style.picture.decode().rgb, picture(6, 8))


def test_a_picture_in_memory_is_a_style() -> None:
    style = Style(picture(6, 8))
    assert style.picture is not None
    assert np.array_equal(style.picture.decode().rgb, picture(6, 8))
    assert style.name == "picture"


def test_a_file_without_a_suffix_is_a_picture_when_it_is_there(shelf: Path) -> None:
    Image.fromarray(picture(6, 8)).save(shelf / "monet", format="PNG")
    assert Style("monet").picture is not None


@pytest.mark.parametrize("unknown", ["mnet", "monnet", "gohg"])
def test_an_unknown_name_is_answered_in_one_line_with_the_nearest(unknown: str) -> None:
    with pytest.raises(GessoError, match=rf"no style and no file {unknown}") as raised:
        Style(unknown)
    message = str(raised.value)
    assert "\n" not in message
    assert "did you mean" in message
    assert "--list-styles" in message


def test_a_name_like_no_other_suggests_nothing() -> None:
    with pytest.raises(GessoError, match="no style and no file xyzzy; gesso stylize --list-styles"):
        Style("xyzzy")


@pytest.mark.parametrize("missing", ["gone.jpg", "pictures/gone"])
def test_a_file_that_is_not_there_is_missed_as_a_file(missing: str) -> None:
    with pytest.raises(GessoError, match=r"gone.* does not exist"):
        Style(missing)


def test_a_style_in_settings_comes_back_from_json(shelf: Path) -> None:
    Image.fromarray(picture(6, 8)).save(shelf / "photo.png")
    settings = Stylize.model_validate({"content": "photo.png", "style": ("poppies", "photo.png")})
    said = json.loads(settings.model_dump_json())
    assert said["style"] == ["claude-monet-poppies", {"file": "photo.png", "sha256": sha256(shelf / "photo.png")}]


def test_a_wrong_style_in_settings_is_one_line_of_a_mistake(shelf: Path) -> None:
    Image.fromarray(picture(6, 8)).save(shelf / "photo.png")
    with pytest.raises(GessoError) as raised:
        check(Stylize, {"content": "photo.png", "style": ("xyzzy",)})
    assert str(raised.value) == "style: no style and no file xyzzy; gesso stylize --list-styles shows all"
