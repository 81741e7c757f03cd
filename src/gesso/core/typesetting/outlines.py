"""The glyphs of a font as paths of SVG, set along a line or down a column."""

from dataclasses import dataclass
from typing import Any

from fontTools.misc.transform import Transform  # pyright: ignore[reportMissingTypeStubs] -- it has none
from fontTools.pens.boundsPen import BoundsPen  # pyright: ignore[reportMissingTypeStubs]
from fontTools.pens.svgPathPen import SVGPathPen  # pyright: ignore[reportMissingTypeStubs]
from fontTools.pens.transformPen import TransformPen  # pyright: ignore[reportMissingTypeStubs]

from gesso.core.typesetting.fonts import Face, open_face
from gesso.core.typesetting.kerning import Kerning
from gesso.core.typesetting.scripts import MOVED, TURNED, is_blank, is_square, plain

EM = 1000
"""Units of a path in an em."""

_LATIN_MIDDLE = 0.27  # em that the middle of small letters is above their line


@dataclass(frozen=True)
class Glyph:
    """A character's outline.

    Attributes:
        path: what it is drawn by, in 1/1000 em, downwards; its origin is at the left on the base line, or in a column
            at the middle of the upper edge. Empty where nothing is seen.
        advance: em to the next one's origin.
        bounds: left, upper, right and lower edge of what is drawn, in em.
    """

    path: str
    advance: float
    bounds: tuple[float, float, float, float]


class Outlines:
    """The glyphs of a font, each read once.

    Raises KeyError for a character that the font has not.
    """

    def __init__(self, face: Face) -> None:
        font: Any = open_face(face)
        self._unit: float = 1 / font["head"].unitsPerEm
        # A variable font is drawn at the weight of a text: Noto's lightest is its default.
        varied = "fvar" in font and any(axis.axisTag == "wght" for axis in font["fvar"].axes)
        self._glyphs: Any = font.getGlyphSet(location={"wght": 400} if varied else None)
        self._names: dict[int, str] = font.getBestCmap()
        self._upright = _alternates(font)
        self._kerning = Kerning(font)
        self._known: dict[tuple[str, bool], Glyph] = {}
        box: Any = font.get("OS/2")
        above, below = (box.sTypoAscender * self._unit, box.sTypoDescender * self._unit) if box else (0.88, -0.12)
        # Squares of Chinese are an em high; a Latin font's ascent says nothing of them.
        self._middle = (above + below) / 2 if abs(above - below - 1) < 0.02 else 0.38

    def glyph(self, character: str, *, column: bool = False) -> Glyph:
        """The outline of a character, in a line or in a column."""
        key = character, column
        if key not in self._known:
            self._known[key] = self._draw(character, column)
        return self._known[key]

    def advance(self, character: str) -> float:
        """Em to the next character's origin in a line."""
        return self.glyph(character).advance

    def kern(self, left: str, right: str) -> float:
        """Em to add between two characters in a line."""
        one, other = self._names.get(ord(left)), self._names.get(ord(right))
        return self._kerning(one, other) * self._unit if one and other else 0.0

    def _draw(self, character: str, column: bool) -> Glyph:
        if is_blank(character):
            return Glyph("", self._blank(character), (0, 0, 0, 0))
        name = self._names.get(ord(character)) or self._names[ord(plain(character))]
        upright = self._upright.get(name) if column else None
        across: float = self._glyphs[upright or name].width * self._unit
        box = self._bounds(upright or name)
        place = self._placed(character, upright is not None, across, box) if column else (1, 0, 0, -1, 0, 0)
        size = self._unit * EM
        pen: Any = SVGPathPen(self._glyphs, ntos=lambda number: str(round(number)))
        turn = Transform(*place[:4], place[4] * EM, place[5] * EM).scale(size)
        self._glyphs[upright or name].draw(TransformPen(pen, turn))
        a, b, c, d, e, f = place
        corners = [(a * x + c * y + e, b * x + d * y + f) for x, y in (box[:2], box[2:])]
        (left, right), (top, bottom) = (sorted(each) for each in zip(*corners, strict=True))
        square = not column or upright is not None or is_square(character)
        return Glyph(pen.getCommands(), 1.0 if column and square else across, (left, top, right, bottom))

    def _blank(self, character: str) -> float:
        if character == "\u3000":
            return 1.0
        name = self._names.get(ord(character))
        return self._glyphs[name].width * self._unit if name else 0.25 if character.isspace() else 0.0

    def _bounds(self, name: str) -> tuple[float, float, float, float]:
        pen: Any = BoundsPen(self._glyphs)
        self._glyphs[name].draw(pen)
        left, lower, right, upper = pen.bounds or (0, 0, 0, 0)
        return left * self._unit, lower * self._unit, right * self._unit, upper * self._unit

    def _placed(
        self, character: str, alternate: bool, across: float, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float, float, float]:
        """How a point (x, y) of a glyph, in em upwards, lies in a column: (a, b, c, d, e, f) of SVG's matrix."""
        if not alternate and (character in TURNED or not is_square(character)):
            square = is_square(character)
            middle = self._middle if square else _LATIN_MIDDLE
            return 0, 1, 1, 0, -middle, (1 - across) / 2 if square else 0
        right, down = -across / 2, self._middle + 0.5
        if not alternate and character in MOVED:
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            right, down = across / 2 - 2 * x, 1 - (self._middle + 0.5) + 2 * y
        return 1, 0, 0, -1, right, down


def _alternates(font: Any) -> dict[str, str]:
    """The glyphs that stand for others in a column, by the font's `vert` feature."""
    found: dict[str, str] = {}
    table = font["GSUB"].table if "GSUB" in font else None
    if table is None or table.FeatureList is None:
        return found
    numbers = {
        number
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "vert"
        for number in record.Feature.LookupListIndex
    }
    for number in sorted(numbers):
        for subtable in table.LookupList.Lookup[number].SubTable:
            subtable = getattr(subtable, "ExtSubTable", subtable)
            if subtable.LookupType == 1:
                found = subtable.mapping | found
    return found
