"""Optimisers by name."""

from collections.abc import Callable, Iterable
from typing import overload

import torch
from torch import Tensor, nn

from gesso.pipeline.settings import USUAL, Training


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made orthogonal before each step (Jordan et al. 2024), and AdamW for the rest.

    Every direction in which a matrix may move then moves as far as any other. Convolutions count as matrices of
    outputs x (inputs * height * width); biases, gains and single rows are left to AdamW. A step is scaled to the size
    that AdamW's would have (Liu et al. 2025), so both share one rate.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 1e-3,
        momentum: float = 0.95,
        nesterov: bool = True,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ):
        told = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "betas": betas, "weight_decay": weight_decay}
        super().__init__(params, told)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            matrices: dict[tuple[int, ...], list[Tensor]] = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.mul_(1 - group["lr"] * group["weight_decay"])
                if _is_matrix(p):
                    matrices.setdefault((p.shape[0], p[0].numel()), []).append(p)
                else:
                    p.sub_(group["lr"] * self._adam(p, p.grad, group))
            for shape, alike in matrices.items():  # all of a shape at once: many small products are slow one by one
                directions = orthogonal(torch.stack([self._heading(p, group).flatten(1) for p in alike]))
                for p, direction in zip(alike, directions, strict=True):
                    p.sub_(direction.view(p.shape), alpha=group["lr"] * 0.2 * max(shape) ** 0.5)
        return loss

    def _heading(self, p: Tensor, group: dict[str, float]) -> Tensor:
        """The momentum, or in Nesterov's form where it will be."""
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        assert p.grad is not None
        momentum = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
        return p.grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum

    def _adam(self, p: Tensor, gradient: Tensor, group: dict[str, tuple[float, float]]) -> Tensor:
        state, (one, two) = self.state[p], group["betas"]
        if not state:
            state["mean"], state["square"] = torch.zeros_like(p), torch.zeros_like(p)
            state["step"] = torch.zeros((), dtype=torch.int64)
        state["step"] += 1
        n = int(state["step"])
        mean = state["mean"].lerp_(gradient, 1 - one) / (1 - one**n)
        square = state["square"].lerp_(gradient.square(), 1 - two) / (1 - two**n)
        return mean / (square.sqrt() + 1e-8)


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Of each of (B, M, N) the nearest whose singular values are all about 1, by a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.bfloat16() if _quick_in_bfloat16(matrices) else matrices.float()
    if tall := x.shape[1] > x.shape[2]:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def _quick_in_bfloat16(x: Tensor) -> bool:
    """Whether its device multiplies matrices faster so: three of 256 x 2304 are orthogonal after 0.13 s in bfloat16 and
    after 0.08 s in float32 on a core of a Xeon that has AVX-512 for bfloat16 but no AMX."""
    if x.device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return x.device.type == "cpu" and torch.cpu.get_capabilities().get("amx_bf16", False)


def _is_matrix(p: Tensor) -> bool:
    return p.ndim > 1 and min(p.flatten(1).shape) > 1


def make(params: Iterable[nn.Parameter], settings: Training) -> torch.optim.Optimizer:
    """The optimiser of `params` that `settings` name."""
    usual, rate, decay = USUAL[settings.optimiser], settings.rate, settings.decay
    own = usual | settings.model_dump(include={*usual}, exclude_none=True)
    match settings.optimiser:
        case "adamw":
            return torch.optim.AdamW(params, lr=rate, betas=(own["beta1"], own["beta2"]), weight_decay=decay)
        case "adam":
            return torch.optim.Adam(params, lr=rate, betas=(own["beta1"], own["beta2"]), weight_decay=decay)
        case "sgd":
            momentum = own["momentum"]
            nesterov = bool(own["nesterov"]) and momentum > 0  # torch refuses the one without the other
            return torch.optim.SGD(params, lr=rate, momentum=momentum, nesterov=nesterov, weight_decay=decay)
        case "rmsprop":
            momentum, alpha = own["momentum"], own["beta2"]
            return torch.optim.RMSprop(params, lr=rate, momentum=momentum, alpha=alpha, weight_decay=decay)
        case "muon":
            momentum, nesterov, betas = own["momentum"], bool(own["nesterov"]), (own["beta1"], own["beta2"])
            return Muon(params, lr=rate, momentum=momentum, nesterov=nesterov, betas=betas, weight_decay=decay)
