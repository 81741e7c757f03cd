"""A page of characters as SVG, still or writing itself."""

from collections.abc import Iterator

import numpy as np

from gesso.arts.paint.glyph.page import (
    GRID,
    GROUNDS,
    HALO,
    LETTERS,
    Closed,
    Colour,
    Inked,
    Page,
    Rule,
    in_pixels,
    numbers,
    rules,
)
from gesso.pipeline.data.svg_strokes import POINTS, SQUARE

CELL = 1000
"""The side of a character's square."""

SPEED = 160.0  # hundredths of the square that the brush goes in a second
LIFTED, DOWN, SHOWN = 0.18, 0.01, 2.5  # seconds between two strokes, of setting down, from the end to a beginning


def svg(page: Page) -> str:
    """The page as an SVG drawing of its outlines; each stroke keeps its points in `data-points`, in a square of 100."""
    settings = page.settings
    width, height = (round(CELL * extent) for extent in page.size)
    shown = " ".join(f'{name}="{side}"' for name, side in zip(("width", "height"), in_pixels(page), strict=True))
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {shown} viewBox="0 0 {width} {height}">']
    if settings.ground != "transparent":
        parts.append(f'<rect width="{width}" height="{height}" fill="{_hex(GROUNDS[settings.ground])}"/>')
    parts += [_rule(rule) for rule in rules(page)]
    if settings.animate:
        parts.append(_style(page))
    for number, (glyph, (left, top)) in enumerate(zip(page.glyphs, page.places(), strict=False)):
        parts.append(f'<g {SQUARE}="100" transform="translate({round(CELL * left)} {round(CELL * top)})">')
        for order, stroke in enumerate(glyph):
            parts += _writing(stroke, f"g{number}s{order}") if settings.animate else [_outline(stroke)]
        if settings.show_order:
            around = GROUNDS["white" if settings.ground == "transparent" else settings.ground]
            parts += [_number(text, place, colour, around) for text, place, colour in numbers(glyph)]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _outline(stroke: Inked) -> str:
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in stroke.points)
    return f'<path fill="{_hex(stroke.colour)}" d="{_closed_paths(stroke)}" {POINTS}="{points}"/>'


def _closed_paths(stroke: Inked) -> str:
    return "".join(map(_closed_path, stroke.outlines))


def _closed_path(outline: Closed) -> str:
    """A closed curve in path commands: whole numbers, each curve seen from where the one before ended."""
    whole = np.rint(outline * CELL).astype(int)  # (k, 4, 2)
    x, y = whole[0, 0]
    words = [f"M{x} {y}"]
    for start, *handles in whole:
        words.append("c" + " ".join(f"{dx} {dy}" for dx, dy in (handle - start for handle in handles)))
    return "".join(words).replace(" -", "-") + "z"


# Writing itself


def _writing(stroke: Inked, name: str) -> Iterator[str]:
    """A stroke whose outline is laid open along its middle, by a line wide enough to cover it."""
    x, y = np.rint(stroke.points * CELL / 100).astype(int).T
    d = "M" + "L".join(f"{a} {b}" for a, b in zip(x, y, strict=True))
    yield f'<clipPath id="{name}c"><path d="{_closed_paths(stroke)}"/></clipPath>'
    points = " ".join(f"{a:.2f},{b:.2f}" for a, b in stroke.points)
    look = f'class="w" id="{name}" pathLength="1" stroke="{_hex(stroke.colour)}"'
    yield f'<g clip-path="url(#{name}c)"><path {look} d="{d}" {POINTS}="{points}"/></g>'


def _style(page: Page) -> str:
    """When each stroke is written, the characters of a page all at once; where nothing moves, all is written."""
    whole = max((_times(glyph)[-1][1] for glyph in page.glyphs if glyph), default=0.0) + SHOWN
    reach = round(0.16 * CELL * page.settings.weight)
    rules = [f".w{{fill:none;stroke-width:{reach};stroke-linecap:round;stroke-linejoin:round;stroke-dasharray:1 9}}"]
    for number, glyph in enumerate(page.glyphs):
        for order, (start, end) in enumerate(_times(glyph)):
            name = f"g{number}s{order}"
            before, set_down, after = (f"{100 * time / whole:.2f}%" for time in (start, start + DOWN, end))
            rules.append(
                f"@keyframes {name}{{0%,{before}{{stroke-dashoffset:5}}{set_down}{{stroke-dashoffset:1}}"
                f"{after},100%{{stroke-dashoffset:0}}}}"
                f"#{name}{{animation:{name} {whole:.2f}s linear infinite}}"
            )
    rules.append("@media (prefers-reduced-motion:reduce){.w{animation:none!important}}")
    return "<style>" + "\n".join(rules) + "</style>"


def _times(glyph: list[Inked]) -> list[tuple[float, float]]:
    """When the brush begins and ends each stroke, in seconds."""
    found: list[tuple[float, float]] = []
    now = 0.3
    for stroke in glyph:
        length = float(np.linalg.norm(np.diff(stroke.points, axis=0), axis=1).sum())
        end = now + 0.12 + length / SPEED
        found.append((now, end))
        now = end + LIFTED
    return found


def _rule(rule: Rule) -> str:
    ends = (round(CELL * value) for value in (*rule.start, *rule.end))
    dashes = ' stroke-dasharray="36"' if rule.dashed else ""
    attributes = " ".join(f'{name}="{value}"' for name, value in zip(("x1", "y1", "x2", "y2"), ends, strict=True))
    return f'<line {attributes} stroke="{_hex(GRID)}" stroke-width="{round(CELL * rule.thick)}"{dashes}/>'


def _number(text: str, place: tuple[float, float], colour: Colour, around: Colour) -> str:
    x, y = (round(CELL * value) for value in place)
    look = (
        f'font-family="sans-serif" font-size="{round(CELL * LETTERS)}" text-anchor="middle" dominant-baseline="central"'
    )
    look += f' stroke="{_hex(around)}" stroke-width="{round(2 * CELL * HALO)}" paint-order="stroke"'
    return f'<text x="{x}" y="{y}" fill="{_hex(colour)}" {look}>{text}</text>'


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)
