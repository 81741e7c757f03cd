"""Measure paint strokes: seconds of the processor, and how near paintings come with and without optimisation."""

import sys
import time

import numpy as np
from PIL import Image, ImageFilter

from gesso.arts.paint.strokes.art import ART
from gesso.core.declaration import check
from gesso.core.make import make
from gesso.core.pictures import Raster, resized
from gesso.faces.gallery import subjects

SIDE, STROKES = 512, 2000
AFAR = 128  # pixels of the longer side at which painting and photograph are compared: texture is not a mistake


def main() -> None:
    """Prints a line for what is no painting, and for each of the media named, or of all, with 0 and the usual steps."""
    photo = resized(subjects()["astronaut"], (SIDE, SIDE))
    media = sys.argv[1:] or ["oil", "watercolour", "pastel", "pen", "points"]
    print(
        f"{SIDE} x {SIDE}, {STROKES} strokes; gap: root mean square in [0, 1], edges: correlation of the slopes of the "
        f"lightness, both seen at {AFAR} x {AFAR}"
    )
    across = round(STROKES**0.5)
    print(f"{across} x {across} flat squares: {likeness(pixelated(photo, across), photo)}")
    width = round(SIDE / across / 2) * 2 - 1  # odd, as broad as the squares
    print(f"median filter of {width} x {width}: {likeness(smoothed(photo, width), photo)}")
    for medium in media:
        for steps in (0, ART.settings.model_fields["steps"].default):
            settings = check(ART.settings, {"content": photo.rgb, "brush": medium, "steps": steps, "strokes": STROKES})
            process, wall = time.process_time(), time.perf_counter()
            painting = make(ART, settings, threads=1)[0].raster
            process, wall = time.process_time() - process, time.perf_counter() - wall
            print(
                f"{medium}, {steps} steps: {likeness(painting, photo)}, {process:.1f} s of the processor, "
                f"{wall:.1f} s on the clock",
                flush=True,
            )


def likeness(painting: Raster, photo: Raster) -> str:
    """How near a picture is to the photograph, in words."""
    return f"gap {gap(painting, photo):.4f}, edges {edges(painting, photo):.3f}"


def gap(painting: Raster, photo: Raster) -> float:
    """Root mean square of the difference of two pictures, both seen small."""
    one, other = (resized(picture.rgb, (AFAR, AFAR)) / 255.0 for picture in (painting, photo))
    return float(np.sqrt(np.square(one - other).mean()))


def edges(painting: Raster, photo: Raster) -> float:
    """Correlation of how fast the lightness of two pictures changes to the right and down, both seen small.

    1 where all edges are in their places with the same sides light, whatever the colours; 0 where none is.
    """
    slopes = (np.gradient((resized(picture.rgb, (AFAR, AFAR)) / 255.0).mean(2)) for picture in (painting, photo))
    one, other = (np.ravel(each) for each in slopes)
    return float(np.corrcoef(one, other)[0, 1])


def pixelated(photo: Raster, across: int) -> Raster:
    """The photograph in so many flat squares a side."""
    squares = Image.fromarray(photo.rgb).resize((across, across), Image.Resampling.BOX)
    return Raster(np.array(squares.resize(photo.size, Image.Resampling.NEAREST)))


def smoothed(photo: Raster, width: int) -> Raster:
    """The photograph through a median filter that is so many pixels wide."""
    return Raster(np.array(Image.fromarray(photo.rgb).filter(ImageFilter.MedianFilter(width))))


if __name__ == "__main__":
    main()
