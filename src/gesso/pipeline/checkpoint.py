"""Checkpoints: tensors in safetensors, the rest as JSON in the same file's header, so that one rename makes both."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes
from gesso.pipeline.distribution import divided_like, whole

KEPT = 2  # so that a good one is left when the newest turns out to be damaged


@dataclass
class State:
    """All that a run needs to go on as if it had never stopped: the rest is a function of (seed, step)."""

    model: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0

    def save(self, folder: Path, *, writing: bool = True) -> Path:
        """Write `folder`/step-N.safetensors and remove all but the newest ones.

        Where weights are divided, every process has to call it, and one of them is `writing`.
        """
        tensors, plain = _flatten(self.optimiser.state_dict()["state"])
        tensors |= {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        tensors = {k: whole(v.detach()).cpu().contiguous() for k, v in tensors.items()}
        path = folder / f"step-{self.step:08d}.safetensors"
        if writing:
            header = {"step": str(self.step), "optimiser": json.dumps(plain)}
            atomic_bytes(path, save(tensors, header), overwrite=True)
            for old in checkpoints(folder)[:-KEPT]:
                old.unlink()
        return path

    def load(self, folder: Path) -> None:
        """Go back to the newest checkpoint in `folder` that can be read.

        Raises GessoError when there is none, or when it is of another network.
        """
        for path in reversed(checkpoints(folder)):
            try:
                with safe_open(path, framework="pt") as file:
                    header: dict[str, str] = file.metadata()
                    tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
            except (SafetensorError, OSError):
                continue
            try:
                _fill(self.model, _below("model.", tensors))
                _fill(self.average, _below("average.", tensors))
            except RuntimeError:
                raise GessoError(f"{path} is of another network than the run's settings make: start it anew") from None
            state = self.optimiser.state_dict()
            parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
            moments = _unflatten(_below("optimiser.", tensors), json.loads(header["optimiser"]))
            state["state"] = {
                i: {k: divided_like(v, parameters[i]) if isinstance(v, Tensor) else v for k, v in entries.items()}
                for i, entries in moments.items()
            }
            self.optimiser.load_state_dict(state)
            self.step = int(header["step"])
            return
        raise GessoError(f"no readable checkpoint in {folder}: start the run anew")


def _fill(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load whole tensors into a network whose weights may be divided among processes."""
    own = network.state_dict()
    network.load_state_dict({k: divided_like(v, own[k]) if k in own else v for k, v in tensors.items()})


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, oldest first."""
    return sorted(folder.glob("step-*.safetensors"))


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _flatten(state: dict[int, dict[str, Any]]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's state as tensors "optimiser.PARAMETER.NAME" and the plain values under the same names."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for parameter, name, value in _entries(state):
        if isinstance(value, Tensor):
            tensors[f"optimiser.{parameter}.{name}"] = value
        else:
            plain[f"{parameter}.{name}"] = value
    return tensors, plain


def _entries(state: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str, Any]]:
    for parameter, entries in state.items():
        for name, value in entries.items():
            yield parameter, name, value


def _unflatten(tensors: dict[str, Tensor], plain: dict[str, Any]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for key, value in {**plain, **tensors}.items():
        parameter, name = key.split(".", 1)
        state.setdefault(int(parameter), {})[name] = value
    return state
