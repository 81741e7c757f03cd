"""The methods of `paint`."""

from gesso.arts.paint.strokes.art import ART as STROKES

METHODS = (STROKES,)
