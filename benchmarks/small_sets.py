"""What a painter makes of few pictures: how near its paintings are to those it learned from, for sets of several sizes.

python -m benchmarks.small_sets

Each set is a folder of garments, a fifth of which is held out, and each training the same but for the augmentation.
"""

import tempfile
import time
from pathlib import Path

import torch

from gesso.arts.paint.image.art import PaintImageTraining
from gesso.arts.paint.image.train import train
from gesso.core import devices
from gesso.core.declaration import check
from gesso.core.files import atomic_bytes
from gesso.core.pictures import Raster, encode
from gesso.core.progress import Progress
from gesso.pipeline.data.examples import open_examples

COUNTS, STEPS = (30, 100, 300, 1000), 800


def main() -> None:
    """Prints a line for each number of pictures, without and with augmentation: what the card says of copies."""
    examples = open_examples("fashion-mnist", "train")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder, devices.repeatable():
            pictures = Path(folder) / "pictures"
            pictures.mkdir()
            for number, x in enumerate(examples.load(torch.arange(count)).inputs):
                rgb = x.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
                atomic_bytes(pictures / f"{number:04}.png", encode(Raster(rgb), "PNG"))
            for augment in (0.0, 0.5):
                given = {"data": str(pictures), "size": 28, "widths": (24, 48), "steps": STEPS, "save_every": STEPS}
                settings = check(PaintImageTraining, {**given, "augment": augment, "precision": "bfloat16"})
                run, started = Path(folder) / f"run{augment}", time.perf_counter()
                made = train(settings, run, device=torch.device("cpu"), progress=Progress(shown=False))
                seconds = time.perf_counter() - started
                said = made.path.with_suffix(".md").read_text("utf-8").strip().splitlines()[-1]
                print(f"{count} pictures, {augment:.0%} augmented, {seconds:.0f} s: {said}", flush=True)
    print(f"{STEPS} steps each; torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
