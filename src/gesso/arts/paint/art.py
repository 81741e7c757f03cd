"""The methods of `paint`."""

from gesso.arts.paint.image.art import ART as IMAGE
from gesso.arts.paint.pattern.art import ART as PATTERN
from gesso.arts.paint.strokes.art import ART as STROKES

METHODS = (IMAGE, PATTERN, STROKES)
