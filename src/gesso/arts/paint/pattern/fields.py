"""A network's outputs, brought to known ranges: the form spread evenly over 0 to 1, its slope, and the accents."""

from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.paint.pattern.genome import Genome
from gesso.arts.paint.pattern.network import Network
from gesso.arts.paint.pattern.view import View

_GRID = 96  # places in a row at which a picture is measured, whatever its size
_TABLE = 512
_EVEN = 0.8  # how far the form is spread evenly; the rest is as steep as the network has it
_STEP = 1 / 1024  # half the length over which slopes are taken, as a share of the sides of what is measured
_FARTHEST = 16  # samples at most that this may be


class Samples(NamedTuple):
    """What is known of samples in H rows and W columns.

    Attributes:
        form: (H, W) in [0, 1], every value about as frequent as any other in the view that is measured.
        accents: (2, H, W) in [-1, 1].
        slope: (H, W), how fast the form changes over a length of 1.
        lit: (H, W), the part of that toward the light, from -slope, facing it, to slope.
        length: from one sample to the next.
    """

    form: Tensor
    accents: Tensor
    slope: Tensor
    lit: Tensor
    length: float


class Fields:
    """The fields of a genome in a view.

    Attributes:
        steepness: the mean slope over all that is measured.
        pinch: the slope that all but one in seventy places stay below.
    """

    def __init__(self, genome: Genome, view: View, device: torch.device) -> None:
        self.network, self.view, self.device = Network(genome, view.period, device), view, device
        whole, line = view.measured(), torch.arange(_GRID, device=device)
        x, y = whole.places(line, line, (_GRID, _GRID))
        form, accents = self._outputs(whole, x, y)
        self.mean, self.deviation = accents.mean((1, 2), keepdim=True), accents.std((1, 2), keepdim=True) + 1e-3
        spread = float(form.std()) + 1e-6
        self.low, self.high = float(form.min()) - spread / 2, float(form.max()) + spread / 2
        # The share of places below each value, each place blurred a little: a step there would be an edge.
        at = torch.linspace(self.low, self.high, _TABLE, device=device)
        even = torch.stack([torch.sigmoid((at - row[:, None]) / (0.06 * spread)).mean(0) for row in form[:, ::3]])
        straight = torch.sigmoid((at - form.mean()) * (1.7 / spread))
        self.table = straight.lerp(even.mean(0), _EVEN)
        sides = [2 * half / _GRID for half in view.half]
        down, right = torch.gradient(self._spread(form), spacing=sides[::-1])
        slope = (right.square() + down.square()).sqrt()
        self.steepness = float(slope.mean())
        self.pinch = float(slope.flatten().kthvalue(_GRID**2 * 69 // 70).values)

    def samples(self, left: int, top: int, width: int, height: int, size: tuple[int, int]) -> Samples:
        """`width` x `height` samples of a picture that has `size` of them, from `left` and `top`."""
        near = max(1.0, self.view.zoom)  # from farther away lengths are those of the frame
        # How many samples away those are that a sample is compared with: differences of nearer ones would be rounding.
        steps = [min(_FARTHEST, max(1, round(samples * near * _STEP))) for samples in size]
        (sx, sy), (hx, hy) = steps, self.view.half
        columns = torch.arange(left - sx, left + width + sx, device=self.device)
        rows = torch.arange(top - sy, top + height + sy, device=self.device)
        x, y = self.view.places(columns, rows, size)
        form, accents = self._outputs(self.view, x, y)
        form = self._spread(form)
        middle = slice(sy, -sy), slice(sx, -sx)
        right = (form[middle[0], 2 * sx :] - form[middle[0], : -2 * sx]) * (size[0] * near / (4 * sx * hx))
        down = (form[2 * sy :, middle[1]] - form[: -2 * sy, middle[1]]) * (size[1] * near / (4 * sy * hy))
        light_x, light_y = self.view.light(x[:, middle[1]], y[middle[0]])
        accents = ((accents[:, *middle] - self.mean) / self.deviation * 0.6).tanh_()
        slope, lit = (right.square() + down.square()).sqrt(), right * light_x + down * light_y
        return Samples(form[middle], accents, slope, lit, 2 * hx / (size[0] * near))

    def _outputs(self, view: View, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The network's outputs (H, W) and (2, H, W) at x (1, W) and y (H, 1)."""
        x, y = view.folded(x, y)
        form, accents = self.network(x.flatten(), y.flatten())
        return form.view(x.shape), accents.view(2, *x.shape)

    def _spread(self, form: Tensor) -> Tensor:
        place = ((form - self.low) * ((_TABLE - 1) / (self.high - self.low))).clamp_(0, _TABLE - 1.001)
        index = place.int()
        return self.table[index].lerp(self.table[index + 1], place - index)
