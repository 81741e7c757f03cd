"""The code of the lesson, on a few stripes in MNIST's files: it learns, and what it calls wrong is wrong."""

import gzip
import runpy
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

EXAMPLES = Path(__file__).parents[2] / "examples"
DIGITS = torch.zeros((2, 1, 28, 28))


def write(path: Path, array: np.ndarray) -> None:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


@pytest.fixture(autouse=True)
def stripes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST's four files, with a bright stripe for each digit, a row lower than that of the digit before."""
    folder = tmp_path / "pictures" / "mnist"
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for prefix, n in (("train", 200), ("t10k", 50)):
        y = np.arange(n) % 10
        x = chance.integers(0, 100, (n, 28, 28))
        for picture, label in zip(x, y, strict=True):
            picture[2 * label + 4 : 2 * label + 7] += 150
        write(folder / f"{prefix}-images-idx3-ubyte.gz", x)
        write(folder / f"{prefix}-labels-idx1-ubyte.gz", y)
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def mistakes() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / "mistakes.py"))


@pytest.mark.slow
def test_the_lesson_learns_and_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson = runpy.run_path(str(EXAMPLES / "lesson.py"))["lesson"]
    share = lesson(tmp_path / "run", steps=80, batch=40)
    assert share > 0.5  # a tenth is chance
    said = capsys.readouterr().out
    assert f"{share:.2%} of 50 test pictures are right" in said
    assert (tmp_path / "run" / "curves.png").exists()
    assert lesson(tmp_path / "run", steps=80, batch=40) == share  # nothing is left to do
    assert capsys.readouterr().out == said


def test_three_channels_do_not_take_grey_digits(mistakes: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match=r"to have 3 channels, but got 1 channels"):
        mistakes["wrong_channels"](DIGITS)
    assert mistakes["right_channels"](DIGITS).shape == (2, 10)


def test_two_poolings_leave_seven_by_seven(mistakes: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x6272 and 4608x10\)"):
        mistakes["wrong_flatten"](DIGITS)
    assert mistakes["right_flatten"](DIGITS).shape == (2, 10)


def test_a_classifier_of_noise_prints_a_class_and_a_decoder_draws(mistakes: dict[str, Any]) -> None:
    said = mistakes["wrong_artwork"](mistakes["network"](channels=1, side=7))
    assert said in {f"Generated artwork: {digit}" for digit in range(10)}
    drawn = mistakes["right_artwork"](torch.rand((8, 1, 28, 28)), steps=2)
    assert drawn.shape == (16, 1, 28, 28)
    assert 0 <= float(drawn.min()) < float(drawn.max()) <= 1


@pytest.mark.slow
def test_what_was_learned_by_heart_fails_on_what_is_new(mistakes: dict[str, Any]) -> None:
    torch.manual_seed(0)
    model = mistakes["network"](channels=1, side=7)
    chance = torch.Generator().manual_seed(0)
    x, new = torch.rand((2, 20, 1, 28, 28), generator=chance)  # noise has no rule to find
    labels = torch.arange(20) % 10
    assert mistakes["train"](model, x, labels, steps=60) < 0.5
    assert mistakes["accuracy"](model, x, labels) > 0.9
    assert mistakes["accuracy"](model, new, labels) < 0.5
