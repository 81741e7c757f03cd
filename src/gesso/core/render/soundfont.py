"""Reading soundfonts, SF2 and SF3: which piece of which sample sounds for a key (SoundFont specification 2.04)."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file

Ints = NDArray[np.int64]

# Of each table of the articulation: the bytes of a row, and which tables its numbers count the rows of, at which byte.
_TABLES: dict[bytes, tuple[int, tuple[tuple[bytes, int], ...]]] = {
    b"phdr": (38, ((b"pbag", 24),)),
    b"pbag": (4, ((b"pgen", 0),)),
    b"pgen": (4, ()),
    b"inst": (22, ((b"ibag", 20),)),
    b"ibag": (4, ((b"igen", 0),)),
    b"igen": (4, ()),
    b"shdr": (46, ()),
}
_INSTRUMENT, _SAMPLE, _KEYS, _VELOCITIES = 41, 53, 43, 44  # generators
_DEFAULTS = {8: 13500, 33: -12000, 34: -12000, 35: -12000, 36: -12000, 38: -12000, 56: 100, 58: -1}
_ABSOLUTE = {54, 58, 0, 1, 2, 3, 4, 12, 45, 50}  # what an instrument alone decides
_PACKED = 0x10  # the type of a sample that is a Vorbis stream, in SF3
_LARGEST = 1 << 28  # bytes of one sample that are read


@dataclass(frozen=True)
class Region:
    """A sample and how it sounds, for some keys and velocities; `settings` by the specification's generator numbers."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    settings: dict[int, int]

    def __getitem__(self, generator: int) -> int:
        return self.settings.get(generator, _DEFAULTS.get(generator, 0))


@dataclass(frozen=True)
class Sample:
    """A recording: float32 (n,), its rate, the key that it is of with cents to add, and where it can be repeated."""

    wave: NDArray[np.float32]
    rate: int
    key: int
    cents: int
    loop: tuple[int, int]


