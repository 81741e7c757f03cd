"""Curves of a run's figures as one picture, a panel for each figure and for what it was on held-out data."""

import io
import math
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 420, 240, 56  # pixels of a panel; around the curve
PAPER, INK, FAINT = "#ffffff", "#333333", "#dddddd"
TRAINING, HELD_OUT = "#2b6cb0", "#c05621"
HELD = "held_out_"

Points = Sequence[tuple[int, float]]


def draw_curves(series: Mapping[str, Points]) -> bytes:
    """PNG of the figures `series`: name -> (step, value). "held_out_x" is drawn into the panel of "x"."""
    names = sorted({name.removeprefix(HELD) for name in series}, key=lambda name: (name != "loss", name))
    columns = min(3, max(1, len(names)))
    rows = max(1, math.ceil(len(names) / columns))
    image = Image.new("RGB", (columns * WIDTH, rows * HEIGHT), PAPER)
    for index, name in enumerate(names):
        panel = _panel(name, series.get(name, ()), series.get(HELD + name, ()))
        image.paste(panel, (index % columns * WIDTH, index // columns * HEIGHT))
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _panel(name: str, training: Points, held_out: Points) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    points = [(step, value) for step, value in (*training, *held_out) if math.isfinite(value)]
    pen.text((MARGIN, 8), name.replace("_", " "), INK, font)
    if held_out:
        pen.text((WIDTH - 20, 8), "held out", HELD_OUT, font, anchor="ra")
    if not points:
        return image
    last = max(step for step, _ in points)
    low, high = _span([value for _, value in points])
    left, right, top, bottom = MARGIN + 8, WIDTH - 20, 32, HEIGHT - 28
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        pen.line((left, y, right, y), FAINT)
        pen.text((left - 4, y), f"{low + share * (high - low):.3g}", INK, font, anchor="rm")
    pen.text((right, bottom + 6), f"step {last}", INK, font, anchor="ra")
    for curve, color in ((training, TRAINING), (held_out, HELD_OUT)):
        places = [
            (left + (right - left) * step / max(1, last), bottom - (bottom - top) * _share(value, low, high))
            for step, value in curve
            if math.isfinite(value)
        ]
        if len(places) > 1:
            pen.line(places, color, 2, joint="curve")
        for x, y in places if len(places) < 40 else ():
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), color)
    return image


def _span(values: list[float]) -> tuple[float, float]:
    """The least and the largest to be shown: the first steps of a run are far above all others, and are cut off."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[max(0, math.ceil(0.97 * len(ordered)) - 1)]
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, (value - low) / (high - low))
