"""A transformer (Vaswani et al. 2017), as it is built today. Read it top to bottom.

Normalisation comes before each layer and is by the root mean square alone (Zhang and Sennrich 2019), and positions are
rotations of queries and keys (Su et al. 2021). `Layers` read vectors; `Transformer` reads tokens, and its embedding is
the head as well (Press and Wolf 2017).
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError
from gesso.networks.recurrent import dropped


@dataclass
class Cache:
    """The keys and values of the tokens read so far, (L, B, heads, length, D) each, of which `filled` are known."""

    keys: Tensor
    values: Tensor
    filled: int = 0

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append what `layer` has of T new tokens, (B, heads, T, D) each, and return it of all: (B, heads, S, D).

        For generating only: no gradient passes through a cache.
        """
        end = self.filled + keys.shape[2]
        self.keys[layer, :, :, self.filled : end] = keys.detach()
        self.values[layer, :, :, self.filled : end] = values.detach()
        return self.keys[layer, :, :, :end].to(keys.dtype), self.values[layer, :, :, :end].to(values.dtype)


class RMSNorm(nn.RMSNorm):
    """Normalisation by the root mean square, in the precision of its weights: in mixed precision, what a linear layer
    says is of another, for which PyTorch has no fused normalisation, and a coarser one."""

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return super().forward(x.to(self.weight.dtype))


@dataclass
class Pass:
    """What the layers share while they read.

    Attributes:
        turns: the rotations of the positions (2, T, D).
        cache: of what was read before.
        mask: which positions an encoder reads (B, 1, 1, T).
        generator: draws what is silenced; without one nothing is.
        values: of the first layer (B, heads, T, D).
    """

    turns: Tensor
    cache: Cache | None = None
    mask: Tensor | None = None
    generator: Generator | None = None
    values: Tensor | None = None


