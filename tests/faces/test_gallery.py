"""The gallery: what it hangs is there, and can be made again."""

import re
from pathlib import Path

import pytest

from gesso.core.pictures import decode
from gesso.core.remake import remake
from gesso.faces.cli import main
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
    assert remake(page.parent / works[0]).identical


def test_the_scene_is_the_same_at_every_size() -> None:
    small, large = draw_scene(300, 200).rgb, draw_scene(600, 400).rgb
    assert small.shape == (200, 300, 3)
    shrunk = large.reshape(200, 2, 300, 2, 3).mean((1, 3))
    assert abs(shrunk - small).mean() < 6
