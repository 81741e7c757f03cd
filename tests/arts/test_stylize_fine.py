"""The fine engine brings a picture nearer to a style, at any size, and keeps what it has when it is stopped."""

import signal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_stylize import features, picture
from torch import Tensor

from gesso.arts.stylize.distances import content_distance, stroke_distance, style_distance
from gesso.arts.stylize.fine import distances_to, refine, roughness
from gesso.arts.stylize.styles import Layers, layer_statistics
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.rasters import to_rgb, to_tensor


def quiet() -> Progress:
    return Progress(shown=False)


def content(height: int = 48, width: int = 64) -> Tensor:
    return to_tensor(picture(height, width))


def style(seed: int = 1) -> Layers:
    return layer_statistics(to_tensor(picture(64, 80, seed)), features())


def test_it_brings_a_picture_nearer_to_the_style_and_keeps_the_content() -> None:
    network, start = features(), content()
    result = refine(start, start, style(), network, steps=25, progress=quiet())
    before, after = (distances_to(network(x), style()) for x in (start, result))
    assert float(after[0]) < 0.5 * float(before[0])
    assert float(after[1]) < 0.5 * float(before[1])
    unrelated = to_tensor(picture(48, 64, 7))
    assert float(content_distance(network(result), network(start))) < float(
        content_distance(network(unrelated), network(start))
    )
    assert 0 <= float(result.min()) < float(result.max()) <= 1


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 160), (33, 47), (48, 16), (4, 40)])
def test_every_size_keeps_its_size(height: int, width: int) -> None:
    photo = content(height, width)
    result = refine(photo, photo, style(), features(), steps=1, progress=quiet())
    assert result.shape == photo.shape
    assert result.isfinite().all()


def test_it_gives_the_same_picture_every_time() -> None:
    first, second = (refine(content(), content(), style(), features(), steps=3, progress=quiet()) for _ in range(2))
    assert torch.equal(first, second)


def test_a_preview_is_shown_once_after_the_coarse_scale() -> None:
    shown: list[Raster] = []
    progress = quiet()
    progress.preview = shown.append
    result = refine(content(), content(), style(), features(), steps=5, progress=progress)
    assert [raster.size for raster in shown] == [(32, 24)]
    small = to_rgb(F.interpolate(result, (24, 32), mode="bicubic", antialias=True))
    assert np.abs(shown[0].rgb.astype(int) - small).mean() < 30  # of the same picture


@pytest.mark.parametrize(("call", "previews"), [(3, 0), (9, 1)])  # at the coarse scale, and at the whole
def test_ctrl_c_keeps_the_picture_as_far_as_it_came(call: int, previews: int) -> None:
    network, calls = features(), 0

    def interrupt(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            signal.raise_signal(signal.SIGINT)

    network.register_forward_hook(interrupt)
    shown: list[Raster] = []
    progress = quiet()
    progress.preview = shown.append
    result = refine(content(), content(), style(), network, steps=6, progress=progress)
    assert progress.interrupted
    assert len(shown) == previews
    assert calls == call
    assert result.shape == content().shape
    assert 0.001 < float((result - content()).abs().mean()) < 0.3


def test_nothing_is_interrupted_unless_someone_does() -> None:
    progress = quiet()
    refine(content(), content(), style(), features(), steps=1, progress=progress)
    assert not progress.interrupted


def test_distances_to_statistics_are_those_to_the_picture() -> None:
    network, painting = features(), to_tensor(picture(64, 80, 1))
    seen, wanted = network(content()), network(painting)
    style_gap, stroke_gap = distances_to(seen, layer_statistics(painting, network))
    torch.testing.assert_close(style_gap, style_distance(seen, wanted)[0], rtol=1e-3, atol=1e-6)
    at_home = distances_to(wanted, layer_statistics(painting, network))
    assert [float(gap) for gap in at_home] == pytest.approx([0, 0], abs=1e-6)
    assert float(stroke_gap) > 10 * float(stroke_distance(wanted, wanted)[0])


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_style_of_one_colour_breaks_nothing(level: float) -> None:
    flat = layer_statistics(torch.full((1, 3, 64, 64), level), features())
    result = refine(content(), content(), flat, features(), steps=3, progress=quiet())
    assert result.isfinite().all()


def test_roughness_is_of_single_pixels_and_not_of_slopes() -> None:
    slope = torch.linspace(0, 1, 20).expand(1, 3, 10, 20)
    assert float(roughness(slope)) == pytest.approx(0, abs=1e-12)
    checks = (torch.arange(10)[:, None] + torch.arange(20)).remainder(2).float().expand(1, 3, 10, 20)
    assert float(roughness(checks)) == 8  # (0 - 2 + 0)^2 down and across
