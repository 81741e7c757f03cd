"""Models on disk: NAME.safetensors, NAME.json (the configuration) and NAME.md (the card). Nothing is downloaded."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes, sha256
from gesso.core.places import home

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_SCALE = ".scale"

Network = TypeVar("Network", bound="nn.Module")


@dataclass(frozen=True)
class Model:
    """One model: its name and the file of its weights; the configuration and the card lie beside it."""

    name: str
    path: Path

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the weights, in hexadecimal."""
        return sha256(self.path)

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """What `build` needs, and the licences of the data under "licences"."""
        return json.loads(self.path.with_suffix(".json").read_text("utf-8"))

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of the data it was trained on."""
        return tuple(self.configuration.get("licences", ()))

    @property
    def card(self) -> str:
        """The card, in Markdown."""
        return self.path.with_suffix(".md").read_text("utf-8")

    def tensors(self) -> "dict[str, Tensor]":
        """The weights by name; those kept as float16, or in bytes, come back as float32.

        Raises GessoError when the file is damaged.
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            loaded = load(self.path.read_bytes())
        except (SafetensorError, OSError) as error:
            raise GessoError(
                f"cannot read the weights {self.path}: {error}; remove them, or if they came with Gesso install it anew"
            ) from None
        scales = {k.removesuffix(_SCALE): loaded.pop(k) for k in [*loaded] if k.endswith(_SCALE)}
        loaded |= {k: loaded[k] * scale.view(-1, *[1] * (loaded[k].ndim - 1)) for k, scale in scales.items()}
        return {k: v.float() if v.dtype == torch.float16 else v for k, v in loaded.items()}


def shipped(package: str) -> dict[str, Model]:
    """The models that ship with `package`, such as "gesso.arts.stylize", by name."""
    folder = Path(str(resources.files(package))) / "weights"
    return {p.stem: Model(p.stem, p) for p in sorted(folder.glob("*.safetensors")) if p.with_suffix(".md").exists()}


def find(package: str, name: str) -> Model:
    """The model called `name`: shipped with `package`, a run here, one under the home folder, or a folder.

    Raises GessoError when there is none.
    """
    models = shipped(package)
    if name in models:
        return models[name]
    for folder in (Path("runs") / name / "model", home() / "models" / name, Path(name)):
        weights = sorted(folder.glob("*.safetensors"))
        if weights and weights[0].with_suffix(".json").exists():
            by_name = folder != Path(name) and Path(name).name == name  # else its place is nobody's business
            return Model(name if by_name else weights[0].stem, weights[0])
    known = ", ".join(models) or "none"
    raise GessoError(f"no model {name}: shipped are {known}; a run's name or a folder with a model works too")


Load = Callable[[Path, "torch.device"], Network]


def until_changed(most: int) -> Callable[[Load[Network]], Load[Network]]:
    """Decorates what loads a network from a file: the last `most` are kept, each until its file is another."""

    def decorate(load: Load[Network]) -> Load[Network]:
        @lru_cache(maxsize=most)
        def kept(path: Path, device: "torch.device", written: tuple[int, int]) -> Network:
            return load(path, device)

        @wraps(load)
        def loaded(path: Path, device: "torch.device") -> Network:
            try:
                found = path.stat()
            except OSError as error:
                raise GessoError(f"{path} cannot be read ({error.strerror}): choose another --model") from None
            return kept(path, device, (found.st_mtime_ns, found.st_ino))

        return loaded

    return decorate


def load_network(path: Path, art: str, build: Callable[[dict[str, Any]], Network], device: "torch.device") -> Network:
    """The network whose weights are in `path`, on `device`, ready to use and frozen.

    Args:
        art: the key of the art whose it has to be.
        build: makes the network of what the model's configuration says under "network".

    Raises GessoError when it is another art's, or weights and configuration do not fit each other.
    """
    model = Model(path.stem, path)
    if model.configuration.get("art") != art:
        raise GessoError(f"{path.name} is no model of {art.replace('/', ' ')}; choose another --model")
    try:
        network = build(model.configuration["network"])
        network.load_state_dict(model.tensors())
    except (RuntimeError, ValidationError):
        raise GessoError(f"{path} was made by another version of Gesso: make it anew, or remove it") from None
    return network.eval().requires_grad_(False).to(device)


def save(
    folder: Path,
    name: str,
    tensors: "dict[str, Tensor]",
    configuration: dict[str, Any],
    card: str,
    in_bytes: Collection[str] = (),
) -> Model:
    """Write a model into `folder`, its tensors as float16, replacing one of the same name.

    What is kept `in_bytes`, such as large tables of which a network reads a few rows at a time, has half the size: each
    row, all that has one first index, as int8, with the number that it is multiplied by.
    """
    from safetensors.torch import save as pack

    folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Tensor] = {}
    for k, v in tensors.items():
        plain = v.detach().cpu()
        if k in in_bytes:
            rows = plain.flatten(1)
            scale = kept[k + _SCALE] = rows.abs().amax(1).clamp(min=1e-12) / 127
            kept[k] = (rows / scale[:, None]).round().char().view(plain.shape)
        else:
            kept[k] = plain.half().contiguous()
    packed = pack(kept)
    atomic_bytes(
        folder / f"{name}.json",
        (json.dumps(configuration, indent=1, ensure_ascii=False) + "\n").encode(),
        overwrite=True,
    )
    atomic_bytes(folder / f"{name}.md", card.encode(), overwrite=True)
    atomic_bytes(folder / f"{name}.safetensors", packed, overwrite=True)
    return Model(name, folder / f"{name}.safetensors")
