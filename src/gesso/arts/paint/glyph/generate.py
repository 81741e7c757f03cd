"""Settings -> invented characters."""

from typing import Any

import numpy as np
import torch

from gesso.arts.paint.glyph.art import Glyph
from gesso.arts.paint.glyph.build import load_writer
from gesso.arts.paint.glyph.page import laid_out
from gesso.arts.paint.glyph.pixels import raster
from gesso.arts.paint.glyph.svg import svg
from gesso.arts.paint.glyph.writing import write
from gesso.core import weights
from gesso.core.contents import Drawing
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.work import ModelRef, Output
from gesso.pipeline.data.strokes import Strokes

PACKAGE = "gesso.arts.paint.glyph"


def generate(
    settings: Glyph, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """As many characters as `settings` ask for, each a work, or all of them on a sheet.

    Raises GessoError when the model is not there, or what was begun cannot be read or completed.
    """
    found = weights.find(PACKAGE, model or "kanji")
    begun = begun_with(settings)
    writer = load_writer(found.path, device)
    glyphs = write(writer, settings.count, settings.temperature, seed, begun, progress)
    used = ModelRef(name=found.name, sha256=found.sha256)
    pages = [glyphs] if settings.sheet else [[glyph] for glyph in glyphs]
    return [Output(drawing(page, settings), used, found.licences) for page in pages]


def begun_with(settings: Glyph) -> Strokes | None:
    """The strokes to go on from; None if nothing is begun. Raises GessoError when there are fewer than are kept."""
    if settings.begin is None:
        return None
    strokes = settings.begin.strokes()
    if settings.keep is not None and settings.keep > len(strokes):
        raise GessoError(f"--keep: {settings.begin.name} has {len(strokes)} strokes, not {settings.keep}")
    return strokes[: settings.keep]


def drawing(glyphs: list[Strokes], settings: Glyph) -> Drawing:
    """Characters as a work: SVG, pixels, and their points in squares of 100 with two digits."""
    page = laid_out(glyphs, settings)
    data: list[dict[str, Any]] = [
        {"strokes": [np.round(stroke, 2).tolist() for stroke in strokes]} for strokes in glyphs
    ]
    said = {"glyphs": data} if settings.sheet else data[0]
    return Drawing(svg(page), raster(page), {"side": 100, **said})
