"""The methods of `paint`."""

from gesso.arts.paint.image.art import ART as IMAGE
from gesso.arts.paint.pattern.art import ART as PATTERN

METHODS = (IMAGE, PATTERN)
