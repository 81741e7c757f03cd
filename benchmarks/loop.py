"""What the training loop costs over a bare PyTorch loop of the same model, data and optimiser.

python -m benchmarks.loop
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks.residual import Residual
from gesso.pipeline import loop, optimisers
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order, Turn

STEPS, ROUNDS = 120, 3
SETTINGS = Training.model_validate({"steps": STEPS, "batch": 64, "warm_up": 0, "save_every": 10_000})
INPUTS = torch.randn(640, 1, 28, 28, generator=Generator().manual_seed(0))
LABELS = torch.randint(10, (640,), generator=Generator().manual_seed(0))


class Batch(NamedTuple):
    inputs: Tensor
    labels: Tensor


def fresh() -> Residual:
    model = Residual()
    model.initialise(generator(0))
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


def bare() -> float:
    """Seconds a step of a loop that does no more than learn."""
    model = fresh()
    optimiser = optimisers.make(model.parameters(), SETTINGS)
    started = time.perf_counter()
    for step in range(STEPS):
        at = step % 10 * 64
        loss = F.cross_entropy(model(INPUTS[at : at + 64]), LABELS[at : at + 64])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return (time.perf_counter() - started) / STEPS


def ours(run: Path) -> float:
    """The same by `loop.train`, with its clipping, moving average, logs, last checkpoint and curves."""
    order = Order(len(INPUTS), SETTINGS)

    def draw(turn: Turn) -> Batch:
        indices = order(turn)
        return Batch(INPUTS[indices], LABELS[indices])

    def objective(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return F.cross_entropy(model(batch.inputs), batch.labels), {}

    model, cpu = fresh(), torch.device("cpu")
    started = time.perf_counter()
    loop.train(model, draw, objective, SETTINGS, run, device=cpu, progress=Progress(shown=False))
    return (time.perf_counter() - started) / STEPS


def main() -> None:
    bare()  # the first pass chooses algorithms
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(bare(), ours(Path(folder) / str(number))) for number in range(ROUNDS)]
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    seconds = statistics.median(bare for bare, _ in pairs)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; median of {ROUNDS} pairs of {STEPS} steps")
    print(f"a bare loop: {1000 * seconds:.0f} ms a step; the training loop: {100 * (ratio - 1):.1f} % more")


if __name__ == "__main__":
    main()
