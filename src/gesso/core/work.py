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

from gesso.core import files, pictures
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster

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
    """What an art's generate gives: a picture, the model that made it and the licences of that model's data."""

    raster: Raster
    model: ModelRef | None = None
    licences: tuple[str, ...] = ()


class Work:
    """A picture that was made, with its recipe. In a notebook it shows itself.

    Attributes:
        raster: the pixels.
        recipe: how they were made.
    """

    def __init__(self, raster: Raster, recipe: Recipe) -> None:
        self.raster, self.recipe = raster, recipe

    def __repr__(self) -> str:
        height, width = self.raster.rgb.shape[:2]
        return f"<Work: {self.recipe.key}, {width}x{height}, seed {self.recipe.seed}>"

    @functools.cached_property
    def data(self) -> bytes:
        """The file of the work in its own format, the recipe inside."""
        return self.encode(self.raster.format)

    @property
    def sha256(self) -> str:
        """The SHA-256 of `data`."""
        return files.sha256(self.data)

    @property
    def suffix(self) -> str:
        """The suffix of a file that holds `data`, such as ".png"."""
        return pictures.suffix_of(self.raster.format)

    @property
    def image(self) -> Image:
        """The picture as a PIL image, RGB or RGBA."""
        from PIL import Image

        image = Image.fromarray(self.raster.rgb)
        if self.raster.alpha is not None:
            image.putalpha(Image.fromarray(self.raster.alpha))
        return image

    def encode(self, format: str) -> bytes:
        """The file of the work as PNG, JPEG, WEBP or TIFF, the recipe inside."""
        return pictures.encode(self.raster, format, recipe_json=self.recipe.to_json())

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the work, in the format that the suffix of `path` names; without a suffix it gets its own.

        Raises:
            GessoError: the file exists and `overwrite` is not set, it cannot be written, or the suffix is unknown.
        """
        path = Path(path)
        if not path.suffix:
            path = path.with_name(path.name + self.suffix)
        format = pictures.format_of(path)
        files.atomic_bytes(path, self.data if format == self.raster.format else self.encode(format), overwrite)
        return path

    def _repr_png_(self) -> bytes:
        image = self.image
        image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
        png = io.BytesIO()
        image.save(png, "PNG")
        return png.getvalue()

    def _repr_html_(self) -> str:
        png = base64.b64encode(self._repr_png_()).decode()
        caption = html.escape(f"{self.recipe.key}, seed {self.recipe.seed}")
        image = f'<img alt="{caption}" src="data:image/png;base64,{png}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


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
    """The recipe inside a work, or in a JSON file of its own.

    Raises:
        GessoError: there is no file, no recipe in it, or one that cannot be read.
    """
    path = Path(path)
    if path.suffix == ".json":
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GessoError(f"{path}: cannot be read as a recipe ({error})") from None
    else:
        text = pictures.read_recipe(path)
    if not text:
        raise GessoError(f"{path}: there is no recipe in it; was it made by Gesso, and not saved anew since?")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError:
        raise GessoError(f"{path}: the recipe in it cannot be read; a newer Gesso may have written it") from None
