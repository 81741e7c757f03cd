"""Reading ABC, as tunes are found on the net: http://abcnotation.com/wiki/abc:standard:v2.1."""

import re
from fractions import Fraction

from gesso.core.errors import GessoError
from gesso.core.music.abc_bars import Tune
from gesso.core.music.abc_fields import Keyed, fraction, keyed, metre_of, shifts, tempo_of
from gesso.core.music.keys import key_of_parts
from gesso.core.music.limits import check_size
from gesso.core.music.measures import fermatas_of, heard, tempi_of, unfolded
from gesso.core.music.metres import find_metre, warn_of_changes
from gesso.core.scores import TICKS, Metre, Part, Score

_FIELD = re.compile(r"([A-Za-z+]):(?![|:])(.*)")  # A:| is a note and a bar line
_OVERLAY = re.compile(r'("[^"]*")|&(?:"[^"]*"|(?!:+[|:])[^|"])*')  # a second voice of the bar, which is left out
_TUNE = re.compile(r"^(?=X:)", re.MULTILINE)
_TEMPO = 120.0
_MOST_VOICES = 32


def count_tunes(file: bytes) -> int:
    """How many tunes an ABC file says it has: one, or as many as there are lines with X:."""
    return max(1, len(_TUNE.findall(_text(file))))


def read_abc(file: bytes, name: str, tune: int | None = None) -> Score:
    """The score of a tune in an ABC file, of the first if none is named: repeats played, ties joined, a part a voice.

    Chord symbols, words, slurs, grace notes and decorations other than fermatas are left out; so are overlays (&).
    Warns where the metre changes: the first counts.

    Args:
        name: what errors call the file.
        tune: which of `count_tunes`, from 1.

    Raises:
        GessoError: there is no tune in it, something in it is no ABC, or it is too large.
    """
    reader = _Reader(name)
    text = _text(file)
    if tune is not None:
        text = _TUNE.split(text)[tune if _TUNE.search(text) else 0]
    for line in _first_tune(text, name):
        reader.read(line)
    return reader.score()


def _text(file: bytes) -> str:
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = file.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_tune(text: str, name: str) -> list[str]:
    """The lines of the first tune, without comments."""
    lines = text.split("\n")
    key = next((number for number, line in enumerate(lines) if line.startswith("K:")), None)
    if key is None or "\0" in text:
        raise GessoError(f"{name} has no tune in it: one has lines X:, T:, M:, L: and K:, and notes after K:")
    start = max((number for number in range(key) if lines[number].startswith("X:")), default=0)
    tune = lines[start : key + 1]
    has_music = False
    for line in lines[key + 1 :]:
        if line.startswith("X:") or (has_music and not line.strip()):
            break
        has_music = has_music or bool(line.strip() and not _FIELD.match(line) and not line.startswith("%"))
        tune.append(line)
    return ["" if line.startswith("%") else re.sub(r"(?<!\\)%.*", "", line) for line in tune]


class _Reader:
    """Reads the lines of a tune, each voice's to its own bars."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._title = ""
        self._key: Keyed | None = None
        self._metre: Metre | None = None
        self._unit: Fraction | None = None
        self._tempo: str | None = None
        self._voices: dict[str, str] = {}  # what V: says of each
        self._tunes: dict[str, Tune] = {}
        self._voice = "1"

    def read(self, line: str) -> None:
        """Reads a line of the header or of the music."""
        if found := _FIELD.match(line):
            self._field(found[1], found[2].strip())
        elif line.strip() and self._key is not None:
            for voice, text in self._by_voice(line):
                self._voice = voice
                self._tune().read(_OVERLAY.sub(r"\1", text))

    def score(self) -> Score:
        """What was read. Raises GessoError when there are no notes in it."""
        tunes = [(voice, tune) for voice, tune in self._tunes.items() if any(tune.bars)]
        if not tunes:
            raise GessoError(f"{self._name} has no notes in it after K:")
        longest = max((tune.measures for _, tune in tunes), key=len)
        parts: list[Part] = []
        for number, (voice, tune) in enumerate(tunes, 1):
            order = unfolded(tune.measures, self._name)
            check_size(self._name, ticks=sum(tune.measures[at].length for at in order))
            parts.append(Part(self._named(voice, number, len(tunes)), 0, heard(tune.bars, tune.measures, order)))
        check_size(self._name, notes=sum(len(part.notes) for part in parts))
        order = unfolded(longest, self._name)
        key = self._key.key if self._key else None
        metre, pickup = (self._metre, 0) if self._metre else find_metre(parts)
        warn_of_changes(self._name, metre, (each for _, tune in tunes for each in tune.changes))
        first = longest[order[0]].length
        if self._metre and first < metre.ticks and len(order) > 1:
            pickup = first
        tempo = tempo_of(self._tempo, self._unit_length()) if self._tempo else None
        tempi = tempi_of(longest, order)
        if tempi and (tempo is None or tempi[0][0] == 0):
            tempo = tempi.pop(0)[1]
        return Score(
            parts=tuple(parts),
            tempo=tempo or _TEMPO,
            tempi=tuple(tempi),
            key=key or key_of_parts(parts),
            metre=metre,
            pickup=pickup,
            fermatas=fermatas_of(longest, order),
            title=self._title,
        )

    def _field(self, letter: str, text: str) -> None:
        in_music = self._key is not None
        match letter:
            case "T" if not self._title:
                self._title = text
            case "V":
                self._begin_voice(text)
            case "K" if not in_music:
                self._key = keyed(text, self._name)
            case "M" if not self._tunes:
                self._metre = metre_of(text, self._name)
            case "L" if not in_music:
                self._unit = fraction(text)
            case "Q" if not in_music:
                self._tempo = self._tempo or text
            case "K" | "M" | "L" | "Q":
                self._tune().field(letter, text)
            case _:
                pass

    def _begin_voice(self, text: str) -> None:
        voice, _, said = text.partition(" ")
        if len(self._voices) >= _MOST_VOICES:
            raise GessoError(f"{self._name} has more than {_MOST_VOICES} voices; give a part of it")
        self._voices[voice] = f"{self._voices.get(voice, '')} {said}"
        self._voice = voice

    def _by_voice(self, line: str) -> list[tuple[str, str]]:
        """The stretches of a line that belong to one voice each, as [V:…] divides them."""
        pieces = re.split(r"\[V:\s*([^\]\s]+)[^\]]*\]", line)
        found = [(self._voice, pieces[0])] if pieces[0].strip() else []
        return found + list(zip(pieces[1::2], pieces[2::2], strict=True))

    def _tune(self) -> Tune:
        if self._voice not in self._tunes:
            assert self._key is not None
            octave, transpose = shifts(self._voices.get(self._voice, ""))
            self._tunes[self._voice] = Tune(self._name, self._key, self._metre, self._unit_length(), octave, transpose)
        return self._tunes[self._voice]

    def _unit_length(self) -> Fraction:
        if self._unit:
            return self._unit
        short = self._metre is not None and self._metre.ticks < 3 * TICKS
        return Fraction(1, 16) if short else Fraction(1, 8)

    def _named(self, voice: str, number: int, of: int) -> str:
        found = re.search(r'\b(?:name|nm)\s*=\s*"([^"]*)"', self._voices.get(voice, ""))
        if found:
            return found[1]
        return "Melody" if of == 1 else voice if not voice.isdigit() else f"Voice {number}"
