"""A run on fixed examples, for the tests of training on several processes; as a script one of these processes.

python several_processes.py RUN SETTINGS RESUME, with torchrun's variables set; writes RUN/average.safetensors.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn

from gesso.core.errors import Stopped
from gesso.core.progress import Progress
from gesso.pipeline.loop import train
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order, Turn


class Batch(NamedTuple):
    x: Tensor
    y: Tensor


def told(**values: Any) -> Training:
    shared = {"steps": 12, "batch": 8, "rate": 0.05, "warm_up": 2, "average": 0.5, "save_every": 4, "seed": 4}
    return Training.model_validate({**shared, **values})


def fresh() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 4))


def run(folder: Path, settings: Training, *, resume: bool = False) -> nn.Module:
    model = fresh()
    x = torch.randn(20, 6)
    y = x[:, :4] * x[:, 2:]
    order = Order(len(x), settings)

    def draw(turn: Turn) -> Batch:
        indices = order(turn)
        return Batch(x[indices], y[indices])

    def objective(model: nn.Module, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return (model(batch.x) - batch.y).square().mean(), {}

    cpu = torch.device("cpu")
    return train(model, draw, objective, settings, folder, device=cpu, progress=Progress(shown=False), resume=resume)


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    try:
        average = run(folder, told(**json.loads(sys.argv[2])), resume=sys.argv[3] == "resume")
    except Stopped as stopped:
        sys.stderr.write(f"{stopped}\n")
        sys.exit(stopped.exit_code)
    if os.environ["RANK"] == "0":
        save_file(average.state_dict(), folder / "average.safetensors")
