"""The writer: an LSTM that says of every point of a drawing where the next one may lie (Graves 2013; Ha and Eck 2017).

It is the decoder of sketch-rnn, and is told besides where the pen is and how much room the drawing takes so far, which
a network that hears offsets alone has to add up.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn

from gesso.arts.paint.glyph.mixture import END, outputs
from gesso.core import weights
from gesso.networks.recurrent import Recurrent, State, dropped

INPUTS = 10
"""Numbers that the writer hears of a point: offset, pen (going on, lifted), place, and room to each side."""


class Limits(BaseModel):
    """What is usual in the data, so that a drawing that went astray is known.

    Attributes:
        strokes: the fewest and the most of a drawing.
        points: the most points of a drawing.
        sides: the least and the greatest longer side of a drawing, in units of the data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    strokes: tuple[int, int]
    points: int
    sides: tuple[float, float]


class Configuration(BaseModel):
    """The sizes of the network, and the measures of the data.

    Attributes:
        unit: the deviation of the offsets in the data, which is 1 to the network.
        side: the side of the square that drawings are written into, in units of the data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    unit: float
    side: float
    limits: Limits
    hidden: int = 384
    layers: int = 2
    mixtures: int = 20
    dropout: float = 0.2


class Writer(nn.Module):
    """Points so far to the mixture that the next one comes from."""

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        self.network = Recurrent(
            inputs=INPUTS, hidden=c.hidden, layers=c.layers, classes=outputs(c.mixtures), dropout=c.dropout
        )

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        self.network.initialise(generator)

    def forward(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        """What is heard (B, T, 10) -> parameters (B, T, 6 M + 3) of each next point; `mixture.read` reads them."""
        return self.continued(x, (), generator)[0]

    def continued(
        self, x: Tensor, states: Sequence[State], generator: Generator | None = None
    ) -> tuple[Tensor, list[State]]:
        """The same going on from `states`, none at the beginning; and the states after it."""
        x, states = self.network.written(x, generator, states)
        with torch.autocast(x.device.type, enabled=False):  # densities need every digit
            x = dropped(x.float(), self.network.dropout, generator)
            return self.network.head(x), states


def heard(offsets: Tensor, pens: Tensor) -> Tensor:
    """What the writer hears of points at `offsets` (B, T, 2) from those before them, and the pen after each (B, T).

    The offset, whether the line goes on and whether the pen is lifted, the place seen from the first point, and how
    far the drawing so far reaches to the left, up, right and down of it: (B, T, 10).
    """
    places = offsets.cumsum(1)  # (B, T, 2)
    least, most = (places.cummin(1).values - places, places.cummax(1).values - places)
    up = torch.stack([pens == state for state in range(END)], -1).to(offsets.dtype)
    return torch.cat([offsets, up, places, least, most], -1)


def build(configuration: Configuration) -> Writer:
    """A writer with the weights PyTorch gives it; `Writer.initialise` or a checkpoint sets them."""
    return Writer(configuration)


@weights.until_changed(2)
def load_writer(path: Path, device: torch.device) -> Writer:
    """The writer whose weights are in `path`, ready to write.

    Raises GessoError when they are no writer's, or do not fit their configuration.
    """
    return weights.load_network(path, "paint/glyph", lambda said: build(Configuration(**said)), device)
