"""Language models of the Hugging Face Hub that are on this disk: `hf:user/name`, or `hf:folder`. Nothing is fetched."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gesso.core.errors import GessoError
from gesso.core.files import open_file

PREFIX = "hf:"

_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True)
class Hosted:
    """A model on this disk, in the cache of the Hub or in a folder.

    Attributes:
        name: "hf:user/name", or "hf:" and the name of its folder.
    """

    name: str
    folder: Path

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files of its weights, in the order of their names. Raises GessoError when they are not all here."""
        names = [_WEIGHTS]
        if not (self.folder / _WEIGHTS).is_file() and (self.folder / _INDEX).is_file():
            names = sorted(set(json.loads((self.folder / _INDEX).read_text("utf-8"))["weight_map"].values()))
        missing = [name for name in names if not (self.folder / name).is_file()]
        if missing and any(self.folder.glob("pytorch_model*")):
            raise GessoError(f"{self.name} has pickled weights, which are never loaded: choose one with safetensors")
        if missing:
            raise GessoError(f"{self.name} is not whole: {missing[0]} is not in {self.folder}; fetch it anew")
        return tuple(self.folder / name for name in names)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the files of its weights, one after the other, in hexadecimal."""
        digest = hashlib.sha256()
        for file in self.files:
            with open_file(file) as opened:
                while part := opened.read(1 << 20):
                    digest.update(part)
        return digest.hexdigest()

    @cached_property
    def licences(self) -> tuple[str, ...]:
        """The licences that the head of its card names."""
        import yaml  # comes with huggingface_hub  # pyright: ignore[reportMissingModuleSource]
        from huggingface_hub import metadata_load  # pyright: ignore[reportMissingImports]

        try:
            said = metadata_load(self.folder / "README.md") or {}
        except (OSError, ValueError, yaml.YAMLError):
            said = {}
        named = said.get("license")
        if named == "other":
            named = said.get("license_name", named)
        each = named if isinstance(named, list) else [named] if named else ["licence as the model's card says"]
        return tuple(str(one) for one in each)


def find(model: str) -> Hosted:
    """The model that "hf:user/name" or "hf:folder" names.

    Raises GessoError when transformers is not installed, or the model is not here.
    """
    name = model.removeprefix(PREFIX)
    try:
        import transformers  # noqa: F401  # pyright: ignore[reportMissingImports]
        from huggingface_hub import try_to_load_from_cache  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise GessoError(f"{model} needs transformers: pip install 'gesso[hub]'") from None
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return Hosted(PREFIX + folder.resolve().name, folder.resolve())
    if folder.is_dir() or name.startswith((".", "/", "~")):
        raise GessoError(f"{model}: there is no config.json in {folder}, so it is no folder of a model of transformers")
    try:
        config = try_to_load_from_cache(name, "config.json")
    except ValueError:
        raise GessoError(f"{model} is neither a folder nor a name of the Hub, such as hf:user/name") from None
    if not isinstance(config, str):
        raise GessoError(f"{model} is not on this machine, and nothing is fetched unasked: hf download {name}")
    return Hosted(model, Path(config).parent)
