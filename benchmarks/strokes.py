"""Measure paint strokes: seconds of the processor, and how near paintings come with and without optimisation."""

import sys
import time

import numpy as np

from gesso.arts.paint.strokes.art import ART
from gesso.core.declaration import check
from gesso.core.make import make
from gesso.core.pictures import Raster, resized
from gesso.faces.gallery import subjects

SIDE = 512
AFAR = 128  # pixels of the longer side at which painting and photograph are compared: texture is not a mistake


def main() -> None:
    """Prints a line for each of the media named, or of all, with 0 and with the usual steps."""
    photo = resized(subjects()["astronaut"], (SIDE, SIDE))
    media = sys.argv[1:] or ["oil", "watercolour", "pastel", "pen", "points"]
    print(f"{SIDE} x {SIDE}, 2000 strokes; gap: root mean square in [0, 1], seen at {AFAR} x {AFAR}")
    for medium in media:
        for steps in (0, ART.settings.model_fields["steps"].default):
            settings = check(ART.settings, {"content": photo.rgb, "brush": medium, "steps": steps})
            process, wall = time.process_time(), time.perf_counter()
            painting = make(ART, settings, threads=1)[0].raster
            process, wall = time.process_time() - process, time.perf_counter() - wall
            print(
                f"{medium}, {steps} steps: gap {gap(painting, photo):.4f}, {process:.1f} s of the processor, "
                f"{wall:.1f} s on the clock",
                flush=True,
            )


def gap(painting: Raster, photo: Raster) -> float:
    """Root mean square of the difference of two pictures, both seen small."""
    one, other = (resized(picture.rgb, (AFAR, AFAR)) / 255.0 for picture in (painting, photo))
    return float(np.sqrt(np.square(one - other).mean()))


if __name__ == "__main__":
    main()