class Soundfont:
    """A soundfont.

    Raises GessoError when the file is missing, is none, or its tables do not fit each other.
    """

    def __init__(self, path: Path):
        self.path = path
        with open_file(path) as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(12)
            if head[:4] != b"RIFF" or head[8:] != b"sfbk":
                raise GessoError(f"{path} is no soundfont; give an SF2 or SF3 file")
            lists: dict[bytes, tuple[int, int]] = {}  # where each begins, and its bytes
            while len(chunk := file.read(12)) == 12 and chunk[:4] == b"LIST":
                length = int(struct.unpack("<I", chunk[4:8])[0]) - 4
                if length < 0 or file.tell() + length > size:
                    break
                lists[chunk[8:]] = (file.tell(), length)
                file.seek(length + length % 2, 1)
            if not {b"sdta", b"pdta"} <= lists.keys():
                raise GessoError(f"{path} is truncated; copy or download it again")
            file.seek(lists[b"sdta"][0])
            self._samples, self._bytes = file.tell() + 8, max(0, lists[b"sdta"][1] - 8)
            file.seek(lists[b"pdta"][0])
            self._tables = _tables(file.read(lists[b"pdta"][1]))
        if not self._holds():
            raise GessoError(f"{path} is damaged: its tables do not fit each other; copy or download it again")
        self._read: dict[int, Sample] = {}

    def regions(self, program: int) -> list[Region]:
        """Of the preset that is nearest to a General MIDI program: the program itself, if there is one."""
        headers = self._tables[b"phdr"][:-1]
        programs, banks = _numbers(headers, 20, "<u2"), _numbers(headers, 22, "<u2")
        preset = min(range(len(headers)), key=lambda row: (abs(programs[row] - program), banks[row]))
        found: list[Region] = []
        for outer in self._zones(b"phdr", 24, b"pbag", b"pgen", preset, _INSTRUMENT):
            for inner in self._zones(b"inst", 20, b"ibag", b"igen", outer[_INSTRUMENT], _SAMPLE):
                (low, high), (soft, loud) = (
                    (max(a[0], b[0]), min(a[1], b[1]))
                    for a, b in ((_span(outer, limits), _span(inner, limits)) for limits in (_KEYS, _VELOCITIES))
                )
                settings = dict(inner)
                for generator, value in outer.items():
                    if generator not in _ABSOLUTE:
                        settings[generator] = inner.get(generator, _DEFAULTS.get(generator, 0)) + value
                found.append(Region((low, high), (soft, loud), inner[_SAMPLE], settings))
        return found

    def sample(self, number: int) -> Sample:
        """A sample, read when first asked for."""
        if number not in self._read:
            row = self._tables[b"shdr"][number : number + 1]
            begin, end, loop, until, rate = (int(_numbers(row, at, "<u4")[0]) for at in (20, 24, 28, 32, 36))
            packed = bool(int(_numbers(row, 44, "<u2")[0]) & _PACKED)
            unit = 1 if packed else 2
            with open_file(self.path) as file:
                file.seek(self._samples + unit * begin)
                raw = file.read(min(unit * (end - begin), _LARGEST))
            if packed:
                wave = self._unpacked(raw)
            else:
                wave = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
                loop, until = loop - begin, until - begin
            if not 0 <= loop < until <= len(wave):
                loop, until = 0, 0
            self._read[number] = Sample(wave, rate, int(row[0, 40]), int(row[:, 41].view(np.int8)[0]), (loop, until))
        return self._read[number]

    def _unpacked(self, raw: bytes) -> NDArray[np.float32]:
        import soundfile  # loads libsndfile  # pyright: ignore[reportMissingTypeStubs] -- it has none

        try:
            wave, _ = soundfile.read(io.BytesIO(raw), _LARGEST // 4, dtype="float32", always_2d=True)  # pyright: ignore
        except (RuntimeError, ValueError, TypeError) as error:
            raise GessoError(f"{self.path} has a sample that cannot be read; copy or download it again") from error
        return np.asarray(wave, np.float32)[:, 0]

    def _zones(self, table: bytes, at: int, bag: bytes, gen: bytes, row: int, names: int) -> list[dict[int, int]]:
        """The zones of a preset or an instrument that name something, with what its first, that does not, adds."""
        first, last = _numbers(self._tables[table], at, "<u2")[row : row + 2]
        bounds = _numbers(self._tables[bag], 0, "<u2")
        kinds, values = (_numbers(self._tables[gen], column, "<u2") for column in (0, 2))
        shared: dict[int, int] = {}
        found: list[dict[int, int]] = []
        for number in range(first, last):
            rows = range(bounds[number], bounds[number + 1])
            zone = {int(kinds[row]): _signed(int(kinds[row]), int(values[row])) for row in rows}
            if names in zone:
                found.append(shared | zone)
            elif number == first:
                shared = zone
        return found

    def _holds(self) -> bool:
        """Whether no number in the tables points out of the table that it is about."""
        tables = self._tables
        if not tables.keys() >= _TABLES.keys() or any(len(tables[name]) < 1 for name in _TABLES):
            return False
        if min(len(tables[name]) for name in (b"phdr", b"inst", b"shdr")) < 2:
            return False
        for name, (_, links) in _TABLES.items():
            for other, column in links:
                rows = _numbers(tables[name], column, "<u2")
                most = len(tables[other]) - (1 if other in (b"pbag", b"ibag") else 0)
                if (np.diff(rows) < 0).any() or rows[-1] > most:
                    return False
        for name, generator, other in ((b"pgen", _INSTRUMENT, b"inst"), (b"igen", _SAMPLE, b"shdr")):
            kinds, values = (_numbers(tables[name], column, "<u2") for column in (0, 2))
            if (values[kinds == generator] >= len(tables[other]) - 1).any():
                return False
        samples = tables[b"shdr"][:-1]
        begin, end, rate = (_numbers(samples, column, "<u4") for column in (20, 24, 36))
        unit = np.where(_numbers(samples, 44, "<u2") & _PACKED, 1, 2)
        used = end > begin
        return bool(((end >= begin) & (end * unit <= self._bytes) & (~used | ((rate > 0) & (rate < 768_001)))).all())


def _tables(articulation: bytes) -> dict[bytes, NDArray[np.uint8]]:
    """Each whole table as bytes (rows, width)."""
    found: dict[bytes, NDArray[np.uint8]] = {}
    at = 0
    while at + 8 <= len(articulation):
        name = articulation[at : at + 4]
        length = int(struct.unpack_from("<I", articulation, at + 4)[0])
        if name in _TABLES and length % _TABLES[name][0] == 0 and at + 8 + length <= len(articulation):
            found[name] = np.frombuffer(articulation, np.uint8, length, at + 8).reshape(-1, _TABLES[name][0])
        at += 8 + length + length % 2
    return found


def _numbers(table: NDArray[np.uint8], column: int, kind: str) -> Ints:
    """A column of numbers of a table of bytes (rows,)."""
    width = np.dtype(kind).itemsize
    return np.ascontiguousarray(table[:, column : column + width]).view(kind)[:, 0].astype(np.int64)


def _signed(generator: int, value: int) -> int:
    unsigned = generator in (_INSTRUMENT, _SAMPLE, _KEYS, _VELOCITIES)
    return value if unsigned or value < 0x8000 else value - 0x10000


def _span(zone: dict[int, int], limits: int) -> tuple[int, int]:
    value = zone.get(limits, 127 << 8)
    return value & 0xFF, value >> 8
