"""A recipe inside a work: to start from, and to make the work again by."""

import json
from pathlib import Path

import pytest
from PIL import Image

from gesso.core import pictures
from gesso.core.work import read_recipe
from gesso.faces.cli import main

pytestmark = pytest.mark.usefixtures("plugin", "photo")

Captured = pytest.CaptureFixture[str]


def gesso(*words: str | Path) -> int:
    return main([str(word) for word in words])


def test_a_recipe_is_a_place_to_start_from() -> None:
    Image.new("RGB", (20, 10), "salmon").save("colour.png")
    assert gesso("negative", "photo.png", "--over", "colour.png", "--grain", "0.2", "--mirror", "--seed", "9") == 0
    first = Path("photo-film.png")

    assert gesso("negative", "--recipe", first, "--out", "again.png") == 0
    assert Path("again.png").read_bytes() == first.read_bytes()

    Image.new("RGB", (20, 10), "salmon").save("other.jpg")
    assert gesso("negative", "other.jpg", "--recipe", first, "--no-mirror", "--look", "new") == 0
    recipe, before = read_recipe("other-new.jpg"), read_recipe(first)
    assert recipe.seed == 9
    assert recipe.settings == {
        **before.settings,
        "picture": recipe.settings["picture"],
        "mirror": False,
        "look": ["new"],
    }
    assert recipe.settings["picture"]["file"] == "other.jpg"


def test_an_empty_value_leaves_out_what_the_recipe_has() -> None:
    Image.new("RGB", (20, 10), "salmon").save("colour.png")
    assert gesso("negative", "photo.png", "--over", "colour.png", "--amount", "0.5", "--shift", "3") == 0
    Path("colour.png").unlink()  # what is left out is not looked for
    assert gesso("negative", "--recipe", "photo-film.png", "--over", "", "--shift", "", "--out", "bare.png") == 0
    settings = read_recipe("bare.png").settings
    assert (settings["over"], settings["shift"], settings["amount"]) == ([], None, 0.5)


def test_inputs_of_a_recipe_are_looked_for_where_told(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--out", "work.png") == 0
    Path("away").mkdir()
    Path("photo.png").rename("away/photo.png")
    assert gesso("negative", "--recipe", "work.png", "--out", "again.png") == 1
    assert "the input photo.png is not in" in capsys.readouterr().err
    assert gesso("negative", "--recipe", "work.png", "--inputs", "away", "--out", "again.png") == 0


def test_remake_says_identical_or_how_different(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--grain", "0.1", "--out", "work.png") == 0
    capsys.readouterr()
    assert gesso("remake", "work.png") == 0
    assert capsys.readouterr().out == "work.png: identical\n"
    assert gesso("remake", "work.png", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "path": "work.png",
        "identical": True,
        "largest": 0,
        "differing": 0.0,
        "circumstances": [],
        "of": "pixels",
        "verdict": "identical",
    }

    raster = pictures.decode(Path("work.png"))
    recipe = read_recipe("work.png").to_json()
    other = pictures.Raster(255 - raster.rgb)
    Path("work.png").write_bytes(pictures.encode(other, "PNG", recipe_json=recipe))
    assert gesso("remake", "work.png") == 1
    assert "largest difference 255/255" in capsys.readouterr().out
