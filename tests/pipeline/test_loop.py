"""A training run learns, and can be stopped in any way and at any step without losing what it had."""

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny_problem
import torch
from safetensors.torch import load_file
from tiny_problem import SETTINGS, Batch, at_step, draw, fresh, objective, run
from torch import Generator, Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from gesso.core.errors import GessoError, Stopped
from gesso.pipeline.checkpoint import checkpoints
from gesso.pipeline.turns import Turn

Networks = tuple[nn.Module, nn.Module]


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def held_out(model: nn.Module) -> dict[str, float]:
    batch = draw(Turn(0, 0, 1, torch.Generator().manual_seed(99)))
    with torch.inference_mode():
        return {"gap": float((model(batch.x) - batch.y).square().mean())}


def figures(folder: Path) -> list[dict[str, Any]]:
    """The rows of metrics.jsonl without their pace."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds_per_step"} for row in rows]


def steps_saved(folder: Path) -> list[int]:
    return [int(path.stem.removeprefix("step-")) for path in checkpoints(folder / "checkpoints")]


def assert_equal(ours: Networks, theirs: Networks) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        for name, tensor in mine.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[name]), name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Networks]:
    """A run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(folder, validate=held_out)


def test_a_run_learns(whole: tuple[Path, Networks]) -> None:
    _, (model, average) = whole
    before = held_out(fresh())["gap"]
    assert held_out(model)["gap"] < 0.1 * before
    assert held_out(average)["gap"] < 0.1 * before


def test_the_figures_of_a_run_are_written_down(whole: tuple[Path, Networks]) -> None:
    folder, (_, average) = whole
    rows = figures(folder)
    assert [row["step"] for row in rows if "loss" in row] == [25, 50]
    assert [row["step"] for row in rows if "held_out_gap" in row] == [10, 20, 30, 40, 50, 60]
    assert rows[-1]["held_out_gap"] == pytest.approx(held_out(average)["gap"], abs=1e-6)


def test_only_the_newest_checkpoints_are_kept(whole: tuple[Path, Networks]) -> None:
    assert steps_saved(whole[0]) == [50, 60]


def test_ctrl_c_finishes_the_step_saves_and_says_how_to_resume_which_is_bit_equal(
    whole: tuple[Path, Networks], tmp_path: Path
) -> None:
    folder = tmp_path / "sunflowers"
    with pytest.raises(Stopped, match=r"stopped after step 34: .*gesso train --resume sunflowers") as stopped:
        run(folder, draw=at_step(34, ctrl_c), validate=held_out)
    assert "\n" not in str(stopped.value)
    assert stopped.value.exit_code == 130
    assert steps_saved(folder)[-1] == 34
    assert_equal(run(folder, validate=held_out, resume=True), whole[1])
    assert figures(folder) == figures(whole[0])


