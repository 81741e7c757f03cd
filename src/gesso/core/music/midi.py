"""MIDI files (SMF, formats 0 and 1), with the recipe in a text event."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of_parts
from gesso.core.music.limits import LARGEST_MIDI, check_size
from gesso.core.music.metres import find_metre, warn_of_changes
from gesso.core.picture_metadata import writable
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

FERMATA = "fermata"
"""The marker that stands where a fermata begins, since MIDI has no other word for it."""

_RECIPE = "gesso recipe "
_DRUMS = 9  # the channel that General MIDI keeps for them
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUMS)
_TEXT, _TITLE, _MARKER, _END, _TEMPO, _METRE, _KEY = 0x01, 0x03, 0x06, 0x2F, 0x51, 0x58, 0x59
_FASTEST, _SLOWEST = 1000.0, 4.0  # quarters in a minute; slower does not fit the three bytes of a tempo

_Event = tuple[int, bytes]  # a tick, and the message from its status on; of a meta event without the length


def read_midi(file: bytes, name: str) -> Score:
    """The score in a MIDI file. Drums are left out; times are rounded to ticks of 1/480 quarter.

    A first bar that is shorter than the metre that follows is a pickup. Where the file names no key or no metre they
    are found from the notes. Warns where the metre changes: the first counts.

    Args:
        name: what errors call the file.

    Raises:
        GessoError: it is empty, damaged, no MIDI file, without notes or too large.
    """
    tracks = _tracks(file, name)
    notes = sum(event[0] >> 4 == 0x9 for track in tracks for _, event in track)
    check_size(name, notes=notes, ticks=max((track[-1][0] for track in tracks if track), default=0))
    parts = tuple(part for track in tracks for part in _parts(track))
    if not parts:
        raise GessoError(f"{name} has no notes in it other than drums; give a file with a melody")
    meta: dict[int, list[_Event]] = defaultdict(list)
    for tick, event in sorted((event for track in tracks for event in track), key=lambda event: event[0]):
        if event[0] == 0xFF:
            meta[event[1]].append((tick, event[2:]))
    tempi = [(tick, _tempo(int.from_bytes(data, "big"))) for tick, data in meta[_TEMPO] if len(data) == 3]
    keys = [Key(int.from_bytes(data[:1], "big", signed=True), data[1] == 1) for _, data in meta[_KEY] if len(data) == 2]
    metres = [(tick, Metre(data[0], 1 << data[1])) for tick, data in meta[_METRE] if _is_metre(data)]
    metre, pickup = _begun(metres) if metres else find_metre(parts)
    end = max(note.end for part in parts for note in part.notes)
    # In another metre a last bar is shorter or longer, and counts as well.
    warn_of_changes(name, metre, (other for tick, other in metres[1:] if end - tick > metre.ticks))
    return Score(
        parts=tuple(Part(part.name or f"Part {n}", part.program, part.notes) for n, part in enumerate(parts, 1)),
        tempo=tempi[0][1] if tempi else 120.0,
        tempi=tuple(_changes(tempi)),
        key=next((key for key in keys if -7 <= key.fifths <= 7), None) or key_of_parts(parts),
        metre=metre,
        pickup=pickup,
        fermatas=tuple(sorted({tick for tick, data in meta[_MARKER] if data == FERMATA.encode()})),
        # A sequence's title is the name of a first track that has nothing but what is common to all.
        title=_name(tracks[0]) if all(event[0] == 0xFF for _, event in tracks[0]) else "",
    )


def write_midi(score: Score, recipe_json: str | None = None) -> bytes:
    """A MIDI file of format 1: a track of what is common to all, then one for each part."""
    tracks = [_common(score, recipe_json)]
    tracks += [_track(part, _CHANNELS[number % len(_CHANNELS)]) for number, part in enumerate(score.parts)]
    header = b"MThd" + _number(6, 4) + _number(1, 2) + _number(len(tracks), 2) + _number(TICKS, 2)
    return header + b"".join(b"MTrk" + _number(len(track), 4) + track for track in tracks)


def midi_recipe(file: bytes) -> str | None:
    """The recipe in a MIDI file, in whichever track another program has put it; None if there is none."""
    try:
        events = [event for track in _tracks(file, "the file") for _, event in track]
    except GessoError:
        return None
    texts = (event[2:].decode("utf-8", "replace") for event in events if event[:2] == bytes((0xFF, _TEXT)))
    return next((text.removeprefix(_RECIPE) for text in texts if text.startswith(_RECIPE)), None)


# Reading


def _tracks(file: bytes, name: str) -> list[list[_Event]]:
    _check_header(file, name)
    if len(file) > LARGEST_MIDI:
        raise GessoError(f"{name} has {len(file)} bytes; at most {LARGEST_MIDI} of MIDI are read: give a part of it")
    scale = TICKS / int.from_bytes(file[12:14], "big")
    tracks: list[list[_Event]] = []
    at = 8 + int.from_bytes(file[4:8], "big")
    try:
        while at + 8 <= len(file):
            start, at = at + 8, at + 8 + int.from_bytes(file[at + 4 : at + 8], "big")
            if file[start - 8 : start - 4] == b"MTrk":  # other programs have chunks of their own
                tracks.append([(round(tick * scale), event) for tick, event in _events(file, start, at)])
    except IndexError as error:
        raise GessoError(f"{name} is damaged, and cannot be read as MIDI; export it again") from error
    return tracks or [[]]


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


def _events(file: bytes, at: int, end: int) -> Iterator[_Event]:
    """The events of a track. Raises IndexError where it is cut off, or what stands there is no event."""
    tick = running = 0
    while at < end:
        wait, at = _length_at(file, at)
        tick += wait
        status = file[at] if file[at] & 0x80 else running
        at += file[at] >> 7
        kind = b""
        if status in (0xF0, 0xF7, 0xFF):
            kind = file[at : at + (status == 0xFF)]
            size, at = _length_at(file, at + len(kind))
        elif 0x80 <= status < 0xF0:
            running, size = status, 1 if 0xC0 <= status < 0xE0 else 2
        else:
            raise IndexError(status)
        if at + size > min(end, len(file)):
            raise IndexError(at)
        yield tick, bytes((status,)) + kind + file[at : at + size]
        at += size


def _length_at(file: bytes, at: int) -> tuple[int, int]:
    """A number in up to four bytes of seven bits, and where it is over."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | file[place] & 0x7F
        if not file[place] & 0x80:
            return value, place + 1
    raise IndexError(at)


