"""Measure what each part of the writer is worth: the same training without it, on tinyshakespeare.

With names of `PARTS`, only those are measured.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import load_writer
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.prepare import windows
from gesso.arts.write.surprise import surprise
from gesso.arts.write.train import train
from gesso.core import devices
from gesso.core.declaration import check
from gesso.core.progress import Progress

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


def main() -> None:
    """Prints the nats a character of the whole text held out, and the seconds of each training."""
    _, kept = read_corpus(("tinyshakespeare",))
    common = {"data": "tinyshakespeare", "steps": STEPS, "precision": "bfloat16", "samples": False, "save_every": STEPS}
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as folder, devices.repeatable():
            run, started = Path(folder) / "run", time.perf_counter()
            run.mkdir()
            settings = check(WriteTraining, {**common, **PARTS[name]})
            made = train(settings, run, device=torch.device("cpu"), progress=Progress(shown=False))
            seconds = time.perf_counter() - started
            writer = load_writer(made.path, torch.device("cpu"))
            unseen = torch.tensor(writer.configuration.tokens.encode(kept))
            found = surprise(writer, windows(unseen, writer.configuration.context), torch.device("cpu"))
        print(f"{name}: {found.nats / found.tokens:.4f} nats a character, {seconds:.0f} s", flush=True)
    print(f"{STEPS} steps each; torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
