"""The methods of `paint`."""

from gesso.arts.paint.image.art import ART as IMAGE

METHODS = (IMAGE,)
