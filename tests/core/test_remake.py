"""Remaking says what is the same, what is not, and what is missing."""

import json
from pathlib import Path

import pytest
from PIL import Image

from gesso.core import pictures, registry
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.make import make
from gesso.core.pictures import Raster
from gesso.core.remake import remake
from gesso.core.work import Work, read_recipe

pytestmark = pytest.mark.usefixtures("plugin")


def negative(photo: Path, **settings: object) -> Work:
    art = registry.find("negative")
    return make(art, check(art.settings, {"picture": photo, **settings}), seed=5)[0]


@pytest.fixture
def work(photo: Path) -> Path:
    """A work beside its inputs, with noise from the seed in it."""
    other = photo.with_name("colour.png")
    Image.new("RGB", (3, 3), "teal").save(other)
    return negative(photo, over=other, grain=0.1, mirror=True).save("work.png")


def test_a_work_is_remade_to_the_byte(work: Path) -> None:
    verdict = remake(work)
    assert (verdict.identical, verdict.largest, verdict.circumstances, str(verdict)) == (True, 0, (), "identical")


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_so_it_is_in_formats_that_lose(photo: Path, suffix: str) -> None:
    path = negative(photo, grain=0.1).save(f"work{suffix}")
    assert remake(path).identical


def test_inputs_are_looked_for_beside_the_work_and_where_told(work: Path, tmp_path: Path) -> None:
    for name in ("photo.png", "colour.png"):
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)

    with pytest.raises(GessoError, match=r"the input photo\.png is not in .*--inputs"):
        remake(work)
    assert remake(work, [tmp_path / "elsewhere"]).identical

    work.rename(tmp_path / "elsewhere" / "work.png")
    assert remake(tmp_path / "elsewhere" / "work.png").identical


def test_an_input_that_has_changed_is_not_taken(work: Path, photo: Path) -> None:
    Image.new("RGB", (48, 32)).save(photo)
    with pytest.raises(GessoError, match=r"photo\.png is not the photo\.png that the work was made from"):
        remake(work)


def test_a_recipe_cannot_reach_outside_the_folders(work: Path, tmp_path: Path) -> None:
    recipe = json.loads(read_recipe(work).to_json())
    recipe["settings"]["picture"]["file"] = "../photo.png"
    inside = tmp_path / "inside"
    inside.mkdir()
    raster = pictures.decode(work)
    (inside / "work.png").write_bytes(pictures.encode(raster, "PNG", recipe_json=json.dumps(recipe)))

    (tmp_path / "away").mkdir()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(GessoError, match="is not in"):
        patch.chdir(tmp_path / "away")
        remake(inside / "work.png")


def test_the_largest_difference_is_measured(work: Path) -> None:
    raster = pictures.decode(work)
    rgb = raster.rgb.copy()
    rgb[3, 4, 1] = rgb[3, 4, 1] + 9 if rgb[3, 4, 1] < 200 else rgb[3, 4, 1] - 9
    recipe = read_recipe(work).to_json()
    work.write_bytes(pictures.encode(Raster(rgb), "PNG", recipe_json=recipe))

    verdict = remake(work)
    assert (verdict.identical, verdict.largest) == (False, 9)
    assert verdict.differing == pytest.approx(1 / (48 * 32))
    assert str(verdict) == "largest difference 9/255, in 0.07% of the pixels"


def test_a_lost_alpha_is_a_difference(photo: Path) -> None:
    Image.open(photo).convert("RGBA").save(photo)
    image = Image.open(photo)
    image.putalpha(100)
    image.save(photo)
    path = negative(photo).save("work.png")
    assert remake(path).identical

    recipe = read_recipe(path).to_json()
    path.write_bytes(pictures.encode(Raster(pictures.decode(path).rgb), "PNG", recipe_json=recipe))
    assert remake(path).largest == 155


def test_other_circumstances_are_named(work: Path) -> None:
    recipe = read_recipe(work)
    older = recipe.model_copy(
        update={"versions": {**recipe.versions, "torch": "1.0.0"}, "device": "cuda (NVIDIA H100)", "stopped": True}
    )
    work.write_bytes(pictures.encode(pictures.decode(work), "PNG", recipe_json=older.to_json()))

    verdict = remake(work, device="cpu")
    assert (verdict.identical, verdict.largest) == (False, 0)
    assert str(verdict).startswith("identical pixels")
    named = "; ".join(verdict.circumstances)
    assert f"torch was 1.0.0, is {recipe.versions['torch']}" in named
    assert "made on cuda (NVIDIA H100), remade on cpu" in named
    assert "stopped by hand" in named


def test_one_of_several_works_of_a_recipe_is_recognised(photo: Path) -> None:
    art = registry.find("negative")
    works = make(art, check(art.settings, {"picture": photo, "copies": 3, "grain": 0.2}), seed=1)
    assert len({work.sha256 for work in works}) == 3
    assert remake(works[2].save("third.png")).identical


def test_threads_are_those_of_the_recipe(work: Path) -> None:
    import torch

    recipe = read_recipe(work)
    other = recipe.model_copy(update={"threads": recipe.threads + 1})
    work.write_bytes(pictures.encode(pictures.decode(work), "PNG", recipe_json=other.to_json()))
    before = torch.get_num_threads()

    assert remake(work).identical
    assert torch.get_num_threads() == before
