"""The autoencoder's example, on bright bars in MNIST's files: what it folds and unfolds comes back."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from test_lesson import write

from gesso.pipeline.data.examples import open_examples


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[2] / "examples" / "autoencoder.py"))


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST's four files, with a bright bar at any height and of any length in each picture."""
    folder = tmp_path / "pictures" / "mnist"
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for prefix, n in (("train", 240), ("t10k", 40)):
        x = np.zeros((n, 28, 28))
        for picture, top, length in zip(x, chance.integers(2, 23, n), chance.integers(4, 22, n), strict=True):
            picture[top : top + 3, 3 : 3 + length] = 255
        write(folder / f"{prefix}-images-idx3-ubyte.gz", x)
        write(folder / f"{prefix}-labels-idx1-ubyte.gz", np.arange(n) % 10)
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("bars")
def test_it_learns_to_give_back_what_it_was_given(
    example: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = example["autoencode"](tmp_path / "run", steps=120, batch=24, code=4)
    x = open_examples("mnist", "test").load(torch.arange(40)).inputs / 255
    assert errors["autoencoder"] < 0.5 * float((x - x.mean(0)).square().mean())  # the mean picture, for every picture
    said = capsys.readouterr().out
    assert f"autoencoder: mean squared error {errors['autoencoder']:.4f} per pixel, PSNR" in said
    assert f"PCA: mean squared error {errors['PCA']:.4f} per pixel" in said

    shown = torch.from_numpy(np.array(Image.open("autoencoder.png").convert("L"))[::2, ::2].copy())
    assert shown.shape == (3 * 28, 12 * 28)
    assert torch.equal(shown[:28, :28], (x[0, 0] * 255).round().byte())


def test_pca_along_all_directions_loses_nothing_and_along_few_the_least(example: dict[str, Any]) -> None:
    x = torch.rand((50, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    lost = [float((example["by_pca"](x, x, code) - x).square().mean()) for code in (2, 4, 8, 16)]
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] < 1e-10
    values = torch.linalg.svdvals(x.flatten(1) - x.flatten(1).mean(0))
    assert lost[2] <= float(values[8:].square().sum()) / x.numel() * (1 + 1e-4)  # Eckart and Young 1936
