"""A work and its recipe: what was made, and all that is needed to make it again."""

from __future__ import annotations

import base64
import functools
import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from gesso.core import contents, files, pictures
from gesso.core.contents import Content
from gesso.core.declaration import Settings
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster
from gesso.core.suffixes import MUSIC, SOUNDS

if TYPE_CHECKING:
    from PIL.Image import Image

_SHOWN_SIDE = 1024  # pixels of the longer side in a notebook


class Input(BaseModel):
    """A file that went into a work, by its name and content: `field` says where, such as "style/1"."""

    model_config = ConfigDict(frozen=True)

    field: str
    file: str
    sha256: str


class ModelRef(BaseModel):
    """A model by its name and the SHA-256 of its weights."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str


class Recipe(BaseModel):
    """How a work was made. It travels inside the file, and holds neither times nor places on a disk.

    Attributes:
        settings: every setting of the method as plain JSON; an input is {"file", "sha256"}.
        threads: what torch computed on; sums come out differently on another number.
        licences: the licences of what the model learnt from.
        stopped: whether it was stopped by hand before its end, so that it cannot be made again exactly.
    """

    model_config = ConfigDict(frozen=True)

    art: str
    method: str | None = None
    settings: dict[str, Any]
    seed: int
    model: ModelRef | None = None
    inputs: tuple[Input, ...] = ()
    versions: dict[str, str]
    device: str
    threads: int
    licences: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def key(self) -> str:
        """The key of its art in the registry."""
        return f"{self.art}/{self.method}" if self.method else self.art

    def to_json(self) -> str:
        """One line of JSON, the same for equal recipes."""
        return self.model_dump_json()


@dataclass(frozen=True)
class Output:
    """What an art's generate gives: a content, the model that made it and the licences of that model's data.

    Attributes:
        settings: those that make this work alone, where they are not the ones that generate was given, as when it makes
            several works.
        seed: the seed that goes with them.
        whole: whether it came to its end, even where others that were to be made with it were stopped by hand.
    """

    content: Content
    model: ModelRef | None = None
    licences: tuple[str, ...] = ()
    settings: Settings | None = None
    seed: int | None = None
    whole: bool = False


class Work:
    """What was made, with its recipe. In a notebook it shows itself.

    Attributes:
        content: a picture, a document, a drawing, a text or a piece of music.
        recipe: how it was made.
    """

    def __init__(self, content: Content, recipe: Recipe) -> None:
        self.content, self.recipe = content, recipe

    def __repr__(self) -> str:
        content = self.content
        what = f"{content.size[0]}x{content.size[1]}" if isinstance(content, Raster) else content.format
        return f"<Work: {self.recipe.key}, {what}, seed {self.recipe.seed}>"

    @property
    def raster(self) -> Raster:
        """The pixels of the picture, or of what is drawn of the work. Raises GessoError when nothing is."""
        picture = self.content.picture
        if picture is None:
            raise GessoError(f"there is nothing to see of a work of {self.recipe.key}; save it as a file")
        return picture

    @functools.cached_property
    def data(self) -> bytes:
        """The file of the work in its own format, the recipe inside."""
        return self.encode(self.content.format)

    @property
    def sha256(self) -> str:
        """The SHA-256 of `data`."""
        return files.sha256(self.data)

    @property
    def suffix(self) -> str:
        """The suffix of a file that holds `data`, such as ".png"."""
        return contents.suffix_of(self.content.format)

    @property
    def image(self) -> Image:
        """The picture as a PIL image, RGB or RGBA."""
        from PIL import Image

        image = Image.fromarray(self.raster.rgb)
        if self.raster.alpha is not None:
            image.putalpha(Image.fromarray(self.raster.alpha))
        return image

    @functools.cached_property
    def stems(self) -> dict[str, Work]:
        """Of music, each voice as a work, by its name, where that was asked for."""
        from gesso.core.music.piece import Piece

        if not isinstance(self.content, Piece):
            return {}
        return {name: Work(piece, self.recipe) for name, piece in self.content.voices().items()}

    def encode(self, format: str) -> bytes:
        """The file of the work in one of the formats of its content, the recipe inside."""
        return self.content.encode(format, recipe_json=self.recipe.to_json())

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the work, in the format that the suffix of `path` names; without a suffix it gets its own.

        Raises:
            GessoError: the file exists and `overwrite` is not set, it cannot be written, or the suffix is unknown.
        """
        path = Path(path)
        if not path.suffix:
            path = path.with_name(path.name + self.suffix)
        format = contents.format_of(path, self.content.formats)
        files.atomic_bytes(path, self.data if format == self.content.format else self.encode(format), overwrite)
        return path

    def _repr_png_(self) -> bytes | None:
        if self.content.picture is None:
            return None
        image = self.image
        image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
        png = io.BytesIO()
        image.save(png, "PNG")
        return png.getvalue()

    def _repr_html_(self) -> str:
        caption = html.escape(f"{self.recipe.key}, seed {self.recipe.seed}")
        shown = self._repr_png_()
        if shown is None:
            text = html.escape(self.content.encode(self.content.format).decode("utf-8", "replace"))
            return f"<figure><pre>{text}</pre><figcaption>{caption}</figcaption></figure>"
        png = base64.b64encode(shown).decode()
        image = f'<img alt="{caption}" src="data:image/png;base64,{png}">'
        return f"<figure>{image}{self._player()}<figcaption>{caption}</figcaption></figure>"

    def _player(self) -> str:
        """What plays the work in a notebook, if it can be heard."""
        if "OGG" not in self.content.formats:
            return ""
        sound = base64.b64encode(self.encode("OGG")).decode()
        return f'<audio controls src="data:audio/ogg;base64,{sound}"></audio>'


