"""Measure paint image: 64 pictures, of emoji 16, in 4 steps, after start-up."""

import time

import torch

from gesso.arts.paint.image.art import ART
from gesso.core.declaration import check
from gesso.core.make import make

RUNS = 5


def main() -> None:
    """Prints the least and the most seconds of some runs, after one that is not counted."""
    for model in ART.models:
        count = 16 if model == "emoji" else 64
        settings = check(ART.settings, {"count": count, "sheet": True, "steps": 4})
        seconds: list[float] = []
        for _ in range(RUNS + 1):
            started = time.perf_counter()
            make(ART, settings, model=model)
            seconds.append(time.perf_counter() - started)
        print(
            f"{model}, {count} in 4 steps, on a sheet: {min(seconds[1:]):.2f} to {max(seconds[1:]):.2f} s, "
            f"torch {torch.__version__}, {torch.get_num_threads()} threads"
        )


if __name__ == "__main__":
    main()
