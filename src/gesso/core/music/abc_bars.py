"""The body of an ABC tune: signs to bars of notes."""

import re
from fractions import Fraction

from gesso.core.errors import GessoError
from gesso.core.music.abc_fields import Keyed, fraction, keyed, metre_of, tempo_of
from gesso.core.music.measures import Held, Measure
from gesso.core.scores import TICKS, Metre

_TOKEN = re.compile(
    r"""
    (?P<space>[\s`]+)
  | (?P<text>"[^"]*")                                    # chord symbols and annotations
  | (?P<decoration>![^!\n]*!|\+[a-z.()<>]+\+|[.~H-WYh-w])
  | (?P<grace>\{[^}]*\})
  | (?P<field>\[[A-Za-z]:[^\]]*\])
  | (?P<bar>(?::+\|[|\[\]]*:+|::+|:+\|+\]?|\[?\|[|\[]*:+|\[\|+\]?|\|+\]?)(?P<bar_ending>\s*\[?\d(?:[\d,-]*\d)?)?)
  | (?P<ending>\[\d(?:[\d,-]*\d)?)
  | (?P<tuplet>\(\d(?::\d*){0,2})
  | (?P<slur>[()])
  | (?P<broken>>{1,3}|<{1,3})
  | (?P<chord>\[)
  | (?P<close>\](?P<close_length>\d*(?:/+\d*)?))
  | (?P<note>(?P<accidental>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*(?:/+\d*)?))
  | (?P<rest>[zx])(?P<rest_length>\d*(?:/+\d*)?)
  | (?P<bars_rest>[ZX])(?P<bars>\d*)
  | (?P<tie>-)
  | (?P<other>[y\\$*;?@#!]\d*)
    """,
    re.VERBOSE,
)
_ALTERS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_SEMITONES = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
_LONGEST = 64  # whole notes


