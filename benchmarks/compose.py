"""Measure compose: notes a second with the cache of keys and values, and reading all frames anew for each."""

import time
from collections.abc import Callable

import torch

from gesso.arts.compose.build import Composer, load_composer
from gesso.arts.compose.frames import VOICES, heard
from gesso.arts.compose.plan import laid_out, plan
from gesso.arts.compose.rules import Rules
from gesso.arts.compose.search import Taste, search
from gesso.core import weights
from gesso.core.scores import Key, Metre
from gesso.core.seeds import generator

BARS = 16
RUNS = 3


def main() -> None:
    """Prints the notes of a chorale of 16 bars in a second, and what the decoder alone takes with and without."""
    composer = load_composer(weights.find("gesso.arts.compose", "chorales").path, torch.device("cpu"))
    asked = plan(laid_out(Key(1), Metre(4, 4), BARS, 2, 4))
    rules = Rules(composer.configuration.ranges)
    frames = search(composer, asked, rules, Taste(0.9, 0.95), generator(0)).frames
    notes = VOICES * len(frames)
    seconds = least(lambda: search(composer, asked, rules, Taste(0.9, 0.95), generator(0)))
    print(f"{BARS} bars, {notes} notes: {seconds:.2f} s, {notes / seconds:.0f} notes a second")
    features = heard(frames[None], asked.told[None], torch.ones(1, dtype=torch.long))
    for name, read in (("with", cached), ("without", anew)):
        seconds = least(lambda read=read: read(composer, features))
        print(f"the decoder {name} a cache: {seconds:.2f} s, {notes / seconds:.0f} notes a second")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; least of {RUNS} runs")


@torch.inference_mode()
def cached(composer: Composer, features: torch.Tensor) -> None:
    """Reads one frame after the other."""
    caches = composer.empty_caches(1, features.shape[1])
    for frame in features.split(1, dim=1):
        composer.states(frame, None, caches)


@torch.inference_mode()
def anew(composer: Composer, features: torch.Tensor) -> None:
    """Reads all frames so far for each one."""
    for end in range(1, features.shape[1] + 1):
        composer.states(features[:, :end], None)


def least(run: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    seconds: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


if __name__ == "__main__":
    main()
