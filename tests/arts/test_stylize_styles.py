"""A style is a few kilobytes of statistics: measured, mixed, saved, and found again as they were."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_stylize import features, painter, picture

from gesso.arts.stylize import names
from gesso.arts.stylize.names import Style
from gesso.arts.stylize.styles import Statistics, measure, mix, save_style, statistics_of
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster
from gesso.core.rasters import to_tensor
from gesso.networks.features import STYLE_LAYERS

MODEL, OTHER = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and an empty current folder."""
    monkeypatch.setenv("GESSO_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture(scope="module")
def measured() -> list[Statistics]:
    return [measure(Raster(picture(96, 128, seed)), painter(), features()) for seed in (1, 2)]


def assert_close(ours: Statistics, theirs: Statistics, tolerance: float) -> None:
    def close(a: torch.Tensor, b: torch.Tensor) -> None:
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * float(b.abs().max()))

    close(ours.code, theirs.code)
    assert list(ours.layers) == list(theirs.layers)
    for mine, other in ((ours.color, theirs.color), *((ours.layers[k], theirs.layers[k]) for k in ours.layers)):
        close(mine[0], other[0])
        close(mine[1], other[1])


def test_what_is_measured_is_what_the_networks_see() -> None:
    rgb = picture(384, 512)  # the size at which a style is read
    found = measure(Raster(rgb), painter(), features())
    pixels = rgb.reshape(-1, 3) / 255.0
    np.testing.assert_allclose(found.color[0], pixels.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(found.color[1], np.cov(pixels.T, bias=True), atol=1e-5)
    torch.testing.assert_close(found.code, painter().encode(to_tensor(rgb))[0])
    assert tuple(found.layers) == STYLE_LAYERS
    seen = features()(to_tensor(rgb), ("conv31",))["conv31"][0].flatten(1)
    torch.testing.assert_close(found.layers["conv31"][0], seen.mean(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.layers["conv31"][1], torch.cov(seen, correction=0), rtol=1e-3, atol=1e-4)
    deepest = features()(to_tensor(rgb))["conv41"][0].flatten(1)
    torch.testing.assert_close(found.layers["conv41"][1], deepest.var(1, correction=0), rtol=1e-3, atol=1e-4)


def test_a_style_is_the_same_at_every_size() -> None:
    large = Image.fromarray(picture(384, 512))
    small, huge = (
        measure(Raster(np.array(large.resize(size, Image.Resampling.LANCZOS))), painter(), features())
        for size in ((512, 384), (1024, 768))
    )
    assert_close(huge, small, 0.05)


@pytest.mark.parametrize("shape", [(1, 1), (5, 700), (700, 5)])
def test_a_picture_of_any_size_has_a_style(shape: tuple[int, int]) -> None:
    found = measure(Raster(picture(*shape)), painter(), features())
    assert all(tensor.isfinite().all() for tensor in found.tensors().values())


def test_statistics_come_back_from_their_tensors(measured: list[Statistics]) -> None:
    flat = measured[0].tensors()
    assert {tensor.dtype for tensor in flat.values()} == {torch.float16}
    assert_close(Statistics.from_tensors(flat), measured[0], 1e-3)
    again = Statistics.from_tensors(flat).tensors()  # nothing more is lost
    assert all(torch.equal(again[name], flat[name]) for name in flat)


def test_covariances_that_come_back_are_symmetric(measured: list[Statistics]) -> None:
    layers = Statistics.from_tensors(measured[0].tensors()).layers
    covariances = [spread for _, spread in layers.values() if spread.ndim == 2]
    assert len(covariances) == len(layers) - 1  # of the deepest only the variance is kept
    for covariance in covariances:
        assert torch.equal(covariance, covariance.T)


@pytest.mark.parametrize("weight", [1.0, 0.3, 7.0])
def test_a_mix_of_one_is_itself(measured: list[Statistics], weight: float) -> None:
    assert_close(mix(measured[:1], [weight]), measured[0], 0)


def test_a_mix_is_the_weighted_mean(measured: list[Statistics]) -> None:
    first, second = measured
    mixed = mix(measured, [3, 1])
    torch.testing.assert_close(mixed.code, 0.75 * first.code + 0.25 * second.code)
    torch.testing.assert_close(mixed.color[0], 0.75 * first.color[0] + 0.25 * second.color[0])
    torch.testing.assert_close(
        mixed.layers["conv21"][1], 0.75 * first.layers["conv21"][1] + 0.25 * second.layers["conv21"][1]
    )
    assert_close(mix(measured, [0.2, 0]), first, 1e-6)
    assert_close(mix(measured, [1, 1]), mix(measured[::-1], [5, 5]), 1e-6)


def test_a_saved_style_is_found_again_in_a_few_kilobytes(measured: list[Statistics], home: Path) -> None:
    save_style("My Garden", measured[0], MODEL)
    assert [path.name for path in (home / "styles").iterdir()] == ["my-garden.safetensors"]
    assert (home / "styles" / "my-garden.safetensors").stat().st_size < 4000
    assert_close(statistics_of(Style("my garden"), painter(), features(), MODEL), measured[0], 1e-3)


def test_a_style_saved_again_is_replaced_only_when_asked(measured: list[Statistics]) -> None:
    save_style("mine", measured[0], MODEL)
    with pytest.raises(GessoError, match="already exists"):
        save_style("mine", measured[1], MODEL)
    save_style("mine", measured[1], MODEL, overwrite=True)
    assert list(names.saved()) == ["mine"]
    assert_close(statistics_of(Style("mine"), painter(), features(), MODEL), measured[1], 1e-3)


def test_a_style_taken_with_another_model_is_refused(measured: list[Statistics]) -> None:
    save_style("mine", measured[0], OTHER)
    with pytest.raises(GessoError, match="the style mine was taken with another model: give its picture") as raised:
        statistics_of(Style("mine"), painter(), features(), MODEL)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("left", [0, 5, 400])
def test_a_damaged_style_is_named_in_one_line(measured: list[Statistics], left: int) -> None:
    save_style("mine", measured[0], MODEL)
    path = names.saved()["mine"]
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(GessoError, match=r"cannot read the style mine\.safetensors") as raised:
        statistics_of(Style("mine"), painter(), features(), MODEL)
    assert "\n" not in str(raised.value)


def test_a_style_given_as_a_picture_is_measured(measured: list[Statistics]) -> None:
    Image.fromarray(picture(96, 128, 1)).save("garden.png")
    assert_close(statistics_of(Style("garden.png"), painter(), features(), MODEL), measured[0], 0)
