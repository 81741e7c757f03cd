"""Feature networks with their weights: our own, the distilled one it was taught by, and the published VGG-19."""

import functools
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.networks.features import Features, vgg19_plan

# torchvision's and timm's numbering of VGG-19's layers, of which every other one is a ReLU.
PUBLISHED_NAMES = {
    "conv11": 0, "conv12": 2,
    "conv21": 5, "conv22": 7,
    "conv31": 10, "conv32": 12, "conv33": 14, "conv34": 16,
    "conv41": 19, "conv42": 21, "conv43": 23, "conv44": 25,
    "conv51": 28,
}  # fmt: skip
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@functools.lru_cache(maxsize=2)
def load(name: str, device: torch.device) -> Features:
    """The feature network called `name`, frozen, on `device`.

    "gesso" is our own. "hf:USER/REPOSITORY" is a VGG-19 with the published names of its weights, such as
    hf:timm/vgg19.tv_in1k, fetched by huggingface_hub because it was asked for. A path to a safetensors file is one of
    the same, or the distilled VGG-19 (Wang et al. 2020).

    Raises GessoError when it is not there or its weights do not fit.
    """
    if name == "gesso":
        model = weights.find("gesso.networks", "features")
        network = Features()
        _fill(network, model.tensors(), name)
    else:
        tensors = _read(_fetched(name) if name.startswith("hf:") else Path(name), name)
        network = published(tensors, name) if "features.0.weight" in tensors else distilled(tensors, name)
    network = network.eval().requires_grad_(False).to(device)
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


def published(tensors: dict[str, Tensor], name: str = "VGG-19") -> Features:
    """VGG-19 from weights under their published names: features.N.weight, features.N.bias."""
    network = Features(vgg19_plan(), padding="zeros", stem=True)
    stem = {
        "convs.conv0.weight": torch.diag(1 / torch.tensor(IMAGENET_DEVIATION))[:, :, None, None],
        "convs.conv0.bias": -torch.tensor(IMAGENET_MEAN) / torch.tensor(IMAGENET_DEVIATION),
    }
    named = {
        f"convs.{ours}.{kind}": tensors[f"features.{number}.{kind}"]
        for ours, number in PUBLISHED_NAMES.items()
        for kind in ("weight", "bias")
        if f"features.{number}.{kind}" in tensors
    }
    _fill(network, {**stem, **named}, name)
    return network


def distilled(tensors: dict[str, Tensor], name: str = "the distilled VGG-19") -> Features:
    """The distilled VGG-19 of 16 to 128 channels, from weights under its published names."""
    network = Features(vgg19_plan((16, 32, 64, 128, 128)), stem=True)
    wanted = network.state_dict()
    _fill(network, {key: t for k, t in tensors.items() if (key := f"convs.{k}") in wanted}, name)
    return network


def _fetched(name: str) -> Path:
    try:
        from huggingface_hub import hf_hub_download  # pyright: ignore[reportMissingImports] -- optional
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise GessoError(f"{name} needs huggingface_hub: pip install 'gesso[hub]'") from None
    try:
        return Path(hf_hub_download(name.removeprefix("hf:"), "model.safetensors"))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise GessoError(f"cannot fetch {name}: {reason}") from None


def _read(path: Path, name: str) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise GessoError(f"cannot read the feature network {name}: {error}") from None


def _fill(network: Features, tensors: dict[str, Tensor], name: str) -> None:
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise GessoError(f"the weights of {name} are not those of a feature network that Gesso knows") from None
