"""A page of characters in pixels."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gesso.arts.paint.glyph.page import (
    GRID,
    GROUNDS,
    HALO,
    LETTERS,
    Closed,
    Page,
    Points,
    Rule,
    character_side,
    in_pixels,
    numbers,
    rules,
)
from gesso.core.errors import GessoError
from gesso.core.pictures import LIMIT_MEGAPIXELS, Raster

_BENDS = 4  # lines that stand for a curve
_DASH = 0.035  # squares
_MOST_DRAWN = 60e6  # pixels, before they are averaged to those of the picture


def raster(page: Page) -> Raster:
    """The page in pixels. Raises GessoError when it would have too many."""
    settings = page.settings
    width, height = in_pixels(page)
    if width * height > LIMIT_MEGAPIXELS * 1e6:
        raise GessoError(f"the picture would have {width} x {height} pixels: lower --size or --count")
    finer = max(1, min(4, int(math.sqrt(_MOST_DRAWN / (width * height)))))
    transparent = settings.ground == "transparent"
    ground = (0, 0, 0, 0) if transparent else (*GROUNDS[settings.ground], 255)
    image = Image.new("RGBA", (width * finer, height * finer), ground)
    draw, scale = ImageDraw.Draw(image), character_side(settings) * finer
    for rule in rules(page):
        _ruled(draw, rule, scale)
    for glyph, (left, top) in zip(page.glyphs, page.places(), strict=False):
        for stroke in glyph:
            for outline in stroke.outlines:
                points = (flattened(outline) + np.array([left, top])) * scale
                draw.polygon([*map(tuple, points)], (*stroke.colour, 255))
        if settings.show_order:
            font, halo = ImageFont.load_default(LETTERS * scale), round(HALO * scale)
            around = (*GROUNDS["white" if transparent else settings.ground], 255)
            for text, (x, y), colour in numbers(glyph):
                place = (scale * (left + x), scale * (top + y))
                draw.text(place, text, (*colour, 255), font, anchor="mm", stroke_width=halo, stroke_fill=around)
    if transparent:
        pixels = np.asarray(image.convert("RGBa").reduce(finer).convert("RGBA"))
        return Raster(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Raster(np.asarray(image.convert("RGB").reduce(finer)))


def _ruled(draw: ImageDraw.ImageDraw, rule: Rule, scale: float) -> None:
    start, end = np.array(rule.start) * scale, np.array(rule.end) * scale
    dashes = max(1, round(float(np.linalg.norm(end - start)) / (_DASH * scale) / 2)) * 2 + 1 if rule.dashed else 1
    for dash in range(0, dashes, 2):
        ends = [start + (end - start) * share / dashes for share in (dash, dash + 1)]
        draw.line([*map(tuple, ends)], (*GRID, 255), max(1, round(scale * rule.thick)))


def flattened(outline: Closed) -> Points:
    """Points along a closed curve."""
    u = (np.arange(_BENDS) / _BENDS)[:, None, None]
    a, b, c, d = (outline[:, i] for i in range(4))
    bent = (1 - u) ** 3 * a + 3 * u * (1 - u) ** 2 * b + 3 * u * u * (1 - u) * c + u**3 * d  # (bends, k, 2)
    return bent.transpose(1, 0, 2).reshape(-1, 2)
