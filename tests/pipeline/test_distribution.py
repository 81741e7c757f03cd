"""Two processes learn what one does from the same batches."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import several_processes
import torch
from safetensors.torch import load_file
from several_processes import run, told
from torch import Tensor

from gesso.pipeline.checkpoint import checkpoints
from gesso.pipeline.logs import read

pytestmark = pytest.mark.slow


def started(folder: Path, *, resume: bool = False, **settings: Any) -> list[subprocess.Popen[bytes]]:
    """The two processes of a run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, several_processes.__file__, folder, json.dumps(settings), "resume" if resume else "new"]
    torchrun = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            command, env={**os.environ, **torchrun, "RANK": str(rank), "LOCAL_RANK": str(rank)}, stderr=subprocess.PIPE
        )
        for rank in range(2)
    ]


def ended(processes: list[subprocess.Popen[bytes]]) -> tuple[list[int], list[str]]:
    """Exit codes and what was said, when they and all workers that they started, who share their stderr, have ended."""
    said = [process.communicate(timeout=240)[1].decode() for process in processes]
    return [process.returncode for process in processes], said


def on_two_processes(folder: Path, *, resume: bool = False, **settings: Any) -> dict[str, Tensor]:
    """The averaged weights of a run of two processes."""
    codes, said = ended(started(folder, resume=resume, **settings))
    assert codes == [0, 0], said
    return load_file(folder / "average.safetensors")


def last_checkpoint(folder: Path) -> dict[str, Tensor]:
    return load_file(checkpoints(folder / "checkpoints")[-1])


class Whole(NamedTuple):
    """A run of two processes that nothing disturbed: its settings, its folder and its averaged weights."""

    settings: dict[str, Any]
    folder: Path
    average: dict[str, Tensor]


@pytest.fixture(scope="module", params=[{}, {"shard": True}], ids=str)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole") / "run"
    return Whole(request.param, folder, on_two_processes(folder, **request.param))


def test_two_processes_take_the_steps_of_one(tmp_path: Path, whole: Whole) -> None:
    run(tmp_path / "one", told(**{**whole.settings, "shard": False}))
    ours = last_checkpoint(tmp_path / "one")
    # Of AdamW's state the mean is of gradients: where it agrees, so did the gradients of every step.
    for name, tensor in last_checkpoint(whole.folder).items():
        torch.testing.assert_close(tensor, ours[name], rtol=1e-4, atol=1e-6)
    for name, tensor in whole.average.items():
        torch.testing.assert_close(tensor, ours[f"average.{name}"], rtol=1e-4, atol=1e-6)


def test_the_gradients_of_one_step_agree_to_a_hundred_thousandth(tmp_path: Path) -> None:
    # One step of plain descent moves the weights by the gradient, rate 1.
    step = {"steps": 1, "optimiser": "sgd", "momentum": 0.0, "rate": 1.0, "warm_up": 0, "schedule": "constant"}
    step |= {"clip": 1e9, "average": 0.0}
    ours = run(tmp_path / "one", told(**step)).state_dict()
    theirs = on_two_processes(tmp_path / "two", **step)
    before = several_processes.fresh().state_dict()
    for name, start in before.items():
        one, two = start - ours[name], start - theirs[name]
        assert (one - two).norm() <= 1e-5 * one.norm()
        assert one.norm() > 1e-3


def test_a_run_on_two_processes_resumes_bit_equal(tmp_path: Path, whole: Whole) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "broken")
    checkpoints(folder / "checkpoints")[-1].unlink()  # as if it had been killed before it came to the last one
    assert checkpoints(folder / "checkpoints")[-1].stem == "step-00000008"
    resumed = on_two_processes(folder, resume=True, **whole.settings)
    for name, tensor in whole.average.items():
        assert torch.equal(tensor, resumed[name]), name


@pytest.fixture(scope="module", params=[{"workers": 1}, {"shard": True}], ids=str)
def long(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run that is long enough to be caught in its midst."""
    folder, settings = tmp_path_factory.mktemp("long") / "run", {**request.param, "steps": 200}
    return Whole(settings, folder, on_two_processes(folder, **settings))


def wait_for_checkpoint(step: int, folder: Path) -> None:
    until = time.monotonic() + 240
    while not any(int(path.stem.removeprefix("step-")) >= step for path in checkpoints(folder / "checkpoints")):
        assert time.monotonic() < until
        time.sleep(0.001)


def assert_resumes_bit_equal(folder: Path, whole: Whole) -> None:
    resumed = on_two_processes(folder, resume=True, **whole.settings)
    assert resumed.keys() == whole.average.keys()
    assert all(torch.equal(whole.average[name], resumed[name]) for name in resumed)
    ours, theirs = last_checkpoint(folder), last_checkpoint(whole.folder)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
    assert figures(folder) == figures(whole.folder)


def moment(seed: int) -> tuple[int, float]:
    """A step whose checkpoint is waited for, and how many seconds later the processes are killed."""
    chance = random.Random(seed)
    return 4 * chance.randint(1, 25), round(chance.uniform(0, 0.02), 3)


def test_a_run_whose_two_processes_are_killed_resumes_bit_equal(tmp_path: Path, long: Whole) -> None:
    step, delay = moment(3 if "shard" in long.settings else 2)
    processes = started(tmp_path / "run", **long.settings)
    wait_for_checkpoint(step, tmp_path / "run")
    time.sleep(delay)
    for process in processes:
        process.kill()
    assert ended(processes)[0] == [-signal.SIGKILL] * 2
    assert_resumes_bit_equal(tmp_path / "run", long)


def test_ctrl_c_stops_both_processes_after_the_same_step_which_is_saved(tmp_path: Path, long: Whole) -> None:
    processes = started(tmp_path / "run", **long.settings)
    wait_for_checkpoint(8, tmp_path / "run")
    # A terminal sends it to both; one that gets it has to stop the other too.
    for process in processes[1:] if "shard" in long.settings else processes:
        process.send_signal(signal.SIGINT)
    codes, said = ended(processes)
    assert codes == [130, 130], said
    steps = [re.findall(r"stopped after step (\d+): go on with gesso train --resume run", each) for each in said]
    last = checkpoints(tmp_path / "run" / "checkpoints")[-1]
    assert steps == [[str(int(last.stem.removeprefix("step-")))]] * 2, said
    assert_resumes_bit_equal(tmp_path / "run", long)


def figures(folder: Path) -> list[dict[str, Any]]:
    """The rows of metrics.jsonl without their pace."""
    return [{k: v for k, v in row.items() if k != "seconds_per_step"} for row in read(folder)]
