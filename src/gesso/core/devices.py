"""Where the arithmetic is done, and how it is kept the same from run to run."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gesso.core.errors import GessoError, Usage

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve(name: str = "auto") -> torch.device:
    """The device called `name`: auto (the best one here), cpu, cuda, cuda:1, mps.

    Raises:
        Usage: no device is called that.
        GessoError: this machine has no such device.
    """
    kind, _, index = name.partition(":")
    if kind not in DEVICES or (index and not (kind == "cuda" and index.isdecimal())):
        raise Usage(f"device: {name!r} is none of {', '.join(DEVICES)}")

    # cuBLAS reads this once, when CUDA starts: without it its sums may differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    if name == "auto":
        has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
        name = kind = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if name == "cuda" and (own := os.environ.get("LOCAL_RANK")):  # each of torchrun's processes has its own
        name, index = f"cuda:{own}", own
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise GessoError(f"device: there is no {name} here; use cpu, or auto for the best there is")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise GessoError("device: there is no mps here; use cpu, or auto for the best there is")
    return torch.device(name)


def rank() -> int:
    """Which of the processes that torchrun started this is, from 0; 0 for one that is alone."""
    return int(os.environ.get("RANK", "0"))


def processes() -> int:
    """How many processes torchrun started; 1 for one that is alone."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def describe(device: torch.device) -> str:
    """The device as a recipe states it: "cpu", or the kind with the model, such as "cuda (NVIDIA H100)"."""
    import torch

    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


@contextmanager
def one_thread() -> Generator[None]:
    """Within it torch computes on one thread: a small network that is asked step by step only waits for others."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def repeatable(threads: int | None = None) -> Generator[int]:
    """Within it torch chooses algorithms that give the same bits every time, on `threads` threads if given.

    Yields the number of threads in use. What was set before is set again at the end.
    """
    import torch

    before = torch.get_num_threads()
    cudnn = torch.backends.cudnn
    chosen = (cudnn.deterministic, cudnn.benchmark)
    if threads:
        torch.set_num_threads(threads)
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield torch.get_num_threads()
    finally:
        cudnn.deterministic, cudnn.benchmark = chosen
        torch.set_num_threads(before)
