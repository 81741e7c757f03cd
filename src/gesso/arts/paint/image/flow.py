"""From noise to pictures: rectified flow, and the leaps to which it is shortened.

At time t a picture x is x_t = (1 - t) noise + t x (Liu et al. 2023; Lipman et al. 2023). A network learns the velocity
x - noise; following it from 0 to 1 paints. A shortened model also knows the mean velocity over a leap: it has learned
that one leap leads where two of half its length do (shortcut models, Frans et al. 2025), the shortest with guidance, so
that few steps do and each is one pass of the network (guided distillation, Meng et al. 2023).
"""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Generator, Tensor

from gesso.arts.paint.image.art import SHORTENED
from gesso.arts.paint.image.build import Painter
from gesso.arts.paint.image.novelty import UNTIL, led_away

LEAPS = 16
"""The shortest leap that is learned is one of so many; it is held against two steps of half its length by the flow."""
SIDE = 20
"""Pixels of a side from which on most is learned nearer to the noise than to the picture."""
EVEN = 0.25
"""Share of the times that are spread evenly."""
HIGHEST = 4.0
"""The strongest guidance that leaps are learned with."""


def mixed(x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """x_t = (1 - t) noise + t x: (B, C, S, S) of pictures, noise and times t (B,)."""
    share = t[:, None, None, None]
    return (1 - share) * noise + share * x


def flow_loss(model: Painter, x: Tensor, words: Tensor, augmented: Tensor, generator: Generator) -> Tensor:
    """The loss of each picture x (B, C, S, S): (B,), the squared error of its velocity at a random time.

    Most times are logit-normal: most is learned in the middle, where what is to be seen is decided. In larger pictures
    that is nearer to the noise, for many pixels that say the same outweigh it together (Esser et al. 2024). The others
    are of any time alike, lest the last strokes be left to chance.
    """
    middle = (torch.randn(len(x), generator=generator) - math.log(x.shape[3] / SIDE)).sigmoid()
    any_time, chosen = torch.rand((2, len(x)), generator=generator)
    t = torch.where(chosen < EVEN, any_time, middle).to(x.device)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    v = model(mixed(x, noise, t), t, words, augmented=augmented)
    # The network says where the picture is: near the end its error would count without bound (Li and He 2025).
    least = ((1 - t) / (1 - t).clamp(min=0.05)).square()
    return least * (v - (x - noise)).square().mean((1, 2, 3))


def leap_loss(model: Painter, x: Tensor, words: Tensor, augmented: Tensor, generator: Generator) -> Tensor:
    """The loss of each picture x (B, C, S, S): (B,), how far one leap leads from where two of half its length do."""
    levels = len((*SHORTENED, LEAPS))
    level = torch.randint(levels, (len(x),), generator=generator)
    count = 2**level  # leaps from noise to picture
    at = (torch.rand(len(x), generator=generator) * count).floor() / count
    guidance = 1 + (HIGHEST - 1) * torch.rand(len(x), generator=generator)
    noise = torch.randn(x.shape, generator=generator).to(x.device)
    t, leap, w = (value.to(x.device) for value in (at, 1 / count, guidance))
    w = torch.where((words > 0).any(1), w, 1.0)  # without words there is nothing to follow
    half = leap / 2
    x_t = mixed(x, noise, t)
    with torch.no_grad():
        first = _half_leap(model, x_t, t, half, words, w, augmented)
        middle = x_t + half[:, None, None, None] * first
        second = _half_leap(model, middle, t + half, half, words, w, augmented)
        target = (first + second) / 2
    u = model(x_t, t, words, leap=leap, guidance=w, augmented=augmented)
    return (u - target).square().mean((1, 2, 3))


def _half_leap(
    model: Painter, x: Tensor, t: Tensor, half: Tensor, words: Tensor, w: Tensor, augmented: Tensor
) -> Tensor:
    """The mean velocity over half a leap, or if no leap is as short the guided velocity of the flow."""
    short = half < 1 / LEAPS
    leap, within = torch.where(short, 0.0, half), torch.where(short, 1.0, w)
    v = model(x, t, words, leap=leap, guidance=within, augmented=augmented)
    if short.any():
        free = model(x[short], t[short], torch.zeros_like(words[short]), augmented=augmented[short])
        v[short] = free + w[short, None, None, None] * (v[short] - free)
    return v


@torch.no_grad()
def paint(
    model: Painter,
    x: Tensor,
    words: Tensor,
    *,
    steps: int,
    guidance: float | None = 1.0,
    novelty: float = 0.0,
    start: float = 0.0,
    after: Callable[[Tensor, float], Tensor] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Tensor:
    """Follow the flow from x (B, C, S, S) at time `start` to the pictures at time 1.

    A shortened model leaps if `steps` is 1, 2, 4 or 8, and `start` is a whole number of these; else the flow is
    followed by Euler's method, with classifier-free guidance (Ho and Salimans 2022) if `guidance` is above 1.

    Args:
        words: (B, L), numbers of words, 0 for none.
        guidance: as suits the model if None.
        novelty: how far to keep from what the model has learned from, 1 for as far as held-out pictures are.
        after: what is done to x at the time that each step has led to, such as to put back what is to stay.
        progress: called after each step.
    """
    leaps = model.configuration.shortened and steps in SHORTENED and (start * steps).is_integer()
    if guidance is None:
        guidance = model.configuration.guidance if leaps else model.configuration.flow_guidance
    guided = guidance > 1 and bool((words > 0).any())
    left = max(1, round(steps * (1 - start)))
    times = [start + (1 - start) * step / left for step in range(left + 1)]
    for now, then in pairwise(times):
        t = x.new_full((len(x),), now)
        if leaps:
            strong = x.new_full((len(x),), min(guidance, HIGHEST) if guided else 1.0)
            v = model(x, t, words, leap=torch.full_like(t, then - now), guidance=strong)
        elif guided:
            v, free = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([words, torch.zeros_like(words)])).chunk(2)
            v = free + guidance * (v - free)
        else:
            v = model(x, t, words)
        if novelty and model.learned is not None and then < 1 and now < UNTIL:
            picture = led_away(x + (1 - now) * v, model.learned, novelty * model.configuration.apart)
            v = (picture - x) / (1 - now)
        x = x + (then - now) * v
        if after is not None:
            x = after(x, then)
        progress()
    return x


@torch.no_grad()
def unpaint(model: Painter, x: Tensor, words: Tensor, *, steps: int) -> Tensor:
    """The noise from which the flow leads to the pictures x (B, C, S, S): the same way back, by the midpoint method.

    It begins a little before the end, where velocities have no bound.
    """
    times = [0.98 * (1 - step / steps) for step in range(steps + 1)]
    for now, then in pairwise(times):
        t, middle = x.new_full((len(x),), now), x.new_full((len(x),), (now + then) / 2)
        x_middle = x + (then - now) / 2 * model(x, t, words)
        x = x + (then - now) * model(x_middle, middle, words)
    return x
