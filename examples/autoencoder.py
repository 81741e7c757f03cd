"""Handwritten digits squeezed into 32 numbers each and unfolded again, in about three minutes.

gesso data get mnist
python examples/autoencoder.py        # writes autoencoder.png: digits, what came back, and what PCA gives back
"""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from gesso.core import files
from gesso.core.pictures import Raster, encode
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks.autoencoder import Autoencoder
from gesso.pipeline import loop
from gesso.pipeline.data.examples import Examples, open_examples
from gesso.pipeline.losses import loss
from gesso.pipeline.metrics import psnr
from gesso.pipeline.settings import Training
from gesso.pipeline.turns import Order


class Batch(NamedTuple):
    x: Tensor  # pictures (B, 1, 28, 28) in [0, 1]


def load(examples: Examples, chosen: Tensor) -> Batch:
    return Batch(examples.load(chosen).inputs / 255)


def objective(model: nn.Module, batch: Batch, _: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    return loss("mse", model(batch.x).float().sigmoid(), batch.x), {}  # the picture is its own label


def by_pca(train: Tensor, test: Tensor, code: int) -> Tensor:
    """Pictures `test` (N, 1, H, W) from their coordinates along the `code` main directions of `train`."""
    middle = train.flatten(1).mean(0)
    x = train.flatten(1) - middle
    directions = torch.linalg.eigh(x.T @ x).eigenvectors[:, -code:]  # (H W, code): the last vary most
    return ((test.flatten(1) - middle) @ directions @ directions.T + middle).clamp(0, 1).view_as(test)


def autoencode(run: Path, *, steps: int = 2000, batch: int = 128, code: int = 32) -> dict[str, float]:
    """Mean squared errors per pixel on the test pictures, each by its name."""
    train, test = open_examples("mnist", "train"), open_examples("mnist", "test")
    chosen = {"steps": steps, "batch": batch, "rate": 4e-3, "precision": "bfloat16"}
    settings = Training.model_validate(chosen)
    order = Order(len(train), settings)

    model = Autoencoder(code=code)
    model.initialise(generator(settings.seed, "weights"))
    with Progress() as progress:
        model = loop.train(
            model.to(memory_format=torch.channels_last),  # pyright: ignore[reportCallIssue] -- undeclared by torch
            lambda turn: load(train, order(turn)),
            objective,
            settings,
            run,
            device=torch.device("cpu"),
            progress=progress,
            resume=any(run.glob("checkpoints/*.safetensors")),
        )

    x = load(test, torch.arange(len(test))).x
    with torch.no_grad():
        again = torch.cat([model.decode(model.encode(part)) for part in x.split(500)])  # (N, 1, 28, 28)
    made = {"autoencoder": again, "PCA": by_pca(load(train, torch.arange(len(train))).x, x, code)}
    errors = {name: float((y - x).square().mean()) for name, y in made.items()}
    for name, y in made.items():
        print(f"{name}: mean squared error {errors[name]:.4f} per pixel, PSNR {float(psnr(y, x).mean()):.1f} dB")

    rows = torch.cat([torch.cat(list(y[:12, 0]), 1) for y in (x, *made.values())])  # (3 * 28, 12 * 28)
    grey = (rows * 255).round().byte().repeat_interleave(2, 0).repeat_interleave(2, 1)
    picture = Raster(grey[:, :, None].expand(-1, -1, 3).contiguous().numpy())
    files.atomic_bytes(Path("autoencoder.png"), encode(picture, "PNG"), overwrite=True)
    return errors


if __name__ == "__main__":
    autoencode(Path("runs/autoencoder"))