def test_ctrl_c_in_the_midst_of_an_update_waits_for_its_end(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    stepped = 0

    def hook(*_: object) -> None:
        nonlocal stepped
        stepped += 1
        if stepped == 34:
            ctrl_c()  # the weights have changed by now, their average not yet

    handle = register_optimizer_step_post_hook(hook)
    try:
        with pytest.raises(Stopped, match="stopped after step 34"):
            run(tmp_path / "run")
    finally:
        handle.remove()
    assert_equal(run(tmp_path / "run", resume=True), whole[1])
    with pytest.raises(KeyboardInterrupt):  # Ctrl-C is again what it was
        ctrl_c()


def test_a_second_ctrl_c_stops_at_once(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    def impatient() -> None:
        ctrl_c()
        ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", draw=at_step(34, impatient))
    assert steps_saved(tmp_path / "run") == [20, 30]
    assert_equal(run(tmp_path / "run", resume=True), whole[1])


@pytest.mark.parametrize("last", [20, 60])
def test_ctrl_c_while_it_is_measured_stops_the_run_after_that_step(
    whole: tuple[Path, Networks], tmp_path: Path, last: int
) -> None:
    seen = 0

    def measured(model: nn.Module) -> dict[str, float]:
        nonlocal seen
        seen += 10
        if seen == last:
            ctrl_c()
        return held_out(model)

    with pytest.raises(Stopped, match=f"stopped after step {last}"):
        run(tmp_path, validate=measured)
    assert_equal(run(tmp_path, validate=held_out, resume=True), whole[1])
    assert figures(tmp_path) == figures(whole[0])


def test_ctrl_c_that_was_ignored_before_is_ignored_by_a_run(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert_equal(run(tmp_path, draw=at_step(34, ctrl_c)), whole[1])
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_killed_outright_resumes_bit_equal(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, tiny_problem.__file__, tmp_path / "run", "28"], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert steps_saved(tmp_path / "run") == [10, 20]
    assert_equal(run(tmp_path / "run", resume=True), whole[1])


def test_a_run_killed_before_it_saved_anything_begins_again(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, tiny_problem.__file__, tmp_path / "run", "8"], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert steps_saved(tmp_path / "run") == []
    assert_equal(run(tmp_path / "run", validate=held_out, resume=True), whole[1])
    assert figures(tmp_path / "run") == figures(whole[0])


@pytest.mark.parametrize("last", [20, 60])
def test_a_run_stopped_between_a_checkpoint_and_its_figures_gives_them_when_it_goes_on(
    whole: tuple[Path, Networks], tmp_path: Path, last: int
) -> None:
    class PowerCut(BaseException):
        pass

    seen = 0

    def cut(model: nn.Module) -> dict[str, float]:
        nonlocal seen
        seen += 10
        if seen == last:
            raise PowerCut
        return held_out(model)

    with pytest.raises(PowerCut):
        run(tmp_path, validate=cut)
    assert steps_saved(tmp_path)[-1] == last
    assert_equal(run(tmp_path, validate=held_out, resume=True), whole[1])
    assert figures(tmp_path) == figures(whole[0])


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Stopped):
        run(folder, draw=at_step(58, ctrl_c), validate=held_out)
    assert steps_saved(folder) == [50, 58]
    newest = checkpoints(folder / "checkpoints")[-1]
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    assert_equal(run(folder, validate=held_out, resume=True), whole[1])
    assert figures(folder) == figures(whole[0])


def test_a_line_of_figures_that_was_cut_short_is_dropped(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Stopped):
        run(folder, draw=at_step(34, ctrl_c), validate=held_out)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 34, "lo')  # as a full disk leaves it
    run(folder, validate=held_out, resume=True)
    assert figures(folder) == figures(whole[0])


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    seen = 0

    def overflowing(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        nonlocal seen
        seen += 1
        loss, figures = objective(model, batch, generator)
        return loss * float("inf" if seen == 24 else 1), figures

    with pytest.raises(GessoError, match=r"the loss is not finite at step 24: lower --rate"):
        run(tmp_path / "run", objective=overflowing)
    assert steps_saved(tmp_path / "run") == [10, 20]
    run(tmp_path / "run", resume=True)


def test_a_gradient_that_is_not_finite_never_reaches_a_checkpoint(tmp_path: Path) -> None:
    seen = 0

    def steep(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        nonlocal seen
        seen += 1
        loss, figures = objective(model, batch, generator)
        # The root of zero is zero, and infinitely steep. Step 20 saves.
        return loss + (loss * (seen != 20)).sqrt() * (seen == 20), figures

    with pytest.raises(GessoError, match=r"gradient .* at step 20"):
        run(tmp_path / "run", objective=steep)
    assert steps_saved(tmp_path / "run") == [10]
    for tensor in load_file(checkpoints(tmp_path / "run" / "checkpoints")[-1]).values():
        assert tensor.isfinite().all()


def test_the_order_of_the_data_is_the_seed_s(whole: tuple[Path, Networks], tmp_path: Path) -> None:
    other, _ = run(tmp_path / "run", settings=SETTINGS.model_copy(update={"seed": 5}))
    assert not torch.equal(next(other.parameters()), next(whole[1][0].parameters()))


def test_without_an_average_the_weights_are_the_last_ones(tmp_path: Path) -> None:
    model, average = run(tmp_path, settings=SETTINGS.model_copy(update={"average": 0.0}))
    assert_equal((model, model), (average, average))


def test_the_line_that_a_person_sees_shows_the_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    run(tmp_path, settings=SETTINGS.model_copy(update={"steps": 3}), shown=True)
    assert re.search(r"training .*loss \d", terminal.getvalue())
