"""A style as statistics, a few kilobytes: taken from pictures, mixed, saved and found again by name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from gesso.arts.stylize import names
from gesso.arts.stylize.art import SaveStyle
from gesso.arts.stylize.build import Painter, load_painter
from gesso.arts.stylize.names import SHIPPED, Style
from gesso.core import weights
from gesso.core.errors import GessoError, Usage
from gesso.core.files import atomic_bytes
from gesso.core.pictures import Raster, on_white
from gesso.core.rasters import fitted, to_tensor
from gesso.networks import feature_models
from gesso.networks.features import CONTENT_LAYER, STYLE_LAYERS, Features, covariance

STYLE_SIDE = 512  # longer side at which a style is read, as in training

Layers = dict[str, tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Statistics:
    """What is taken from a style.

    Attributes:
        code: the painter's code, (L,).
        layers: of each style layer of the feature network the mean (C,) and the covariance (C, C) of its channels, or
            of the deepest, whose covariance would be most of the file, their variance (C,).
        color: mean (3,) and covariance (3, 3) of RGB in [0, 1].
    """

    code: Tensor
    layers: Layers
    color: tuple[Tensor, Tensor]

    def tensors(self) -> dict[str, Tensor]:
        """As float16 tensors by name; of the symmetric covariances one triangle."""
        flat = {"code": self.code}
        for name, (mean, spread) in {**self.layers, "color": self.color}.items():
            flat[f"{name}.mean"] = mean
            if spread.ndim == 1:
                flat[f"{name}.variance"] = spread
            else:
                rows, columns = torch.tril_indices(*spread.shape)
                flat[f"{name}.covariance"] = spread[rows, columns]
        return {k: v.half().contiguous() for k, v in flat.items()}

    @classmethod
    def from_tensors(cls, flat: dict[str, Tensor]) -> "Statistics":
        """The reverse of `tensors`."""

        def pair(name: str) -> tuple[Tensor, Tensor]:
            mean = flat[f"{name}.mean"].float()
            if f"{name}.variance" in flat:
                return mean, flat[f"{name}.variance"].float()
            cov = torch.zeros(len(mean), len(mean))
            rows, columns = torch.tril_indices(*cov.shape)
            cov[rows, columns] = flat[f"{name}.covariance"].float()
            return mean, cov + cov.tril(-1).T

        return cls(flat["code"].float(), {name: pair(name) for name in STYLE_LAYERS}, pair("color"))


@torch.no_grad()
def measure(picture: Raster, painter: Painter, features: Features) -> Statistics:
    """The statistics of a picture's style, read with its longer side at 512."""
    device = next(painter.parameters()).device
    x = to_tensor(on_white(fitted(picture, STYLE_SIDE))).to(device)
    color = x.mean((2, 3))[0].cpu(), covariance(x)[0].cpu()
    return Statistics(painter.encode(x)[0].cpu(), layer_statistics(x, features), color)


@torch.no_grad()
def layer_statistics(x: Tensor, features: Features) -> Layers:
    """What `Statistics.layers` holds, of one picture (1, 3, H, W)."""
    found: Layers = {}
    for name, seen in features(x).items():
        spread = covariance(seen)[0]
        found[name] = seen.mean((2, 3))[0].cpu(), (spread.diagonal() if name == CONTENT_LAYER else spread).cpu()
    return found


def mix(parts: Sequence[Statistics], weights: Sequence[float]) -> Statistics:
    """The weighted mean of several styles; the weights need not sum to 1."""
    shares = [w / sum(weights) for w in weights]

    def mean(tensors: Sequence[Tensor]) -> Tensor:
        return torch.stack([t * share for t, share in zip(tensors, shares, strict=True)]).sum(0)

    def pair(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        return mean([p[0] for p in pairs]), mean([p[1] for p in pairs])

    layers = {name: pair([p.layers[name] for p in parts]) for name in parts[0].layers}
    return Statistics(mean([p.code for p in parts]), layers, pair([p.color for p in parts]))


def statistics_of(style: Style, painter: Painter, features: Features, model_sha256: str) -> Statistics:
    """The statistics of a style that was given by name or as a picture.

    Raises GessoError when a named style was taken with another model than the one that paints.
    """
    if style.picture is not None:
        return measure(style.picture.decode(), painter, features)
    path = names.saved().get(style.name)
    prefix = "" if path else f"{style.name}/"
    path = path or SHIPPED.with_suffix(".safetensors")
    try:
        with safe_open(path, framework="pt") as file:
            if file.metadata()["model"] != model_sha256:
                raise GessoError(f"the style {style.name} was taken with another model: give its picture instead")
            keys = [k for k in file.keys() if k.startswith(prefix)]  # noqa: SIM118 -- not a dict
            return Statistics.from_tensors({k.removeprefix(prefix): file.get_tensor(k) for k in keys})
    except SafetensorError as error:
        raise GessoError(f"cannot read the style {path.name}: {error}; save it anew") from None


def save_style(name: str, statistics: Statistics, model_sha256: str, *, overwrite: bool = False) -> None:
    """Keep a style on this machine, to be used as `--style NAME`.

    Raises GessoError when there is one of the same name and `overwrite` is not set.
    """
    folder = names.saved_folder()
    folder.mkdir(parents=True, exist_ok=True)
    packed = save(statistics.tensors(), {"model": model_sha256, "name": name})
    atomic_bytes(folder / f"{names.slug(name)}.safetensors", packed, overwrite)


def save_mixture(settings: SaveStyle) -> dict[str, str]:
    """`gesso stylize --save-style NAME`: keep one style, or a mixture of several."""
    name = names.slug(settings.save_style)
    if not name or name in names.shipped():
        raise Usage(f"--save-style: {settings.save_style!r} is taken or empty; choose another name")
    if name in names.saved() and not settings.overwrite:
        raise GessoError(f"the style {name} is saved already: choose another name, or pass --overwrite to replace it")
    cpu = torch.device("cpu")
    model = weights.find("gesso.arts.stylize", "fast")
    painter, features = load_painter(model.path, cpu), feature_models.load("gesso", cpu)
    parts = [statistics_of(style, painter, features, model.sha256) for style in settings.style]
    shares = settings.weight or (1.0,) * len(parts)
    save_style(name, mix(parts, shares), model.sha256, overwrite=settings.overwrite)
    return {"saved": name, "use": f"gesso stylize photo.jpg --style {name}"}


def pack(styles: dict[names.Painting, Statistics], model_sha256: str) -> None:
    """Write the styles that ship with Gesso, and their list."""
    tensors = {f"{p.name}/{k}": v for p, s in styles.items() for k, v in s.tensors().items()}
    atomic_bytes(SHIPPED.with_suffix(".safetensors"), save(tensors, {"model": model_sha256}), overwrite=True)
    rows = [json.dumps(p._asdict(), ensure_ascii=False) for p in styles]
    atomic_bytes(SHIPPED, ("[\n " + ",\n ".join(rows) + "\n]\n").encode(), overwrite=True)
