"""A run that is killed, starved of space or bereft of its files: it goes on as if nothing had been."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import killed_while_saving
import pytest
import torch
from safetensors.torch import load_file

from conftest import write_picture
from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.prepare import Labelled
from gesso.arts.recognize.train import train
from gesso.core import devices
from gesso.core.errors import GessoError
from gesso.core.files import UNFINISHED
from gesso.core.progress import Progress
from gesso.faces.cli import main
from gesso.pipeline.checkpoint import checkpoints
from gesso.pipeline.data.folder import Folder

SETTINGS: dict[str, Any] = {"data": "classes", "size": 16, "widths": 8, "blocks": 1, "batch": 8, "rate": 1e-2}
SETTINGS |= {"warm_up": 5, "steps": 150, "save_every": 5}
RUN = Path("runs/tiny")
WORDS = ["recognize", *(f"--{key.replace('_', '-')}={value}" for key, value in SETTINGS.items()), "--run=tiny"]
PATIENCE = 240  # seconds


def write_classes(place: Path) -> Path:
    """A folder to train in, with two classes of pictures: seven steps make an epoch."""
    for number in range(40):
        for label, name in enumerate(("wild", "calm")):
            write_picture(place / "classes" / name / f"{number:02}.png", width=20, height=16, seed=number + 60 * label)
    return place


def started(place: Path, *words: str | Path, limit: int | None = None) -> subprocess.Popen[str]:
    """`python WORDS`, which may write no file larger than `limit`, as on a full disk."""

    def starve() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, *words],
        cwd=place,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=starve,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Its exit code and the lines on stderr; worker processes share its stderr, so this waits for their end too."""
    return process.wait(PATIENCE), process.communicate(timeout=PATIENCE)[1].splitlines()


def gesso(place: Path, *words: str, limit: int | None = None) -> tuple[int, list[str]]:
    return ended(started(place, "-m", "gesso", *words, limit=limit))


def when_at(step: int, process: subprocess.Popen[str], place: Path, action: Callable[[], object]) -> None:
    """Do `action` as soon as the log of the run tells of `step`."""
    until = time.monotonic() + PATIENCE
    while not any(row["step"] >= step for row in rows(place)):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.001)
    action()


def rows(place: Path) -> list[dict[str, Any]]:
    """The lines of the log that are whole, without their pace."""
    log = place / RUN / "metrics.jsonl"
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return [{k: v for k, v in row.items() if k != "seconds_per_step"} for row in whole]


def tensors(path: Path) -> dict[str, bytes]:
    # safetensors writes its header in any order: it is the tensors that are compared.
    return {name: x.numpy().tobytes() for name, x in load_file(path).items()}


def assert_as_if_nothing_had_been(place: Path, whole: Path) -> None:
    kept = sorted(path.relative_to(whole) for path in (whole / RUN).rglob("*.*"))
    assert sorted(path.relative_to(place) for path in (place / RUN).rglob("*.*")) == kept
    assert rows(place) == rows(whole)
    for path in kept:
        if path.suffix == ".safetensors":
            assert tensors(place / path) == tensors(whole / path), path
        elif path.suffix in (".md", ".png"):
            assert (place / path).read_bytes() == (whole / path).read_bytes(), path


def moment(seed: int) -> tuple[int, float, int]:
    """A step after which a run is killed, how many seconds after, and in which of its saves it is killed again."""
    chance = random.Random(seed)
    return chance.randint(5, 70), round(chance.uniform(0, 0.03), 3), chance.randint(1, 6)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    place = write_classes(tmp_path_factory.mktemp("whole"))
    assert gesso(place, "train", *WORDS)[0] == 0
    return place


@pytest.mark.slow
def test_a_run_killed_at_any_moment_resumes_bit_equal(whole: Path, tmp_path: Path) -> None:
    step, delay, saves = moment(2)
    place = write_classes(tmp_path)

    process = started(place, "-m", "gesso", "train", *WORDS, "--workers=2")  # and `whole` without them
    when_at(step, process, place, lambda: (time.sleep(delay), process.kill()))
    assert ended(process)[0] == -signal.SIGKILL

    # Resuming sends the log and the curves to the disk, then a checkpoint and the curves in turn.
    dying = started(place, killed_while_saving.__file__, str(2 * saves + 3), "train", "--resume", "tiny")
    assert ended(dying)[0] == -signal.SIGKILL
    assert any((place / RUN / "checkpoints").glob(UNFINISHED))

    code, said = gesso(place, "train", "--resume", "tiny")
    assert code == 0, said
    assert_as_if_nothing_had_been(place, whole)


