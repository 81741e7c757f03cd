"""A piece of music as a work: MIDI, and what is rendered from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gesso.core import vectors
from gesso.core.contents import MUSIC, PICTURES
from gesso.core.errors import Usage
from gesso.core.music.engraving import can_engrave, engrave
from gesso.core.music.midi import write_midi
from gesso.core.music.musicxml_writing import Colour, write_musicxml
from gesso.core.music.roll import roll, roll_svg
from gesso.core.music.roll_pixels import roll_raster
from gesso.core.picture_metadata import svg_with_recipe
from gesso.core.pictures import Raster
from gesso.core.scores import Score
from gesso.core.sound_files import encode_sound
from gesso.core.suffixes import SOUNDS

RATE = 44100
"""Samples in a second of what `Piece.sound` gives."""

WIDTH = 1600
"""Pixels of a page of sheet music."""


def is_engraved(drawn: Literal["score", "roll"] | None) -> bool:
    """Whether sheet music is wanted, and what engraves it and makes a picture of it is installed."""
    return drawn != "roll" and can_engrave() and vectors.can_rasterise()


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of music.

    Attributes:
        score: the music.
        drawn: what its pictures show, sheet music or a piano roll; sheet music where it can be engraved if None.
        closed: whether sheet music has four parts on two staves.
        sound: what plays a score, as samples (2, n) at `RATE`, or what each part adds to them (parts, 2, n) where stems
            are wanted; without it, it is not written as a sound.
        colour: that of each note in pictures; black in sheet music and that of its voice in a roll if None.
        stems: whether each voice is wanted by itself too.
        format: "MIDI".
    """

    score: Score
    drawn: Literal["score", "roll"] | None = None
    closed: bool = False
    sound: Callable[[Score], NDArray[np.float32]] | None = None
    colour: Colour | None = None
    stems: bool = False
    format: str = "MIDI"

    @property
    def formats(self) -> tuple[str, ...]:
        """MIDI, MusicXML, SVG, those of pictures, and those of sounds where it can be played."""
        return MUSIC if self.sound else tuple(format for format in MUSIC if format not in SOUNDS.values())

    @property
    def picture(self) -> Raster:
        """What is shown of it: its sheet music if that is wanted and can be had, or its piano roll."""
        return self._picture

    @cached_property
    def _picture(self) -> Raster:
        if not is_engraved(self.drawn):
            return roll_raster(roll(self.score, self.colour))
        return vectors.rasterised(self.svg, WIDTH)

    @cached_property
    def svg(self) -> str:
        """The same as an SVG drawing. Raises GessoError when sheet music is asked for and cannot be engraved."""
        if self.drawn != "score" and not is_engraved(self.drawn):
            return roll_svg(roll(self.score, self.colour))
        return engrave(self.score, closed=self.closed, colour=self.colour)

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """Its sound (2, n) at `RATE`. Raises Usage when nothing plays it."""
        return self._played.sum(0) if self.stems else self._played

    @cached_property
    def _played(self) -> NDArray[np.float32]:
        if self.sound is None:
            raise Usage(f"this music has no sound; choose {', '.join(self.formats)}")
        return self.sound(self.score)

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """The music in one of `formats`, with the recipe inside.

        Raises:
            Usage: for a format that it has not.
            GessoError: sheet music is asked for, and what engraves it is not installed.
        """
        if format not in self.formats:
            raise Usage(f"this work cannot be written as {format}; choose {', '.join(self.formats)}")
        if format == "MIDI":
            return write_midi(self.score, recipe_json)
        if format == "MUSICXML":
            return write_musicxml(self.score, recipe_json, closed=self.closed, colour=self.colour).encode()
        if format == "SVG":
            return (self.svg if recipe_json is None else svg_with_recipe(self.svg, recipe_json)).encode()
        if format in PICTURES:
            shown = vectors.rasterised(self.svg, WIDTH) if self.drawn == "score" else self.picture
            return shown.encode(format, recipe_json=recipe_json)
        return encode_sound(self.samples, RATE, format, recipe_json=recipe_json)

    def voices(self) -> dict[str, "Piece"]:
        """Each voice as a piece of its own, by its name; none unless `stems` are wanted."""
        if not self.stems:
            return {}
        found: dict[str, Piece] = {}
        for number, part in enumerate(self.score.parts, 1):
            name = part.name.lower() or f"voice {number}"
            name = name if name not in found else f"{name} {number}"
            title = f"{self.score.title}: {part.name}" if self.score.title else part.name
            score = replace(self.score, parts=(part,), title=title)
            found[name] = replace(self, score=score, sound=self.sound and self._stem(number - 1), stems=False)
        return found

    def _stem(self, part: int) -> Callable[[Score], NDArray[np.float32]]:
        """What plays a part as it is heard among the others."""
        return lambda _: self._played[part]
