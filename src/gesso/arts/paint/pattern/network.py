"""The network that a genome stands for: a compositional pattern-producing network (CPPN; Stanley 2007)."""

import math

import torch
from torch import Tensor

from gesso.arts.paint.pattern.genome import UNITS, Genome

_BLUNT = 0.05  # added to squared distances, so that nothing comes to a point
_WAVE = 0.6  # height of the waves that stand for x and y where all repeats: they turn once more than x and y do


class Network:
    """A function of the place, whose form is looked for at a place that was moved twice.

    Args:
        period: width and height after which all repeats, exactly; nothing repeats if None.
    """

    def __init__(self, genome: Genome, period: tuple[float, float] | None, device: torch.device) -> None:
        self.foci, self.period = genome.foci, period
        self.form = [torch.tensor(w, device=device) for w in (genome.form_1, genome.form_2, genome.form_3)]
        self.warp = [torch.tensor(w, device=device) for w in (genome.warp_1, genome.warp_2)]
        self.accent = [torch.tensor(w, device=device) for w in (genome.accent_1, genome.accent_2)]

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Places x, y (N,) -> the form (N,) and two accents (2, N), neither of any known range."""
        z = self.inputs(x, y)  # (7, N)
        for _ in range(2):  # moving the moved place once more folds the form
            right, down = self.warp[1] @ (self.warp[0] @ z).sin_()
            z = self.inputs(x + right, y + down)
        first = activated(self.form[0] @ z)  # (12, N)
        second = activated(self.form[1] @ torch.cat([first, z]))
        form = self.form[2] @ torch.cat([first, second])
        return form[0], self.accent[1] @ (self.accent[0] @ z).sin_()

    def inputs(self, x: Tensor, y: Tensor) -> Tensor:
        """What the network is told of places x, y (N,): x, y, distances from both foci, direction from the first, 1.

        With a period, x and y are waves, distances chords of circles, and the direction two waves across.
        """
        (ax, ay), (bx, by) = self.foci
        one = torch.ones_like(x)
        if self.period is None:
            near, far = _distance(x - ax, y - ay), _distance(x - bx, y - by)
            return torch.stack([x, y, near, far, (x - ax) / near, (y - ay) / near, one])
        kx, ky = (2 * math.pi / length for length in self.period)
        near, far = (
            _distance((kx / 2 * (x - fx)).sin() * (2 / kx), (ky / 2 * (y - fy)).sin() * (2 / ky))
            for fx, fy in self.foci
        )
        right, down = kx * (x - ax), ky * (y - ay)
        waves = right.sin(), down.sin(), (right + ky * (y - by)).sin(), (kx * (x - bx) - down).sin()
        across, along, rising, falling = (_WAVE * wave for wave in waves)
        return torch.stack([across, along, near, far, rising, falling, one])


def activated(h: Tensor) -> Tensor:
    """Units (12, N), changed in place: three each through the sine, a bell, tanh, and a ridge, all of them smooth."""
    wave, bell, step, ridge = h.split(UNITS // 4)
    wave.sin_()
    bell.square_().neg_().exp_()
    step.tanh_()
    ridge.square_().add_(0.05).sqrt_().neg_().add_(1).tanh_()
    return h


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return (x * x + y * y + _BLUNT).sqrt()