@pytest.mark.slow
def test_ctrl_c_is_one_line_and_130_and_the_run_resumes_bit_equal(whole: Path, tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    process = started(place, "-m", "gesso", "train", *WORDS, "--workers=2")
    when_at(20, process, place, lambda: process.send_signal(signal.SIGINT))
    code, said = ended(process)
    assert code == 130
    stopped = re.fullmatch(r"gesso: stopped after step (\d+): go on with gesso train --resume tiny", said[-1])
    assert stopped
    assert len(said) == 2  # what every run says first, and this
    assert checkpoints(place / RUN / "checkpoints")[-1].stem == f"step-{int(stopped[1]):08}"

    assert gesso(place, "train", "--resume", "tiny")[0] == 0
    assert_as_if_nothing_had_been(place, whole)


@pytest.mark.slow
def test_a_run_killed_before_its_first_checkpoint_begins_again(whole: Path, tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    # The settings are first, then the first checkpoint.
    assert ended(started(place, killed_while_saving.__file__, "2", "train", *WORDS))[0] == -signal.SIGKILL
    assert any((place / RUN / "checkpoints").glob(UNFINISHED))
    assert gesso(place, "train", "--resume", "tiny")[0] == 0
    assert_as_if_nothing_had_been(place, whole)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_the_last_good_checkpoint(whole: Path, tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    assert ended(started(place, killed_while_saving.__file__, "9", "train", *WORDS))[0] == -signal.SIGKILL
    good = checkpoints(place / RUN / "checkpoints")
    before = [path.read_bytes() for path in good]

    code, said = gesso(place, "train", "--resume", "tiny", limit=len(before[0]) - 1)
    assert code == 1
    assert len(said) == 2  # what every run says first, and this
    assert "the disk is full: free some space, then go on with gesso train --resume tiny" in said[1]
    assert [path.read_bytes() for path in good] == before
    assert not list((place / RUN).rglob(UNFINISHED))

    assert gesso(place, "train", "--resume", "tiny")[0] == 0
    assert_as_if_nothing_had_been(place, whole)


@pytest.mark.slow
def test_a_class_that_vanishes_is_one_line_and_the_run_goes_on_when_it_is_back(whole: Path, tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    wild, away = place / "classes" / "wild", place / "away"
    process = started(place, "-m", "gesso", "train", *WORDS, "--workers=2")
    when_at(20, process, place, lambda: wild.rename(away))
    code, said = ended(process)
    assert code == 1
    assert "none of the" in said[-1]
    assert "classes/wild" in said[-1]
    assert "Traceback" not in "".join(said)
    assert checkpoints(place / RUN / "checkpoints")

    away.rename(wild)
    assert gesso(place, "train", "--resume", "tiny")[0] == 0
    assert_as_if_nothing_had_been(place, whole)


def test_a_device_that_is_not_there_leaves_the_name_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_classes(tmp_path))
    assert main(["train", *WORDS, "--device", "cuda:99"]) == 1
    assert not RUN.exists()


class Thief(Progress):
    """Progress of a run whose files `stolen` vanish in its fifth step."""

    def __init__(self, stolen: list[Path]) -> None:
        super().__init__(shown=False)
        self.left, self.stolen = 5, stolen

    def advance(self, steps: float = 1, **figures: float) -> None:
        self.left -= 1
        if self.left == 0:
            for path in self.stolen:
                path.unlink()


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_files_that_vanish_are_named_once_and_counted_at_the_end(tmp_path: Path, workers: int) -> None:
    place = write_classes(tmp_path)
    told = {**SETTINGS, "data": str(place / "classes"), "steps": 30, "save_every": 30, "workers": workers}
    settings = RecognizeTraining.model_validate(told)
    labelled = Labelled(settings)
    assert isinstance(labelled.examples, Folder)
    stolen = [place / "classes" / labelled.examples.names[i] for i in labelled.training[:3].tolist()]

    with warnings.catch_warnings(record=True) as caught, devices.repeatable(1):
        warnings.simplefilter("always")
        train(settings, place / RUN, device=torch.device("cpu"), progress=Thief(stolen))

    said = [str(warning.message) for warning in caught if "left out" in str(warning.message)]
    assert sorted(said[:-1]) == sorted(f"{path} cannot be read and is left out" for path in stolen)
    assert said[-1].startswith("3 files could not be read and were left out: ")
    assert rows(place)[-1]["step"] == 30
    assert (place / RUN / "model" / "tiny.safetensors").exists()


@pytest.mark.filterwarnings("ignore:.*cannot be read")
def test_a_class_that_vanishes_from_a_run_without_workers_is_named(tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    settings = RecognizeTraining.model_validate({**SETTINGS, "data": str(place / "classes")})
    thief = Thief(list((place / "classes" / "wild").iterdir()))
    with pytest.raises(GessoError, match=r"none of the .*classes/wild"), devices.repeatable(1):
        train(settings, place / RUN, device=torch.device("cpu"), progress=thief)
    assert checkpoints(place / RUN / "checkpoints")


@pytest.mark.slow
def test_nothing_saved_yet_and_no_room_leaves_the_name_free(tmp_path: Path) -> None:
    place = write_classes(tmp_path)
    code, said = gesso(place, "train", *WORDS, limit=2000)
    assert code == 1
    assert "free some space, then start the run again" in said[-1]
    assert not (place / RUN).exists()
