"""What a work can be: a picture, a document with pictures drawn from it, or a drawing.

`core.music.piece` is music and `core.texts` texts.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from gesso.core import pictures
from gesso.core.errors import GessoError, Usage
from gesso.core.picture_metadata import recipe_in_xmp, svg_with_recipe, writable
from gesso.core.pictures import Raster
from gesso.core.suffixes import PICTURES as PICTURE_SUFFIXES
from gesso.core.suffixes import SOUNDS as SOUND_SUFFIXES

suffixes = {
    ".json": "JSON",
    ".txt": "TXT",
    ".svg": "SVG",
    **PICTURE_SUFFIXES,
    ".mid": "MIDI",
    ".midi": "MIDI",
    ".musicxml": "MUSICXML",
    **SOUND_SUFFIXES,
}
"""The suffixes of all that works are written as, and their formats."""

PICTURES = tuple(dict.fromkeys(PICTURE_SUFFIXES.values()))
"""The formats of pictures."""

DRAWINGS = ("SVG", *PICTURES, "JSON")
"""The formats of a drawing whose own file is SVG."""

SOUNDS = tuple(SOUND_SUFFIXES.values())
"""The formats of sounds."""

MUSIC = ("MIDI", "MUSICXML", "SVG", *PICTURES, *SOUNDS)
"""The formats of a piece of music, its own first."""

TEXTS = ("TXT", "SVG", *PICTURES)
"""The formats of a text, its own first."""

_RECIPE, _WORK = "recipe", "work"


class Content(Protocol):
    """The canonical content of a work, from which its files are made.

    Attributes:
        format: the format of the work's own file.
        formats: all the formats it can be written in.
        picture: what is shown of it to people; None where there is nothing to see.
    """

    @property
    def format(self) -> str: ...
    @property
    def formats(self) -> tuple[str, ...]: ...
    @property
    def picture(self) -> Raster | None: ...

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """The file in one of `formats`, with the recipe inside; the same arguments give the same bytes."""
        ...


@dataclass(frozen=True, eq=False)
class Document:
    """A work that is data: a JSON object, in a file that holds it as "work" and the recipe as "recipe".

    Attributes:
        data: plain JSON values; what does not fit, such as infinity, is refused when it is encoded.
        picture: a rendering for people.
        format: "JSON".
    """

    data: dict[str, Any]
    picture: Raster | None = None
    format: str = "JSON"

    @property
    def formats(self) -> tuple[str, ...]:
        """JSON, and those of the picture if there is one."""
        return ("JSON", *PICTURES) if self.picture is not None else ("JSON",)

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """The document as JSON, or its rendering as a picture, with the recipe inside.

        Raises Usage for a format that it has not.
        """
        if format != "JSON":
            if self.picture is None:
                raise Usage(f"this work cannot be written as {format}; choose {', '.join(self.formats)}")
            return self.picture.encode(format, recipe_json=recipe_json)
        held = {_WORK: self.data} | ({_RECIPE: json.loads(recipe_json)} if recipe_json is not None else {})
        text = json.dumps(held, ensure_ascii=False, allow_nan=False, indent=1)
        return f"{writable(text)}\n".encode()


@dataclass(frozen=True, eq=False)
class Drawing:
    """A work in lines and shapes: as SVG, as the picture of it, and as what a program can draw it again from.

    Attributes:
        svg: the drawing; it begins with its svg element.
        picture: the same in pixels.
        data: the same as plain JSON values, such as strokes in the order in which they are drawn.
        format: that of the work's own file, "SVG", or one of a picture where the pixels show more than shapes can.
        moves: whether the SVG is an animation, of which a picture would be a still.
    """

    svg: str
    picture: Raster
    data: dict[str, Any]
    format: str = "SVG"
    moves: bool = False

    @property
    def formats(self) -> tuple[str, ...]:
        """Its own format, and then the others."""
        return tuple(dict.fromkeys((self.format, *DRAWINGS)))

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """The drawing as SVG, as a picture or as a JSON document, with the recipe inside.

        Raises Usage for a picture of what moves.
        """
        if format == "SVG":
            return (self.svg if recipe_json is None else svg_with_recipe(self.svg, recipe_json)).encode()
        if format == "JSON":
            return Document(self.data).encode(format, recipe_json=recipe_json)
        if self.moves:
            raise Usage(f"an animation is an .svg: as {format} it would stand still")
        return self.picture.encode(format, recipe_json=recipe_json)


def format_of(path: Path, formats: Sequence[str] = PICTURES) -> str:
    """The one of `formats` that the suffix of `path` stands for. Raises Usage when none does."""
    if tuple(formats) == PICTURES:
        return pictures.format_of(path)
    format = suffixes.get(path.suffix.lower())
    if format is None or format not in formats:
        known = ", ".join(suffixes_of(formats))
        raise Usage(f"{path}: such works are written as {known}, not {path.suffix or 'without a suffix'}")
    return format


def suffixes_of(formats: Sequence[str]) -> tuple[str, ...]:
    """All the suffixes that stand for one of `formats`."""
    return tuple(suffix for suffix, format in suffixes.items() if format in formats)


def suffix_of(format: str) -> str:
    """The usual suffix of a format, such as ".json"."""
    return next(suffix for suffix, known in suffixes.items() if known == format)


def recipe_text(text: str) -> str | None:
    """The recipe in the text of a drawing or of a document, or the text itself when it is other JSON."""
    if text.lstrip("\ufeff \r\n\t").startswith("<"):
        return recipe_in_xmp(text)
    try:
        held: Any = json.loads(text)
    except ValueError:
        return text
    if isinstance(held, dict) and {_WORK, _RECIPE} <= held.keys():
        return json.dumps(held[_RECIPE])
    return text


def documents_in(path: Path) -> list[dict[str, Any]]:
    """What the document in a file says, or nothing when it holds none."""
    try:
        held: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return []
    return [held[_WORK]] if isinstance(held, dict) and {_WORK, _RECIPE} <= held.keys() else []


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def drawing_difference(one: bytes, other: bytes) -> tuple[float, float]:
    """How two drawings in SVG differ: the largest difference of two numbers, and the share of numbers that differ.

    Where the one has other shapes than the other, the difference counts as at least 1. Recipes do not count.
    """
    texts = [
        re.sub(r"<metadata>.*?</metadata>", "", file.decode("utf-8", "replace"), flags=re.S) for file in (one, other)
    ]
    before, after = ([float(number) for number in _NUMBER.findall(text)] for text in texts)
    if _NUMBER.sub("0", texts[0]) != _NUMBER.sub("0", texts[1]):
        return 1.0, 1.0
    gaps = [abs(a - b) for a, b in zip(before, after, strict=True)]
    return max(gaps, default=0.0), sum(gap > 0 for gap in gaps) / max(1, len(gaps))


def document_difference(one: bytes, other: bytes) -> tuple[float, float]:
    """How two documents differ: the largest difference of two numbers, and the share of values that are not the same.

    Where two values are not both numbers, or only one is there, the difference counts as at least 1.

    Raises GessoError when one of them is no document.
    """
    values = [_values(file) for file in (one, other)]
    places = values[0].keys() | values[1].keys()
    gaps = [_gap(*(each.get(place, _ABSENT) for each in values)) for place in places]
    return max(gaps, default=0.0), sum(gap > 0 for gap in gaps) / max(1, len(gaps))


_ABSENT = object()


def _gap(one: Any, other: Any) -> float:
    if one is not _ABSENT and other is not _ABSENT and one == other and type(one) is type(other):
        return 0.0
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return abs(one - other) if numbers else 1.0


def _values(file: bytes) -> dict[str, Any]:
    """Every value of the document in a file, by where it stands."""
    try:
        work: Any = json.loads(file)[_WORK]
    except (ValueError, KeyError, TypeError):
        raise GessoError("the file holds no document of Gesso's") from None
    found: dict[str, Any] = {}
    left: list[tuple[str, Any]] = [("", work)]
    while left:
        place, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{place}/{name}", each) for name, each in cast("dict[str, Any]", value).items()]
        elif isinstance(value, list):
            left += [(f"{place}/{number}", each) for number, each in enumerate(cast("list[Any]", value))]
        else:
            found[place] = value
    return found
