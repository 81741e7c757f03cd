"""What is to be set, and the sheet it is set on: an SVG drawing without a word of text, only paths."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

from gesso.core.typesetting.outlines import EM, Outlines

PAPER = "#f8f3e6"
INK = "#1d1b18"
SOFT = "#6b6459"
"""Ink for what stands beside the text."""
CINNABAR = "#b5322a"

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
        return any(sign.ruby for line in self.lines for sign in line)


@dataclass(frozen=True)
class Page:
    """A page as SVG, and its size in pixels as a picture."""

    svg: str
    width: int
    height: int


class Sheet:
    """Collects what is drawn: each glyph once, and where it stands.

    Args:
        main: the font of the text.
        small: the font of what stands beside it.
    """

    def __init__(self, main: Outlines, small: Outlines) -> None:
        self.main, self.small = main, small
        self._ids: dict[str, str] = {}
        self._shapes: list[str] = []

    def add(self, shape: str) -> None:
        """Draws an element of SVG."""
        self._shapes.append(shape)

    def put(
        self, sign: Sign | str, x: float, y: float, size: float, *, column: bool = False, small: bool = False
    ) -> float:
        """Draws a character at its origin, `size` to an em, and gives how far from there the next one's is."""
        sign = Sign(sign) if isinstance(sign, str) else sign
        glyph = (self.small if small else self.main).glyph(sign.character, column=column)
        if glyph.path:
            self.stamp(glyph.path, f"translate({x:.2f} {y:.2f})scale({size / EM:.5f})", sign.colour)
        return glyph.advance * size

    def stamp(self, path: str, transform: str, fill: str | None = None) -> None:
        """Draws a glyph's path moved by a transform of SVG."""
        name = self._ids.setdefault(path, f"g{len(self._ids)}")
        colour = f' fill="{html.escape(fill)}"' if fill else ""
        self._shapes.append(f'<use href="#{name}" transform="{transform}"{colour}/>')

    def words(self, text: Iterable[Sign | str], x: float, y: float, size: float, *, small: bool = False) -> float:
        """Draws a line from `x` on, kerned, and gives where it ends."""
        before = ""
        for each in text:
            character = each if isinstance(each, str) else each.character
            x += (self.small if small else self.main).kern(before, character) * size if before else 0
            x += self.put(each, x, y, size, small=small)
            before = character
        return x

    def measure(self, text: Iterable[str], *, small: bool = False) -> float:
        """How many em wide a line is."""
        outlines, wide, before = self.small if small else self.main, 0.0, ""
        for character in text:
            wide += outlines.advance(character) + (outlines.kern(before, character) if before else 0)
            before = character
        return wide

    def page(self, width: float, height: float, label: str) -> Page:
        """The page of this size, on paper; `label` is what it says to those who cannot see it."""
        scale = min(1.0, _LARGEST_SIDE / max(width, height), (_LARGEST_AREA / (width * height)) ** 0.5)
        glyphs = "".join(f'<path id="{name}" d="{path}"/>' for path, name in self._ids.items())
        size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        title = html.escape(label).encode("ascii", "xmlcharrefreplace").decode()
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{title}</title>\n'
            f'<defs>{glyphs}</defs>\n<rect width="100%" height="100%" fill="{PAPER}"/>\n<g fill="{INK}">\n'
        )
        svg += "\n".join(self._shapes) + "\n</g>\n</svg>\n"
        return Page(svg, max(1, round(width * scale)), max(1, round(height * scale)))


def in_colour(text: str, colour: str) -> Line:
    """Characters in one colour."""
    return tuple(Sign(each, colour=colour) for each in text)
