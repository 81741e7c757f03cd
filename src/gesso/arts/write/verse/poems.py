"""The poems that are learned from. No torch."""

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gesso.core.errors import GessoError
from gesso.core.files import open_file

POEMS, TRADITIONAL = "tang_regulated_simplified.jsonl.gz", "tang_regulated_traditional.jsonl.gz"
"""The files of the poems."""

EVERY = 20
"""Every so many-th poem of the file, from the first, is for testing."""

VALIDATION = 40, 10
"""Every so many-th of the others, from this one on, is for validation."""


@dataclass(frozen=True)
class Poem:
    """A poem of regulated shape: its form, such as "7jue", its poet, its title and its lines."""

    form: str
    poet: str
    title: str
    lines: tuple[str, ...]


def read_poems(file: Path) -> list[Poem]:
    """The poems of a file, one JSON object a line. Raises GessoError when it is damaged or holds something else."""
    with open_file(file) as opened:
        data = opened.read()
    try:
        rows = [json.loads(line) for line in gzip.decompress(data).decode().splitlines()]
        poems = [Poem(row["f"], row["a"], row["t"], tuple(row["l"])) for row in rows]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise GessoError(f"{file.name} cannot be read as poems: {error}") from None
    if not poems:
        raise GessoError(f"{file.name} cannot be read as poems: it is empty")
    return poems


def split(poems: Sequence[Poem]) -> tuple[list[Poem], list[Poem], list[Poem]]:
    """Poems to learn from, for validation and for testing.

    A poem that has half or more of its lines in common with those for testing is left out of the others, and so is one
    to learn from that has as many in common with those for validation.
    """
    test = list(poems[::EVERY])
    others = _unlike([poem for number, poem in enumerate(poems) if number % EVERY], test)
    every, first = VALIDATION
    validation = others[first::every]
    rest = [poem for number, poem in enumerate(others) if number % every != first]
    return _unlike(rest, validation), validation, test


def _unlike(poems: Sequence[Poem], others: Sequence[Poem]) -> list[Poem]:
    lines = {line for poem in others for line in poem.lines}
    return [poem for poem in poems if 2 * sum(line in lines for line in poem.lines) < len(poem.lines)]
