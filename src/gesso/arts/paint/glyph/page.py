"""Characters inked and laid out: one, or a page of them in a grid, as writing is practised."""

import colorsys
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gesso.arts.paint.glyph.art import Glyph
from gesso.arts.paint.glyph.brush import half_width, outlines
from gesso.pipeline.data.strokes import Strokes

Points = NDArray[np.float64]
Colour = tuple[int, int, int]
Closed = NDArray[np.float64]  # (k, 4, 2), curves with their handles, each from where the one before ends

SINGLE, ON_SHEET = 640, 160
"""Pixels of a character's side, unless told otherwise."""

MARGIN = 0.6
"""The edge of a page, in squares."""

SQUARE, GUIDE, FRAME = 0.008, 0.006, 0.014  # thickness of lines, in squares
LETTERS, HALO = 0.055, 0.008  # height of the numbers and width of the ground left around them, in squares
INKS: dict[str, Colour] = {"black": (28, 25, 23), "red": (176, 38, 26), "blue": (30, 52, 104)}
GROUNDS: dict[str, Colour] = {"paper": (247, 242, 230), "white": (255, 255, 255)}
GRID: Colour = (226, 170, 152)


@dataclass(frozen=True)
class Inked:
    """A stroke that was written: its points in hundredths of the square, its outlines in squares, its colour."""

    points: Points
    outlines: list[Closed]
    colour: Colour


@dataclass(frozen=True)
class Rule:
    """A line of the grid, in squares."""

    start: tuple[float, float]
    end: tuple[float, float]
    thick: float
    dashed: bool = False


@dataclass(frozen=True)
class Page:
    """Characters in rows of `columns`, each a list of inked strokes in a square of side 1."""

    glyphs: list[list[Inked]]
    columns: int
    settings: Glyph

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in squares."""
        edge = 2 * MARGIN if self.settings.sheet else 0
        return self.columns + edge, math.ceil(len(self.glyphs) / self.columns) + edge

    def places(self) -> Iterator[tuple[float, float]]:
        """The upper left corner of each character's square, in squares, and of those that stay empty on a sheet."""
        edge = MARGIN if self.settings.sheet else 0
        for number in range(self.columns * math.ceil(len(self.glyphs) / self.columns)):
            yield edge + number % self.columns, edge + number // self.columns


def character_side(settings: Glyph) -> int:
    """Pixels of a character's side."""
    return settings.size or (ON_SHEET if settings.sheet else SINGLE)


def in_pixels(page: Page) -> tuple[int, int]:
    """Width and height of the page in pixels."""
    width, height = (max(1, round(character_side(page.settings) * extent)) for extent in page.size)
    return width, height


def laid_out(glyphs: Sequence[Strokes], settings: Glyph) -> Page:
    """Characters, in squares of 100, inked as the settings say."""
    columns = settings.columns or math.ceil(math.sqrt(len(glyphs)))
    return Page([inked(strokes, settings) for strokes in glyphs], min(columns, len(glyphs)), settings)


def inked(strokes: Strokes, settings: Glyph) -> list[Inked]:
    """The strokes of a character with their outlines."""
    width = half_width(max(1, len(strokes)), settings.weight)
    return [
        Inked(
            stroke,
            [closed(points / 100) for points in outlines(stroke, settings.line, width)],
            ordered_colour(number, len(strokes)) if settings.show_order else INKS[settings.ink],
        )
        for number, stroke in enumerate(strokes)
    ]


def ordered_colour(number: int, strokes: int) -> Colour:
    """The colour of a stroke that shows its place in the order, from red over green and blue to violet."""
    red, green, blue = colorsys.hsv_to_rgb(0.02 + 0.78 * number / strokes, 0.8, 0.7)
    return round(255 * red), round(255 * green), round(255 * blue)


def closed(points: Points) -> Closed:
    """The closed curve that goes smoothly through points (k, 2): a Catmull-Rom spline as Bézier curves (k, 4, 2)."""
    before, after = (np.roll(points, shift, axis=0) for shift in (1, -1))
    way = (after - before) / 6
    longest = 0.4 * np.linalg.norm(after - points, axis=1)  # a longer handle would tie a loop between near points
    leaving, arriving = _shortened(way, longest), _shortened(np.roll(way, -1, axis=0), longest)
    return np.stack([points, points + leaving, after - arriving, after], axis=1)


def _shortened(ways: Points, longest: NDArray[np.float64]) -> Points:
    lengths = np.linalg.norm(ways, axis=1)
    return ways * np.minimum(1, longest / np.maximum(lengths, 1e-9))[:, None]


def rules(page: Page) -> Iterator[Rule]:
    """The lines of the grid, and the frame of a sheet."""
    kind = page.settings.grid or ("rice" if page.settings.sheet else "none")
    width, height = page.size
    if kind != "none":
        for x, y in page.places():
            yield from _guides(x, y, kind)
        columns, rows = page.columns, -(-len(page.glyphs) // page.columns)
        left = top = MARGIN if page.settings.sheet else 0
        for number in range(columns + 1):
            yield Rule((left + number, top), (left + number, top + rows), SQUARE)
        for number in range(rows + 1):
            yield Rule((left, top + number), (left + columns, top + number), SQUARE)
    if page.settings.sheet and kind != "none":
        near, far_x, far_y = MARGIN - 0.1, width - MARGIN + 0.1, height - MARGIN + 0.1
        corners = [(near, near), (far_x, near), (far_x, far_y), (near, far_y), (near, near)]
        for start, end in itertools.pairwise(corners):
            yield Rule(start, end, FRAME)


def _guides(x: float, y: float, kind: str) -> Iterator[Rule]:
    """The dashed lines within a square."""
    if kind in ("rice", "field"):
        yield Rule((x, y + 0.5), (x + 1, y + 0.5), GUIDE, dashed=True)
        yield Rule((x + 0.5, y), (x + 0.5, y + 1), GUIDE, dashed=True)
    if kind == "rice":
        yield Rule((x, y), (x + 1, y + 1), GUIDE, dashed=True)
        yield Rule((x + 1, y), (x, y + 1), GUIDE, dashed=True)


def numbers(glyph: Sequence[Inked]) -> Iterator[tuple[str, tuple[float, float], Colour]]:
    """For each stroke its number, where that stands behind its beginning in the square of side 1, and its colour."""
    for number, stroke in enumerate(glyph, start=1):
        start = stroke.points[0]
        way = stroke.points[min(1, len(stroke.points) - 1)] - start
        back = way / max(float(np.linalg.norm(way)), 1e-6) * 4.5
        x, y = np.clip(start - back, 3, 97) / 100
        yield str(number), (float(x), float(y)), stroke.colour
