"""Training on several processes, as `torchrun` starts them: each draws its part of every batch, gradients are averaged.

Two ways: every process holds the whole model (data parallel), or each holds a part of every weight, its gradient and
its moments, and the weights are put together for each step (FSDP2, Zhao et al. 2023).
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from gesso.core import devices


@dataclass(frozen=True)
class Processes:
    """This process among all: `rank` of `world`."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """This process among those that `torchrun` started, or alone."""
    world = devices.processes()
    if world == 1:
        yield Processes()
        return
    began = not dist.is_initialized()
    if device.index is not None:
        torch.cuda.set_device(device)  # where FSDP puts what it divides
    if began:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), world)
        # Gloo's threads need the interpreter to let go of the last tensors they sent. Before Python 3.14 they abort a
        # process that ends meanwhile; so, when all is sent, they are given a moment in which this one does not hold it.
        dist.barrier()
        time.sleep(0.1)
    finally:
        if began:
            dist.destroy_process_group()


def shard(model: nn.Module, methods: Sequence[str] = ()) -> None:
    """Divide every weight of `model` among the processes; `methods` besides forward put it together too.

    All at once, not layer by layer: networks here call their layers in ways of their own, and read their weights.
    """
    for weight in model.parameters():
        weight.data = weight.data.contiguous()  # what lies otherwise, as in channels_last, cannot be divided
    fully_shard(model)
    for method in methods:
        register_fsdp_forward_method(model, method)


@torch.no_grad()
def average_gradients(weights: Sequence[Tensor], processes: Processes) -> None:
    """The mean over processes of every gradient; FSDP has done it already where weights are divided."""
    if processes.world == 1:
        return
    gradients = [p.grad for p in weights if p.grad is not None and not isinstance(p.grad, DTensor)]
    if not gradients:
        return
    flat = torch.cat([g.flatten() for g in gradients])  # one message instead of hundreds
    dist.all_reduce(flat)
    flat /= processes.world
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view(gradient.shape))


def any_of(said: bool, processes: Processes, device: torch.device) -> bool:
    """Whether it is `said` by any process: every one has to ask, and gets the same answer.

    It takes 0.3 ms between two processes on an AMD EPYC.
    """
    if processes.world == 1:
        return said
    vote = torch.tensor(int(said), device=device)
    dist.all_reduce(vote, dist.ReduceOp.MAX)
    return bool(vote.item())


def whole(x: Tensor) -> Tensor:
    """A divided tensor put together, on every process; any other as it is."""
    return x.full_tensor() if isinstance(x, DTensor) else x


def divided_like(x: Tensor, reference: Tensor) -> Tensor:
    """`x` divided among the processes as `reference` of the same shape is; as it is if that is whole."""
    if not isinstance(reference, DTensor) or x.shape != reference.shape:
        return x
    return distribute_tensor(x, reference.device_mesh, reference.placements)
