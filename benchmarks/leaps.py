"""Compare ways to shorten a painter to few steps: the same short training on digits with each.

python -m benchmarks.leaps [none] [shortcut] [reflow] [MeanFlow]

None: the flow alone, followed in large steps. Shortcut (Frans et al. 2025), which ships: one leap leads where two of
half its length do. Reflow (Liu et al. 2023): the flow is learned anew between noise and what it led to, where it is
nearly straight. MeanFlow (Geng et al. 2025): the mean velocity of a leap is the velocity at its beginning and, times
the leap, how fast the mean itself changes on the way; here by a small step forward in place of a derivative, which
needs full precision, for it is divided by that step.
"""

import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Generator, Tensor

from gesso.arts.paint.image import train as training
from gesso.arts.paint.image.art import SHORTENED, PaintImageEvaluation, PaintImageTraining
from gesso.arts.paint.image.build import Painter
from gesso.arts.paint.image.evaluate import evaluate
from gesso.arts.paint.image.flow import HIGHEST, leap_loss, mixed, paint
from gesso.core import devices
from gesso.core.declaration import check
from gesso.core.progress import Progress

STEPS, SHORTEN, CPU = 1500, 0.5, torch.device("cpu")
LED, GUIDANCE = 12, 2.0
"""Steps in which reflow goes from noise to picture, and the guidance that it and the evaluation have."""
FORWARD = 1 / 64
"""The step by which it is seen how fast a mean velocity changes, at most; an eighth of the leap where that is less."""


def meanflow_loss(model: Painter, x: Tensor, words: Tensor, augmented: Tensor, generator: Generator) -> Tensor:
    """The loss of each picture x (B, C, S, S): (B,), how far the mean velocity of a leap is from what MeanFlow says."""
    t, share, strength = torch.rand((3, len(x)), generator=generator)
    t = t * 0.95  # near the end velocities have no bound
    leap, w = share * (1 - t), 1 + (HIGHEST - 1) * strength
    w = torch.where((words > 0).any(1), w, 1.0)
    x_t = mixed(x, torch.randn(x.shape, generator=generator), t)
    step = (leap / 8).clamp(1e-3, FORWARD)
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        free = model(x_t, t, torch.zeros_like(words), augmented=augmented)
        v = free + _over(w, x) * (model(x_t, t, words, augmented=augmented) - free)
        here = model(x_t, t, words, leap=leap, guidance=w, augmented=augmented)
        there = model(x_t + _over(step, x) * v, t + step, words, leap=leap - step, guidance=w, augmented=augmented)
        target = v + _over(leap / step, x) * (there - here)
    u = model(x_t, t, words, leap=leap, guidance=w, augmented=augmented)
    error = (u - target).square().mean((1, 2, 3))
    return error / (error.detach() + 1e-2)  # as there, lest the few that change fast outweigh all others


def reflow_loss(model: Painter, x: Tensor, words: Tensor, augmented: Tensor, generator: Generator) -> Tensor:
    """The loss of as many pairs as there are pictures x (B, C, S, S): (B,), of noise and what it is led to just now."""
    noise = torch.randn(x.shape, generator=generator)
    led = paint(model, noise, words, steps=LED, guidance=GUIDANCE)
    count = 2 ** torch.randint(len(SHORTENED), (len(x),), generator=generator)
    t = (torch.rand(len(x), generator=generator) * count).floor() / count
    w = torch.full((len(x),), GUIDANCE)
    u = model(mixed(led, noise, t), t, words, leap=1 / count, guidance=w, augmented=augmented)
    return (u - (led - noise)).square().mean((1, 2, 3))


def _over(values: Tensor, x: Tensor) -> Tensor:
    return values.view(-1, *[1] * (x.ndim - 1))


def main() -> None:
    """Prints the Fréchet distance and how many are recognised, in 50, 4 and 1 steps, of each."""
    ways = {"none": None, "shortcut": leap_loss, "reflow": reflow_loss, "MeanFlow": meanflow_loss}
    for name in sys.argv[1:] or ways:
        loss = ways[name]
        given = {"data": "mnist", "widths": (24, 48), "layout": False, "precision": "bfloat16", "steps": STEPS}
        settings = check(PaintImageTraining, {**given, "shorten": SHORTEN if loss else 0.0, "save_every": STEPS})
        with tempfile.TemporaryDirectory() as folder, devices.repeatable():
            started = time.perf_counter()
            with patch.object(training, "leap_loss", loss):
                made = training.train(settings, Path(folder), device=CPU, progress=Progress(shown=False))
            seconds = time.perf_counter() - started
            wish = check(
                PaintImageEvaluation,
                {"model": str(made.path.parent), "data": "mnist", "count": 1000, "guidance": GUIDANCE},
            )
            found = evaluate(wish, device=CPU, progress=Progress(shown=False))["metrics"]
        told = [
            f"{steps} steps {found[f'frechet_distance{after}']:.4f}, {found[f'class_accuracy{after}']:.1%}"
            for steps, after in ((50, ""), (4, "_4"), (1, "_1"))
        ]
        print(f"{name}, {seconds:.0f} s: {'; '.join(told)}", flush=True)
    print(f"{STEPS} steps each; torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
