"""MIDI files (SMF, formats 0 and 1), read and written with mido, the recipe in a text event."""

import io
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import mido  # pyright: ignore[reportMissingTypeStubs] -- it has none

from gesso.core.errors import GessoError
from gesso.core.music.keys import find_key
from gesso.core.music.limits import LARGEST_MIDI, check_size
from gesso.core.music.metres import find_metre
from gesso.core.picture_metadata import writable
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

FERMATA = "fermata"
"""The marker that stands where a fermata begins, since MIDI has no other word for it."""

_RECIPE = "gesso recipe "
_DRUMS = 9  # the channel that General MIDI keeps for them
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUMS)
_FASTEST, _SLOWEST = 1000.0, 4.0  # quarters in a minute; slower does not fit the three bytes of a tempo
_FIFTHS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#")
_MAJOR, _MINOR = 7, 10  # the places of C and A among them
# mido refuses a whole file for a key that there is not, and works for minutes at a number that does not end.
_NO_KEY = re.compile(rb"\xff\x59\x02(?![\x00-\x07\xf9-\xff][\x00\x01])..", re.DOTALL)
_ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{10000}")

_LONGEST = (1 << 28) - 1  # ticks between two messages, in the four bytes that they may have

_mido = cast("Any", mido)
_Timed = tuple[int, Any]  # a message, and the tick at which it stands


def read_midi(file: bytes, name: str) -> Score:
    """The score in a MIDI file. Drums are left out; times are rounded to ticks of 1/480 quarter.

    A first bar that is shorter than the metre that follows is a pickup. Where the file names no key or no metre they
    are found from the notes.

    Args:
        name: what errors call the file.

    Raises:
        GessoError: it is empty, damaged, no MIDI file, without notes or too large.
    """
    tracks = _tracks(file, name)
    notes = sum(message.type == "note_on" for messages in tracks for _, message in messages)
    check_size(name, notes=notes, ticks=max((messages[-1][0] for messages in tracks if messages), default=0))
    parts = tuple(part for messages in tracks for part in _parts(messages))
    if not parts:
        raise GessoError(f"{name} has no notes in it other than drums; give a file with a melody")
    said: dict[str, list[_Timed]] = defaultdict(list)
    for tick, message in sorted((timed for messages in tracks for timed in messages), key=lambda timed: timed[0]):
        said[message.type].append((tick, message))
    tempi = [(tick, _tempo(message.tempo)) for tick, message in said["set_tempo"]]
    metres = [(tick, Metre(m.numerator, m.denominator)) for tick, m in said["time_signature"] if _is_metre(m)]
    metre, pickup = _begun(metres) if metres else find_metre(parts)
    return Score(
        parts=tuple(Part(part.name or f"Part {n}", part.program, part.notes) for n, part in enumerate(parts, 1)),
        tempo=tempi[0][1] if tempi else 120.0,
        tempi=tuple(_changes(tempi)),
        key=_key(said["key_signature"][0][1].key) if said["key_signature"] else find_key(parts),
        metre=metre,
        pickup=pickup,
        fermatas=tuple(sorted({tick for tick, message in said["marker"] if message.text == FERMATA})),
        # A sequence's title is the name of a first track that has nothing but what is common to all.
        title=_name(tracks[0]) if all(message.is_meta for _, message in tracks[0]) else "",
    )


def write_midi(score: Score, recipe_json: str | None = None) -> bytes:
    """A MIDI file of format 1: a track of what is common to all, then one for each part."""
    tracks = [_common(score, recipe_json)]
    tracks += [_track(part, _CHANNELS[number % len(_CHANNELS)]) for number, part in enumerate(score.parts)]
    file = io.BytesIO()
    _mido.MidiFile(type=1, ticks_per_beat=TICKS, tracks=tracks).save(file=file)
    return file.getvalue()


def midi_recipe(file: bytes) -> str | None:
    """The recipe in a MIDI file, in whichever track another program has put it; None if there is none."""
    try:
        tracks = _tracks(file, "the file")
    except GessoError:
        return None
    texts = (_utf8(message.text) for messages in tracks for _, message in messages if message.type == "text")
    return next((text.removeprefix(_RECIPE) for text in texts if text.startswith(_RECIPE)), None)


# mido keeps the encoding of text in a global variable; Latin-1, which is there and loses no byte, need not be set.


def _latin(text: str) -> str:
    return text.encode().decode("latin-1")


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


# Reading


def _tracks(file: bytes, name: str) -> list[list[_Timed]]:
    _check_header(file, name)
    if len(file) > LARGEST_MIDI:
        raise GessoError(f"{name} has {len(file)} bytes; at most {LARGEST_MIDI} of MIDI are read: give a part of it")
    damaged = f"{name} is damaged, and cannot be read as MIDI; export it again"
    if _ENDLESS_NUMBER.search(file):
        raise GessoError(damaged)
    try:
        parsed = _mido.MidiFile(file=io.BytesIO(_NO_KEY.sub(b"\xff\x7f\x02\0\0", file)), clip=True)
    except Exception as error:  # it raises whatever it comes upon
        raise GessoError(damaged) from error
    if any(message.time > _LONGEST for track in parsed.tracks for message in track):
        raise GessoError(damaged)
    return [list(_at(track, Fraction(TICKS, parsed.ticks_per_beat))) for track in parsed.tracks] or [[]]


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


