"""The stroke renderer: its gradients, its order, its shapes."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from gesso.arts.paint.strokes.brushes import BRUSHES, Brush
from gesso.arts.paint.strokes.flow import direction, flow
from gesso.arts.paint.strokes.noise import PERIOD, Noise
from gesso.arts.paint.strokes.patches import Grid, amounts, laid_on
from gesso.arts.paint.strokes.stroke import Strokes, along_and_across, depth, joined
from gesso.core.seeds import generator

GRID = Grid(40, 48, 48.0, 40)
SIDE = 40


def strokes(**fields: list[float] | list[list[float]]) -> Strokes:
    """Strokes with these fields, and for the rest red ones of half the canvas in its middle."""
    count = len(next(iter(fields.values()))) if fields else 1
    usual = {"x": 0.5, "y": 0.4, "angle": 0.0, "length": 0.5, "width": 0.2, "bend": 0.0, "opacity": 1.0, "dry": 0.0}
    values = {name: torch.tensor(fields.get(name, [value] * count)) for name, value in usual.items()}
    chance = torch.rand((count, 6), generator=generator(2))
    return Strokes(color=torch.tensor(fields.get("color", [[1.0, 0.0, 0.0]] * count)), chance=chance, **values)


def canvas(brush: Brush, value: float = 0.5) -> Tensor:
    channels = 4 if brush.bristle else 3
    return torch.full((GRID.height + 2 * GRID.margin, GRID.width + 2 * GRID.margin, channels), value)


@pytest.mark.fast
@pytest.mark.parametrize("medium", ["oil", "watercolour", "pen"])
def test_gradients_are_those_of_small_changes(medium: str) -> None:
    brush = BRUSHES[medium]  # pyright: ignore[reportArgumentType]
    # Broad soft edges, so that a small step changes little beyond its slope.
    brush = replace(brush, soft=1.5)
    several = strokes(x=[0.4, 0.5, 0.6], angle=[0.3, -0.8, 1.2], bend=[0.4, -0.2, 0.1], opacity=[0.9, 0.8, 0.7])
    several = replace(several, dry=torch.tensor([0.6, 0.9, 0.7]))
    wanted = torch.rand((GRID.height, GRID.width, 4), generator=generator(1)).permute(2, 0, 1)

    def loss(moved: Strokes) -> Tensor:
        result = GRID.inner(laid_on(canvas(brush), moved, brush, GRID, SIDE))
        return (result - wanted[: len(result)]).square().sum()

    for name in ("x", "angle", "length", "width", "bend", "opacity", "color", *(["dry"] if brush.bristle else [])):
        value = getattr(several, name).clone().requires_grad_()
        loss(replace(several, **{name: value})).backward()
        step = 1e-3
        change = torch.zeros_like(value)
        change.view(-1)[0] = step
        with torch.no_grad():
            up = loss(replace(several, **{name: value + change}))
            down = loss(replace(several, **{name: value - change}))
        slope = float((up - down) / (2 * step))
        assert value.grad is not None
        assert float(value.grad.view(-1)[0]) == pytest.approx(slope, rel=0.06, abs=0.05), name


@pytest.mark.fast
def test_paint_that_covers_is_laid_on_in_its_order() -> None:
    red, blue = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]
    for first, last in ((red, blue), (blue, red)):
        painted = laid_on(canvas(BRUSHES["oil"]), strokes(color=[first, last]), BRUSHES["oil"], GRID, SIDE)
        assert torch.allclose(GRID.inner(painted)[:3, 19, 24], torch.tensor(last), atol=0.01)


@pytest.mark.fast
def test_paint_that_light_passes_through_adds_up_in_any_order() -> None:
    two = strokes(color=[[0.2, 0.4, 0.6], [0.5, 0.1, 0.0]], x=[0.45, 0.55])
    brush = BRUSHES["watercolour"]
    one, other = (laid_on(canvas(brush), s, brush, GRID, SIDE) for s in (two, two[torch.tensor([1, 0])]))
    assert torch.allclose(one, other, atol=1e-6)
    alone = [laid_on(canvas(brush, 0.0), two[i : i + 1], brush, GRID, SIDE) for i in range(2)]
    assert torch.allclose(one - 0.5, alone[0] + alone[1], atol=1e-6)


@pytest.mark.fast
def test_a_fine_line_is_as_much_ink_when_it_is_seen_as_tone() -> None:
    brush = BRUSHES["pen"]
    line = strokes(width=[0.003], length=[0.6])
    steps = torch.linspace(0, 1, 1001)
    blended = amounts(line, steps[None, None], steps[None, :, None], brush, 1e-4).mean()
    crisp = amounts(line, steps[None, None], steps[None, :, None], replace(brush, blend=0.0), 1e-4).mean()
    assert float(blended) == pytest.approx(float(crisp), rel=0.05)
    assert float(crisp) == pytest.approx(0.6 * 0.003, rel=0.05)


@pytest.mark.fast
def test_a_stroke_is_as_long_and_as_broad_as_it_says_and_turns_by_its_bend() -> None:
    one = strokes(length=[0.5], width=[0.2], bend=[0.8])
    length, width = one.length[:, None, None], one.width[:, None, None]
    along = torch.tensor([[[-0.2499, 0.2499, -0.2501, 0.2501, 0, 0]]])
    across = torch.tensor([[[0, 0, 0, 0, 0.0999, 0.1001]]])
    inside = depth(along, across, length, width, 1.0)[0, 0] > 0
    assert inside.tolist() == [True, True, False, False, True, False]
    # The line along which it runs leaves its ends at angles that differ by the bend.
    x = torch.tensor([[[0.26, 0.74]]])
    rise = torch.tensor([[[0.0]]])
    slope = []
    for place in range(2):
        here = [along_and_across(one, x[..., place : place + 1] + d, one.y[:, None, None] + rise)[1] for d in (0, 1e-3)]
        slope.append(math.atan(float(here[0] - here[1]) / 1e-3))
    assert slope[1] - slope[0] == pytest.approx(0.8, abs=0.06)


@pytest.mark.fast
def test_no_stroke_leaves_its_reach() -> None:
    many = strokes(
        length=[0.1, 0.3, 0.5], width=[0.1, 0.02, 0.2], bend=[0.0, 1.4, -1.0], angle=[0.3, 1.0, -2.0], x=[0.5] * 3
    )
    steps = torch.linspace(-0.5, 1.5, 401)
    along, across = along_and_across(many, steps[None, None].expand(3, 1, -1), steps[None, :, None].expand(3, -1, 1))
    inside = depth(along, across, many.length[:, None, None], many.width[:, None, None], 0.0) > 0
    for i, reach in enumerate(many.reach.tolist()):
        rows, columns = inside[i].nonzero().unbind(1)
        assert (steps[columns] - many.x[i]).abs().max() <= reach
        assert (steps[rows] - many.y[i]).abs().max() <= reach


@pytest.mark.fast
@pytest.mark.parametrize("degrees", [0, 30, 75, -50])
def test_forms_run_along_stripes(degrees: float) -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    turn = math.radians(degrees)
    stripes = torch.sin((y * math.cos(turn) - x * math.sin(turn)) / 3).expand(3, -1, -1)
    found = direction(flow(stripes, 3.0, 0.0), torch.tensor([32.0]), torch.tensor([32.0]))
    gap = (float(found) - turn + math.pi / 2) % math.pi - math.pi / 2
    assert abs(math.degrees(gap)) < 3


@pytest.mark.fast
def test_where_there_is_no_form_a_hand_slants() -> None:
    flat = torch.full((3, 32, 32), 0.5)
    flat[:, :, 2] = 0.52  # a trace of form, far away
    found = direction(flow(flat, 1.0, 5.0), torch.tensor([25.0]), torch.tensor([16.0]))
    assert math.degrees(float(found)) == pytest.approx(-45, abs=3)


@pytest.mark.fast
def test_noise_is_smooth_repeats_and_fills_its_range() -> None:
    noise = Noise(generator(0, "noise"))
    x = torch.linspace(0, PERIOD, 20_001)
    values = noise(x, torch.tensor(3.3))
    assert (values[1:] - values[:-1]).abs().max() < 0.05
    assert torch.allclose(noise(x + PERIOD, torch.tensor(3.3 + PERIOD)), values, atol=1e-2)
    assert values.min() < 0.2 < 0.8 < values.max()


@pytest.mark.fast
def test_strokes_are_joined_in_order() -> None:
    assert joined([strokes(x=[0.1, 0.2]), strokes(x=[0.3])]).x.tolist() == pytest.approx([0.1, 0.2, 0.3])
