"""Styles by name: the paintings that ship with Gesso, and those that people save. Imports no torch."""

import functools
import json
import re
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.media import Picture
from gesso.core.places import home
from gesso.core.suffixes import PICTURES

SHIPPED = Path(__file__).parent / "weights" / "styles.json"


class Painting(NamedTuple):
    """A shipped style: its name, and the painting it was taken from."""

    name: str
    painter: str
    title: str
    life: str
    movement: str


@functools.cache
def shipped() -> dict[str, Painting]:
    """The shipped styles by name, in order of name."""
    if not SHIPPED.exists():
        return {}
    return {row["name"]: Painting(**row) for row in json.loads(SHIPPED.read_text("utf-8"))}


def saved_folder() -> Path:
    """Where saved styles are kept."""
    return home() / "styles"


def saved() -> dict[str, Path]:
    """The styles saved on this machine, by name."""
    return {p.stem: p for p in sorted(saved_folder().glob("*.safetensors"))}


def slug(text: str) -> str:
    """`text` as a name: small letters, those of Latin without accents, and digits, joined by dashes."""
    plain = re.sub(r"([a-z])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFKD", text.lower()))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", plain)).strip("-")


def known_as(name: str) -> str | None:
    """The full name of the style that people call `name`: itself, a painter, a part of its name, or None.

    A painter's name alone stands for the first of the painter's works that the list holds, and so does a part of a
    name that fits several: `--list-styles` shows the order.
    """
    wanted = slug(name)
    if wanted in saved():
        return wanted
    styles = shipped()
    if wanted in styles:
        return wanted
    whole_words = [full for full in styles if f"-{wanted}-" in f"-{full}-"]
    return whole_words[0] if wanted and whole_words else None


def list_styles(_: object) -> list[dict[str, str]]:
    """Every style that goes by name, the saved ones first, a row each."""
    own = [{"style": name, "painter": "", "title": "saved on this machine", "movement": ""} for name in saved()]
    return own + [
        {"style": s.name, "painter": f"{s.painter} ({s.life})", "title": s.title, "movement": s.movement}
        for s in shipped().values()
    ]


class Style:
    """A style as a setting: the name of a shipped or saved one, or a picture (all that `Picture` takes).

    In JSON a name is a string and a picture {"file", "sha256"}. Raises GessoError when it is neither.
    """

    def __init__(self, source: object, *, limit_megapixels: float | None = None) -> None:
        self.name: str = ""
        self.picture: Picture | None = None
        if isinstance(source, str) and not _is_file(source):
            full = known_as(source)
            if full is None:
                words = {word for style in shipped() for word in style.split("-") if len(word) > 2}
                painters = {slug(s.painter).split("-", 1)[-1] for s in shipped().values()}  # van-gogh
                hint = nearest(slug(source), [*saved(), *sorted(painters), *sorted(words)])
                raise GessoError(f"no style and no file {source}{hint}; gesso stylize --list-styles shows all")
            self.name = full
        else:
            self.picture = Picture(source, limit_megapixels=limit_megapixels)
            self.name = slug(Path(self.picture.name).stem) or "style"

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Style({self.name!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(cls._to_json, when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "style"}

    @classmethod
    def _validated(cls, value: object, info: core_schema.ValidationInfo) -> "Style":
        if isinstance(value, Style):
            return value
        try:
            return cls(value, limit_megapixels=(info.context or {}).get("limit_megapixels"))
        except GessoError as error:
            raise ValueError(str(error)) from error  # pydantic collects ValueErrors

    def _to_json(self) -> object:
        if self.picture is None:
            return self.name
        return {"file": self.picture.name, "sha256": self.picture.sha256}


def _is_file(text: str) -> bool:
    """Whether `text` means a file: one is there, or it is written as one would be."""
    path = Path(text).expanduser()
    return path.suffix.lower() in PICTURES or "/" in text or "\\" in text or path.is_file()
