"""Measure stylize: the network against one of the published shape, the whole command, and its memory.

The two networks take turns within one run, so that a machine whose speed drifts drifts for both.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.published import Published
from gesso.arts.stylize.build import Painter, load_painter
from gesso.core import weights
from gesso.core.pictures import Raster, encode, resized
from gesso.faces.scene import draw_scene

RUNS = 7
SIZES = {"512 x 512": (512, 512), "1920 x 1080": (1080, 1920)}


def main() -> None:
    torch.manual_seed(0)
    painter = load_painter(weights.find("gesso.arts.stylize", "fast").path, torch.device("cpu"))
    published = Published().eval().requires_grad_(False)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; median of {RUNS} runs")
    print(f"parameters: ours {parameters(painter):,}, of the published shape {parameters(published):,}")
    for name, (height, width) in SIZES.items():
        content = torch.rand(1, 3, height, width)
        style = torch.rand(1, 3, 512, 512)
        ours, theirs = medians(partial(ours_once, painter, content, style), partial(published, content, style))
        print(
            f"network, {name}: ours {ours:.3f} s, of the published shape {theirs:.3f} s, {theirs / ours:.1f} x faster"
        )
    with tempfile.TemporaryDirectory() as folder:
        for name, width, height in (("512 x 512", 512, 512), ("24 megapixels", 6000, 4000)):
            picture = Path(folder) / f"{width}.jpg"
            picture.write_bytes(encode(scene(width, height), "JPEG"))
            seconds, megabytes = whole_command(picture)
            print(f"whole command, {name}: {seconds:.1f} s, peak memory {megabytes:.0f} MB")


@torch.inference_mode()
def ours_once(painter: Painter, content: Tensor, style: Tensor) -> Tensor:
    height, width = content.shape[2:]
    noise = painter.noise(height, width, torch.Generator().manual_seed(0))
    return painter(content, painter.encode(style), noise)[0]


def medians(*calls: Callable[[], Tensor]) -> list[float]:
    """The median seconds of each of several calls that take turns, after one round that is not counted."""
    seconds: list[list[float]] = [[] for _ in calls]
    for turn in range(RUNS + 1):
        for call, taken in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call()
            if turn:
                taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in seconds]


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
