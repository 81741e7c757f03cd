"""The methods of `paint`."""

from gesso.arts.paint.glyph.art import ART as GLYPH
from gesso.arts.paint.image.art import ART as IMAGE
from gesso.arts.paint.pattern.art import ART as PATTERN
from gesso.arts.paint.strokes.art import ART as STROKES

METHODS = (IMAGE, GLYPH, STROKES, PATTERN)
