"""What the training loop costs over a bare PyTorch loop of the same network, data, optimiser and schedule.

python -m benchmarks.loop

They take turns, a step of one and a step of the other, so that what else the machine does falls on both; one thread.
A step of either takes the next batch of a shuffled epoch and the learning rate of the schedule, then forward, backward,
clipping, and the optimiser's step. The training loop also looks whether loss and gradient are finite, keeps a moving
average of the weights and a generator for every step, and writes its figures every 25 steps. All that it does before
the first step and after the last counts as well, and in its 200 steps it saves once and draws the curves, where a run
has that every 250. The progress line is not shown.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks.residual import Residual
from gesso.pipeline import loop, optimisers
from gesso.pipeline.schedules import rate
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order, Turn

STEPS, ROUNDS, BATCH = 200, 5, 32
INPUTS = torch.randn(640, 1, 28, 28, generator=Generator().manual_seed(0))
LABELS = torch.randint(10, (640,), generator=Generator().manual_seed(0))


class Batch(NamedTuple):
    inputs: Tensor
    labels: Tensor


def told(steps: int) -> Training:
    return Training.model_validate({"steps": steps, "batch": BATCH, "save_every": steps})


def fresh() -> Residual:
    model = Residual()
    model.initialise(generator(0))
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


def bare(model: nn.Module, settings: Training) -> Iterator[None]:
    """A loop that does no more than learn, and waits after each step."""
    optimiser = optimisers.make(model.parameters(), settings)
    step = 0
    while True:
        for indices in torch.randperm(len(INPUTS)).split(BATCH):
            optimiser.param_groups[0]["lr"] = rate(step, settings)
            optimiser.zero_grad()
            loss = F.cross_entropy(model(INPUTS[indices]), LABELS[indices])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimiser.step()
            step += 1
            yield


def both(run: Path, settings: Training) -> tuple[float, float]:
    """Seconds a step of the bare loop and of `loop.train`, each time after the bare one has taken its step."""
    plain, order, seconds = bare(fresh(), settings), Order(len(INPUTS), settings), 0.0

    def draw(turn: Turn) -> Batch:
        nonlocal seconds
        began = time.perf_counter()
        next(plain)
        seconds += time.perf_counter() - began
        indices = order(turn)
        return Batch(INPUTS[indices], LABELS[indices])

    def objective(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return F.cross_entropy(model(batch.inputs), batch.labels), {}

    model, cpu = fresh(), torch.device("cpu")
    began = time.perf_counter()
    loop.train(model, draw, objective, settings, run, device=cpu, progress=Progress(shown=False))
    all_of_it = time.perf_counter() - began
    return seconds / settings.steps, (all_of_it - seconds) / settings.steps


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        both(Path(folder) / "first", told(10))  # chooses algorithms
        times = [both(Path(folder) / str(number), told(STEPS)) for number in range(ROUNDS)]
    more = [100 * (ours / plain - 1) for plain, ours in times]
    print(f"torch {torch.__version__}, one thread; {ROUNDS} times {STEPS} steps")
    print(f"a bare loop: {1000 * statistics.median(plain for plain, _ in times):.0f} ms a step")
    print(f"the training loop: {statistics.median(more):.1f} % more ({min(more):.1f} to {max(more):.1f})")


if __name__ == "__main__":
    main()
