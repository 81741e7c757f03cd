"""The gallery: what it hangs is there, and can be made again."""

import re
from pathlib import Path

import pytest

import gesso
from gesso.core.pictures import decode
from gesso.core.progress import Progress
from gesso.core.remake import remake
from gesso.core.work import read_recipe
from gesso.faces.cli import main
from gesso.faces.drawings import draw_things
from gesso.faces.gallery import Exhibit, make_exhibit, render
from gesso.faces.scene import draw_scene


@pytest.mark.slow
def test_every_picture_on_the_page_is_there_and_holds_its_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["gallery", "--out", "shown", "--brief", "--quiet"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == Path("shown/index.html")
    named = set(re.findall(r'src="([^"]+)"', page.read_text("utf-8")))
    works = sorted(name for name in named if name[0].isdigit())
    assert len(works) > 20
    for name in named:
        assert min(decode(page.parent / name).size) > 0
    recipes = {name: read_recipe(page.parent / name) for name in works}
    assert {"recognize", "stylize"} <= {recipe.key for recipe in recipes.values()}
    for name in (works[0], next(name for name in works if recipes[name].key == "recognize")):
        assert remake(page.parent / name).identical


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text("<title>my page</title>")
    assert main(["gallery", "--out", str(tmp_path), "--quiet"]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert (tmp_path / "index.html").read_text() == "<title>my page</title>"


@pytest.mark.usefixtures("plugin")
def test_an_exhibit_may_be_of_any_art_and_made_from_nothing(photo: Path) -> None:
    shown = Exhibit("Light", "dark", "negative", "photo", {"seed": 3})
    assert make_exhibit(shown, {"photo": photo}, "cpu", Progress(shown=False)).recipe.seed == 3
    page = render(
        [(shown, Path("a.png")), (Exhibit("Light", "of noise", "negative", None, {}), Path("b.png"))],
        {"photo": photo},
        with_sheet=False,
    )
    assert re.findall(r'src="([^"]+)"', page) == ["photo.png", "a.png", "b.png"]


@pytest.mark.usefixtures("plugin")
def test_a_text_that_no_font_can_set_hangs_as_its_words(tmp_path: Path) -> None:
    path = tmp_path / "00-write.txt"
    path.write_text("spring <sleep>\n\ngesso-recipe: {}\n")
    page = render([(Exhibit("Poems", "of spring", "negative", None, {}), path)], {}, with_sheet=False)
    assert '<a href="00-write.txt"><pre>spring &lt;sleep&gt;</pre></a>' in page
    assert "gesso-recipe" not in page


def test_the_drawings_are_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GESSO_HOME", str(tmp_path))  # only the models that ship are asked
    said = {name: gesso.recognize(drawn.rgb).content.data for name, drawn in draw_things().items()}
    assert {name: data["model"] for name, data in said.items()} == {
        "three": "digits",
        "shirt": "garments",
        "face": "emoji",
    }
    assert [data["labels"][0]["label"] for data in said.values()] == ["3", "T-shirt or top", "smileys-emotion"]


def test_the_scene_is_the_same_at_every_size() -> None:
    small, large = draw_scene(300, 200).rgb, draw_scene(600, 400).rgb
    assert small.shape == (200, 300, 3)
    shrunk = large.reshape(200, 2, 300, 2, 3).mean((1, 3))
    assert abs(shrunk - small).mean() < 6