class Tune:
    """The bars of one voice, as they are read line by line.

    Attributes:
        measures, bars: the bars, and their notes.
        metre: that which holds now.
        changes: those that came to hold after the first.
    """

    def __init__(self, name: str, key: Keyed, metre: Metre | None, unit: Fraction, octave: int, transpose: int) -> None:
        self.measures: list[Measure] = [Measure()]
        self.bars: list[list[Held]] = [[]]
        self.metre = metre
        self.changes: list[Metre] = []
        self._name, self._key, self._unit = name, key, unit
        self._shift = 12 * octave + transpose
        self._now = Fraction(0)
        self._signs: dict[str, int] = {}
        self._last: list[Held] = []  # the note or chord that a tie or a broken rhythm follows
        self._last_start = Fraction(0)
        self._last_length = Fraction(0)
        self._ties: set[int] = set()  # the pitches that are tied to what follows
        self._written: list[tuple[tuple[str, int], int]] = []  # steps and octaves of the last, and how they are altered
        self._tied: dict[tuple[str, int], int] = {}  # the same of those that are tied: bar lines do not end it
        self._chord: list[tuple[int, Fraction]] | None = None
        self._chord_ties: set[int] = set()  # the same two of a chord that is not closed yet
        self._chord_tied: dict[tuple[str, int], int] = {}
        self._tuplet: tuple[Fraction, int] = (Fraction(1), 0)
        self._broken = Fraction(1)  # what the next note is multiplied by
        self._fermata = False
        self._endings: tuple[int, ...] = ()

    def read(self, line: str) -> None:
        """Reads a line of music. Raises GessoError for what is no ABC."""
        at = 0
        while at < len(line):
            found = _TOKEN.match(line, at)
            if found is None:
                raise GessoError(f"{self._name}: {line[at : at + 12]!r} in its music is no ABC; correct the file")
            at = found.end()
            self._take(found)

    def _take(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "note" | "length" | "octave" | "letter" | "accidental":
                self._note(found)
            case "rest" | "rest_length":
                self._play([], self._length(found["rest_length"]))
            case "bars_rest" | "bars":
                for _ in range(min(int(found["bars"] or 1), 500)):
                    self._play([], Fraction((self.metre or Metre()).ticks, 4 * TICKS))
                    self._bar_line("|")
            case "bar" | "bar_ending":
                self._bar_line(found["bar"])
            case "ending":
                self._begin_ending(found["ending"])
            case "broken":
                self._break(found["broken"])
            case "chord":
                self._chord = []
            case "close" | "close_length":
                self._close(found["close_length"])
            case "tie":
                self._tie()
            case "tuplet":
                self._begin_tuplet(found["tuplet"])
            case "decoration":
                self._fermata = self._fermata or found["decoration"].strip("!+") in ("H", "fermata")
            case "field":
                self._field(found["field"][1:-1])
            case _:
                pass

    def field(self, letter: str, text: str) -> None:
        """What a field says that stands in the music."""
        if letter == "K":
            self._key = keyed(text, self._name)
        elif letter == "M":
            self.metre = metre_of(text, self._name)
            self.changes += [self.metre] if self.metre else []
        elif letter == "L" and (unit := fraction(text)):
            self._unit = unit
        elif letter == "Q" and (tempo := tempo_of(text, self._unit)):
            self.measures[-1].tempi.append((_ticks(self._now), tempo))

    def _field(self, text: str) -> None:
        self.field(text[0], text[2:])

    def _note(self, found: re.Match[str]) -> None:
        letter, marks = found["letter"], found["octave"]
        step = letter.upper()
        if found["accidental"]:
            self._signs[step] = _ALTERS[found["accidental"]]
        octave = 5 + (letter.islower()) + marks.count("'") - marks.count(",")
        alter = self._signs.get(step, self._tied.get((step, octave), self._key.alters[step]))
        pitch = 12 * octave + _SEMITONES[step] + alter + self._shift + 12 * self._key.octave + self._key.transpose
        if not 0 <= pitch <= 127:
            raise GessoError(f"{self._name}: the note {found[0]} is outside of what is heard; correct its octave")
        self._written = [*(self._written if self._chord else ()), ((step, octave), alter)]
        length = self._length(found["length"])
        if self._chord is None:
            self._play([pitch], length)
        else:
            self._chord.append((pitch, length))

    def _close(self, length: str) -> None:
        if self._chord:
            longest = self._chord[0][1]
            self._play([pitch for pitch, _ in self._chord], longest * self._length(length) / self._unit)
            for held in self._last:
                held.tied_to = held.pitch in self._chord_ties
            self._ties |= self._chord_ties
            self._tied |= self._chord_tied
        self._chord, self._chord_ties, self._chord_tied = None, set(), {}

    def _play(self, pitches: list[int], length: Fraction) -> None:
        """A note, a chord or a rest, `length` whole notes long before tuplets and dots."""
        factor, left = self._tuplet
        self._tuplet = (factor, left - 1) if left > 1 else (Fraction(1), 0)
        length = length * (factor if left else 1) * self._broken
        self._broken = Fraction(1)
        if length > _LONGEST:
            raise GessoError(f"{self._name}: a note lasts {float(length):g} whole notes; correct its length")
        self._last_start, self._last_length = self._now, length
        self._last = [Held(_ticks(self._now), 0, pitch, pitch in self._ties) for pitch in dict.fromkeys(pitches)]
        if pitches:
            self._ties.clear()
            self._tied.clear()
            if self._fermata:
                self.measures[-1].fermatas.append((begin := _ticks(self._now), begin + 1))
            self._fermata = False
        self.bars[-1] += self._last
        self._advance()

    def _advance(self) -> None:
        """Sets how long the last note is, and goes on behind it."""
        self._now = self._last_start + self._last_length
        for held in self._last:
            held.length = max(1, _ticks(self._now) - held.start)
        self.measures[-1].length = _ticks(self._now)

    def _break(self, signs: str) -> None:
        """The note before is lengthened by what the next one is shortened, or the other way."""
        short = Fraction(1, 2 ** len(signs))
        longer, self._broken = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        self._last_length *= longer
        self._advance()

    def _tie(self) -> None:
        if self._chord is None:
            self._tied |= dict(self._written)
        else:
            self._chord_tied |= dict(self._written[-1:])
        if self._chord:
            self._chord_ties.add(self._chord[-1][0])  # the tie of one note of a chord
        for held in self._last if self._chord is None else ():
            held.tied_to = True
            self._ties.add(held.pitch)

    def _begin_tuplet(self, text: str) -> None:
        p, q, r = (int(each) if each else 0 for each in [*text[1:].split(":"), "", ""][:3])
        compound = self.metre is not None and self.metre.unit >= 8 and self.metre.beats % 3 == 0
        q = q or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if compound else 2)
        if not p:
            raise GessoError(f"{self._name}: the tuplet {text} has no notes; write (3 for a triplet")
        self._tuplet = (Fraction(q, p), r or p)

    def _bar_line(self, text: str) -> None:
        signs = re.split(r"[\[\s]*\d", text, maxsplit=1)[0]
        before, after = signs.startswith(":"), signs.endswith(":")
        self._signs.clear()
        if self._now or before:
            if before:
                self.measures[-1 if self._now else -2 if len(self.measures) > 1 else -1].times = 2
            if self._now:
                ended = self._endings and (before or signs in ("||", "|]", "[|"))
                self.measures.append(Measure(endings=() if ended else self._endings))
                self.bars.append([])
                if ended:
                    self._endings = ()
            self._now = Fraction(0)
        if after:  # an ending is over where another repeat begins
            self.measures[-1].opens = True
            self._endings = self.measures[-1].endings = ()
        if digits := re.search(r"\d[\d,-]*", text):
            self._begin_ending(digits[0])

    def _begin_ending(self, text: str) -> None:
        numbers: list[int] = []
        for first, last in re.findall(r"(\d)(?:-(\d))?", text):
            numbers += range(int(first), int(last or first) + 1)
        self._endings = self.measures[-1].endings = tuple(numbers)

    def _length(self, text: str) -> Fraction:
        """A length as ABC writes it: 2, 3/2, /2, / or //."""
        found = re.fullmatch(r"(\d*)(/*)(\d*)", text)
        assert found is not None
        above = int(found[1] or 1)
        below = int(found[3]) if found[3] else 2 ** len(found[2])
        if not below or below > 1024:
            raise GessoError(f"{self._name}: the length {text} of a note is none; correct the file")
        return self._unit * above / below


def _ticks(wholes: Fraction) -> int:
    return round(wholes * 4 * TICKS)
