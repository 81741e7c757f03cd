"""The colours of how likely something was."""

import math

RAMP = ("#122154", "#40285f", "#672e67", "#8e3669", "#b14463", "#cf574f", "#e46c20")
"""From certain to a chance of LEAST: equal steps in OKLab (Ottosson 2020), each lighter than the one before, so that
they are told apart in print and without red or green, and the lightest still has a contrast of 3 with white."""

LEAST = 0.01
"""The probability that is shown as the least there is."""


def colour(probability: float, least: float = LEAST) -> str:
    """The colour of what had this probability, "#rrggbb"; equal ratios are equal steps, down to `least`."""
    at = unlikeliness(probability, least) * (len(RAMP) - 1)
    one = min(int(at), len(RAMP) - 2)
    pairs = zip(*(bytes.fromhex(RAMP[step][1:]) for step in (one, one + 1)), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (at - one)):02x}" for low, high in pairs)


def unlikeliness(probability: float, least: float = LEAST) -> float:
    """From 0 for what is certain to 1 for a probability of `least` or less, by its logarithm."""
    return min(1.0, math.log(max(probability, least)) / math.log(least))
