"""Reading MusicXML, plain or compressed."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of_mode, key_of_parts
from gesso.core.music.limits import LARGEST_FILE, check_size
from gesso.core.music.measures import Held, Measure, fermatas_of, heard, tempi_of, unfolded
from gesso.core.music.metres import find_metre, warn_of_changes
from gesso.core.music.musicxml_writing import RECIPE_FIELD
from gesso.core.music.staves import PARTED
from gesso.core.scores import TICKS, Key, Metre, Part, Score

_MOST_FILES = 1000  # in a compressed document
_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5}
_CONTAINER = "META-INF/container.xml"


def read_musicxml(file: bytes, name: str) -> Score:
    """The score in a MusicXML document: sounding pitches, ties joined, repeats played, each voice a part of its own.

    Grace notes, cue notes and drums are left out. The first key and metre count; a
    warning says that there are other metres.

    Args:
        name: what errors call the file.

    Raises:
        GessoError: it is damaged, no MusicXML, defines entities, without notes or too large.
    """
    root = _parsed(file, name)
    if root.tag == "score-timewise":
        raise GessoError(f"{name} is MusicXML bar by bar (score-timewise); export it part by part (score-partwise)")
    if root.tag != "score-partwise":
        raise GessoError(f"{name} is XML, but no MusicXML; export it as MusicXML")
    reader = _Reader(root)
    try:
        reader.read()
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise GessoError(f"{name} is damaged: it has a number that is none; export it again") from error
    return reader.score(name)


def unpacked(file: bytes, name: str) -> bytes:
    """The document in a compressed MusicXML file. Raises GessoError when it is damaged or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            if len(archive.infolist()) > _MOST_FILES:
                raise GessoError(f"{name} holds more than {_MOST_FILES} files, and music needs two; export it again")
            container = ElementTree.fromstring(_checked(_member(archive, _CONTAINER, name), name))
            rootfile = next(element for element in container.iter() if element.tag.endswith("rootfile"))
            return _member(archive, rootfile.attrib["full-path"], name)
    except (zipfile.BadZipFile, KeyError, StopIteration, ElementTree.ParseError, NotImplementedError) as error:
        raise GessoError(f"{name} is damaged, or no compressed MusicXML; export it again") from error
    except (RuntimeError, ValueError, EOFError, OSError, zlib.error) as error:  # encrypted, or cut off
        raise GessoError(f"{name} cannot be unpacked; export it again as .musicxml") from error


def musicxml_recipe(file: bytes, name: str) -> str | None:
    """The recipe in a MusicXML document; None if there is none. Raises GessoError when it is damaged."""
    fields = _parsed(file, name).iter("miscellaneous-field")
    return next((field.text for field in fields if field.get("name") == RECIPE_FIELD), None)


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    with archive.open(member) as opened:
        data = opened.read(LARGEST_FILE + 1)  # whatever size it claims
    if len(data) > LARGEST_FILE:
        raise GessoError(f"{name} unpacks to more than {LARGEST_FILE >> 20} MB; give a part of it")
    return data


def _parsed(file: bytes, name: str) -> Element:
    try:
        return ElementTree.fromstring(_checked(file, name))
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise GessoError(f"{name} is damaged, or no MusicXML; export it again") from error


