"""Measure what each part of the writer is worth: the same training without it, on tinyshakespeare.

With names of `PARTS` or `EXCHANGED`, only those are measured.
"""

import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import load_writer
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.prepare import windows
from gesso.arts.write.surprise import surprise
from gesso.arts.write.train import train
from gesso.core import devices
from gesso.core.declaration import check
from gesso.core.progress import Progress
from gesso.networks import transformer

STEPS = 800
PARTS: dict[str, dict[str, Any]] = {
    "all of it": {},
    "no pairs of characters": {"couples": 0},
    "AdamW instead of Muon, at a rate of its own": {"optimiser": "adamw", "rate": 2e-3},
    "queries and keys as they come": {"normalised": False},
    "values of each layer alone": {"mixed": False},
    "GELU": {"mlp": "gelu"},
    "SwiGLU": {"mlp": "swiglu"},
    "layers that speak at first": {"silent": False},
}


class LayerNorm(nn.LayerNorm):
    """Normalisation that takes the mean away as well (Ba et al. 2016)."""

    def __init__(self, width: int, eps: float):
        super().__init__(width, eps, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return super().forward(x.to(self.weight.dtype))


def unturned(start: int, length: int, size: int, device: torch.device) -> Tensor:
    """Rotations by nothing: the network knows of order only that what comes later is not heard."""
    return torch.stack([torch.ones(length, size, device=device), torch.zeros(length, size, device=device)])


EXCHANGED: dict[str, tuple[str, Any]] = {
    "no positions": ("rotations", unturned),
    "LayerNorm": ("RMSNorm", LayerNorm),
}
"""By name of the measurement, what of the transformer is exchanged, and for what."""


def main() -> None:
    """Prints the nats a character of the whole text held out, and the seconds of each training."""
    _, kept = read_corpus(("tinyshakespeare",))
    common = {"data": "tinyshakespeare", "steps": STEPS, "precision": "bfloat16", "samples": False, "save_every": STEPS}
    for name in sys.argv[1:] or (*PARTS, *EXCHANGED):
        exchanged = patch.object(transformer, *EXCHANGED[name]) if name in EXCHANGED else nullcontext()
        with tempfile.TemporaryDirectory() as folder, devices.repeatable(), exchanged:
            run, started = Path(folder) / "run", time.perf_counter()
            run.mkdir()
            settings = check(WriteTraining, {**common, **PARTS.get(name, {})})
            made = train(settings, run, device=torch.device("cpu"), progress=Progress(shown=False))
            seconds = time.perf_counter() - started
            writer = load_writer(made.path, torch.device("cpu"))
            unseen = torch.tensor(writer.configuration.tokens.encode(kept))
            found = surprise(writer, windows(unseen, writer.configuration.context), torch.device("cpu"))
        print(f"{name}: {found.nats / found.tokens:.4f} nats a character, {seconds:.0f} s", flush=True)
    print(f"{STEPS} steps each; torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
