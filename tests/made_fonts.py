"""Small fonts, made here: every character a square of its own size."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

SIDE = 100  # of the first character's square, in 1/1000 em; each further one's is 10 more


def make_font(path: Path, characters: str, *, family: str = "Made", features: str = "", spare: str = "") -> Path:
    """Writes a font with these characters an em wide, named c0, c1 ..., and glyphs with the names in `spare`."""
    names = {character: f"c{number}" for number, character in enumerate(characters)}
    glyphs = {".notdef": _square(SIDE)} | {name: _square(SIDE + 10 * at) for at, name in enumerate(names.values())}
    glyphs |= {name: _square(500) for name in spare.split()}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWeightClass=400)
    builder.setupPost()
    if features:
        builder.addOpenTypeFeatures(features)
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)
    return path


def make_collection(path: Path, fonts: list[Path]) -> Path:
    """Writes a collection of fonts."""
    collection = TTCollection()
    collection.fonts = [TTFont(font) for font in fonts]
    collection.save(path)
    return path


def _square(side: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, side), (side, side), (side, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()
