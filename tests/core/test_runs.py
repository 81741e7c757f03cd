"""Training and evaluating by Python calls."""

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

import gesso
from conftest import write_picture
from gesso.core.errors import GessoError
from gesso.faces.cli import main

SETTINGS: dict[str, Any] = {"data": "classes", "size": 16, "widths": (8,), "blocks": 1, "batch": 8, "steps": 4}


@pytest.fixture(autouse=True)
def classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to train in, with two classes of pictures."""
    for number in range(24):
        write_picture(tmp_path / "classes" / "ab"[number % 2] / f"{number:02}.png", width=18, height=16, seed=number)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_call_trains_what_the_command_trains(capfd: pytest.CaptureFixture[str]) -> None:
    made = gesso.train("recognize", run="called", progress=False, **SETTINGS)
    assert capfd.readouterr() == ("", "")
    assert made == Path("runs/called/model")
    words = ["--data=classes", "--size=16", "--widths=8", "--blocks=1", "--batch=8", "--steps=4", "--run=typed"]
    assert main(["train", "recognize", *words]) == 0
    called, typed = (load_file(Path(f"runs/{run}/model/{run}.safetensors")) for run in ("called", "typed"))
    assert called.keys() == typed.keys()
    assert all(called[name].equal(typed[name]) for name in called)

    found = gesso.evaluate("recognize", model="called", progress=False)
    assert found["art"] == "recognize"
    assert 0 <= found["metrics"]["accuracy"] <= 1


def test_a_run_that_is_done_goes_on_to_the_same_model() -> None:
    made = gesso.train("recognize", progress=False, **SETTINGS)
    assert made == Path("runs/recognize-1/model")
    before = load_file(made / "recognize-1.safetensors")
    assert gesso.resume("recognize-1", progress=False) == made
    after = load_file(made / "recognize-1.safetensors")
    assert all(before[name].equal(after[name]) for name in before)


@pytest.mark.parametrize(
    ("art", "wrong", "said"),
    [
        ("recognize", {"steps": 0}, "steps"),
        ("recognize", {"run": "../mine"}, "a run is called by"),
        ("recognize", {"run": "digits"}, "ships with Gesso"),
        ("paint/pattern", {}, "has nothing to train"),
        ("sculpt", {}, "sculpt"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(art: str, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(GessoError, match=said) as caught:
        gesso.train(art, **(SETTINGS if art == "recognize" else {}) | wrong)
    assert "\n" not in str(caught.value)
    assert not Path("runs").exists()


def test_a_run_that_is_not_there_cannot_go_on() -> None:
    with pytest.raises(GessoError, match="there is no run"):
        gesso.resume("nothing", progress=False)
