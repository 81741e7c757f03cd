"""A soundfont in a few kilobytes: one looped sine for every program and key."""

import io
import struct

import numpy as np
import soundfile  # pyright: ignore[reportMissingTypeStubs] -- it has none


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def soundfont(*, sample: int = 0, end: int = 441, bag: int = 1) -> bytes:
    """An SF2 file; with another `sample`, `end` or `bag` one whose tables point out of each other."""
    wave = (np.sin(2 * np.pi * np.arange(441 + 46) * 10 / 441) * 20000 * (np.arange(487) < 441)).astype("<i2").tobytes()
    return _file(wave, end, kind=1, sample=sample, bag=bag)


def packed() -> bytes:
    """The same as SF3."""
    stream = io.BytesIO()
    sine = np.sin(2 * np.pi * np.arange(441 * 40) * 10 / 441) * 0.6
    soundfile.write(stream, sine, 19404, format="OGG", subtype="VORBIS")  # pyright: ignore[reportUnknownMemberType]
    return _file(stream.getvalue(), len(stream.getvalue()), kind=17, loop=(4410, 4410 + 4410))


def _file(
    wave: bytes, end: int, *, kind: int, loop: tuple[int, int] = (0, 441), sample: int = 0, bag: int = 1
) -> bytes:
    presets = struct.pack("<20sHHHIII", b"Sine", 0, 0, 0, 0, 0, 0) + struct.pack(
        "<20sHHHIII", b"EOP", 0, 0, bag, 0, 0, 0
    )
    tables = {
        b"phdr": presets,
        b"pbag": struct.pack("<4H", 0, 0, 1, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<4H", 41, 0, 0, 0),
        b"inst": struct.pack("<20sH", b"Sine", 0) + struct.pack("<20sH", b"EOI", 1),
        b"ibag": struct.pack("<4H", 0, 0, 2, 0),
        b"imod": bytes(10),
        b"igen": struct.pack("<6H", 54, 1, 53, sample, 0, 0),
        b"shdr": struct.pack("<20s5IBbHH", b"Sine", 0, end, *loop, 19404, 69, 0, 0, kind) + bytes(46),
    }
    info = chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"isng", b"EMU8000\0") + chunk(b"INAM", b"Sine\0\0")
    body = chunk(b"LIST", b"INFO" + info) + chunk(b"LIST", b"sdta" + chunk(b"smpl", wave))
    body += chunk(b"LIST", b"pdta" + b"".join(chunk(name, table) for name, table in tables.items()))
    return chunk(b"RIFF", b"sfbk" + body)