def _parts(track: list[_Event]) -> Iterator[Part]:
    """A part for each channel and program of a track; a note that is never let go lasts until the track ends."""
    programs: dict[int, int] = defaultdict(int)
    held: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)
    notes: dict[tuple[int, int], list[Note]] = defaultdict(list)

    def let_go(channel: int, pitch: int, end: int) -> None:
        start, program, velocity = held[channel, pitch].popleft()  # the first to begin ends first
        notes[channel, program].append(Note(start, max(1, end - start), pitch, velocity))

    for tick, event in track:
        kind, channel = event[0] >> 4, event[0] & 0xF
        if kind == 0xC:
            programs[channel] = event[1] & 0x7F
        elif kind == 0x9 and event[2]:
            held[channel, event[1] & 0x7F].append((tick, programs[channel], event[2] & 0x7F))
        elif kind in (0x8, 0x9) and held[channel, event[1] & 0x7F]:
            let_go(channel, event[1] & 0x7F, tick)
    for channel, pitch in held:
        while held[channel, pitch]:
            let_go(channel, pitch, track[-1][0])
    for channel, program in sorted(notes):
        if channel != _DRUMS:
            yield Part(_name(track), program, tuple(sorted(notes[channel, program])))


def _name(track: list[_Event]) -> str:
    names = (event[2:] for _, event in track if event[:2] == bytes((0xFF, _TITLE)))
    return next(names, b"").decode("utf-8", "replace").strip()


def _tempo(microseconds: int) -> float:
    return round(60e6 / min(60e6 / _SLOWEST, max(60e6 / _FASTEST, microseconds)), 3)


def _changes(tempi: list[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    for (_, before), (tick, tempo) in pairwise(tempi):
        if tempo != before:
            yield tick, tempo


def _is_metre(data: bytes) -> bool:
    return len(data) >= 2 and 1 <= data[0] <= 32 and data[1] <= 5


def _begun(metres: list[tuple[int, Metre]]) -> tuple[Metre, int]:
    """The metre, and the ticks before its first whole bar."""
    first = metres[0][1]
    if len(metres) > 1 and metres[1][0] == first.ticks < metres[1][1].ticks and metres[0][0] == 0:
        return metres[1][1], first.ticks
    return first, 0


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
