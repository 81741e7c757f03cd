"""MIDI files (SMF, formats 0 and 1): read with symusic, and written with the recipe in a text event."""

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import symusic

from gesso.core.errors import GessoError
from gesso.core.music.keys import find_key
from gesso.core.music.limits import check_size
from gesso.core.music.metres import find_metre
from gesso.core.picture_metadata import writable
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

FERMATA = "fermata"
"""The marker that stands where a fermata begins, since MIDI has no other word for it."""

_RECIPE = "gesso recipe "
_DRUMS = 9  # the channel that General MIDI keeps for them
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUMS)
_TEXT, _TITLE, _MARKER, _END, _TEMPO, _METRE, _KEY = 0x01, 0x03, 0x06, 0x2F, 0x51, 0x58, 0x59
_FASTEST, _SLOWEST = 1000.0, 4.0  # quarters in a minute; slower does not fit the three bytes of a tempo

_Event = tuple[int, bytes]


def read_midi(file: bytes, name: str) -> Score:
    """The score in a MIDI file. Drums are left out; times are rounded to ticks of 1/480 quarter.

    A first bar that is shorter than the metre that follows is a pickup. Where the file names no key or no metre they
    are found from the notes.

    Args:
        name: what errors call the file.

    Raises:
        GessoError: it is empty, damaged, no MIDI file, without notes or too large.
    """
    _check_header(file, name)
    try:
        parsed: Any = cast("Any", symusic.Score).from_midi(file, sanitize_data=True)  # its types are not said
    except (RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise GessoError(f"{name} is damaged, and cannot be read as MIDI; export it again") from error
    scale = Fraction(TICKS, int(parsed.ticks_per_quarter))
    check_size(name, notes=parsed.note_num(), ticks=int(parsed.end() * scale))

    def ticks(time: int) -> int:
        return round(time * scale)

    heard = [track for track in parsed.tracks if not track.is_drum and len(track.notes)]
    parts = tuple(
        Part(
            track.name.strip() or f"Part {number}",
            track.program,
            _notes((ticks(n.time), ticks(n.time + n.duration), n.pitch, n.velocity) for n in track.notes),
        )
        for number, track in enumerate(heard, 1)
    )
    if not parts:
        raise GessoError(f"{name} has no notes in it other than drums; give a file with a melody")
    tempi = [(ticks(tempo.time), _tempo(tempo.qpm)) for tempo in parsed.tempos]
    key = next((Key(k.key, k.tonality == 1) for k in parsed.key_signatures if -7 <= k.key <= 7), None)
    metres = [(ticks(m.time), Metre(m.numerator, m.denominator)) for m in parsed.time_signatures if _is_metre(m)]
    metre, pickup = _begun(metres) if metres else find_metre(parts)
    return Score(
        parts=parts,
        tempo=tempi[0][1] if tempi else 120.0,
        tempi=tuple(_changes(tempi)),
        key=key or find_key(parts),
        metre=metre,
        pickup=pickup,
        fermatas=tuple(sorted({ticks(mark.time) for mark in parsed.markers if mark.text == FERMATA})),
        title=_title(file),
    )


def write_midi(score: Score, recipe_json: str | None = None) -> bytes:
    """A MIDI file of format 1: a track of what is common to all, then one for each part."""
    tracks = [_common(score, recipe_json)]
    tracks += [_track(part, _CHANNELS[number % len(_CHANNELS)]) for number, part in enumerate(score.parts)]
    header = b"MThd" + _number(6, 4) + _number(1, 2) + _number(len(tracks), 2) + _number(TICKS, 2)
    return header + b"".join(b"MTrk" + _number(len(track), 4) + track for track in tracks)


def midi_recipe(file: bytes) -> str | None:
    """The recipe in a MIDI file, in whichever track another program has put it; None if there is none."""
    for found in re.finditer(rb"\xff\x01[\x80-\xff]{0,3}[\x00-\x7f]" + _RECIPE.encode(), file):
        length, start = _length_at(file, found.start() + 2, len(file))
        if start + length <= len(file):
            return file[start : start + length].decode("utf-8", "replace").removeprefix(_RECIPE)
    return None


# Reading


def _check_header(file: bytes, name: str) -> None:
    if not file:
        raise GessoError(f"{name} is empty (0 bytes); copy or export it again")
    if not file.startswith(b"MThd"):
        raise GessoError(f"{name} is no MIDI file, whatever its name says; export it as MIDI")
    if len(file) < 14:
        raise GessoError(f"{name} is truncated: its end is missing; copy or export it again")
    kind, division = int.from_bytes(file[8:10], "big"), int.from_bytes(file[12:14], "big")
    if kind > 1:
        raise GessoError(f"{name} is a MIDI file of format {kind}, with no common time; export it as format 0 or 1")
    if division & 0x8000 or not division:
        raise GessoError(f"{name} counts its time in frames of film; export it with ticks per quarter note")


def _notes(found: Iterable[tuple[int, int, int, int]]) -> tuple[Note, ...]:
    return tuple(sorted(Note(start, max(1, end - start), pitch, max(1, speed)) for start, end, pitch, speed in found))


def _tempo(qpm: float) -> float:
    return round(min(_FASTEST, max(_SLOWEST, qpm)), 3)


def _changes(tempi: list[tuple[int, float]]) -> Iterable[tuple[int, float]]:
    for (_, before), (tick, tempo) in pairwise(tempi):
        if tempo != before:
            yield tick, tempo


def _is_metre(signature: Any) -> bool:
    return 1 <= signature.numerator <= 32 and signature.denominator in (1, 2, 4, 8, 16, 32)


def _begun(metres: list[tuple[int, Metre]]) -> tuple[Metre, int]:
    """The metre, and the ticks before its first whole bar."""
    first = metres[0][1]
    if len(metres) > 1 and metres[1][0] == first.ticks < metres[1][1].ticks and metres[0][0] == 0:
        return metres[1][1], first.ticks
    return first, 0


def _title(file: bytes) -> str:
    """The name of a first track that has nothing but what is common to all, as a sequence's title stands there."""
    end = min(len(file), 22 + int.from_bytes(file[18:22], "big"))
    title, at = "", 22
    while at < end:
        _, at = _length_at(file, at, end)
        kind = file[at : at + 2]
        if not kind.startswith(b"\xff"):
            return ""
        length, at = _length_at(file, at + 2, end)
        if kind == bytes((0xFF, _TITLE)):
            title = file[at : at + length].decode("utf-8", "replace").strip()
        at += length
    return title


def _length_at(file: bytes, at: int, end: int) -> tuple[int, int]:
    """A number in bytes of seven bits, and where it is over."""
    value = 0
    while at < end:
        value, marked, at = value << 7 | file[at] & 0x7F, file[at] & 0x80, at + 1
        if not marked:
            break
    return value, at


# Writing


def _common(score: Score, recipe_json: str | None) -> bytes:
    events: list[_Event] = []
    if score.title:
        events.append((0, _meta(_TITLE, score.title.encode())))
    if score.text:
        events.append((0, _meta(_TEXT, score.text.encode())))
    if recipe_json is not None:
        events.append((0, _meta(_TEXT, (_RECIPE + writable(recipe_json)).encode())))
    events.append((0, _meta(_KEY, (score.key.fifths & 0xFF, int(score.key.minor)))))
    short = Fraction(score.pickup, 4 * TICKS)
    unit = max(4, short.denominator)
    if short and unit & (unit - 1) == 0:
        events.append((0, _metre(int(short * unit), unit)))
    events.append((score.pickup, _metre(score.metre.beats, score.metre.unit)))
    events += [(tick, _meta(_MARKER, FERMATA.encode())) for tick in score.fermatas]
    for tick, tempo in ((0, score.tempo), *score.tempi):
        events.append((tick, _meta(_TEMPO, _number(round(60e6 / min(_FASTEST, max(_SLOWEST, tempo))), 3))))
    return _timed(events, score.end)


def _track(part: Part, channel: int) -> bytes:
    events: list[_Event] = [(0, _meta(_TITLE, part.name.encode())), (0, bytes((0xC0 | channel, part.program & 0x7F)))]
    # At one tick notes end before others begin, or a repeated note would be cut off.
    sounds = [(note.end, 0, bytes((0x80 | channel, note.pitch, 64))) for note in part.notes]
    sounds += [(note.start, 1, bytes((0x90 | channel, note.pitch, note.velocity))) for note in part.notes]
    events += [(tick, event) for tick, _, event in sorted(sounds)]
    return _timed(events, 0)


def _timed(events: list[_Event], end: int) -> bytes:
    """The events of a track, each after the time since the one before, and the track's end at `end` or later."""
    written, now = bytearray(), 0
    for tick, event in sorted(events, key=lambda event: event[0]):
        written += _length(tick - now) + event
        now = tick
    return bytes(written + _length(max(0, end - now)) + _meta(_END, b""))


def _meta(kind: int, data: Iterable[int]) -> bytes:
    held = bytes(data)
    return bytes((0xFF, kind)) + _length(len(held)) + held


def _metre(beats: int, unit: int) -> bytes:
    clicks = 36 if unit == 8 and beats % 3 == 0 else 96 // unit
    return _meta(_METRE, (beats, unit.bit_length() - 1, clicks, 8))


def _number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def _length(value: int) -> bytes:
    """A number in bytes of seven bits, the highest first, all but the last marked."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))
