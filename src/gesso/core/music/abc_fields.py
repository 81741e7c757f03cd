"""What the fields of an ABC tune say: its key, metre, unit length and tempo."""

import re
from dataclasses import dataclass
from fractions import Fraction

from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of_mode, key_on
from gesso.core.music.spelling import signature
from gesso.core.scores import Key, Metre

_STEPS = "FCGDAEB"
_MODES = {
    "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor", "mix": "mixolydian",
    "dor": "dorian", "phr": "phrygian", "loc": "locrian", "lyd": "lydian",
}  # fmt: skip
_SHARPS = {"mixolydian": -1, "dorian": -2, "minor": -3, "phrygian": -4, "locrian": -5, "lydian": 1}
_ALTERS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}


@dataclass(frozen=True)
class Keyed:
    """What K: says.

    Attributes:
        key: that in which it sounds; None where the tune has none.
        alters: how each step is altered.
        octave: octaves by which all is written lower than it sounds.
        transpose: the same in semitones.
    """

    key: Key | None
    alters: dict[str, int]
    octave: int = 0
    transpose: int = 0


def keyed(text: str, name: str) -> Keyed:
    """What K: says, such as "D", "Ador", "F#m", "Bb mix", "D exp ^f" or "none". Raises GessoError for another."""
    octave, transpose = shifts(text)
    words = re.sub(r"\b(?:clef|octave|transpose|middle|m|stafflines|staff|style)\s*=\s*\S+", "", text).strip()
    if not words or words.lower().startswith("none"):
        return Keyed(None, signature(Key()), octave, transpose)
    if words.startswith(("HP", "Hp")):  # the highland pipes', in D
        return Keyed(Key(2), signature(Key(2)), octave, transpose)
    found = re.match(r"([A-Ga-g])([#b♯♭]?)\s*([A-Za-z]*)", words)
    if found is None:
        if re.match(r"(treble|bass|alto|tenor|perc|clef)", words):
            return Keyed(None, signature(Key()), octave, transpose)
        raise GessoError(f"{name}: the key K:{text} is not understood; write it as K:G, K:Em or K:Ador")
    step, sign, word = found.groups()
    mode = "major"
    if word and word.lower() != "exp":
        mode = "minor" if word == "m" else _MODES.get(word[:3].lower(), "major")
    tonic = _STEPS.index(step.upper()) - 1 + {"": 0, "#": 7, "♯": 7, "b": -7, "♭": -7}[sign]
    sharps = tonic + _SHARPS.get(mode, 0)
    if not -7 <= sharps <= 7:
        raise GessoError(f"{name}: the key K:{text} would have {abs(sharps)} signs; at most 7 are read")
    alters = signature(Key(0 if word.lower() == "exp" else sharps))
    for accidental, letter in re.findall(r"(\^\^|\^|__|_|=)([A-Ga-g])(?![A-Za-z])", words[found.end() :]):
        alters[letter.upper()] = _ALTERS[accidental]
    key = key_of_mode(sharps, mode)
    if key is not None and transpose % 12:
        key = key_on((key.tonic + transpose) % 12, key.minor)
    return Keyed(key, alters, octave, transpose)


def shifts(text: str) -> tuple[int, int]:
    """The octaves and the semitones by which K: or V: say that all sounds higher."""
    octaves = re.search(r"\boctave\s*=\s*(-?\d)", text)
    semitones = re.search(r"\btranspose\s*=\s*(-?\d{1,2})", text)
    marked = {"+8": 1, "-8": -1}.get((re.search(r"(?:treble|bass|alto|tenor)([+-]8)", text) or [""] * 2)[1], 0)
    return (int(octaves[1]) if octaves else 0) + marked, int(semitones[1]) if semitones else 0


def metre_of(text: str, name: str) -> Metre | None:
    """What M: says, such as "6/8", "C", "C|" or "2+3/8"; None for none. Raises GessoError for another."""
    text = text.strip()
    if text in ("C", "c"):
        return Metre()
    if text in ("C|", "c|"):
        return Metre(2, 2)
    if not text or text.lower() == "none":
        return None
    found = re.match(r"\(?([\d+\s]+)\)?\s*/\s*(\d+)", text)
    beats = sum(int(each) for each in re.findall(r"\d+", found[1])) if found else 0
    if found is None or not (1 <= beats <= 32 and int(found[2]) in (1, 2, 4, 8, 16, 32)):
        raise GessoError(f"{name}: the metre M:{text} is not understood; write it as M:4/4 or M:6/8")
    return Metre(beats, int(found[2]))


def fraction(text: str) -> Fraction | None:
    """A fraction such as "1/8", if that is one."""
    found = re.match(r"\s*(\d{1,3})\s*/\s*(\d{1,3})", text)
    return Fraction(int(found[1]), int(found[2])) if found and int(found[2]) else None


def tempo_of(text: str, unit: Fraction) -> float | None:
    """The quarters in a minute that Q: says, such as "1/4=120", "3/8=90" or "120" of the unit length."""
    text = re.sub(r'"[^"]*"', "", text)
    found = re.search(r"((?:\d+/\d+\s*)*)=?\s*(\d+(?:\.\d+)?)\s*$", text)
    if found is None:
        return None
    beat = sum((fraction(each) or Fraction(0) for each in found[1].split()), Fraction(0)) or unit
    tempo = float(found[2]) * float(beat * 4)
    return min(1000.0, max(4.0, tempo))
