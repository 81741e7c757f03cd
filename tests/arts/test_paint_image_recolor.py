"""The ruling colour of a picture, changed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gesso.arts.paint.image import prepare
from gesso.arts.paint.image.art import PaintImageTraining
from gesso.arts.paint.image.prepare import Described, Pictures
from gesso.arts.paint.image.recolor import COLORS, colors_of, in_color, recolored
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster
from gesso.pipeline.data.loading import InMemory
from gesso.pipeline.turns import Turn

INNER = slice(4, 12)


def drawn(color: tuple[float, float, float], *, alpha: bool = True) -> torch.Tensor:
    """A square of a colour, red in a corner, with a black line around it, on white or nothing: (1, C, 16, 16)."""
    x = torch.ones(1, 4, 16, 16)
    x[:, 3] = 0
    x[:, :, 3:13, 3:13] = torch.tensor([0.0, 0, 0, 1])[:, None, None]
    x[:, :3, INNER, INNER] = torch.tensor(color)[:, None, None]
    x[:, :3, 4:6, 4:6] = torch.tensor([1.0, 0, 0])[:, None, None]
    return (x if alpha else x[:, :3]) * 2 - 1


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("alpha", [True, False])
@pytest.mark.parametrize("color", [(0.2, 0.8, 0.9), (0.5, 0.5, 0.5), (0.2, 0.2, 0.2)])
def test_only_the_ruling_colour_changes(color: tuple[float, float, float], *, alpha: bool) -> None:
    x = drawn(color, alpha=alpha).expand(40, -1, -1, -1)
    y, names = recolored(x, 1.0, generator())
    assert len(set(names)) > 6
    for name, before, after in zip(names, x, y, strict=True):
        assert (after[:3, 8, 8] + 1).div(2).tolist() == pytest.approx(COLORS[name], abs=1e-5)
        for row, column in ((0, 0), (3, 3), (4, 4)):  # paper, line, and the corner
            assert after[:, row, column].tolist() == pytest.approx(before[:, row, column].tolist(), abs=0.02)
    assert colors_of(y) == [name if alpha or name != "white" else "" for name in names]  # white on white is paper
    assert torch.equal(y[:, 3:], x[:, 3:])


def test_white_is_recoloured_where_it_is_opaque_and_paper_never() -> None:
    white = drawn((1, 1, 1))
    y, (name,) = recolored(white, 1.0, generator())
    assert (y[0, :3, 8, 8] + 1).div(2).tolist() == pytest.approx(COLORS[name], abs=1e-5)
    assert y[0, :, 0, 0].tolist() == [1, 1, 1, -1]


def test_shades_change_with_their_colour() -> None:
    x = drawn((0.2, 0.8, 0.9))
    x[:, :3, 10:12, 4:12] = torch.tensor([0.1, 0.4, 0.45])[:, None, None] * 2 - 1
    y, (name,) = recolored(x, 1.0, generator())
    assert (y[0, :3, 11, 8] + 1).tolist() == pytest.approx(COLORS[name], abs=1e-4), "half as light"


def test_a_share_is_recoloured_and_what_no_colour_rules_never() -> None:
    x = drawn((0.2, 0.8, 0.9)).expand(400, -1, -1, -1)
    y, names = recolored(x, 0.25, generator())
    changed = (y != x).flatten(1).any(1)
    assert changed.tolist() == [name != "" for name in names]
    assert 60 < changed.sum() < 140
    lines = torch.full((2, 3, 16, 16), 1.0)
    lines[:, :, 8] = -1
    y, names = recolored(lines, 1.0, generator())
    assert torch.equal(y, lines)
    assert names == colors_of(lines) == ["", ""]


def test_a_colour_takes_the_place_of_those_in_a_name() -> None:
    assert tuple(in_color(("light", "blue", "heart"), "red")) == ("red", "light", "heart")
    assert in_color(("blue", "heart"), "") == ("blue", "heart")


def test_a_painter_is_told_the_new_colour(tmp_path: Path) -> None:
    for number in range(20):
        for name, color in (("sky", (60, 160, 230)), ("ink", (0, 0, 0))):
            path = tmp_path / name / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(Raster(np.full((8, 8, 3), color, np.uint8)).encode("PNG"))
    given = {"data": str(tmp_path), "size": 8, "recolor": 1.0, "augment": 0, "wordless": 0, "batch": 8}
    pictures = Pictures(check(PaintImageTraining, given))
    assert set(COLORS) < set(pictures.words)
    batch = pictures.draw(Turn(0, 0, 1, generator()))
    for x, row in zip(batch.pictures, batch.words.tolist(), strict=True):
        said = [pictures.words[number - 1] for number in row if number]
        assert said == ([*colors_of(x[None]), "sky"] if x.max() > -1 else ["ink"])


def test_ink_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    ink = InMemory(torch.zeros(40, 1, 8, 8, dtype=torch.uint8), torch.zeros(40, dtype=torch.int64), ("seven",))
    told = Described(ink, [("seven",)] * 40, [("seven",)] * 40)
    monkeypatch.setattr(prepare, "described", lambda *_: told)
    with pytest.raises(GessoError, match="ink alone, without colours"):
        Pictures(check(PaintImageTraining, {"data": "mnist", "recolor": 0.5}))
