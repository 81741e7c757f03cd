"""Music for tests: a phrase in four parts with all that is hard to write down, and chorales of the data set."""

import json
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from gesso.core import places
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

VOICES = ("Soprano", "Alto", "Tenor", "Bass")


def line(*notes: tuple[int | None, float], start: int = 0) -> tuple[Note, ...]:
    """Notes one after the other, as pitches and lengths in quarters; None is a rest."""
    found: list[Note] = []
    for pitch, quarters in notes:
        length = round(quarters * TICKS)
        if pitch is not None:
            found.append(Note(start, length, pitch))
        start += length
    return tuple(found)


def phrase() -> Score:
    """Three bars in G minor after a pickup: leading notes, a tie over a bar line, a rest, a suspension, a fermata."""
    soprano = line((74, 1), (70, 1), (72, 0.5), (74, 0.5), (75, 1), (74, 2), (72, 1), (70, 1.25), (69, 0.75), (67, 3))
    alto = line((67, 1), (67, 1), (66, 1), (67, 2), (67, 1), (66, 1), (67, 2), (66, 1), (62, 2))
    tenor = line((58, 1), (62, 1), (57, 1), (58, 1), (58, 2), (None, 1), (57, 1), (62, 1), (60, 1), (59, 2))
    bass = line((55, 1), (55, 1), (50, 1), (48, 1), (55, 1), (50, 1), (50, 1), (51, 1), (50, 2), (43, 2))
    lines = (soprano, alto, tenor, bass)
    parts = tuple(Part(name, 52, notes) for name, notes in zip(VOICES, lines, strict=True))
    return Score(parts, 72.0, (), Key(-2, minor=True), Metre(), TICKS, (TICKS * 5,), "Phrase", "CC0")


@cache
def chorales() -> list[Score]:
    """The chorales of the data set's valid split; the test skips where they are not. Equal neighbours are one note."""
    path = places.data() / "music" / "jsb" / "Jsb16thSeparated.json"
    if not path.is_file():
        pytest.skip(f"jsb is not in {places.data()}: set GESSO_DATA")
    return [_score(np.array(frames, int)) for frames in json.loads(path.read_text())["valid"]]


def _score(frames: NDArray[np.int_]) -> Score:
    parts: list[Part] = []
    for name, pitches in zip(VOICES, frames.T, strict=True):
        changes = [0, *(np.flatnonzero(np.diff(pitches)) + 1), len(pitches)]
        spans = [(int(a), int(b)) for a, b in pairwise(changes)]
        notes = [Note(a * 120, (b - a) * 120, int(pitches[a])) for a, b in spans if pitches[a] >= 0]
        parts.append(Part(name, 52, tuple(notes)))
    return Score(tuple(parts))


def hummed(score: Score) -> NDArray[np.float32]:
    """A score as sine tones (2, n), at a rate and a tempo that keep tests fast."""
    samples = np.zeros((2, max(1, score.end * 8)), np.float32)
    for part in score.parts:
        for note in part.notes:
            t = np.arange(note.length * 8)
            samples[:, note.start * 8 : note.end * 8] += 0.1 * np.sin(0.02 * 2 ** (note.pitch / 12) * t)
    return samples
