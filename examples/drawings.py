"""Three drawings to recognise: a three in ink on paper, a T-shirt and a smiley.

python examples/drawings.py
gesso recognize three.png shirt.png smile.png --format json,png
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE, INK, DARK = 360, (38, 42, 78), (30, 30, 30)
THREE = (
    *((120, 120), (150, 80), (210, 78), (232, 120), (200, 160), (165, 172)),
    *((215, 182), (244, 225), (215, 275), (155, 285), (112, 255)),
)
SHIRT = (
    *((128, 60), (88, 78), (30, 150), (76, 190), (104, 160), (104, 310), (256, 310), (256, 160)),
    *((284, 190), (330, 150), (272, 78), (232, 60), (212, 84), (180, 92), (148, 84)),
)


def three() -> Image.Image:
    """A three on paper that is lit from one side and has a grain."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    light = 0.86 + 0.084 * x + 0.056 * y
    grain = np.random.default_rng(3).normal(0, 3, (SIDE, SIDE, 1))
    image = Image.fromarray((np.array([228, 222, 208]) * light[:, :, None] + grain).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    ends = np.array([THREE[0], *THREE, THREE[-1]], float)
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):  # a Catmull-Rom spline
        for t in np.linspace(0, 1, 24):
            at = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            pen.circle((float(at[0]), float(at[1])), 8.5, INK)
    return image.filter(ImageFilter.GaussianBlur(1))


def shirt() -> Image.Image:
    """A T-shirt with four stripes."""
    image = Image.new("RGB", (SIDE, SIDE), (244, 244, 242))
    pen = ImageDraw.Draw(image)
    pen.polygon(SHIRT, (70, 104, 140))
    pen.line(((148, 84), (180, 92), (212, 84)), (50, 80, 112), 5)
    for y in range(180, 316, 34):
        pen.line(((120, y), (240, y)), (88, 124, 160), 3)
    return image


def smile() -> Image.Image:
    """A smiley with its mouth open."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((50, 50, 310, 310), (252, 212, 60), DARK, 10)
    for x in (128, 208):
        pen.ellipse((x, 130, x + 24, 166), DARK)
    pen.chord((110, 150, 250, 270), 0, 180, (140, 40, 40), DARK, 8)
    return image


if __name__ == "__main__":
    for draw in (three, shirt, smile):
        draw().save(Path(f"{draw.__name__}.png"))
