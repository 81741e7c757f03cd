"""Who has which staves: parts as musicians read them, with their clefs and the lines of music on each staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from gesso.core.music.notation import voices_of
from gesso.core.scores import HANDS, Note, Part, Score

_MIDDLE = 59  # a part whose notes lie lower for the most is written in the bass clef


PARTED = ", "
"""What stands between the names of parts that one player has."""

MOST_LINES = 4
"""Lines of music on a staff, as many as MuseScore reads."""


@dataclass(frozen=True)
class Clef:
    """A clef as MusicXML has it: its `sign` on a `line` from below, so many octaves off."""

    sign: str
    line: int
    octave: int = 0


_TREBLE, _TENOR, _BASS = Clef("G", 2), Clef("G", 2, -1), Clef("F", 4)


@dataclass(frozen=True)
class Voice:
    """A line of music.

    Attributes:
        part: the number of the part that it comes from.
        number: its own among those of a player, from 1, the same in all bars: notes are tied within one.
        leads: whether it is its part's first, which fills every bar with rests; what others do not have is left out.
        stem: which way its stems go where another is on its staff.
        fermatas: whether they stand on it; of parts that share staves only on the outer ones.
    """

    chords: Sequence[tuple[Note, ...]]
    part: int
    number: int
    leads: bool = True
    stem: str = ""
    fermatas: bool = True


@dataclass(frozen=True)
class Staff:
    """A staff with its lines of music."""

    clef: Clef
    voices: tuple[Voice, ...]


@dataclass(frozen=True)
class Player:
    """A part as MusicXML counts them: one name for one staff or for two.

    Attributes:
        has_name: whether its name stands before its staves; that of several parts is only for who reads the file.
    """

    name: str
    program: int
    staves: tuple[Staff, ...]
    has_name: bool = True


def players_of(score: Score, *, closed: bool) -> list[Player]:
    """The players of a score: one for each part; of four parts one with two staves if they are `closed`; and one for
    the two hands at a piano."""
    if closed and len(score.parts) == 4:
        return [_closed(score)]
    if tuple(part.name for part in score.parts) == HANDS:
        right = _staff(score, 0, _clef(score.parts[0]))
        left = _staff(score, 1, _clef(score.parts[1]), before=len(right.voices))
        return [Player("Piano", score.parts[0].program, (right, left))]
    return [
        Player(part.name, part.program, (_staff(score, number, _clef(part)),))
        for number, part in enumerate(score.parts)
    ]


def _staff(score: Score, number: int, clef: Clef, before: int = 0) -> Staff:
    """The staff of a part, whose lines are counted on from those `before`."""
    lines = enumerate(voices_of(score.parts[number], score, MOST_LINES))
    voices = (Voice(line, number, before + at + 1, not at, ("up", "down")[at % 2]) for at, line in lines)
    return Staff(clef, tuple(voices))


def _closed(score: Score) -> Player:
    """Four parts on two staves, the tenor on that of the bass."""
    staves: list[Staff] = []
    count = 0
    for clef, parts in ((_TREBLE, (0, 1)), (_BASS, (2, 3))):
        voices: list[Voice] = []
        for part, stem in zip(parts, ("up", "down"), strict=True):
            for at, line in enumerate(voices_of(score.parts[part], score)):
                count += 1
                voices.append(Voice(line, part, count, not at, stem, part in (0, 3)))
        staves.append(Staff(clef, tuple(voices)))
    names = PARTED.join(part.name for part in score.parts)
    return Player(names, score.parts[0].program, tuple(staves), has_name=False)


def _clef(part: Part) -> Clef:
    if part.name.lower().startswith("tenor"):
        return _TENOR
    pitches = sorted(note.pitch for note in part.notes)
    return _BASS if pitches and pitches[len(pitches) // 2] < _MIDDLE else _TREBLE
