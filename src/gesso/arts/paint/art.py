"""The methods of `paint`."""

from gesso.arts.paint.pattern.art import ART as PATTERN

METHODS = (PATTERN,)
