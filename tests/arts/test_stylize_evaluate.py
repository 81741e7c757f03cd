"""The distances of stylize, on pictures made here."""

import json
from pathlib import Path

import pytest
import tiny_stylize
import torch

from conftest import write_picture
from gesso.arts.stylize.evaluate import distances, judged
from gesso.arts.stylize.prepare import held_out, to_train_on
from gesso.faces.cli import main


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Seven photographs and sixteen paintings."""
    monkeypatch.chdir(tmp_path)
    for number in range(7):
        write_picture(Path(f"photographs/{number}.png"), width=64, height=64, seed=number)
    for number in range(16):
        write_picture(Path(f"paintings/{number:02d}.png"), width=64, height=64, seed=50 + number)
    return Path("photographs"), Path("paintings")


def test_five_photographs_and_every_fourteenth_painting_are_held_out(folders: tuple[Path, Path]) -> None:
    photographs, paintings = folders
    content, style = held_out([photographs], [paintings])
    assert [p.stem for p in content] == ["0", "1", "2", "3", "4"]
    assert [p.stem for p in style] == ["00", "14"]
    train_content, train_style = to_train_on([photographs], [paintings])
    assert not {*train_content, *train_style} & {*content, *style}
    assert len(train_content) + len(content) == 7
    assert len(train_style) + len(style) == 16


def test_a_copy_of_the_photograph_is_no_way_from_it_and_one_of_the_style_none_from_that(
    folders: tuple[Path, Path],
) -> None:
    content, style = held_out([folders[0]], [folders[1]])
    judge = tiny_stylize.features()
    photo = distances(lambda content, style: content, content, style, judge)
    painting = distances(lambda content, style: style, content, style, judge)
    assert photo["content_distance"] == pytest.approx(0, abs=1e-9)
    assert photo["style_distance"] > 0.01
    assert painting["style_distance"] == pytest.approx(0, abs=1e-9)


def test_pictures_are_judged_with_the_longer_side_at_512_and_sides_of_whole_sixteenths(tmp_path: Path) -> None:
    x = judged(write_picture(tmp_path / "wide.png", width=300, height=100))
    assert x.shape == (1, 3, 176, 512)
    assert x.dtype == torch.float32
    assert 0 <= x.min() < x.max() <= 1


@pytest.mark.slow
def test_the_command_prints_the_figures_and_who_judged(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "stylize", "--content", "photographs", "--data", "paintings", "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["art"] == "stylize"
    assert said["judge"] == "gesso"
    assert said["data"] == "5 photographs x 2 paintings"
    assert said["metrics"].keys() == {"style_distance", "content_distance", "seconds_512"}
    assert all(value > 0 for value in said["metrics"].values())
