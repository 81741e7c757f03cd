"""A piano roll in pixels."""

import math
import unicodedata

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gesso.core.errors import GessoError
from gesso.core.music.roll import INK, PAPER, Box, Hold, Roll, Words
from gesso.core.pictures import LIMIT_MEGAPIXELS, Raster

_SCALE = 2  # pixels of a unit
_MOST_DRAWN = 60e6  # pixels, before they are averaged to those of the picture
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def roll_raster(drawn: Roll) -> Raster:
    """A piano roll in pixels. Raises GessoError when it would have too many."""
    width, height = (round(_SCALE * side) for side in (drawn.width, drawn.height))
    if width * height > LIMIT_MEGAPIXELS * 1e6:
        raise GessoError(f"the piano roll would have {width} x {height} pixels; choose .svg for so long a piece")
    finer = max(1, min(3, int(math.sqrt(_MOST_DRAWN / (width * height)))))
    image = Image.new("RGB", (width * finer, height * finer), PAPER)
    pen, scale = ImageDraw.Draw(image), _SCALE * finer
    for shape in drawn.shapes:
        match shape:
            case Box(x, y, wide, high, fill, radius):
                # Pillow's boxes hold their last pixels too.
                ends = (scale * x, scale * y, scale * (x + wide) - 1, scale * (y + high) - 1)
                pen.rounded_rectangle([round(end) for end in ends], scale * radius, fill)
            case Words(x, y, text, size, anchor):
                font = ImageFont.load_default(scale * size)
                pen.text((scale * x, scale * y), _latin(text), INK, font, anchor=_ANCHORS[anchor])
            case Hold(x, y):
                bow = [scale * end for end in (x - 6, y - 6, x + 6, y + 6)]
                pen.arc(bow, 180, 360, INK, scale)
                pen.circle((scale * x, scale * (y - 1)), 1.3 * scale, INK)
    return Raster(np.asarray(image.reduce(finer)))


def _latin(text: str) -> str:
    """The text in letters that Pillow's own typeface has: é as e, and none of another script."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain if any(map(str.isalnum, plain)) else ""
