"""What a run leaves to look at."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tiny_problem
import torch
from PIL import Image
from tiny_problem import CPU, SETTINGS, fresh, objective
from torch import Tensor

from gesso.core.errors import GessoError
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.pipeline.curves import HELD_OUT, TRAINING, draw_curves
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.logs import Log
from gesso.pipeline.loop import train
from gesso.pipeline.turns import Turn


def colors(png: bytes) -> set[str]:
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3)
    return {"#" + bytes(color).hex() for color in np.unique(pixels, axis=0).astype(np.uint8)}


def test_a_run_leaves_its_curves_and_samples(tmp_path: Path) -> None:
    def sample(_: torch.nn.Module) -> Raster:
        return Raster(np.full((4, 6, 3), 7, np.uint8))

    tiny_problem.run(tmp_path, validate=lambda _: {"loss": 0.5}, sample=sample)
    drawn = colors((tmp_path / "curves.png").read_bytes())
    assert {TRAINING, HELD_OUT} <= drawn
    samples = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert samples == [f"step-{step:08d}.png" for step in range(10, 61, 10)]
    assert Image.open(tmp_path / "samples" / samples[0]).getpixel((0, 0)) == (7, 7, 7)


def test_a_curve_falls_where_its_figure_falls() -> None:
    png = draw_curves({"loss": [(step, 1.0 - step / 100) for step in range(100)]})
    blue = np.argwhere((np.asarray(Image.open(io.BytesIO(png))) == tuple(bytes.fromhex(TRAINING[1:]))).all(2))
    rows, columns = blue.T
    assert rows[columns.argmin()] < rows[columns.argmax()] - 100  # row 0 is at the top
    assert np.corrcoef(rows, columns)[0, 1] > 0.99


@pytest.mark.parametrize("values", [[], [(1, float("nan"))], [(5, 2.0)], [(1, 3.0), (2, 3.0)]], ids=str)
def test_curves_of_little_or_nothing_can_be_drawn(values: list[tuple[int, float]]) -> None:
    assert Image.open(io.BytesIO(draw_curves({"loss": values}))).size[0] > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(GessoError, match=r"cannot write .*metrics.jsonl: no space left on device; make room"):
        Log(tmp_path).write(1, {"loss": 1.0})


class Partial(NamedTuple):
    x: Tensor
    y: Tensor
    skipped: tuple[str, ...]


def test_files_that_were_left_out_are_named_once_and_counted(tmp_path: Path) -> None:
    def draw(turn: Turn) -> Partial:
        return Partial(*tiny_problem.draw(turn), ("torn.png",) if turn.step % 2 else ("torn.png", "gone.png"))

    settings, skips = SETTINGS.model_copy(update={"steps": 6}), Skips()
    with pytest.warns(UserWarning, match="left out") as warned, Progress(shown=False) as progress:
        train(fresh(), draw, objective, settings, tmp_path, device=CPU, progress=progress, skips=skips)
    assert [str(warning.message) for warning in warned] == [
        "torn.png cannot be read and is left out",
        "gone.png cannot be read and is left out",
    ]
    with pytest.warns(UserWarning, match=r"2 files could not be read and were left out: torn\.png, gone\.png"):
        skips.sum_up()
