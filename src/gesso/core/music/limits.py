"""How large a piece of music may be that is read."""

from gesso.core.errors import GessoError
from gesso.core.scores import TICKS

LARGEST_FILE = 16 << 20
"""Bytes of a file, after it is unpacked."""

LARGEST_MIDI = 2 << 20
"""Bytes of a MIDI file; the most notes fit into it."""

MOST_NOTES = 100_000
MOST_QUARTERS = 50_000


def check_size(name: str, *, notes: int = 0, ticks: int = 0) -> None:
    """Raises GessoError for more than can be worked on."""
    if notes > MOST_NOTES:
        raise GessoError(f"{name} has {notes} notes; at most {MOST_NOTES} are read: give a part of it")
    if ticks > MOST_QUARTERS * TICKS:
        raise GessoError(f"{name} lasts {ticks // TICKS} quarter notes; at most {MOST_QUARTERS} are read: give a part")
