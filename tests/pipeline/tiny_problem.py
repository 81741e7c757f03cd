"""A problem that trains in milliseconds, for the tests of the loop. As a script it begins a run and kills itself.

python tiny_problem.py RUN STEP
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.pipeline.loop import train
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Turn

SETTINGS = Training.model_validate(
    {"steps": 60, "batch": 16, "rate": 0.05, "warm_up": 5, "average": 0.9, "save_every": 10, "seed": 4}
)
CPU = torch.device("cpu")


class Batch(NamedTuple):
    x: Tensor
    y: Tensor


def draw(turn: Turn) -> Batch:
    """Pictures of noise, and their edges to learn."""
    x = torch.randn((SETTINGS.batch // turn.parts, 1, 8, 8), generator=turn.generator)
    return Batch(x, x - x.roll(1, 3))


def objective(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    blurred = batch.x + 0.05 * torch.randn(batch.x.shape, generator=generator)
    gap = (model(blurred) - batch.y).square().mean()
    return gap, {"gap": gap}


def fresh() -> nn.Module:
    """In channels_last, as the networks that we ship are."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.SiLU(), nn.Conv2d(6, 1, 3, padding=1))
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # torch's overloads lack it


def run(
    folder: Path,
    *,
    settings: Training = SETTINGS,
    draw: Callable[[Turn], Batch] = draw,
    objective: Callable[[nn.Module, Batch, Generator], tuple[Tensor, dict[str, Tensor]]] = objective,
    validate: Callable[[nn.Module], dict[str, float]] | None = None,
    sample: Callable[[nn.Module], Raster] | None = None,
    resume: bool = False,
    shown: bool = False,
) -> tuple[nn.Module, nn.Module]:
    """Train in `folder`, and return the model and the average of its weights."""
    model = fresh()
    with Progress(shown=shown) as progress:
        average = train(
            model,
            draw,
            objective,
            settings,
            folder,
            device=CPU,
            progress=progress,
            validate=validate,
            sample=sample,
            resume=resume,
        )
    return model, average


def at_step(step: int, action: Callable[[], object]) -> Callable[[Turn], Batch]:
    """`draw`, and `action` while the batch of `step`, counted from 1, is drawn."""
    drawn = 0

    def drawing(turn: Turn) -> Batch:
        nonlocal drawn
        drawn += 1
        if drawn == step:
            action()
        return draw(turn)

    return drawing


if __name__ == "__main__":
    run(Path(sys.argv[1]), draw=at_step(int(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL)))
