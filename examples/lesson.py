"""A network learns to read handwritten digits, in about a minute.

gesso data get mnist
python examples/lesson.py        # again after Ctrl-C: it goes on
"""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks.residual import Residual
from gesso.pipeline import loop
from gesso.pipeline.data.examples import Examples, open_examples
from gesso.pipeline.losses import loss
from gesso.pipeline.metrics import accuracy, confusion_matrix
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order


class Batch(NamedTuple):
    x: Tensor  # pictures (B, 1, 28, 28) in [-1, 1]
    labels: Tensor  # (B,), whole numbers from 0 to 9


def load(examples: Examples, chosen: Tensor) -> Batch:
    return Batch(examples.load(chosen).inputs / 127.5 - 1, examples.labels[chosen])


def objective(model: nn.Module, batch: Batch, _: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    y = model(batch.x)  # y = f(x; theta): (B, 10), a number for each digit
    right = (y.argmax(1) == batch.labels).float().mean()
    return loss("cross-entropy", y, batch.labels), {"right": right}  # L = -log p_right


def lesson(run: Path, *, steps: int = 900, batch: int = 96) -> float:
    # 1. Prepare
    train, test = open_examples("mnist", "train"), open_examples("mnist", "test")
    told = {"steps": steps, "batch": batch, "optimiser": "adamw", "rate": 2e-3, "decay": 0.02}
    settings = Training.model_validate(told)
    order = Order(len(train), settings)

    # 2. Build
    model = Residual(channels=1, widths=(16, 32, 64), blocks=(1, 1, 1), classes=10)
    model.initialise(generator(settings.seed, "weights"))

    # 3. Train
    draw, again = lambda turn: load(train, order(turn)), any(run.glob("checkpoints/*.safetensors"))
    cpu = torch.device("cpu")
    with Progress() as shown:
        model = loop.train(model, draw, objective, settings, run, device=cpu, progress=shown, resume=again)

    # 4. Evaluate
    with torch.no_grad():
        y = torch.cat([model(load(test, part).x) for part in torch.arange(len(test)).split(500)])  # (N, 10)
    share, low, high = accuracy(y, test.labels)
    print(f"{share:.2%} of {len(test)} test pictures are right, 95 % interval {low:.2%} to {high:.2%}")
    print(confusion_matrix(y.argmax(1), test.labels, classes=10))

    # 5. Generate: here, an answer
    probabilities, digits = y[0].softmax(0).topk(3)
    print("the first test picture:", dict(zip(digits.tolist(), probabilities.tolist(), strict=True)))
    return share


if __name__ == "__main__":
    lesson(Path("runs/lesson-in-python"))
