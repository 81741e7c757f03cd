"""Bristles of oil and pastel: found by gradients, and drawn as they were found."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

import gesso
from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.bristles import bristled, covering
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.fit import rough
from gesso.arts.paint.strokes.patches import Grid, laid_on
from gesso.arts.paint.strokes.render import render
from gesso.arts.paint.strokes.stroke import Strokes
from gesso.arts.paint.strokes.vector import svg
from gesso.core.seeds import generator
from gesso.core.work import Work

OIL = BRUSHES["oil"]


def level(*dry: float, width: float = 0.2) -> Strokes:
    """Level red strokes in the middle, each drawn by other bristles."""
    one = torch.ones(len(dry))
    return Strokes(
        x=0.5 * one,
        y=0.5 * one,
        angle=0 * one,
        length=0.8 * one,
        width=width * one,
        bend=0 * one,
        color=torch.tensor([[0.8, 0.1, 0.1]]).expand(len(dry), 3),
        opacity=one,
        dry=torch.tensor(dry),
        chance=torch.rand((len(dry), 6), generator=generator(len(dry), "chance")),
    )


def left(strokes: Strokes, pixel: float) -> Tensor:
    """The share of paint that each stroke leaves, at points within it that are `pixel` apart, (N, h, w)."""
    width = float(strokes.width[0])
    along = torch.arange(pixel / 2 - 0.36, 0.36, pixel).expand(len(strokes), 1, -1)
    across = torch.arange(pixel / 2 - 0.45 * width, 0.45 * width, pixel)[None, :, None]
    along, across = (v.contiguous() for v in torch.broadcast_tensors(along, across))
    return bristled(strokes, along, across, torch.ones_like(along).bool(), OIL, pixel)[1]


def photo_of_sky_and_gravel() -> np.ndarray:
    """(128, 128, 3): smooth above, rough below."""
    y = np.linspace(0.5, 0.8, 128)[:, None, None]
    picture = np.broadcast_to(y, (128, 128, 3)).copy()
    picture[64:] += np.random.default_rng(0).normal(0, 0.2, (64, 128, 1))
    return (255 * picture.clip(0, 1)).astype(np.uint8)


def painted(**settings: object) -> Work:
    work = gesso.paint.strokes(photo_of_sky_and_gravel(), **{"strokes": 150, "steps": 6, "seed": 3, **settings})
    assert isinstance(work, Work)
    return work


def strokes_of(work: Work) -> list[dict[str, float]]:
    return json.loads(work.encode("JSON"))["work"]["strokes"]


@pytest.mark.fast
def test_a_full_brush_covers_and_the_drier_it_is_the_more_shows_most_at_its_end() -> None:
    for pixel in (0.02, 0.001):
        shares = left(level(0.0, 0.5, 0.8, 1.0), pixel)
        assert shares[0].min() == 1
        assert shares.mean((1, 2)).diff().max() < -0.01
        begin, end = shares[3].tensor_split(2, 1)
        assert end.mean() < begin.mean() - 0.1


@pytest.mark.fast
@pytest.mark.parametrize("dry", [0.4, 0.7, 1.0])
def test_bristles_too_fine_to_be_seen_cover_as_much_as_they_do_when_drawn(dry: float) -> None:
    many = level(*[dry] * 24)
    seen = [float(left(many, pixel).mean()) for pixel in (0.002, 0.01, 0.04, 0.09)]
    assert seen == pytest.approx([float(covering(many, OIL).mean())] * 4, abs=0.05)


@pytest.mark.fast
def test_what_is_optimised_is_what_is_drawn() -> None:
    many = level(*[0.9] * 8)
    coarse, fine = left(many, 0.02), left(many, 0.001)
    blocks = fine.unflatten(1, (9, 20)).unflatten(3, (36, 20)).mean((2, 4))
    assert torch.corrcoef(torch.stack([coarse.flatten(), blocks.flatten()]))[0, 1] > 0.8
    # The mark shows black ground in the same places.
    one = replace(many[:1], color=torch.ones(1, 3))
    shown = torch.from_numpy(render(one, "oil", torch.zeros(3), (500, 500), seed=1)[..., 0].copy()) / 255.0
    inside = shown[206:296, 71:431].unflatten(0, (9, 10)).unflatten(2, (36, 10)).mean((1, 3))
    assert torch.corrcoef(torch.stack([inside.flatten(), coarse[0].flatten()]))[0, 1] > 0.8


@pytest.mark.fast
@pytest.mark.parametrize("dry", [0.9, 0.1])
def test_gradients_find_how_dry_a_stroke_was_from_its_colours_alone(dry: float) -> None:
    grid, canvas = Grid(48, 48, 48.0, 60), torch.full((168, 168, 4), 0.5)
    with torch.no_grad():
        wanted = laid_on(canvas, level(dry), OIL, grid, 56)[..., :3]
    found = torch.tensor([0.5], requires_grad=True)
    optimiser = torch.optim.Adam([found], lr=0.02)
    for _ in range(80):
        optimiser.zero_grad()
        canvas_with = laid_on(canvas, replace(level(0.0), dry=found.clamp(0, 1)), OIL, grid, 56)
        (canvas_with[..., :3] - wanted).square().sum().backward()
        optimiser.step()
    # A brush that is nearly full leaves no gaps: how full it is cannot be told.
    assert float(found.detach()) == pytest.approx(0.9, abs=0.03) if dry > 0.5 else float(found.detach()) < 0.4


@pytest.mark.fast
def test_an_edge_is_not_rough_but_stripes_are() -> None:
    x = torch.arange(96.0).expand(3, 96, 96)
    flat, edge, stripes = (x * 0 + 0.5), (x > 48).float(), 0.5 + 0.4 * torch.sin(2 * x)
    assert rough(flat).max() < 0.01
    assert rough(edge).max() < 0.05
    assert rough(stripes)[..., 8:-8].min() > 0.5


@pytest.mark.parametrize("brush", ["oil", "pastel"])
def test_strokes_are_dry_on_gravel_and_full_in_the_sky(brush: Medium) -> None:
    strokes = strokes_of(painted(brush=brush))
    assert all(0 <= stroke["dry"] <= 1 for stroke in strokes)
    sky = [stroke["dry"] for stroke in strokes if stroke["y"] < 0.35]
    gravel = [stroke["dry"] for stroke in strokes if stroke["y"] > 0.65]
    assert np.mean(gravel) > np.mean(sky) + 0.3


def test_only_what_has_bristles_tells_how_dry_it_is() -> None:
    assert all("dry" not in stroke for stroke in strokes_of(painted(brush="pen")))


def test_the_same_seed_draws_the_same_bristles_and_another_one_others() -> None:
    one, again, other = (painted(seed=seed).raster.rgb for seed in (3, 3, 4))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.fast
def test_in_svg_a_dry_stroke_lets_through_what_it_shows_on_the_average() -> None:
    full, dry = re.findall(r'stroke-opacity="(.*?)"', svg(level(0.0, 1.0), "oil", torch.ones(3), (100, 100)))
    assert float(full) == 1
    assert float(dry) == pytest.approx(float(left(level(*[1.0] * 24), 0.002).mean()), abs=0.06)
