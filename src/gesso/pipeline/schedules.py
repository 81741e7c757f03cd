"""The learning rate as a function of the step."""

import math

from gesso.pipeline.settings import Training


def rate(step: int, settings: Training) -> float:
    """The learning rate at `step`, counted from 0: a linear warm-up, then what `settings.schedule` names.

    constant: stays. linear: falls to zero. cosine: falls to zero along half a cosine (Loshchilov and Hutter 2017).
    one-cycle: rises from a 25th along half a cosine for three tenths of the steps, and falls along another to a
    10,000th of that (Smith and Topin 2018); it is its own warm-up.
    """
    peak = settings.rate
    if settings.schedule == "one-cycle":
        top = 0.3 * settings.steps
        if step < top:
            return _along_cosine(peak / 25, peak, step / top)
        return _along_cosine(peak, peak / 250_000, (step - top) / (settings.steps - top))
    if step < settings.warm_up:
        return peak * (step + 1) / settings.warm_up
    share = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    match settings.schedule:
        case "constant":
            return peak
        case "linear":
            return peak * (1 - share)
        case "cosine":
            return _along_cosine(peak, 0.0, share)


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))