def _at(track: Iterable[Any], scale: Fraction) -> Iterator[_Timed]:
    time = 0
    for message in track:
        time += message.time
        yield round(time * scale), message


def _parts(messages: list[_Timed]) -> Iterator[Part]:
    """A part for each channel and program of a track; a note that is never let go lasts until the track ends."""
    programs: dict[int, int] = defaultdict(int)
    held: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)  # the first to begin ends first
    notes: dict[tuple[int, int], list[Note]] = defaultdict(list)

    def let_go(key: tuple[int, int], tick: int) -> None:
        start, program, velocity = held[key].popleft()
        notes[key[0], program].append(Note(start, max(1, tick - start), key[1], velocity))

    for tick, message in messages:
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "note_on" and message.velocity:
            held[message.channel, message.note].append((tick, programs[message.channel], message.velocity))
        elif message.type in ("note_on", "note_off") and held[message.channel, message.note]:
            let_go((message.channel, message.note), tick)
    for key in held:
        while held[key]:
            let_go(key, messages[-1][0])
    for channel, program in sorted(notes):
        if channel != _DRUMS:
            yield Part(_name(messages), program, tuple(sorted(notes[channel, program])))


def _name(messages: list[_Timed]) -> str:
    return next((_utf8(message.name).strip() for _, message in messages if message.type == "track_name"), "")


def _key(name: str) -> Key:
    minor = name.endswith("m")
    return Key(_FIFTHS.index(name.removesuffix("m")) - (_MINOR if minor else _MAJOR), minor)


def _tempo(microseconds: int) -> float:
    return round(60e6 / min(60e6 / _SLOWEST, max(60e6 / _FASTEST, microseconds)), 3)


def _changes(tempi: list[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    for (_, before), (tick, tempo) in pairwise(tempi):
        if tempo != before:
            yield tick, tempo


def _is_metre(signature: Any) -> bool:
    return 1 <= signature.numerator <= 32 and signature.denominator <= 32


def _begun(metres: list[tuple[int, Metre]]) -> tuple[Metre, int]:
    """The metre, and the ticks before its first whole bar."""
    first = metres[0][1]
    if len(metres) > 1 and metres[1][0] == first.ticks < metres[1][1].ticks and metres[0][0] == 0:
        return metres[1][1], first.ticks
    return first, 0


# Writing


def _common(score: Score, recipe_json: str | None) -> list[Any]:
    events = [(0, _meta("track_name", name=_latin(score.title)))] if score.title else []
    texts = [score.text] if score.text else []
    if recipe_json is not None:
        texts.append(_RECIPE + writable(recipe_json))
    events += [(0, _meta("text", text=_latin(text))) for text in texts]
    minor = score.key.minor
    name = _FIFTHS[score.key.fifths + (_MINOR if minor else _MAJOR)] + "m" * minor
    events.append((0, _meta("key_signature", key=name)))
    short = Fraction(score.pickup, 4 * TICKS)
    unit = max(4, short.denominator)
    if short and unit & (unit - 1) == 0:
        events.append((0, _metre(int(short * unit), unit)))
    events.append((score.pickup, _metre(score.metre.beats, score.metre.unit)))
    events += [(tick, _meta("marker", text=FERMATA)) for tick in score.fermatas]
    for tick, tempo in ((0, score.tempo), *score.tempi):
        events.append((tick, _meta("set_tempo", tempo=round(60e6 / min(_FASTEST, max(_SLOWEST, tempo))))))
    return _timed(events, score.end)


def _track(part: Part, channel: int) -> list[Any]:
    events = [(0, _meta("track_name", name=_latin(part.name)))]
    events.append((0, _mido.Message("program_change", channel=channel, program=part.program & 0x7F)))
    # At one tick notes end before others begin, or a repeated note would be cut off.
    sounds = [(note.end, "note_off", note.pitch, 64) for note in part.notes]
    sounds += [(note.start, "note_on", note.pitch, note.velocity) for note in part.notes]
    for tick, kind, pitch, velocity in sorted(sounds):
        events.append((tick, _mido.Message(kind, channel=channel, note=pitch, velocity=velocity)))
    return _timed(events, 0)


def _timed(events: list[_Timed], end: int) -> list[Any]:
    """The messages of a track, each with the time since the one before, and the track's end at `end` or later."""
    events.sort(key=lambda timed: timed[0])
    events.append((max(end, events[-1][0]), _meta("end_of_track")))
    starts = [0, *(tick for tick, _ in events)]
    return [message.copy(time=tick - before) for before, (tick, message) in zip(starts, events, strict=False)]


def _metre(beats: int, unit: int) -> Any:
    clicks = 36 if unit == 8 and beats % 3 == 0 else 96 // unit
    return _meta("time_signature", numerator=beats, denominator=unit, clocks_per_click=clicks)


def _meta(kind: str, **values: str | int) -> Any:
    return _mido.MetaMessage(kind, **values)
