"""The methods of `paint`."""

from gesso.arts.paint.glyph.art import ART as GLYPH

METHODS = (GLYPH,)
