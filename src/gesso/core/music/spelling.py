"""How pitches are spelled: G sharp or A flat. On the line of fifths … F C G D A E B F♯ … C is 0."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from gesso.core.scores import Key, Note, Score

_STEPS = "FCGDAEB"

# The twelve degrees of a key on the line of fifths, seen from its tonic, unless the melody says otherwise: in major as
# far as the sharp that leads to the sixth degree, in minor from the flat second to the sharp that leads to the fifth.
_PLACES = {
    minor: {7 * place % 12: place for place in window}
    for minor, window in ((False, range(-3, 9)), (True, range(-5, 7)))
}
_LEADING = {False: (1, 3, 8, 10), True: (1,)}  # semitones over the tonic that may be raised or lowered, by minor


@dataclass(frozen=True)
class Spelled:
    """A pitch by name: `step` C to B, `alter` semitones sharp of it, in the `octave` of C4, middle C."""

    step: str
    alter: int
    octave: int

    @property
    def pitch(self) -> int:
        """As MIDI counts."""
        return 12 * (self.octave + 1) + (0, 2, 4, 5, 7, 9, 11)["CDEFGAB".index(self.step)] + self.alter


def spell(pitch: int, fifths: int) -> Spelled:
    """The name of a pitch at a place on the line of fifths that has its pitch class."""
    alter = (fifths + 1) // 7
    return Spelled(_STEPS[(fifths + 1) % 7], alter, (pitch - alter) // 12 - 1)


def signature(key: Key) -> dict[str, int]:
    """How the key signature alters each of the seven steps."""
    return {step: (key.fifths - 1 - number) // 7 + 1 for number, step in enumerate(_STEPS)}


class Speller:
    """Spells the notes of a score by its key and, where that leaves a choice, by where the voices go.

    A degree outside the key that rises a semitone is a leading note, and sharp; one that falls is flat. All voices of
    a bar agree.
    """

    def __init__(self, score: Score) -> None:
        self._key = score.key
        self._tonic = score.key.fifths + (3 if score.key.minor else 0)
        self._bar, self._pickup = score.metre.ticks, score.pickup
        self._rises: defaultdict[tuple[int, int], int] = defaultdict(int)
        for part in score.parts:
            for note, following in pairwise(part.notes):
                step = following.pitch - note.pitch
                if abs(step) == 1 and following.start <= note.end:
                    self._rises[self._place(note)] += step

    def __call__(self, note: Note) -> Spelled:
        """The name of a note of the score."""
        degree = (note.pitch - self._key.tonic) % 12
        above = _PLACES[self._key.minor][degree]
        if degree in _LEADING[self._key.minor] and (rise := self._rises[self._place(note)]):
            flat = above if above < 0 else above - 12
            above = flat + 12 if rise > 0 else flat
        return spell(note.pitch, self._tonic + above)

    def _place(self, note: Note) -> tuple[int, int]:
        return (note.start - self._pickup) // self._bar, note.pitch % 12
