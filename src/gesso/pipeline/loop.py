"""The training loop, written once. Read it top to bottom.

The data and the noise of step n are drawn from a generator that is a function of (seed, n) alone, so a run killed at
any step and resumed is bit-equal to one that was not, on the same machine with the same number of threads.
"""

import copy
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, nn

from gesso.core import files
from gesso.core.errors import GessoError, Stopped
from gesso.core.memory import keep_large_blocks
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.pipeline import distribution, optimisers
from gesso.pipeline.checkpoint import State, checkpoints
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.distribution import Processes, whole
from gesso.pipeline.logs import Log
from gesso.pipeline.schedules import rate
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Draw, turns

Network = TypeVar("Network", bound=nn.Module)
Objective = Callable[[Any, Any, Generator], tuple[Tensor, dict[str, Tensor]]]
LOG_EVERY = 25


def train(
    model: Network,
    draw: Draw,
    objective: Objective,
    settings: Training,
    run: Path,
    *,
    device: torch.device,
    progress: Progress,
    validate: Callable[[Network], dict[str, float]] | None = None,
    sample: Callable[[Network], Raster] | None = None,
    methods: Sequence[str] = (),
    skips: Skips | None = None,
    resume: bool = False,
) -> Network:
    """Train `model` in the folder `run` and return the moving average of its weights.

    `draw(turn)` gives a batch, `objective(model, batch, generator)` a loss and figures to log, and `validate(average)`
    the figures on held-out data, asked for at every checkpoint, as is `sample(average)`, a picture of what it has
    learned so far. `methods` are those that `objective` calls on the model besides calling it. `skips` are told what
    the batches name as `skipped`. Under torchrun every process draws its own part of each batch.

    Raises GessoError when the loss or its gradient is not finite: the last good checkpoint stays. And Stopped after
    Ctrl-C, when the step that runs is done and saved, the same one in every process; a second Ctrl-C stops at once.
    """
    if device.type == "cpu":
        keep_large_blocks()
    with distribution.joined(device) as processes:
        model.to(device).train()
        average = copy.deepcopy(model).eval().requires_grad_(False)
        divided = settings.shard and processes.world > 1
        result = copy.deepcopy(average) if divided else average
        if divided:
            distribution.shard(model, methods)
            distribution.shard(average)
        state = State(model, average, optimisers.make(model.parameters(), settings))
        log = Log(run, writing=processes.first)

        def due() -> bool:
            return state.step % settings.save_every == 0 or state.step == settings.steps

        def settled() -> Network:
            if divided:
                result.load_state_dict({k: whole(v) for k, v in average.state_dict().items()})
            return result

        def look() -> None:
            learned = settled()
            if validate is not None:
                log.write(state.step, {f"held_out_{k}": v for k, v in validate(learned).items()})
            if sample is not None:
                log.keep_sample(state.step, sample(learned))
            log.draw()

        if resume:
            if checkpoints(run / "checkpoints"):  # else it was stopped before the first one
                state.load(run / "checkpoints")
            log.forget_after(state.step)
            if processes.first:
                files.forget_unfinished(run)
        (run / "checkpoints").mkdir(parents=True, exist_ok=True)
        if state.step and due():
            look()  # the run that saved this may not have come to it, or not to its end
        stopped = False
        with _first_ctrl_c_noted() as noted:
            for figures in _steps(state, draw, objective, settings, device, processes, progress, skips):
                if figures:
                    log.write(state.step, figures)
                stopped = distribution.any_of(bool(noted), processes, device)
                if stopped or due():
                    state.save(run / "checkpoints", writing=processes.first)
                if due() and not stopped:
                    look()
                    stopped = distribution.any_of(bool(noted), processes, device)
                if stopped:
                    break
        if not stopped:
            return settled()
    raise Stopped(f"stopped after step {state.step}: go on with gesso train --resume {run.name}")


def _steps(
    state: State,
    draw: Draw,
    objective: Objective,
    settings: Training,
    device: torch.device,
    processes: Processes,
    progress: Progress,
    skips: Skips | None,
) -> Iterator[dict[str, Tensor | float]]:
    """Take the steps that are left, and after each give its figures, or none if they are not to be logged."""
    model, optimiser, first = state.model, state.optimiser, state.step
    mixed = settings.precision == "bfloat16"
    weights = list(model.parameters())  # listed once: to walk through a network takes as long as to average its weights
    move = _moving(state.average, model)
    progress.stage("training", settings.steps, first)
    started = time.monotonic()
    for parts in turns(draw, settings, first, processes.rank, processes.world):
        for group in optimiser.param_groups:
            group["lr"] = rate(state.step, settings)
        optimiser.zero_grad(set_to_none=True)
        losses: list[Tensor] = []
        figures: dict[str, Tensor] = {}
        for batch, source in parts:
            if skips is not None:
                skips.note(batch.skipped)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                loss, figures = objective(model, _to(batch, device), source)
            (loss / len(parts)).backward()
            losses.append(loss.detach())
        distribution.average_gradients(weights, processes)
        loss, norm = torch.stack(losses).mean(), whole(nn.utils.clip_grad_norm_(weights, settings.clip))
        # A finite loss may have a gradient that is not, and it would spoil the weights that are saved.
        if not torch.isfinite(loss + norm):
            what = "the gradient of the loss" if torch.isfinite(loss) else "the loss"
            raise GessoError(
                f"{what} is not finite at step {state.step + 1}: lower --rate or --clip; the last good checkpoint stays"
            )
        optimiser.step()
        state.step += 1
        move(min(settings.average, state.step / (state.step + 10)))
        progress.advance(loss=loss.item())
        pace = (time.monotonic() - started) / (state.step - first)
        yield {"loss": loss, **figures, "seconds_per_step": pace} if state.step % LOG_EVERY == 0 else {}


@contextmanager
def _first_ctrl_c_noted() -> Iterator[list[int]]:
    """Within it the first Ctrl-C is only noted, in the list that it yields; the next ones do what they always did."""
    noted: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield noted  # it is ignored, as in a script's background, or never comes to this thread
        return

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            before(number, frame)
        noted.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _moving(average: nn.Module, model: nn.Module) -> Callable[[float], None]:
    """What brings `average` nearer to `model`, keeping the share `decay` of what it was; counts are just taken over."""
    averages, weights = tuple(average.parameters()), tuple(model.parameters())
    buffers = list(zip(average.buffers(), model.buffers(), strict=True))

    @torch.no_grad()
    def move(decay: float) -> None:
        torch._foreach_lerp_(averages, weights, 1 - decay)  # pyright: ignore[reportPrivateImportUsage] -- public, undeclared
        for ours, theirs in buffers:
            if ours.is_floating_point():
                ours.lerp_(theirs, 1 - decay)
            else:
                ours.copy_(theirs)

    return move


def _to(batch: Any, device: torch.device) -> Any:
    """A named tuple with its tensors on `device`."""
    return type(batch)(*(x.to(device, non_blocking=True) if isinstance(x, Tensor) else x for x in batch))
