"""Four-part music as a time series: at every step the pitch of each voice. No torch."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file

VOICES = 4
Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")
Piece = NDArray[np.int16]
"""(steps, 4): MIDI pitches from the highest voice to the lowest, -1 where one is silent."""

CHORALES = "Jsb16thSeparated.json"
"""The file in which Bach's chorales are published."""

HIGHEST = 127


def read_chorales(file: Path) -> dict[Part, list[Piece]]:
    """Pieces in sixteenths, in the parts that a file divides them into: {"train": [[[67, 60, 55, 48], …], …], …}.

    Raises GessoError when the file is damaged or holds something else.
    """
    with open_file(file) as opened:
        data = opened.read()
    try:
        held: dict[str, Any] = json.loads(data)
        return {part: [_piece(rows) for rows in held[part]] for part in PARTS}
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        wrong = f"it has no {error}" if isinstance(error, KeyError) else error
        raise GessoError(f"{file.name} cannot be read as pieces in four voices: {wrong}") from None


def _piece(rows: object) -> Piece:
    piece = np.array(rows)
    if piece.ndim != 2 or piece.shape[1] != VOICES or piece.dtype.kind != "i":
        raise ValueError("a piece is a list of steps, each of four whole numbers")
    if piece.min() < -1 or piece.max() > HIGHEST:
        raise ValueError(f"pitches are from 0 to {HIGHEST}, or -1 for silence")
    return piece.astype(np.int16)
