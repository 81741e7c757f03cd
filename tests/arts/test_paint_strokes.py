"""`paint strokes`: what a painter relies on."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import gesso
from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.layers import layers
from gesso.arts.paint.strokes.marks import MARKS, ground_of
from gesso.arts.paint.strokes.pigment import LUMA, divided
from gesso.arts.paint.strokes.render import BAND, render
from gesso.arts.paint.strokes.stroke import Strokes
from gesso.arts.paint.strokes.vector import svg as drawing
from gesso.core.errors import GessoError
from gesso.core.pictures import resized
from gesso.core.seeds import generator
from gesso.core.vectors import can_rasterise, rasterised
from gesso.core.work import Work

FEW = {"strokes": 60, "steps": 3, "seed": 3}


def scene(size: int = 96) -> np.ndarray:
    """A dark disc with a light spot before a sky that grows lighter downwards."""
    y, x = np.mgrid[0:size, 0:size] / size
    sky = np.stack([0.5 + 0.3 * y, 0.6 + 0.3 * y, 0.9 - 0.1 * y], 2)
    disc = (x - 0.5) ** 2 + (y - 0.55) ** 2 < 0.09
    spot = (x - 0.42) ** 2 + (y - 0.47) ** 2 < 0.006
    sky[disc], sky[spot] = (0.35, 0.12, 0.1), (0.95, 0.9, 0.8)
    return (255 * sky).astype(np.uint8)


def one_stroke(opacity: float) -> Strokes:
    """A level stroke across the middle, of absorbance 1."""
    half, one = torch.full((1,), 0.5), torch.ones(1)
    white, chance = torch.ones(1, 3), torch.full((1, 6), 0.5)
    return Strokes(half, half, 0 * half, 0.6 * one, 0.2 * one, 0 * half, white, opacity * one, 0 * one, chance)


def painted(content: object = None, **settings: object) -> Work:
    work = gesso.paint.strokes(scene() if content is None else content, **{**FEW, **settings})
    assert isinstance(work, Work)
    return work


def error(work: Work, photo: np.ndarray) -> float:
    """Root mean square of the gap to the photograph, both seen small, so that texture does not count."""
    small = [resized(x, (24, 24)).astype(float) / 255 for x in (work.raster.rgb, photo)]
    return float(np.sqrt(np.square(small[0] - small[1]).mean()))


@pytest.mark.parametrize("brush", list(BRUSHES))
def test_every_medium_looks_like_the_photograph_from_afar(brush: Medium) -> None:
    photo = scene()
    work = painted(photo, brush=brush, strokes=200)
    if brush == "pen":  # black on white: darker where it is darker
        grey, wanted = (resized(x, (12, 12)).mean(2).flatten() for x in (work.raster.rgb, photo))
        assert np.corrcoef(grey, wanted)[0, 1] > 0.6
    else:
        flat = np.broadcast_to(photo.mean((0, 1)).astype(np.uint8), photo.shape).copy()
        nothing = np.sqrt(np.square(resized(photo, (24, 24)) / 255.0 - resized(flat, (24, 24)) / 255.0).mean())
        assert error(work, photo) < 0.6 * nothing


@pytest.mark.parametrize("brush", ["oil", "watercolour"])
def test_gradients_bring_the_painting_nearer(brush: Medium) -> None:
    photo = scene()
    placed, optimised = (painted(photo, brush=brush, strokes=150, steps=steps) for steps in (0, 20))
    assert error(optimised, photo) < 0.9 * error(placed, photo)


def test_more_strokes_come_nearer() -> None:
    few, many = (error(painted(strokes=count), scene()) for count in (20, 300))
    assert many < 0.8 * few


@pytest.mark.parametrize(("count", "brush"), [(10, "oil"), (137, "points")])
def test_there_are_as_many_strokes_as_asked_for(count: int, brush: Medium) -> None:
    work = painted(strokes=count, brush=brush)
    held = json.loads(work.encode("JSON"))["work"]
    assert len(held["strokes"]) == count
    assert held["size"] == [96, 96]
    assert len(re.findall("<path ", work.encode("SVG").decode())) == count


def test_strokes_can_be_drawn_at_any_size() -> None:
    usual, large = painted(), painted(size=300)
    assert large.raster.size == (300, 300)
    one, other = (json.loads(work.encode("JSON"))["work"]["strokes"] for work in (usual, large))
    assert one == other
    gap = np.abs(resized(large.raster.rgb, (24, 24)).astype(int) - resized(usual.raster.rgb, (24, 24)))
    assert gap.mean() < 5


def test_svg_has_the_colours_and_places_of_the_strokes() -> None:
    work = painted(strokes=30)
    svg = work.encode("SVG").decode()
    first = json.loads(work.encode("JSON"))["work"]["strokes"][0]
    path = re.search(r'<path d="M([\d.-]+) ([\d.-]+)Q[\d.-]+ [\d.-]+ ([\d.-]+) ([\d.-]+)" stroke="(#\w+)"', svg)
    assert path
    assert path[5] == first["color"]
    middle = (float(path[1]) + float(path[3])) / 2 / 96, (float(path[2]) + float(path[4])) / 2 / 96
    assert middle == pytest.approx((first["x"], first["y"]), abs=first["length"] / 8 + 0.01)


def test_straight_strokes_when_nothing_may_bend() -> None:
    held = json.loads(painted(bend=0, steps=0).encode("JSON"))["work"]["strokes"]
    assert {stroke["bend"] for stroke in held} == {0.0}
    held = json.loads(painted(bend=1, steps=0).encode("JSON"))["work"]["strokes"]
    assert max(abs(stroke["bend"]) for stroke in held) > 5


def test_transparency_is_kept_and_what_it_hides_is_not_painted() -> None:
    photo = np.dstack([scene(), np.full((96, 96), 255, np.uint8)])
    photo[:, :48, 3] = 0
    photo[:, :48, :3] = (0, 255, 0)
    work = painted(photo, size=192)
    assert work.raster.alpha is not None
    assert work.raster.alpha[:, :90].max() < 30
    assert work.raster.alpha[:, 102:].min() > 225
    seen = work.raster.rgb[:, 100:].reshape(-1, 3).astype(int)
    assert (seen[:, 1] - seen[:, 0]).max() < 120, "green from below the transparent half"


@pytest.mark.parametrize("size", [(1, 1), (300, 2), (2, 300), (1, 64)])
@pytest.mark.parametrize("brush", ["oil", "pen", "watercolour"])
def test_the_smallest_pictures_are_painted(size: tuple[int, int], brush: Medium) -> None:
    photo = Image.new("RGB", size, (200, 120, 90))
    work = painted(photo, brush=brush, strokes=12)
    assert work.raster.size == size
    if brush == "oil":
        assert np.abs(work.raster.rgb.astype(int) - (200, 120, 90)).mean() < 45


def test_a_plain_wall_stays_plain() -> None:
    wall = np.full((64, 64, 3), (120, 150, 180), np.uint8)
    rgb = painted(wall, strokes=120).raster.rgb.astype(int)
    assert np.abs(rgb.mean((0, 1)) - (120, 150, 180)).max() < 12
    assert rgb.std() > 1, "bristles are seen"


def test_pastel_fills_the_pits_of_its_paper_layer_by_layer() -> None:
    photo = np.full((64, 64, 3), 255, np.uint8)
    photo[:, :20] = 60
    wall = painted(photo, brush="pastel", strokes=200, size=200).raster.rgb[:, 80:]
    assert (wall.min(2) < 190).mean() < 0.02, "few flecks of bare paper"
    assert wall.std() > 1, "the tooth is seen"


def test_watercolour_is_glazed_from_light_to_dark_without_gaps() -> None:
    wall = np.full((96, 96, 3), (90, 45, 30), np.uint8)
    work = painted(wall, brush="watercolour", strokes=200)
    assert (work.raster.rgb.mean(2) > 140).mean() < 0.02
    first = json.loads(work.encode("JSON"))["work"]["strokes"][:4]
    for stroke in first:
        red, green, blue = (int(stroke["color"][i : i + 2], 16) for i in (1, 3, 5))
        assert red >= green >= blue >= 154, "a thin glaze of the wall's own hue"


@pytest.mark.fast
@pytest.mark.parametrize("medium", ["watercolour", "pen"])
def test_thin_washes_and_ink_take_as_much_light_in_svg_as_in_pixels(medium: Medium) -> None:
    white = torch.ones(3)
    full, half = (render(one_stroke(opacity), medium, white, (64, 64), seed=1)[32, 32, 0] for opacity in (1, 0.5))
    assert np.log(half / 255) == pytest.approx(0.5 * np.log(full / 255), abs=0.02)
    stroke = re.search(
        r'stroke="#(\w\w)\w+" .*stroke-opacity="(.*?)"', drawing(one_stroke(0.5), medium, white, (64, 64))
    )
    assert stroke
    assert int(stroke[1], 16) == round(255 * np.exp(-0.5))
    assert float(stroke[2]) == 1


@pytest.mark.skipif(not can_rasterise(), reason="needs resvg")
def test_svg_is_as_transparent_as_the_photograph() -> None:
    photo = np.dstack([scene(), np.full((96, 96), 255, np.uint8)])
    photo[:, :48, 3] = 0
    work = painted(photo, size=1200)
    seen = rasterised(work.encode("SVG").decode(), 96).rgb.astype(int)
    assert seen[:, :46].min() > 250, "what is transparent lies on white"
    assert np.abs(seen[:, 52:] - resized(work.raster.rgb, (96, 96))[:, 52:]).mean() < 25


@pytest.mark.fast
def test_canvas_is_woven_and_its_threads_fade_where_pixels_are_too_coarse() -> None:
    bare = one_stroke(1)[:0]
    canvas = render(bare, "oil", torch.full((3,), 0.5), (512, 512), seed=1)[..., 0].astype(float)
    assert canvas.std() > 1.5
    assert (canvas[1:, :-1] - canvas[:-1, 1:]).std() > 1.5, "the threads are not stripes from corner to corner"
    assert canvas.reshape(32, 16, 32, 16).mean((1, 3)).std() < 0.3, "no coarser pattern is seen"
    assert render(bare, "oil", torch.full((3,), 0.5), (200, 200), seed=1).std() < 0.3


def test_white_paper_stays_white_under_the_pen() -> None:
    white = np.full((64, 64, 3), 255, np.uint8)
    work = painted(white, brush="pen")
    assert json.loads(work.encode("JSON"))["work"]["strokes"] == []
    assert np.ptp(work.raster.rgb.reshape(-1, 3), axis=0).max() == 0
    white[24:40, 24:40] = 0
    spot = painted(white, brush="pen", strokes=200).raster.rgb
    assert spot[:16].min() > 200
    assert spot[28:36, 28:36].mean() < 120


def test_bands_have_no_seams() -> None:
    size = (40, 2 * BAND + 30)
    chance = torch.rand((50, 9), generator=generator(5))
    x, y, angle, length, width, dry, *color = chance.unbind(1)
    several = Strokes(
        x * 0.04,
        y,
        angle * 3,
        0.02 + 0.1 * length,
        0.005 + 0.04 * width,
        angle - 0.5,
        torch.stack(color, 1),
        0.9 + 0 * x,
        dry,
        chance[:, :6],
    )
    tall = render(several, "oil", torch.tensor([0.5, 0.5, 0.5]), size, seed=1)
    steps = np.abs(np.diff(tall.astype(int), axis=0)).mean((1, 2))
    seam = steps[BAND - 1]
    near = steps[BAND - 30 : BAND + 30]
    assert seam <= near.max()
    assert steps.max() > 0


@pytest.mark.fast
@pytest.mark.parametrize("medium", list(BRUSHES))
@pytest.mark.parametrize("count", [10, 137, 2000, 50_000])
def test_layers_share_the_strokes_and_go_from_broad_to_fine(medium: Medium, count: int) -> None:
    plan = layers(BRUSHES[medium], count, (1000, 700), width=1, detail=0.5)
    assert sum(layer.count for layer in plan) == count
    widths = [layer.width for layer in plan]
    assert widths == sorted(widths, reverse=True)
    finer = layers(BRUSHES[medium], count, (1000, 700), width=1, detail=1)
    assert finer[-1].width <= plan[-1].width
    assert layers(BRUSHES[medium], count, (1000, 700), width=2, detail=0.5)[0].width == pytest.approx(2 * widths[0])


@pytest.mark.fast
def test_divided_colours_are_purer_and_as_light_and_the_same_on_the_average() -> None:
    grey = torch.full((4000, 3), 0.5)
    one = torch.ones(4000)
    strokes = Strokes(one, one, one, one, 0.03 * one, one, grey, one, one, torch.rand(4000, 6))
    colors = divided(strokes, 0).color
    assert (colors - grey).abs().max() > 0.1
    assert (colors.mean(0) - 0.5).abs().max() < 0.02
    assert ((colors * torch.tensor(LUMA)).sum(1) - 0.5).abs().max() < 0.03


@pytest.mark.fast
def test_every_medium_has_a_brush_a_mark_and_a_ground() -> None:
    assert set(BRUSHES) == set(MARKS)
    for medium in BRUSHES:
        ground = ground_of(medium, torch.tensor([0.2, 0.4, 0.6]))
        assert ground.shape == (3,)
        assert 0 <= float(ground.min()) <= float(ground.max()) <= 1


def test_settings_out_of_bounds_are_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="9 is less than 10"):
        painted(strokes=9)
    with pytest.raises(GessoError, match="crayon"):
        painted(brush="crayon")
