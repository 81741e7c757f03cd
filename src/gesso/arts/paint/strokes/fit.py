"""A photograph -> strokes: layer by layer, placed in closed form and then optimised together by gradients.

Painting coarse to fine where the error is largest is Hertzmann's (1998); to find strokes by gradients through a
renderer is Zou et al.'s (2021) and Kotovenko et al.'s (2021). Here the renderer is a formula:
nothing is trained.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.paint.strokes.brushes import Brush
from gesso.arts.paint.strokes.flow import blurred, slopes
from gesso.arts.paint.strokes.layers import Layer
from gesso.arts.paint.strokes.patches import Grid, laid_on
from gesso.arts.paint.strokes.place import Scene, propose, strokes_in_chunks
from gesso.arts.paint.strokes.stroke import Strokes, joined
from gesso.core.seeds import generator

EDGES = 2.0  # weight of the gap of slopes
SPILLED = 4.0  # weight of light that was lost and cannot come back, as a multiple of that of light still to be lost
ROUGH = 12.0  # of slopes that cancel, in sRGB over the longer side, which call for a dry brush
RATE = 0.05  # of Adam, for all that is about 1; colours move more slowly


@dataclass(frozen=True)
class Sitter:
    """The picture that is painted.

    Attributes:
        target: (3, H, W) sRGB, or absorbance; for a brush with bristles (4, H, W), the last how rough it is.
        weight: (1, H, W) how much each pixel matters, 1 on the average.
        ground: (3,) or (4,) what the canvas is before the first stroke, in the same terms as `target`.
    """

    target: Tensor
    weight: Tensor
    ground: Tensor

    def at(self, resolution: int, side: int) -> Scene:
        """The same with `resolution` pixels on the longer side, and room for patches of `side` pixels."""
        height, width = self.target.shape[1:]
        scale = resolution / max(height, width)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        target = F.interpolate(self.target[None], size=size, mode="bilinear", antialias=True)[0]
        weight = F.interpolate(self.weight[None], size=size, mode="bilinear", antialias=True)[0]
        return Scene(target, weight, Grid(*size, float(resolution), side))


def attention(picture: Tensor, alpha: Tensor) -> Tensor:
    """How much each pixel of a picture (3, H, W) matters, (1, H, W), 1 on the average.

    A mistake is seen where little happens around it, an eye in a face, and is lost in a crowd. What is transparent, by
    `alpha` (1, H, W), does not matter.
    """
    sigma = 0.03 * max(picture.shape[1:])
    grey = picture.mean(0, keepdim=True)
    mean = blurred(grey, sigma)
    deviation = (blurred(grey.square(), sigma) - mean.square()).clamp(min=0).sqrt()
    weight = alpha / (0.1 + deviation)
    return weight / weight.mean().clamp(min=1e-6)


def rough(picture: Tensor) -> Tensor:
    """How rough a picture (3, H, W) is, (1, H, W) in [0, 1]: as far as its slopes, up and down, cancel one another.

    An edge rises only once and is not rough; hair, grass and gravel are.
    """
    longer = max(picture.shape[1:])
    x, y = slopes(picture.mean(0, keepdim=True))
    steep = (x.square() + y.square() + 1e-9).sqrt()
    x, y, steep = (blurred(v, 0.012 * longer) * longer for v in (x, y, steep))
    return 1 - torch.exp(-(steep - (x.square() + y.square()).sqrt()).clamp(min=0) / ROUGH)


def paint(
    sitter: Sitter,
    brush: Brush,
    plan: list[Layer],
    *,
    bend: float,
    steps: int,
    seed: int,
    painted: Callable[[int], None] = lambda count: None,
) -> Strokes:
    """All strokes of the layers of `plan`, in the order in which they are to be painted.

    Args:
        bend: how far strokes follow curves.
        steps: of Adam for each layer; with 0 strokes stay as they are placed.
        painted: is told after each layer how many strokes it may have.
    """
    done: list[Strokes] = []
    canvas, before = torch.empty(0), (0, 0)
    for number, layer in enumerate(plan):
        side = _side(layer, brush)
        scene = sitter.at(layer.resolution, side)
        if before != (layer.resolution, side):
            canvas = _repainted(sitter, done, brush, scene.grid)
            before = (layer.resolution, side)
        new = propose(
            scene,
            canvas,
            brush,
            layer.width,
            layer.count,
            bend=bend,
            manner=layer.manner,
            everywhere=layer.everywhere,
            densest=layer.densest,
            side=side,
            generator=generator(seed, "strokes", number),
        )
        if steps and len(new):
            new = _optimised(scene, canvas, new, brush, layer, side, steps)
        with torch.no_grad():
            canvas = laid_on(canvas, new, brush, scene.grid, side)
        done.append(new)
        painted(layer.count)
    return joined(done)


def _side(layer: Layer, brush: Brush) -> int:
    """Pixels of the side of patches in which the strokes of a layer stay while they move."""
    broad = 1.3 * math.hypot(layer.width, brush.blend)
    long = 1.25 * layer.width * brush.slender[1]
    return 2 * math.ceil((math.hypot(long, broad) / 2 + 0.3 * broad) * layer.resolution + 2)


def _repainted(sitter: Sitter, done: list[Strokes], brush: Brush, grid: Grid) -> Tensor:
    """The canvas (H + 2m, W + 2m, C) with all strokes so far, at the resolution of `grid`."""
    m = grid.margin
    canvas = sitter.ground.expand(grid.height + 2 * m, grid.width + 2 * m, len(sitter.ground)).contiguous()
    for strokes in filter(len, done):
        side = 2 * math.ceil(float(strokes.reach.max()) * grid.scale + 2)
        wider = Grid(grid.height, grid.width, grid.scale, max(m, side))
        gap = wider.margin - m
        larger = F.pad(canvas.permute(2, 0, 1)[None], (gap,) * 4, mode="replicate")[0].permute(1, 2, 0).contiguous()
        for piece in strokes_in_chunks(strokes, side):
            larger = laid_on(larger, piece, brush, wider, side)
        canvas = larger[gap : larger.shape[0] - gap, gap : larger.shape[1] - gap].contiguous()
    return canvas


def _optimised(
    scene: Scene, canvas: Tensor, strokes: Strokes, brush: Brush, layer: Layer, side: int, steps: int
) -> Strokes:
    """The strokes after `steps` steps of Adam on what the canvas looks like with them."""
    moves = torch.zeros(8, len(strokes), requires_grad=True)
    color = strokes.color.clone().requires_grad_()
    groups = [{"params": [moves], "lr": RATE}]
    if not brush.ink:
        groups.append({"params": [color], "lr": RATE})
    rates = (RATE, RATE / 3)
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.95))
    for step in range(steps):
        for group, rate in zip(optimiser.param_groups, rates, strict=False):
            group["lr"] = rate * (0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2)
        optimiser.zero_grad()
        result = laid_on(canvas, _moved(strokes, moves, color, brush, layer), brush, scene.grid, side)
        loss = distance(scene.grid.inner(result), scene.target, scene.weight, spilled=1 if brush.covers else SPILLED)
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return _moved(strokes, moves, color, brush, layer)


def distance(canvas: Tensor, target: Tensor, weight: Tensor, *, spilled: float = 1.0) -> Tensor:
    """How far `canvas` is from `target`, both (C, H, W): squared gaps of colours and of slopes, by `weight` (1, H, W).

    Where `canvas` is more than `target`, the gap of colours counts `spilled` times.
    """
    gap = canvas - target
    x, y = slopes(gap)
    return (
        weight * (gap.square() + (spilled - 1) * gap.clamp(min=0).square() + EDGES * (x.square() + y.square()))
    ).mean()


def _moved(strokes: Strokes, moves: Tensor, color: Tensor, brush: Brush, layer: Layer) -> Strokes:
    """The strokes with `moves` (8, N) of place, angle, length, width, bend, opacity and dryness, all bounded."""
    step = math.hypot(layer.width, brush.blend)
    _, least, most = brush.opacity
    dot = brush.slender[1] == 1
    turn = 0.12 if brush.ink else 0.5  # hatching stays parallel
    width = strokes.width * (0.35 * moves[4].tanh()).exp()
    return replace(
        strokes,
        x=strokes.x + 0.8 * step * moves[0].tanh(),
        y=strokes.y + 0.8 * step * moves[1].tanh(),
        angle=strokes.angle + turn * moves[2].tanh(),
        length=width if dot else strokes.length * (0.3 * moves[3].tanh()).exp(),
        width=width,
        bend=strokes.bend + turn * moves[5].tanh(),
        color=color.clamp(0, 1 if brush.covers else layer.densest),
        opacity=(strokes.opacity + 0.3 * moves[6].tanh()).clamp(least, most),
        dry=(strokes.dry + 0.6 * moves[7].tanh()).clamp(0, 1),
    )
