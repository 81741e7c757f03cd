"""The training loop, written once. Read it top to bottom.

The data and the noise of step n are drawn from a generator that is a function of (seed, n) alone, so a run killed at
any step and resumed is bit-equal to one that was not, on the same machine with the same number of threads.
"""

import copy
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.checkpoint import State
from gesso.pipeline.settings import Training

Network = TypeVar("Network", bound=nn.Module)
Objective = Callable[[Any, Any, Generator], tuple[Tensor, dict[str, Tensor]]]
LOG_EVERY = 25


def train(
    model: Network,
    draw: Callable[[Generator], Any],
    objective: Objective,
    settings: Training,
    run: Path,
    *,
    device: torch.device,
    progress: Progress,
    validate: Callable[[Network], dict[str, float]] | None = None,
    resume: bool = False,
) -> Network:
    """Train `model` in the folder `run` and return the moving average of its weights.

    `draw(generator)` gives a batch, `objective(model, batch, generator)` a loss and figures to log, and
    `validate(average)` the figures on held-out data, asked for at every checkpoint.

    Raises GessoError when the loss or its gradient is not finite: the last good checkpoint stays.
    """
    model.to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, betas=(0.9, 0.99), weight_decay=settings.decay)
    average = copy.deepcopy(model).eval().requires_grad_(False)
    state = State(model, average, optimiser)
    log = run / "metrics.jsonl"
    if resume:
        state.load(run / "checkpoints")
        _forget_after(log, state.step)
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)

    progress.stage("training", settings.steps, state.step)
    started, first = time.monotonic(), state.step
    try:
        while state.step < settings.steps:
            for group in optimiser.param_groups:
                group["lr"] = rate(state.step, settings)
            source = generator(settings.seed, "step", state.step)
            batch = _to(draw(source), device)
            loss, figures = objective(model, batch, source)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            # A finite loss may have a gradient that is not, and it would spoil the weights that are saved.
            if not torch.isfinite(loss + norm):
                what = "the gradient of the loss" if torch.isfinite(loss) else "the loss"
                raise GessoError(
                    f"{what} is not finite at step {state.step + 1}: lower --rate or --clip; "
                    f"the last good checkpoint is in {run / 'checkpoints'}"
                )
            with _undisturbed():
                optimiser.step()
                state.step += 1
                _update(average, model, min(settings.average, state.step / (state.step + 10)))
            progress.advance(loss=loss.item())

            if state.step % LOG_EVERY == 0:
                pace = (time.monotonic() - started) / (state.step - first)
                _log(log, state.step, {"loss": loss, **figures, "seconds_per_step": pace})
            if state.step % settings.save_every == 0 or state.step == settings.steps:
                state.save(run / "checkpoints")
                if validate is not None:
                    _log(log, state.step, {f"held_out_{k}": v for k, v in validate(average).items()})
    except KeyboardInterrupt:
        state.save(run / "checkpoints")
        raise GessoError(f"stopped after step {state.step}: go on with gesso train --resume {run.name}") from None
    return average


def rate(step: int, settings: Training) -> float:
    """The learning rate at `step`: a linear warm-up, then half a cosine down to zero (Loshchilov and Hutter 2017)."""
    if step < settings.warm_up:
        return settings.rate * (step + 1) / settings.warm_up
    share = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return settings.rate * 0.5 * (1 + math.cos(math.pi * share))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block: halfway through an update the weights are those of no step."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C never comes to another
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


@torch.no_grad()
def _update(average: nn.Module, model: nn.Module, decay: float) -> None:
    for ours, theirs in zip(average.parameters(), model.parameters(), strict=True):
        ours.lerp_(theirs, 1 - decay)
    for ours, theirs in zip(average.buffers(), model.buffers(), strict=True):
        ours.copy_(theirs)


def _to(batch: Any, device: torch.device) -> Any:
    """The tensors of a named tuple on `device`."""
    return type(batch)(*(x.to(device, non_blocking=True) for x in batch))


def _log(path: Path, step: int, figures: Mapping[str, Tensor | float]) -> None:
    row = {k: round(v.item() if isinstance(v, Tensor) else v, 6) for k, v in figures.items()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": step, **row}) + "\n")


def _forget_after(path: Path, step: int) -> None:
    """Drop the figures of steps that will be done again, and a line that was cut short."""
    if path.exists():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        rows = [line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= step]
        atomic_bytes(path, "".join(rows).encode(), overwrite=True)
