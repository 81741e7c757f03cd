"""Recurrent networks over sequences: LSTM (Hochreiter and Schmidhuber 1997) and GRU (Cho et al. 2014)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError

State = Tensor | tuple[Tensor, Tensor]
"""What a layer keeps from step to step, (1 or 2, B, hidden); an LSTM has two, what it shows and what it holds."""


class Recurrent(nn.Module):
    """Sequences to classes; a picture is a sequence of its rows.

    Layers are stacked, each reading what the one below wrote at every step. With `bidirectional` each has a second
    cell that reads backwards (Schuster and Paliwal 1997). The head sees the `last` state of the top layer, or the
    `mean` of all it wrote. `dropout` is the share of channels that are silenced between layers and before the head.
    """

    def __init__(
        self,
        *,
        inputs: int = 28,
        hidden: int = 128,
        layers: int = 2,
        classes: int = 10,
        cell: Literal["lstm", "gru"] = "lstm",
        read: Literal["last", "mean"] = "last",
        bidirectional: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise GessoError(f"dropout {dropout:g} is not a share: give at least 0 and less than 1")
        self.read, self.dropout = read, dropout
        width = hidden * (2 if bidirectional else 1)
        # One module a layer: nn.LSTM's own dropout draws from the random state that all the process shares.
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        self.layers = nn.ModuleList(
            kind(inputs if i == 0 else width, hidden, batch_first=True, bidirectional=bidirectional)
            for i in range(layers)
        )
        self.head = nn.Linear(width, classes)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`.

        What a cell keeps begins as a rotation (Saxe et al. 2014), and the gates of an LSTM begin by keeping it
        (Gers et al. 2000).
        """
        for layer in self.layers:
            for name, parameter in layer.named_parameters():
                if name.startswith("weight_ih"):
                    nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=generator)
                elif name.startswith("weight_hh"):
                    for gate in parameter.detach().split(parameter.shape[1]):
                        nn.init.orthogonal_(gate, generator=generator)
                else:
                    nn.init.zeros_(parameter)
                    if isinstance(layer, nn.LSTM) and name.startswith("bias_ih"):
                        parameter.detach().chunk(4)[1].fill_(1)  # the gates: in, forget, cell, out
        nn.init.normal_(self.head.weight, std=self.head.in_features**-0.5, generator=generator)
        nn.init.zeros_(self.head.bias)

    def written(
        self, x: Tensor, generator: Generator | None = None, states: Sequence[State] = ()
    ) -> tuple[Tensor, list[State]]:
        """Sequences x (B, T, F) -> what the top layer writes at every step (B, T, D), and the state of each layer.

        With the `states` that an earlier call ended in, x goes on from there. Dropout is drawn from `generator`;
        without one there is none.
        """
        ends: list[State] = []
        for i, layer in enumerate(self.layers):
            x = x if i == 0 else dropped(x, self.dropout, generator)
            x, state = layer(x, states[i]) if states else layer(x)  # (B, T, D)
            ends.append(state)
        return x, ends

    def features(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        """Sequences x (B, T, F) -> (B, D), what the head decides from; D is `hidden`, or twice that for both ways.

        Dropout is drawn from `generator`; without one there is none.
        """
        x, states = self.written(x, generator)
        state = states[-1]
        last = state[0] if isinstance(state, tuple) else state  # (1 or 2, B, hidden)
        return x.mean(1) if self.read == "mean" else last.transpose(0, 1).flatten(1)  # (B, D)

    def forward(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        """Sequences x (B, T, F), all of one length -> logits (B, classes)."""
        return self.head(dropped(self.features(x, generator)[:, None], self.dropout, generator)[:, 0])


def dropped(x: Tensor, share: float, generator: Generator | None) -> Tensor:
    """x (B, T, D) with a `share` of each sequence's channels silenced at every step (Gal and Ghahramani 2016).

    The rest are louder by 1 / (1 - share). Without a generator x is returned as it is.
    """
    if generator is None or share == 0:
        return x
    kept = torch.rand((len(x), 1, x.shape[2]), generator=generator, device=generator.device) >= share
    return x * (kept.to(x.device, x.dtype) / (1 - share))