def _checked(file: bytes, name: str) -> bytes:
    """The same XML, if it declares no entities: they can be bombs, or the files of others."""

    def refuse(*_: object) -> None:
        raise GessoError(f"{name} declares entities, which music does not need; export it again")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(file, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise GessoError(f"{name} is damaged, or no XML; export it again") from error
    return file


@dataclass
class _Line:
    """A voice of a part: its notes, by their bar."""

    name: str
    program: int
    bars: dict[int, list[Held]] = field(default_factory=dict[int, list[Held]])


class _Reader:
    """Reads the parts one after the other; what is common to all is in `measures`."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self.measures: list[Measure] = []
        self.lines: list[_Line] = []
        self.keys: list[tuple[int, str]] = []
        self.metres: list[tuple[int, Metre]] = []  # with the number of the bar

    def read(self) -> None:
        parts = list(self._root.iter("part"))
        for number, part in enumerate(parts):
            entry = next((each for each in self._root.iter("score-part") if each.get("id") == part.get("id")), None)
            name = (entry.findtext("part-name") if entry is not None else None) or f"Part {number + 1}"
            program = entry.findtext("midi-instrument/midi-program") if entry is not None else None
            self._part(part, name.strip(), min(127, max(0, int(program or 1) - 1)), is_first=number == 0)

    def score(self, name: str) -> Score:
        order = unfolded(self.measures, name)
        check_size(name, ticks=sum(self.measures[at].length for at in order))
        empty: list[Held] = []
        parts: list[Part] = []
        for line in self.lines:
            bars = [line.bars.get(number, empty) for number in range(len(self.measures))]
            parts.append(Part(line.name, line.program, heard(bars, self.measures, order)))
        parts = [part for part in parts if part.notes]
        check_size(name, notes=sum(len(part.notes) for part in parts))
        if not parts:
            raise GessoError(f"{name} has no notes in it; give a file with a melody")
        metre, pickup = self._bars(order, name) if self.metres else find_metre(parts)
        tempi = tempi_of(self.measures, order)
        return Score(
            parts=tuple(parts),
            tempo=tempi[0][1] if tempi else 80.0,
            tempi=tuple(tempi[1:]),
            key=self._key(parts),
            metre=metre,
            pickup=pickup,
            fermatas=fermatas_of(self.measures, order),
            title=(self._root.findtext("work/work-title") or self._root.findtext("movement-title") or "").strip(),
            text=(self._root.findtext("identification/rights") or "").strip(),
        )

    def _bars(self, order: list[int], name: str) -> tuple[Metre, int]:
        metre, first = self.metres[0][1], self.measures[order[0]].length
        changes = sorted(each for each in self.metres if each[0])
        if changes and changes[0][0] == 1 and first == metre.ticks < changes[0][1].ticks:
            metre = changes[0][1]  # that of a pickup was its own
        warn_of_changes(name, metre, (other for _, other in changes))
        short = first < metre.ticks and len(order) > 1
        return metre, first if short else 0

    def _key(self, parts: list[Part]) -> Key:
        if not self.keys:
            return key_of_parts(parts)
        fifths, mode = self.keys[0]
        return key_of_mode(fifths, mode) or key_of_parts(parts, fifths)

    def _part(self, part: Element, name: str, program: int, *, is_first: bool) -> None:
        voices: dict[tuple[str, str], _Line] = {}  # by staff and voice
        state = _State(program=program)
        endings: tuple[int, ...] = ()
        for number, element in enumerate(part.iter("measure")):
            if number == len(self.measures):
                self.measures.append(Measure())
            measure = self.measures[number]
            length, stops = self._measure(element, measure, state, voices, number, name)
            measure.length = max(measure.length, length)
            if is_first:
                endings = tuple(state.endings) or endings
                measure.endings = endings
                if stops:
                    endings = ()
        lines = [voices[place] for place in sorted(voices, key=lambda place: [(len(each), each) for each in place])]
        names = name.split(PARTED) if len(lines) > 1 else [name]
        for number, line in enumerate(lines):
            line.name = names[number] if len(names) == len(lines) else f"{name} {number + 1}"
        self.lines += lines

    def _measure(
        self,
        element: Element,
        measure: Measure,
        state: "_State",
        voices: dict[tuple[str, str], _Line],
        number: int,
        name: str,
    ) -> tuple[int, bool]:
        """Reads one bar of one part; gives its length, and whether an ending is over with it."""
        now, last, longest = Fraction(0), Fraction(0), Fraction(0)
        stops, state.endings = False, []
        for child in element:
            match child.tag:
                case "attributes":
                    self._attributes(child, state, number)
                case "backup":
                    now -= state.ticks(child)
                case "forward":
                    now += state.ticks(child)
                case "note" if child.find("grace") is None and child.find("cue") is not None:
                    now += state.ticks(child) if child.find("chord") is None else 0  # for the eyes alone, but in time
                case "note" if child.find("grace") is None:
                    length = state.ticks(child)
                    start = last if child.find("chord") is not None else now
                    place = child.findtext("staff") or "1", child.findtext("voice") or "1"
                    line = voices.setdefault(place, _Line(name, state.program))
                    self._note(child, start, length, measure, state, line.bars.setdefault(number, []))
                    last, now = start, max(now, start + length)
                case "direction" | "sound":
                    begin = max(0, round(now + state.ticks(child, "offset")))
                    measure.tempi += [(begin, tempo) for tempo in _tempi(child)]
                case "barline":
                    stops = _barline(child, measure, state) or stops
                case _:
                    pass
            longest = max(longest, now)
        whole = state.metre.ticks if state.metre and not longest else 0
        return round(longest) or whole, stops

    def _attributes(self, element: Element, state: "_State", number: int) -> None:
        if divisions := element.findtext("divisions"):
            state.divisions = Fraction(divisions)
        if (transpose := element.find("transpose")) is not None:
            octaves = int(transpose.findtext("octave-change") or 0)
            state.transpose = round(float(transpose.findtext("chromatic") or 0)) + 12 * octaves
        if fifths := element.findtext("key/fifths"):
            sharps = max(-7, min(7, int(fifths)))
            if state.transpose % 12:  # as it sounds: each semitone is seven fifths
                sharps = (sharps + 7 * state.transpose + 6) % 12 - 6
            self.keys.append((sharps, (element.findtext("key/mode") or "").strip()))
        if (beats := element.findtext("time/beats")) and (unit := element.findtext("time/beat-type")):
            metre = Metre(sum(int(each) for each in beats.split("+")), int(unit))
            if not (1 <= metre.beats <= 32 and metre.unit in (1, 2, 4, 8, 16, 32)):
                raise ValueError(f"{beats}/{unit}")
            state.metre = metre
            self.metres.append((number, metre))

    def _note(
        self, element: Element, start: Fraction, length: Fraction, measure: Measure, state: "_State", bar: list[Held]
    ) -> None:
        begin = round(start)
        if element.find("notations/fermata") is not None:
            measure.fermatas.append((begin, max(begin + 1, round(start + length))))
        if (pitch := element.find("pitch")) is None or length <= 0:
            return
        step = "C D EF G A B".index((pitch.findtext("step") or "").strip().upper() or "?")
        alter = round(float(pitch.findtext("alter") or 0))
        sounding = 12 * (int(pitch.findtext("octave") or 4) + 1) + step + alter + state.transpose
        if not 0 <= sounding <= 127:
            raise ValueError(f"pitch {sounding}")
        ties = {tie.get("type") for tie in (*element.iter("tie"), *element.iter("tied"))}
        bar.append(Held(begin, max(1, round(start + length) - begin), sounding, "stop" in ties, "start" in ties))


@dataclass
class _State:
    """What holds in a part until it is changed."""

    program: int = 0
    divisions: Fraction = Fraction(1)
    transpose: int = 0
    metre: Metre | None = None
    endings: list[int] = field(default_factory=list[int])

    def ticks(self, element: Element, tag: str = "duration") -> Fraction:
        return Fraction(element.findtext(tag) or 0) * TICKS / self.divisions


def _tempi(element: Element) -> Iterator[float]:
    """The tempi that a direction sets, in quarters."""
    sounds = [element] if element.tag == "sound" else list(element.iter("sound"))
    heard_ = [float(sound.attrib["tempo"]) for sound in sounds if "tempo" in sound.attrib]
    if not heard_ and (metronome := element.find("direction-type/metronome")) is not None:
        unit = _QUARTERS.get(metronome.findtext("beat-unit") or "", 1.0)
        digits = "".join(sign for sign in metronome.findtext("per-minute") or "" if sign.isdigit() or sign == ".")
        dotted = 1.5 if metronome.find("beat-unit-dot") is not None else 1.0
        heard_ = [float(digits) * unit * dotted] if digits else []
    return (min(1000.0, max(4.0, tempo)) for tempo in heard_)


def _barline(element: Element, measure: Measure, state: _State) -> bool:
    """Notes the repeats and endings of a bar line; says whether an ending is over."""
    if (repeat := element.find("repeat")) is not None:
        if repeat.get("direction") == "forward":
            measure.opens = True
        else:
            measure.times = max(2, min(9, int(repeat.get("times") or 2)))
    ending = element.find("ending")
    if ending is None:
        return False
    if ending.get("type") == "start":
        numbers = (ending.get("number") or "1").replace(".", ",").replace(" ", ",").split(",")
        state.endings = [int(number) for number in numbers if number.strip()]
    return ending.get("type") in ("stop", "discontinue")