def _recipe_text(path: Path) -> str | None:
    """The recipe in a picture, a piece of music or a sound."""
    suffix = path.suffix.lower()
    if suffix in SOUNDS:
        from gesso.core.sound_files import sound_recipe

        return sound_recipe(path)
    if suffix in MUSIC:
        from gesso.core.music.reading import music_recipe

        return music_recipe(path)
    return pictures.read_recipe(path)


def _recipe_in(text: str, suffix: str) -> str | None:
    """The recipe in the text of a file with this suffix."""
    if suffix != ".txt":
        return contents.recipe_text(text)
    from gesso.core.texts import without_recipe

    return without_recipe(text)[1]


def inputs_in(settings: Any, field: str = "") -> Iterator[Input]:
    """The inputs in the plain settings of a recipe, with where they stand: "content", "style/1"."""
    if isinstance(settings, dict):
        named = cast("dict[str, Any]", settings)
        if named.keys() == {"file", "sha256"}:
            yield Input(field=field, **named)
            return
        for name, value in named.items():
            yield from inputs_in(value, f"{field}/{name}" if field else name)
    elif isinstance(settings, list):
        for index, value in enumerate(cast("list[Any]", settings)):
            yield from inputs_in(value, f"{field}/{index}")


def read_recipe(path: str | Path) -> Recipe:
    """The recipe inside a work, be it a picture, a document, a text, music or a sound, or in a JSON file of its own.

    Raises:
        GessoError: there is no file, no recipe in it, or one that cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in (".json", ".svg", ".txt"):
        with files.open_file(path) as file:
            held = file.read()
        try:
            text = _recipe_in(held.decode("utf-8"), path.suffix.lower())
        except UnicodeDecodeError:
            raise GessoError(f"{path}: cannot be read as a recipe, for it is no text in UTF-8") from None
    else:
        text = _recipe_text(path)
    if not text:
        raise GessoError(f"{path}: there is no recipe in it; was it made by Gesso, and not saved anew since?")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError:
        raise GessoError(f"{path}: the recipe in it cannot be read; a newer Gesso may have written it") from None
