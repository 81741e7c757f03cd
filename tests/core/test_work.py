"""A work keeps its recipe wherever it is saved, and shows itself."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gesso.core import suffixes
from gesso.core.errors import GessoError
from gesso.core.files import sha256
from gesso.core.pictures import Raster
from gesso.core.work import Input, ModelRef, Recipe, Work, inputs_in, read_recipe

RECIPE = Recipe(
    art="stylize",
    settings={
        "content": {"file": "photo.jpg", "sha256": "a" * 64},
        "style": ["monet", {"file": "画.png", "sha256": "b" * 64}],
    },
    seed=3,
    model=ModelRef(name="fast", sha256="c" * 64),
    inputs=(Input(field="content", file="photo.jpg", sha256="a" * 64),),
    versions={"gesso": "0.1.0"},
    device="cpu",
    threads=2,
    licences=("CC0-1.0",),
)


def work(format: str = "PNG", *, alpha: bool = False, side: int = 20) -> Work:
    rgb = np.arange(side * side * 3, dtype=np.uint32).reshape(side, side, 3).astype(np.uint8)
    return Work(Raster(rgb, np.full((side, side), 128, np.uint8) if alpha else None, format), RECIPE)


@pytest.mark.parametrize("suffix", suffixes.PICTURES)
def test_the_recipe_travels_inside_every_format(tmp_path: Path, suffix: str) -> None:
    path = work().save(tmp_path / f"painting{suffix}")
    assert read_recipe(path) == RECIPE


def test_data_is_the_file_that_save_writes(tmp_path: Path) -> None:
    painted = work("WEBP")
    path = painted.save(tmp_path / "painting")
    assert path.name == "painting.webp"
    assert path.read_bytes() == painted.data
    assert painted.sha256 == sha256(path)


def test_save_never_overwrites_unasked(tmp_path: Path) -> None:
    path = tmp_path / "painting.png"
    path.write_text("mine")
    with pytest.raises(GessoError, match="already exists"):
        work().save(path)
    assert path.read_text() == "mine"
    work().save(path, overwrite=True)
    assert read_recipe(path) == RECIPE


def test_save_refuses_what_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="mp3"):
        work().save(tmp_path / "painting.mp3")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("alpha", [False, True])
def test_a_work_is_a_pil_image(alpha: bool) -> None:
    painted = work(alpha=alpha)
    assert painted.image.mode == ("RGBA" if alpha else "RGB")
    assert np.array_equal(np.asarray(painted.image)[:, :, :3], painted.raster.rgb)


def test_a_notebook_shows_it_no_larger_than_the_screen() -> None:
    large = work(side=1500)
    png = large._repr_png_()  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it
    assert png is not None
    assert Image.open(io.BytesIO(png)).size == (1024, 1024)
    assert '<img alt="stylize, seed 3"' in large._repr_html_()  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it


def test_a_recipe_holds_no_places_and_no_times() -> None:
    recipe = json.loads(RECIPE.to_json())
    assert set(recipe) == {
        *("art", "method", "settings", "seed", "model", "inputs", "versions"),
        *("device", "threads", "licences", "stopped"),
    }


def test_inputs_are_found_wherever_they_stand_in_the_settings() -> None:
    assert [(each.field, each.file) for each in inputs_in(RECIPE.settings)] == [
        ("content", "photo.jpg"),
        ("style/1", "画.png"),
    ]


def test_a_recipe_may_lie_beside_its_work(tmp_path: Path) -> None:
    path = tmp_path / "painting.json"
    path.write_text(RECIPE.to_json(), "utf-8")
    assert read_recipe(path) == RECIPE


@pytest.mark.parametrize(
    ("text", "line"),
    [("{}", "cannot be read"), ("[1", "cannot be read"), ("", "no recipe"), ("\xff", "cannot be read")],
)
def test_a_bad_recipe_is_refused_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "painting.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(GessoError, match=line) as refused:
        read_recipe(path)
    assert "\n" not in str(refused.value)


def test_a_picture_from_elsewhere_has_no_recipe(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png")
    with pytest.raises(GessoError, match="there is no recipe in it"):
        read_recipe(tmp_path / "photo.png")
