"""Measure stylize: the whole command with its memory, and the network alone."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from gesso.arts.stylize.build import Painter, load_painter
from gesso.arts.stylize.fast import paint
from gesso.core import weights
from gesso.core.pictures import Raster, encode, resized
from gesso.core.rasters import to_tensor
from gesso.faces.scene import draw_scene

RUNS = 7


def main() -> None:
    # The commands first: a process inherits the peak of the one that starts it, which is small as yet.
    with tempfile.TemporaryDirectory() as folder:
        for name, width, height in (("512 x 512", 512, 512), ("24 megapixels", 6000, 4000)):
            picture = Path(folder) / f"{width}.jpg"
            picture.write_bytes(encode(scene(width, height), "JPEG"))
            seconds, megabytes = whole_command(picture)
            print(f"whole command, {name}: {seconds:.1f} s, peak memory {megabytes:.0f} MB", flush=True)
    painter = load_painter(weights.find("gesso.arts.stylize", "fast").path, torch.device("cpu"))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; median of {RUNS} runs")
    for name, width, height in (("512 x 512", 512, 512), ("1920 x 1080", 1920, 1080)):
        print(f"network, {name}, with a style of 512 x 512: {network(painter, scene(width, height).rgb):.2f} s")


def network(painter: Painter, content: np.ndarray) -> float:
    """Median seconds of reading a style and painting with it, after one run that is not counted."""
    style = to_tensor(scene(512, 512).rgb)
    seconds: list[float] = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        with torch.inference_mode():
            code = painter.encode(style)[0]
        paint(painter, content, code)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def whole_command(picture: Path) -> tuple[float, float]:
    """Median seconds and peak megabytes of `gesso stylize` as a process of its own."""
    script = "import resource, sys; from gesso.faces.cli import main; code = main(sys.argv[1:]);"
    script += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    arguments = ["stylize", str(picture), "--style", "monet", "--out", str(picture.parent), "--json", "--overwrite"]
    seconds: list[float] = []
    kilobytes: list[int] = []
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - started)
        assert json.loads(done.stdout)["works"]
        kilobytes.append(int(done.stderr.split()[-1]))
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
    return statistics.median(seconds), max(kilobytes) * unit / 1e6


def scene(width: int, height: int) -> Raster:
    return resized(draw_scene(600, 400), (width, height))


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


if __name__ == "__main__":
    main()
