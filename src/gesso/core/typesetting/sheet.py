"""What is to be set, and the sheet it is set on: an SVG drawing without a word of text, only paths."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gesso.core.typesetting.outlines import EM, Outlines

PAPER = "#f8f3e6"
INK = "#1d1b18"
SOFT = "#6b6459"
"""Ink for what stands beside the text."""
CINNABAR = "#b5322a"
_FRAME = "#a08c6c"

_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML has no such characters

_LARGEST_SIDE = 12000  # pixels: WebP holds 16383
_LARGEST_AREA = 24e6


@dataclass(frozen=True)
class Sign:
    """A character to be set, what stands small beside it, and the colour of both; ink if None."""

    character: str
    ruby: str = ""
    colour: str | None = None


Line = tuple[Sign, ...]


@dataclass(frozen=True)
class Manuscript:
    """What is to be set.

    Attributes:
        lines: of the text; an empty one parts stanzas or paragraphs.
        seal: one to four characters for a red seal; none if empty.
    """

    lines: tuple[Line, ...]
    title: str = ""
    signature: str = ""
    seal: str = ""

    @property
    def has_ruby(self) -> bool:
        """Whether anything stands small beside the text."""
        return any(sign.ruby for line in self.lines for sign in line)

    @property
    def label(self) -> str:
        """Title and text, for those who hear a page rather than see it."""
        lines = ["".join(sign.character for sign in line) for line in self.lines]
        return "\n".join([self.title, *lines] if self.title else lines)


@dataclass(frozen=True)
class Page:
    """A page as SVG, and its size in pixels as a picture."""

    svg: str
    width: int
    height: int


class Sheet:
    """Collects what is drawn: each glyph once, and where it stands. Lengths are in em of the text.

    Args:
        main: the font of the text.
        small: the font of what stands beside it.
        em: pixels to an em.
        tracking: em to add after each character of a line.
    """

    def __init__(self, main: Outlines, small: Outlines, *, em: float, tracking: float = 0.0) -> None:
        self.main, self.small, self.em, self.tracking = main, small, em, tracking
        self._ids: dict[str, str] = {}
        self._shapes: list[str] = []

    def square(self, x: float, y: float, side: float, fill: str) -> None:
        """Draws a square with corners a little round."""
        x, y, side = (each * self.em for each in (x, y, side))
        place = f'x="{x:.2f}" y="{y:.2f}" width="{side:.2f}" height="{side:.2f}"'
        self._shapes.append(f'<rect {place} rx="{0.07 * side:.2f}" fill="{fill}"/>')

    def frame(self, x: float, y: float, width: float, height: float, stroke: float) -> None:
        """Draws a line about a rectangle."""
        x, y, width, height, stroke = (each * self.em for each in (x, y, width, height, stroke))
        place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
        self._shapes.append(f'<rect {place} fill="none" stroke="{_FRAME}" stroke-width="{stroke:.2f}"/>')

    def put(
        self, sign: Sign | str, x: float, y: float, size: float, *, column: bool = False, small: bool = False
    ) -> float:
        """Draws a character at its origin, `size` to an em, and gives how far from there the next one's is."""
        sign = Sign(sign) if isinstance(sign, str) else sign
        glyph = (self.small if small else self.main).glyph(sign.character, column=column)
        self.stamp(glyph.path, x, y, (size, size), sign.colour)
        return glyph.advance * size

    def stamp(self, path: str, x: float, y: float, size: tuple[float, float], fill: str | None = None) -> None:
        """Draws a glyph's path with its origin at (x, y), so wide and so high to an em."""
        if not path:
            return
        across, down = (each * self.em / EM for each in size)
        scale = f"{across:.5f}" if across == down else f"{across:.5f} {down:.5f}"
        transform = f"translate({x * self.em:.2f} {y * self.em:.2f})scale({scale})"
        name = self._ids.setdefault(path, f"g{len(self._ids)}")
        colour = f' fill="{html.escape(fill)}"' if fill else ""
        self._shapes.append(f'<use href="#{name}" transform="{transform}"{colour}/>')

    def words(self, text: Iterable[Sign | str], x: float, y: float, size: float, *, small: bool = False) -> float:
        """Draws a line from `x` on, kerned, and gives where it ends."""
        before = ""
        for each in text:
            character = each if isinstance(each, str) else each.character
            x += (self.small if small else self.main).kern(before, character) * size if before else 0
            x += self.put(each, x, y, size, small=small) + (0 if small else self.tracking * size)
            before = character
        return x

    def measure(self, text: Iterable[str], *, small: bool = False) -> float:
        """How many em wide a line is."""
        outlines, wide, before = self.small if small else self.main, 0.0, ""
        for character in text:
            wide += outlines.advance(character) + (outlines.kern(before, character) if before else 0)
            wide += 0 if small else self.tracking
            before = character
        return wide

    def page(self, width: float, height: float, label: str) -> Page:
        """The page of this size in em, on paper; `label` is what it says to those who cannot see it."""
        width, height = width * self.em, height * self.em
        scale = min(1.0, _LARGEST_SIDE / max(width, height), (_LARGEST_AREA / (width * height)) ** 0.5)
        glyphs = "".join(f'<path id="{name}" d="{path}"/>' for path, name in self._ids.items())
        size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        title = html.escape(_UNWRITABLE.sub("", label)).encode("ascii", "xmlcharrefreplace").decode()
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{title}</title>\n'
            f'<defs>{glyphs}</defs>\n<rect width="100%" height="100%" fill="{PAPER}"/>\n<g fill="{INK}">\n'
        )
        svg += "\n".join(self._shapes) + "\n</g>\n</svg>\n"
        return Page(svg, max(1, round(width * scale)), max(1, round(height * scale)))


def in_colour(text: str, colour: str) -> Line:
    """Characters in one colour."""
    return tuple(Sign(each, colour=colour) for each in text)
