"""MusicXML 4.0, as MuseScore and other programs for notation open it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gesso.core.music.notation import Bar, Written, bars_of, written
from gesso.core.music.spelling import Spelled, Speller, signature
from gesso.core.music.staves import Player, Voice, players_of
from gesso.core.picture_metadata import writable
from gesso.core.scores import TICKS, Metre, Note, Score

RECIPE_FIELD = "gesso-recipe"

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_BEAMED = {"eighth": 1, "16th": 2, "32nd": 3}

Colour = Callable[[int, Note], str | None]
"""The colour of a note of a part, by the part's number, as "#rrggbb"; None for black."""

Named = Callable[[int, Note], str]
"""What a note of a part is called in the file, by the part's number: a name as XML has them, no other note's."""


def write_musicxml(
    score: Score,
    recipe_json: str | None = None,
    *,
    closed: bool = False,
    colour: Colour | None = None,
    named: Named | None = None,
    with_tempi: bool = True,
) -> str:
    """The score as a MusicXML document of parts.

    Args:
        closed: two voices on a staff, as in a hymn book, where there are four parts; else each part has its own.
        colour: that of each note; all black if not given.
        named: what each note is called, to be found again; where notes are tied to it, a dot and their tick follow.
        with_tempi: whether the first tempo stands over the first bar, and the others are there to be heard.
    """
    root = Element("score-partwise", version="4.0")
    _identify(root, score, recipe_json)
    players = players_of(score, closed=closed)
    _list(root, players)
    bars = bars_of(score)
    spell = Speller(score)
    for number, player in enumerate(players, 1):
        writer = _PartWriter(score, player, spell, colour, named)
        part = SubElement(root, "part", id=f"P{number}")
        for place in range(len(bars)):
            writer.write(part, bars, place, with_tempi=with_tempi and number == 1)
    indent(root, " ")
    return _HEAD + tostring(root, "unicode") + "\n"


def _identify(root: Element, score: Score, recipe_json: str | None) -> None:
    if score.title:
        _text(SubElement(root, "work"), "work-title", score.title)
    identification = SubElement(root, "identification")
    if score.text:
        _text(identification, "rights", score.text)
    _text(SubElement(identification, "encoding"), "software", "Gesso")
    if recipe_json is not None:
        field = SubElement(SubElement(identification, "miscellaneous"), "miscellaneous-field", name=RECIPE_FIELD)
        field.text = writable(recipe_json)


def _list(root: Element, players: Sequence[Player]) -> None:
    listed = SubElement(root, "part-list")
    if len(players) > 1:
        group = SubElement(listed, "part-group", type="start", number="1")
        _text(group, "group-symbol", "bracket")
        _text(group, "group-barline", "no")
    for number, player in enumerate(players, 1):
        entry = SubElement(listed, "score-part", id=f"P{number}")
        name = _text(entry, "part-name", player.name)
        if player.name and player.has_name:
            _text(entry, "part-abbreviation", f"{player.name[0]}.")
        else:
            name.set("print-object", "no")
        instrument = SubElement(entry, "score-instrument", id=f"P{number}-I1")
        _text(instrument, "instrument-name", player.name if player.name and player.has_name else "Choir")
        midi = SubElement(entry, "midi-instrument", id=f"P{number}-I1")
        _text(midi, "midi-channel", str((number - 1) % 9 + 1))
        _text(midi, "midi-program", str(player.program + 1))
    if len(players) > 1:
        SubElement(listed, "part-group", type="stop", number="1")


