"""Things drawn as by hand, for recognisers to look at: a three in ink, a shirt and a face."""

import numpy as np
from PIL import Image, ImageDraw

from gesso.core.pictures import Raster, from_image

SIDE = 320  # pixels
FINER = 3  # times as fine a picture is drawn, so that its edges come out smooth
PAPER, INK = (228, 222, 208), (40, 44, 82)


def draw_things() -> dict[str, Raster]:
    """The drawings by name, the same every time."""
    things: dict[str, Raster] = {}
    for draw, ground in ((three, PAPER), (shirt, "white"), (face, "white")):
        image = Image.new("RGB", (SIDE * FINER, SIDE * FINER), ground)
        draw(ImageDraw.Draw(image), SIDE * FINER)
        things[draw.__name__] = from_image(image.resize((SIDE, SIDE), Image.Resampling.BOX))
    return things


def three(pen: ImageDraw.ImageDraw, side: int) -> None:
    """Two arcs in ink, each drawn with a round nib."""
    for top, size, begin, end in ((0.34, 0.13, -150, 100), (0.63, 0.17, -95, 150)):
        for angle in np.radians(np.linspace(begin, end, 400)):
            at = (side * (0.48 + 1.1 * size * np.cos(angle)), side * (top + size * np.sin(angle)))
            pen.circle((float(at[0]), float(at[1])), 0.026 * side, INK)


def shirt(pen: ImageDraw.ImageDraw, side: int) -> None:
    """A T-shirt, spread out."""
    left = ((0.38, 0.14), (0.24, 0.19), (0.06, 0.37), (0.19, 0.49), (0.28, 0.42), (0.28, 0.88))
    outline = [*left, *((1 - x, y) for x, y in reversed(left)), (0.5, 0.21)]
    pen.polygon([(x * side, y * side) for x, y in outline], (70, 104, 140))


def face(pen: ImageDraw.ImageDraw, side: int) -> None:
    """A yellow face that laughs."""
    dark, edge = (40, 36, 32), round(0.022 * side)

    def box(x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
        return ((x - wide) * side, (y - high) * side, (x + wide) * side, (y + high) * side)

    pen.ellipse(box(0.5, 0.5, 0.4, 0.4), (252, 212, 60), dark, edge)
    for x in (0.37, 0.63):
        pen.ellipse(box(x, 0.42, 0.035, 0.055), dark)
    pen.chord(box(0.5, 0.57, 0.22, 0.19), 0, 180, (150, 44, 44), dark, edge)
