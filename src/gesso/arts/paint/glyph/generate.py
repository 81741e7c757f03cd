"""Settings -> invented characters."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from gesso.arts.paint.glyph.art import Glyph
from gesso.arts.paint.glyph.begun import MARGIN, SIDE, SMALLEST
from gesso.arts.paint.glyph.build import Limits, load_writer
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
    writer = load_writer(found.path, device)
    begun = begun_with(settings, writer.configuration.limits)
    if settings.show_order and settings.ink != "black":
        warnings.warn("--ink changes nothing where --show-order gives each stroke its colour", stacklevel=2)
    glyphs = write(writer, settings.count, settings.temperature, seed, begun, progress)
    used = ModelRef(name=found.name, sha256=found.sha256)
    pages = [glyphs] if settings.sheet else [[glyph] for glyph in glyphs]
    drawings = progress.until_stopped(_drawn(pages, settings, progress))
    return [Output(each, used, found.licences, whole=True) for each in drawings]


def _drawn(pages: Sequence[list[Strokes]], settings: Glyph, progress: Progress) -> Iterator[Drawing]:
    progress.stage("drawing", len(pages))
    for page in pages:
        yield drawing(page, settings)
        progress.advance()


def begun_with(settings: Glyph, limits: Limits) -> Strokes | None:
    """The strokes to go on from; None if nothing is begun.

    Raises GessoError when there are fewer than are kept, or they are not the beginning of a character.
    """
    if settings.begin is None:
        return None
    strokes, name = settings.begin.strokes(), settings.begin.name
    if settings.keep is not None and settings.keep > len(strokes):
        raise GessoError(f"--keep: {name} has {len(strokes)} strokes, not {settings.keep}")
    strokes, most = strokes[: settings.keep], limits.strokes[1]
    if len(strokes) >= most:
        raise GessoError(f"--begin: {name} has {len(strokes)} strokes, and a character at most {most}: --keep fewer")
    points = np.concatenate(strokes)
    least, greatest = float(points.min()), float(points.max())
    if least < -MARGIN or greatest > SIDE + MARGIN:
        raise GessoError(
            f"--begin: the strokes of {name} reach from {least:.4g} to {greatest:.4g}, out of the square of "
            f'{SIDE:g}: say in JSON how large theirs is, as {{"side": 256, "strokes": …}}'
        )
    size = float(np.ptp(points, axis=0).max())
    if size < SMALLEST:
        raise GessoError(
            f"--begin: the strokes of {name} are {size:.2g} large in a square of {SIDE:g}, too small to go on from"
        )
    return strokes


def drawing(glyphs: list[Strokes], settings: Glyph) -> Drawing:
    """Characters as a work: SVG, pixels, and their points in squares of 100 with two digits."""
    page = laid_out(glyphs, settings)
    data: list[dict[str, Any]] = [
        {"strokes": [np.round(stroke, 2).tolist() for stroke in strokes]} for strokes in glyphs
    ]
    said = {"glyphs": data} if settings.sheet else data[0]
    return Drawing(svg(page), raster(page), {"side": 100, **said}, moves=settings.animate)