class Attention(nn.Module):
    """Every token asks all others, or with `causal` those before it, and takes what their answers weigh.

    With `mixed` the values of a layer are added to those of the first, in shares that are learned (Zhou et al. 2024).
    """

    def __init__(self, width: int, heads: int, causal: bool, normalised: bool, mixed: bool = False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.norms = nn.ModuleList(RMSNorm(width // heads, eps=1e-6) for _ in range(2 if normalised else 0))
        self.shares = nn.Parameter(torch.tensor([0.5, 0.5])) if mixed else None

    def forward(self, x: Tensor, along: Pass, layer: int = 0) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        qkv = self.to_qkv(x).unflatten(2, (3, self.heads, -1))  # (B, T, 3, heads, D)
        qk, v = qkv[:, :, :2], qkv[:, :, 2].transpose(1, 2)
        if self.norms:
            gains = torch.stack([norm.get_parameter("weight") for norm in self.norms])[:, None]  # (2, 1, D)
            qk = F.rms_norm(qk.to(gains.dtype), qk.shape[-1:], eps=1e-6) * gains
        q, k = rotated(qk, along.turns).transpose(1, 3).unbind(2)  # (B, heads, T, D) each
        if along.values is None:
            along.values = v
        elif self.shares is not None:
            v = self.shares[0] * v + self.shares[1] * along.values
        causal, mask = self.causal, along.mask
        if along.cache is not None:
            seen = along.cache.filled
            k, v = along.cache.extend(layer, k, v)  # (B, heads, seen + T, D)
            if seen > 0:  # is_causal counts from the first key, where it should count from the first new one
                causal = False
                if q.shape[2] > 1:
                    mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril(seen)
        return self.out(_answers(q, k, v, mask, causal).transpose(1, 2).flatten(2))  # (B, T, C)


def _answers(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    if q.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):  # where to learn in bfloat16 takes four times as long
            return _answers(q.float(), k.float(), v.float(), mask, causal)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)  # (B, heads, T, D)


MLPKind = Literal["swiglu", "gelu", "squared-relu"]


class MLP(nn.Module):
    """What each token makes of itself: SwiGLU (Shazeer 2020), or with one matrix less and a wider middle GELU or a
    squared ReLU (So et al. 2021)."""

    def __init__(self, width: int, kind: MLPKind):
        super().__init__()
        self.kind = kind
        self.gated = kind == "swiglu"
        middle = 8 * -(-width // 3) if self.gated else 4 * width  # so that both have about 8 C^2 weights
        self.up = nn.Linear(width, 2 * middle if self.gated else middle, bias=False)
        self.down = nn.Linear(middle, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        x = self.up(x)  # (B, T, M), or (B, T, 2 M) for the gates and what they let through
        if self.gated:
            gate, x = x.chunk(2, dim=2)
            return self.down(F.silu(gate) * x)
        return self.down(F.gelu(x) if self.kind == "gelu" else F.relu(x).square())


class Block(nn.Module):
    """Attention and MLP, each after normalisation and added to what it read (Xiong et al. 2020)."""

    def __init__(
        self, width: int, heads: int, causal: bool, mlp: MLPKind, dropout: float, normalised: bool, mixed: bool
    ):
        super().__init__()
        self.dropout = dropout
        self.norm1, self.norm2 = RMSNorm(width, eps=1e-6), RMSNorm(width, eps=1e-6)
        self.attention = Attention(width, heads, causal, normalised, mixed)
        self.mlp = MLP(width, mlp)

    def forward(self, x: Tensor, along: Pass, layer: int = 0) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        x = x + dropped(self.attention(self.norm1(x), along, layer), self.dropout, along.generator)
        return x + dropped(self.mlp(self.norm2(x)), self.dropout, along.generator)


class Layers(nn.Module):
    """Vectors to vectors: blocks, and a normalisation after the last. `causal` makes a decoder, else an encoder.

    `dropout` is the share of channels that are silenced in each branch, the same at every position of a sequence.
    `normalised` brings queries and keys to one size (Henry et al. 2020). `mixed` lets the first layer's values be
    heard in all (Zhou et al. 2024).

    Raises GessoError when `width` does not part into `heads` of an even number of channels.
    """

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        layers: int,
        causal: bool = True,
        mlp: MLPKind = "swiglu",
        dropout: float = 0.0,
        normalised: bool = False,
        mixed: bool = False,
    ):
        super().__init__()
        if width % (2 * heads):
            raise GessoError(
                f"width {width} does not part into {heads} heads of an even number of channels: "
                f"give a multiple of {2 * heads}"
            )
        if not 0 <= dropout < 1:
            raise GessoError(f"dropout {dropout:g} is not a share: give at least 0 and less than 1")
        self.heads, self.causal = heads, causal
        self.blocks = nn.ModuleList(
            Block(width, heads, causal, mlp, dropout, normalised, mixed and layer > 0) for layer in range(layers)
        )
        self.norm = RMSNorm(width, eps=1e-6)

    def initialise(self, generator: Generator, *, silent: bool = False) -> None:
        """Draw fresh weights from `generator`; branches are smaller the more there are (Radford et al. 2019).

        With `silent` they say nothing at first (Zhang et al. 2019).
        """
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                nn.init.constant_(parameter, 0.5 if name.endswith(".shares") else 1)
                continue
            nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=generator)
            if name.endswith((".out.weight", ".down.weight")):
                parameter.detach().mul_(0 if silent else (2 * len(self.blocks)) ** -0.5)

    def empty_cache(self, batch: int, length: int) -> Cache:
        """Room for the keys and values of `batch` sequences of at most `length` positions.

        Raises GessoError for an encoder, whose positions all change when one is added.
        """
        if not self.causal:
            raise GessoError("an encoder has no cache: each token reads those after it, so give it the whole sequence")
        like = self.norm.weight
        shape = (len(self.blocks), batch, self.heads, length, len(like) // self.heads)
        return Cache(like.new_zeros(shape), like.new_zeros(shape))

    def forward(
        self,
        x: Tensor,
        cache: Cache | None = None,
        mask: Tensor | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C).

        With a `cache` the positions follow those it holds, and are added to it. With a `mask` (B, T) an encoder reads
        only where it is true. Dropout is drawn from `generator`; without one there is none.

        Raises GessoError when the cache is full, or of another batch.
        """
        start, length = 0, x.shape[1]
        if cache is not None:
            start = cache.filled
            if len(x) != cache.keys.shape[1] or start + length > cache.keys.shape[3]:
                raise GessoError(
                    f"{len(x)} sequences of {start} + {length} tokens do not fit a cache of "
                    f"{cache.keys.shape[1]} sequences of {cache.keys.shape[3]}: make a larger one"
                )
        turns = rotations(start, length, x.shape[2] // self.heads, x.device)
        along = Pass(turns, cache, None if mask is None else mask[:, None, None], generator)
        for layer, block in enumerate(self.blocks):
            x = block(x, along, layer)
        if cache is not None:
            cache.filled += length
        return self.norm(x)


class Transformer(nn.Module):
    """Tokens to logits of what comes next (`causal`, a decoder), or of what stands there (an encoder).

    `vocabulary` is the number of tokens there are; for the rest see `Layers`.
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        width: int = 256,
        heads: int = 4,
        layers: int = 4,
        causal: bool = True,
        mlp: MLPKind = "swiglu",
        dropout: float = 0.0,
        normalised: bool = False,
    ):
        super().__init__()
        self.layers = Layers(
            width=width, heads=heads, layers=layers, causal=causal, mlp=mlp, dropout=dropout, normalised=normalised
        )
        self.embedding = nn.Embedding(vocabulary, width)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        nn.init.normal_(self.embedding.weight, std=0.02, generator=generator)
        self.layers.initialise(generator)

    def empty_cache(self, batch: int, length: int) -> Cache:
        """Room for the keys and values of `batch` sequences of at most `length` tokens; see `Layers.empty_cache`."""
        return self.layers.empty_cache(batch, length)

    def states(self, tokens: Tensor, cache: Cache | None = None, generator: Generator | None = None) -> Tensor:
        """Tokens (B, T), int64 -> what the head reads, (B, T, C).

        With a `cache` the tokens follow those it holds, and are added to it. Dropout is drawn from `generator`;
        without one there is none.

        Raises GessoError when the cache is full, or of another batch.
        """
        return self.layers(self.embedding(tokens), cache, generator=generator)

    def forward(self, tokens: Tensor, cache: Cache | None = None, generator: Generator | None = None) -> Tensor:
        """Tokens (B, T), int64 -> logits (B, T, V); see `states`."""
        return F.linear(self.states(tokens, cache, generator), self.embedding.weight)


def rotations(start: int, length: int, size: int, device: torch.device) -> Tensor:
    """What turns the `size` channels of a head at positions `start`, `start` + 1, …: (2, length, size).

    Pair i, channels i and i + size / 2, turns by position / 10000^(2 i / size) (Su et al. 2021, equation 15). First
    come the cosines of the angles, then the sines, less than nothing for the first of a pair.
    """
    speeds = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float32, device=device) / size)
    angles = torch.arange(start, start + length, dtype=torch.float32, device=device)[:, None] * speeds
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([torch.cat([cos, cos], 1), torch.cat([-sin, sin], 1)])


def rotated(x: Tensor, turns: Tensor) -> Tensor:
    """x (B, T, 2, heads, D), turned at each of its positions by `turns` (2, T, D): the same shape."""
    cos, sin = turns[:, :, None, None]
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), sin).to(x.dtype)
