"""A text as a work: a file of plain text with the recipe in its last line, and pages set from it."""

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from unicodedata import normalize

from gesso.core import vectors
from gesso.core.contents import PICTURES, TEXTS
from gesso.core.errors import GessoError, Usage
from gesso.core.picture_metadata import svg_with_recipe, writable
from gesso.core.pictures import Raster
from gesso.core.typesetting.page import typeset
from gesso.core.typesetting.sheet import Line, Manuscript, Page, Sign

_MARK = "gesso-recipe: "


@dataclass(frozen=True, eq=False)
class Text:
    r"""A poem or prose.

    Attributes:
        text: its lines, joined by \n.
        title, signature: what stands above and below it; nothing if empty.
        vertical: whether its page is set in columns from right to left, as Chinese is written by the brush.
        font: a file with the font of its page; one of the system's if None.
        ruby: for each line, for each of its characters what stands small beside it on the page, such as its sound.
        marks: for each line, for each of its characters a colour of SVG, or None for ink.
        notes: lines that stand below it in the file of text, and not on the page.
        seal: one to four characters for a red seal on the page.
        format: "TXT".
    """

    text: str
    title: str = ""
    signature: str = ""
    vertical: bool = False
    font: Path | None = None
    ruby: tuple[tuple[str, ...], ...] = ()
    marks: tuple[tuple[str | None, ...], ...] = ()
    notes: tuple[str, ...] = ()
    seal: str = ""
    format: str = "TXT"

    def __post_init__(self) -> None:
        if len(self.seal) > 4:
            raise GessoError(f"the seal {self.seal!r} has {len(self.seal)} characters; it has room for four")

    @property
    def formats(self) -> tuple[str, ...]:
        """Text, SVG and those of pictures."""
        return TEXTS

    @property
    def picture(self) -> Raster | None:
        """The page; None where no font has the characters, or what makes a picture of it is not installed."""
        if not vectors.can_rasterise():
            return None
        try:
            return self._raster
        except GessoError:
            return None

    @cached_property
    def _raster(self) -> Raster:
        return vectors.rasterised(self.page.svg, self.page.width)

    @cached_property
    def page(self) -> Page:
        """The page as a drawing in paths. Raises GessoError when no font has its characters."""
        return typeset(self.manuscript, vertical=self.vertical, font=self.font)

    @property
    def manuscript(self) -> Manuscript:
        """What is set on the page."""
        lines = self.text.strip("\n").split("\n")
        ruby, marks = dict(enumerate(self.ruby)), dict(enumerate(self.marks))
        signed = (_line(line, ruby.get(place, ()), marks.get(place, ())) for place, line in enumerate(lines))
        return Manuscript(tuple(signed), normalize("NFC", self.title), normalize("NFC", self.signature), self.seal)

    @property
    def plain(self) -> str:
        """Title, text, signature and notes as lines, with an empty one between them."""
        parts = (self.title, self.text.strip("\n"), self.signature, "\n".join(self.notes))
        return "\n\n".join(part for part in parts if part)

    def encode(self, format: str, *, recipe_json: str | None = None) -> bytes:
        """The text in one of `formats`, with the recipe inside.

        Raises:
            Usage: for a format that it has not.
            GessoError: no font has the characters of its page.
        """
        if format == "TXT":
            return with_recipe(self.plain, recipe_json).encode("utf-8", "replace")
        if format == "SVG":
            svg = self.page.svg
            return (svg if recipe_json is None else svg_with_recipe(svg, recipe_json)).encode()
        if format in PICTURES:
            return self._raster.encode(format, recipe_json=recipe_json)
        raise Usage(f"this work cannot be written as {format}; choose {', '.join(self.formats)}")


def with_recipe(text: str, recipe_json: str | None) -> str:
    """A text as its file holds it: with the recipe as its last line, after an empty one."""
    if recipe_json is not None:
        return f"{text}\n\n{_MARK}{writable(recipe_json)}\n"
    # One more empty line, where the text's own last line would be taken for a recipe.
    return f"{text}\n" if without_recipe(f"{text}\n")[1] is None else f"{text}\n\n"


def without_recipe(file: str) -> tuple[str, str | None]:
    """The text in a file, and the recipe if there is one: the very last line, if it is marked as such."""
    body = file.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")
    rest, _, last = body.rpartition("\n")
    if not last.startswith(_MARK):
        return body, None
    return rest.removesuffix("\n"), last.removeprefix(_MARK)


def text_difference(one: bytes, other: bytes) -> tuple[float, float]:
    """How many characters of two files of text differ, place by place, and their share. Recipes do not count."""
    texts = [without_recipe(file.decode("utf-8", "replace"))[0] for file in (one, other)]
    unlike = sum(a != b for a, b in zip_longest(*texts))
    return unlike, unlike / max(1, *map(len, texts))


def _line(line: str, ruby: tuple[str, ...], marks: tuple[str | None, ...]) -> Line:
    if not ruby and not marks:
        line = normalize("NFC", line)
    signs = zip_longest(line, ruby[: len(line)], marks[: len(line)])
    return tuple(Sign(character, normalize("NFC", small or ""), colour) for character, small, colour in signs)