class _PartWriter:
    """Writes the bars of one part, in their order."""

    def __init__(
        self,
        score: Score,
        player: Player,
        spell: Speller,
        colour: Colour | None,
        named: Named | None,
    ) -> None:
        self._score, self._player, self._spell, self._colour = score, player, spell, colour
        self._named, self._signature = named, signature(score.key)

    def write(self, part: Element, bars: Sequence[Bar], place: int, *, with_tempi: bool) -> None:
        bar = bars[place]
        measure = SubElement(part, "measure", number=str(place + (0 if bars[0].short else 1)))
        if bar.short and place == 0:
            measure.set("implicit", "yes")
        if place == 0:
            self._attributes(measure)
        if with_tempi and place == 0:
            metronome = _tempo(measure, "metronome", self._score.tempo)
            _text(metronome, "beat-unit", "quarter")
            _text(metronome, "per-minute", f"{self._score.tempo:g}")
        if with_tempi:
            self._changes(measure, bar)
        for staff_number, staff in enumerate(self._player.staves, 1):
            filled = [(voice, self._written(voice, bar)) for voice in staff.voices]
            accidentals = self._accidentals([pieces for _, pieces in filled])
            shown = [each for each in filled if each[0].leads or any(piece.notes for piece in each[1])]
            for voice, pieces in shown:
                if voice.number > 1:
                    _move(measure, "backup", bar.length)
                self._voice(measure, voice, pieces, staff_number, accidentals, bar, stem=voice.stem * (len(shown) > 1))
        if place == len(bars) - 1:
            _text(SubElement(measure, "barline", location="right"), "bar-style", "light-heavy")

    def _changes(self, measure: Element, bar: Bar) -> None:
        """The changes of tempo in a bar, each where it happens: MuseScore heeds no offset of what is only heard."""
        now = bar.start
        for tick, tempo in self._score.tempi:
            if bar.start <= tick < bar.end:
                _move(measure, "forward", tick - now)
                _tempo(measure, "words", tempo)
                now = tick
        _move(measure, "backup", now - bar.start)

    def _written(self, voice: Voice, bar: Bar) -> list[Written]:
        return written(voice.chords, bar, self._score.metre, self._score.fermatas if voice.fermatas else ())

    def _attributes(self, measure: Element) -> None:
        attributes = SubElement(measure, "attributes")
        _text(attributes, "divisions", str(TICKS))
        key = SubElement(attributes, "key")
        _text(key, "fifths", str(self._score.key.fifths))
        _text(key, "mode", "minor" if self._score.key.minor else "major")
        time = SubElement(attributes, "time")
        if self._score.metre == Metre():
            time.set("symbol", "common")
        _text(time, "beats", str(self._score.metre.beats))
        _text(time, "beat-type", str(self._score.metre.unit))
        staves = self._player.staves
        if len(staves) > 1:
            _text(attributes, "staves", str(len(staves)))
        for number, staff in enumerate(staves, 1):
            clef = SubElement(attributes, "clef")
            if len(staves) > 1:
                clef.set("number", str(number))
            _text(clef, "sign", staff.clef.sign)
            _text(clef, "line", str(staff.clef.line))
            if staff.clef.octave:
                _text(clef, "clef-octave-change", str(staff.clef.octave))

    def _accidentals(self, voices: Sequence[Sequence[Written]]) -> set[tuple[int, int]]:
        """The notes of a bar of a staff that need a sign, by their start and pitch, whichever voice they are in."""
        notes = sorted(
            (piece.start, note.pitch, not piece.tied_from, note)
            for pieces in voices
            for piece in pieces
            for note in piece.notes
        )
        held: dict[tuple[str, int], int] = {}
        signed: set[tuple[int, int]] = set()
        for start, pitch, begins, note in notes:
            name = self._spell(note)
            place = (name.step, name.octave)
            if begins and held.get(place, self._signature[name.step]) != name.alter:
                signed.add((start, pitch))
                held[place] = name.alter
        return signed

    def _voice(
        self,
        measure: Element,
        voice: Voice,
        pieces: Sequence[Written],
        staff: int,
        signed: set[tuple[int, int]],
        bar: Bar,
        *,
        stem: str,
    ) -> None:
        beamed, triplets = _beams(pieces, bar, self._score.metre), _triplets(pieces, bar)
        for piece, beams, triplet in zip(pieces, beamed, triplets, strict=True):
            if not piece.notes and not voice.leads:
                forward = SubElement(measure, "forward")
                _text(forward, "duration", str(piece.length))
                _text(forward, "voice", str(voice.number))
                continue
            for chord, note in enumerate(piece.notes or (None,)):
                element = SubElement(measure, "note")
                if chord:
                    SubElement(element, "chord")
                name = None if note is None else self._spell(note)
                _pitch(element, name, whole_bar=not piece.value)
                _text(element, "duration", str(piece.length))
                _mark(piece, partial(SubElement, element, "tie"))
                _text(element, "voice", str(voice.number))
                needs_sign = note is not None and not piece.tied_from and (piece.start, note.pitch) in signed
                _look(element, piece, name if needs_sign else None)
                if note and stem and piece.value not in ("breve", "whole"):
                    _text(element, "stem", stem)
                if len(self._player.staves) > 1:
                    _text(element, "staff", str(staff))
                for level, word in enumerate(beams if not chord else (), 1):
                    _text(element, "beam", word).set("number", str(level))
                _notations(element, piece, () if chord else triplet, inverted=stem == "down", first=not chord)
                if note and self._colour and (colour := self._colour(voice.part, note)):
                    element.set("color", colour)
                if note and self._named:
                    again = f".{piece.start}" if piece.tied_from else ""
                    element.set("id", self._named(voice.part, note) + again)


