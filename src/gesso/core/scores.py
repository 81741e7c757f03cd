"""Music as data: notes of parts, in ticks. Imports nothing, so that any module may ask."""

from dataclasses import dataclass

TICKS = 480
"""In a quarter note; a sixteenth has 120."""

HANDS = ("Right hand", "Left hand")
"""The names of two parts that one plays at a piano."""


@dataclass(frozen=True, order=True)
class Note:
    """A note from tick `start`, `length` ticks long; `pitch` as MIDI counts, 60 is middle C; `velocity` 1 to 127."""

    start: int
    length: int
    pitch: int
    velocity: int = 80

    @property
    def end(self) -> int:
        """The tick at which it is over."""
        return self.start + self.length


@dataclass(frozen=True)
class Part:
    """A voice or an instrument.

    Attributes:
        program: General MIDI's number of the instrument, from 0.
        notes: in order of their start; a voice has one at a time.
    """

    name: str
    program: int
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Key:
    """A key: `fifths` sharps, or as many flats if negative, -7 to 7, major or minor."""

    fifths: int = 0
    minor: bool = False

    @property
    def tonic(self) -> int:
        """The pitch class of its tonic: 0 is C, 11 is B."""
        return (7 * self.fifths + (9 if self.minor else 0)) % 12


@dataclass(frozen=True, order=True)
class Metre:
    """A bar has `beats` notes of 1 / `unit`: 4 and 4, or 3 and 4, or 6 and 8."""

    beats: int = 4
    unit: int = 4

    @property
    def ticks(self) -> int:
        """The ticks of a bar."""
        return self.beats * 4 * TICKS // self.unit


@dataclass(frozen=True)
class Score:
    """A piece of music.

    Attributes:
        parts: the highest first.
        tempo: quarter notes in a minute.
        tempi: where the tempo changes after that, as (tick, quarter notes in a minute), in order; a ritardando is
            several.
        pickup: ticks before the first whole bar.
        fermatas: ticks at which a fermata begins, on all parts; where a phrase ends.
        text: the licence or whatever else is to be told of it.
    """

    parts: tuple[Part, ...]
    tempo: float = 80.0
    tempi: tuple[tuple[int, float], ...] = ()
    key: Key = Key()
    metre: Metre = Metre()
    pickup: int = 0
    fermatas: tuple[int, ...] = ()
    title: str = ""
    text: str = ""

    @property
    def end(self) -> int:
        """The tick at which the last note is over."""
        return max((note.end for part in self.parts for note in part.notes), default=0)
