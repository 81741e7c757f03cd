"""The best weights of a run, kept beside its checkpoints: what is little is soon known by heart, and then less well."""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gesso.core import devices, files
from gesso.pipeline.distribution import whole

BEST = "best.safetensors"
"""The file below a run's folder."""


def keep_if_better(path: Path, average: nn.Module, nats: float) -> None:
    """Write weights to `path` unless those there foresee what is held out as well.

    A run that goes on looks again at weights that it has looked at before.
    """
    if path.exists() and kept(path)[0] <= nats:
        return
    tensors = {name: whole(x.detach()).cpu().contiguous() for name, x in average.state_dict().items()}
    if devices.rank() == 0:
        files.atomic_bytes(path, save(tensors, {"nats": repr(nats)}), overwrite=True)


def kept(path: Path) -> tuple[float, dict[str, Tensor]]:
    """How much what is held out surprises the weights in `path`, in nats, and the weights."""
    with safe_open(path, framework="pt") as file:
        return float(file.metadata()["nats"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