def _pitch(element: Element, name: Spelled | None, *, whole_bar: bool) -> None:
    if name is None:
        rest = SubElement(element, "rest")
        if whole_bar:
            rest.set("measure", "yes")
        return
    pitch = SubElement(element, "pitch")
    _text(pitch, "step", name.step)
    if name.alter:
        _text(pitch, "alter", str(name.alter))
    _text(pitch, "octave", str(name.octave))


def _look(element: Element, piece: Written, signed: Spelled | None) -> None:
    if piece.value:
        _text(element, "type", piece.value)
    if piece.dotted:
        SubElement(element, "dot")
    if signed is not None:
        _text(element, "accidental", _ACCIDENTALS[signed.alter])
    if piece.triplet:
        ratio = SubElement(element, "time-modification")
        _text(ratio, "actual-notes", "3")
        _text(ratio, "normal-notes", "2")


def _notations(element: Element, piece: Written, triplet: tuple[str, ...], *, inverted: bool, first: bool) -> None:
    fermata = piece.fermata and first
    if not triplet and not (piece.notes and (piece.tied_from or piece.tied_to or fermata)):
        return
    notations = SubElement(element, "notations")
    _mark(piece, partial(SubElement, notations, "tied"))
    for kind in triplet:
        SubElement(notations, "tuplet", type=kind)
    if fermata:
        SubElement(notations, "fermata", type="inverted" if inverted else "upright")


def _mark(piece: Written, add: Callable[..., Element]) -> None:
    """Where a tie ends and where one begins, in this order."""
    if piece.notes and piece.tied_from:
        add(type="stop")
    if piece.notes and piece.tied_to:
        add(type="start")


def _tempo(measure: Element, kind: str, tempo: float) -> Element:
    """A tempo that is heard, and what is seen of it: an element of a `kind` that is still empty."""
    direction = SubElement(measure, "direction", placement="above")
    seen = SubElement(SubElement(direction, "direction-type"), kind)
    SubElement(direction, "sound", tempo=f"{tempo:g}")
    return seen


def _move(measure: Element, way: str, ticks: int) -> None:
    """Goes "forward" in a bar, or back by a "backup"."""
    if ticks:
        _text(SubElement(measure, way), "duration", str(ticks))


def _triplets(pieces: Sequence[Written], bar: Bar) -> list[tuple[str, ...]]:
    """Where the triplets of a beat begin and end: "start", "stop", or both."""
    beats = [(piece.start - bar.origin) // TICKS if piece.triplet else None for piece in pieces]
    found: list[tuple[str, ...]] = []
    for before, beat, after in zip([None, *beats], beats, [*beats[1:], None], strict=False):
        ends = (("start", beat != before), ("stop", beat != after))
        found.append(tuple(kind for kind, is_end in ends if is_end and beat is not None))
    return found


def _beams(pieces: Sequence[Written], bar: Bar, metre: Metre) -> list[tuple[str, ...]]:
    """The beams of each note, the longest first: "begin", "continue", "end", or a hook."""
    found: list[tuple[str, ...]] = [()] * len(pieces)
    for group in _groups(pieces, bar, metre):
        counts = [_BEAMED[pieces[at].value] for at in group]
        for place, at in enumerate(group):
            before, count, after = [0, *counts, 0][place : place + 3]
            found[at] = tuple(_beam(level, before, after) for level in range(1, count + 1))
    return found


def _groups(pieces: Sequence[Written], bar: Bar, metre: Metre) -> Iterator[list[int]]:
    """The notes of a beat that are beamed together, by their numbers."""
    unit = 4 * TICKS // metre.unit
    beat = 3 * unit if metre.unit >= 8 and metre.beats % 3 == 0 else max(unit, TICKS)
    group: list[int] = []
    for at, piece in enumerate(pieces):
        beamed = bool(piece.notes) and piece.value in _BEAMED
        near = group and (pieces[group[-1]].start - bar.origin) // beat == (piece.start - bar.origin) // beat
        if not (beamed and near):
            if len(group) > 1:
                yield group
            group = []
        if beamed:
            group.append(at)
    if len(group) > 1:
        yield group


def _beam(level: int, before: int, after: int) -> str:
    if before >= level:
        return "continue" if after >= level else "end"
    if after >= level:
        return "begin"
    return "backward hook" if before else "forward hook"


def _text(parent: Element, tag: str, text: str) -> Element:
    element = SubElement(parent, tag)
    element.text = text
    return element
