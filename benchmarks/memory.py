"""What keeping freed tensors for those to come is worth to training.

python -m benchmarks.memory

Steps of `recognize --network convolutional` on one thread, in processes that take turns: memory as the command sets it
for making works, and as the loop sets it for training.
"""

import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import Generator

from gesso.core.memory import give_back_large_blocks, keep_large_blocks
from gesso.networks.convolutional import Convolutional

ROUNDS, STEPS, BATCH = 5, 8, 256


def main() -> None:
    """Prints the median seconds of a step with either, and their ratio."""
    if sys.argv[1:]:
        print(step(keep=sys.argv[1] == "keep"))
        return
    found: dict[str, list[float]] = {"give back": [], "keep": []}
    for _ in range(ROUNDS):
        for name, seconds in found.items():
            said = subprocess.run(
                [sys.executable, "-m", "benchmarks.memory", name], check=True, capture_output=True, text=True
            )
            seconds.append(float(said.stdout))
    middle = {name: statistics.median(seconds) for name, seconds in found.items()}
    for name, seconds in middle.items():
        print(f"{name}: {seconds:.2f} s a step")
    print(f"ratio {middle['give back'] / middle['keep']:.2f}; torch {torch.__version__}, medians of {ROUNDS} processes")


def step(*, keep: bool) -> float:
    """Mean seconds of a step, forward and back, after one that is not counted."""
    torch.set_num_threads(1)
    give_back_large_blocks()
    if keep:
        keep_large_blocks()
    source = Generator().manual_seed(0)
    model = Convolutional(channels=3, widths=(64, 256, 256)).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch
    model.initialise(source)
    x = torch.randn(BATCH, 3, 32, 32, generator=source)
    y = torch.randint(10, (BATCH,), generator=source)
    model.measure(x)
    started = 0.0
    for number in range(1 + STEPS):
        if number == 1:
            started = time.perf_counter()
        F.cross_entropy(model(x), y).backward()
    return (time.perf_counter() - started) / STEPS


if __name__ == "__main__":
    main()
