"""Media types: what a setting that takes a picture, a sound or music holds. Their decoders are imported when used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from gesso.core.errors import GessoError
from gesso.core.files import open_file, sha256
from gesso.core.scores import Score
from gesso.core.suffixes import FONTS, MUSIC, PICTURES, SOUNDFONTS, SOUNDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gesso.core.pictures import Raster
    from gesso.core.render.soundfont import Soundfont


class Media:
    """A file given as a setting, by its name. In JSON it is {"file": its name, "sha256": …}.

    Attributes:
        kind: what it is, "picture", "sound", "music" or "soundfont".
        noun, plural: the same as they stand in a sentence.
        suffixes: those by which it is known.

    Raises:
        GessoError: there is no such file, or its suffix is that of another kind.
    """

    kind: ClassVar[str]
    noun: ClassVar[str]
    plural: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    def __init__(self, path: str | Path) -> None:
        self._path: Path | None = Path(path).expanduser()
        for other in (Picture, Sound, Music, SoundFont, Font):
            if other.kind != self.kind and self._path.suffix.lower() in other.suffixes:
                raise GessoError(f"{path} is {other.noun}, and {self.noun} is wanted")
        open_file(self._path).close()

    @property
    def path(self) -> Path | None:
        """Where the file is; None for what was given in memory."""
        return self._path

    @property
    def name(self) -> str:
        """The file's name without its folder, as UTF-8 can say it; the kind for what was given in memory."""
        return self.kind if self._path is None else self._path.name.encode("utf-8", "replace").decode()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        assert self._path is not None
        return sha256(self._path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

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
        return {"type": "string", "format": cls.kind}

    @classmethod
    def _validated(cls, value: object, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        try:
            return cls._given(value, cast("Mapping[str, Any] | None", info.context) or {})
        except GessoError as error:
            raise ValueError(str(error)) from error  # pydantic collects ValueErrors

    @classmethod
    def _given(cls, value: Any, context: Mapping[str, Any]) -> Self:
        if not isinstance(value, str | Path):
            raise GessoError(f"{type(value).__name__} is not {cls.noun}; give a file's name")
        return cls(value)

    def _to_json(self) -> dict[str, str]:
        return {"file": self.name, "sha256": self.sha256}


class Sound(Media):
    """A sound given as a setting: the name of a WAV, OGG or FLAC file."""

    kind = "sound"
    noun, plural = "a sound", "sounds"
    suffixes = tuple(SOUNDS)

    def decode(self, seconds: float | None = None) -> tuple[NDArray[np.float32], int]:
        """Its samples (n,), the channels averaged, and how many of them are a second; the first `seconds` or all.

        Raises GessoError when the file cannot be read, is no sound, or is truncated or damaged.
        """
        from gesso.core.sounds import read_sound

        assert self._path is not None
        return read_sound(self._path, seconds)


class Music(Media):
    """A piece of music given as a setting: the name of a MIDI, MusicXML or ABC file, or a score.

    Raises GessoError when there is no such file, or the source is no music.
    """

    kind = "music"
    noun, plural = "a piece of music", "pieces of music"
    suffixes = tuple(MUSIC)

    def __init__(self, source: str | Path | Score) -> None:
        self._score: Score | None = None
        if isinstance(source, Score):
            self._path, self._score = None, source
        else:
            super().__init__(source)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file; of a score in memory, that of all that it says."""
        return super().sha256 if self._score is None else sha256(repr(self._score).encode())

    def decode(self) -> Score:
        """The score, its parts with the highest first. A file is read anew each time.

        Raises GessoError when the file cannot be read, is no music, too large or damaged.
        """
        if self._score is not None:
            return self._score
        from gesso.core.music.reading import read_music

        assert self._path is not None
        return read_music(self._path)

    @classmethod
    def _given(cls, value: Any, context: Mapping[str, Any]) -> Self:
        return cls(value) if isinstance(value, Score) else super()._given(value, context)


class SoundFont(Media):
    """Recorded instruments given as a setting: the name of an SF2 or SF3 file."""

    kind = "soundfont"
    noun, plural = "a soundfont", "soundfonts"
    suffixes = tuple(SOUNDFONTS)

    def decode(self) -> Soundfont:
        """Its tables; samples are read from the file when they are played.

        Raises GessoError when the file cannot be read, is no soundfont, or is truncated or damaged.
        """
        from gesso.core.render.soundfont import Soundfont

        assert self._path is not None
        return Soundfont(self._path)


class Font(Media):
    """A typeface given as a setting: the name of a TTF, OTF or TTC file."""

    kind = "font"
    noun, plural = "a font", "fonts"
    suffixes = FONTS


class Picture(Media):
    """A picture given as a setting: the name of a file, a PIL image, a numpy array or a torch tensor.

    Args:
        source: a path to a PNG, JPEG, WebP or TIFF file; a PIL image; an array (H, W), (H, W, 3) or (H, W, 4) of uint8,
            or of floats from 0 to 1; a tensor (H, W), (1, H, W), (3, H, W) or (4, H, W) of the same. What is not a
            file is copied, so that it may change afterwards.
        limit_megapixels: a larger file is refused when it is decoded; 64 if not given. In pydantic's validation
            context it goes by the same name.

    Raises:
        GessoError: there is no such file, or the source is no picture.
    """

    kind = "picture"
    noun, plural = "a picture", "pictures"
    suffixes = tuple(PICTURES)

    def __init__(self, source: object, *, limit_megapixels: float | None = None) -> None:
        self._limit_megapixels = limit_megapixels
        self._raster: Raster | None = None
        if isinstance(source, str | Path):
            super().__init__(source)
        else:
            self._path = None
            self._raster = _raster(source)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file; of a picture in memory, that of its size, colours and alpha."""
        if self._raster is None:
            return super().sha256
        raster = self.decode()
        alpha = b"" if raster.alpha is None else raster.alpha.tobytes()
        return sha256(repr(raster.size).encode() + raster.rgb.tobytes() + alpha)

    def decode(self) -> Raster:
        """The picture's pixels. A file is decoded anew each time, and not kept in memory.

        Raises:
            GessoError: the file cannot be read, is no picture, is too large, truncated or damaged.
        """
        from gesso.core.pictures import LIMIT_MEGAPIXELS, decode

        if self._raster is not None:
            return self._raster
        assert self._path is not None
        limit = LIMIT_MEGAPIXELS if self._limit_megapixels is None else self._limit_megapixels
        return decode(self._path, limit_megapixels=limit)

    @classmethod
    def _given(cls, value: Any, context: Mapping[str, Any]) -> Self:
        return cls(value, limit_megapixels=context.get("limit_megapixels"))


def _raster(source: Any) -> Raster:
    """The pixels of a picture in memory. Its library is loaded already, or it would not be there."""
    images, numpy, torch = (sys.modules.get(name) for name in ("PIL.Image", "numpy", "torch"))
    if images is not None and isinstance(source, images.Image):
        from gesso.core.pictures import from_image

        return from_image(source)
    if numpy is not None and isinstance(source, numpy.ndarray):
        from gesso.core.pictures import from_array

        return from_array(source)
    if torch is not None and isinstance(source, torch.Tensor):
        return _raster_of_tensor(source)
    raise GessoError(
        f"{type(source).__name__} is not a picture; give a file's name, a PIL image, a numpy array or a torch tensor"
    )


def _raster_of_tensor(tensor: Any) -> Raster:
    from gesso.core.pictures import from_array

    if tensor.ndim not in (2, 3) or (tensor.ndim == 3 and tensor.shape[0] not in (1, 3, 4)):
        raise GessoError(f"a tensor of shape {tuple(tensor.shape)} is not a picture; give (3, H, W) or (H, W)")
    if tensor.is_floating_point():
        tensor = tensor.float()  # numpy knows no bfloat16
    array = tensor.detach().cpu().numpy()
    return from_array(array if array.ndim == 2 else array.transpose(1, 2, 0))
