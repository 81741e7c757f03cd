"""Patterns: of every size the same picture, seamless and symmetric where that is asked, and never two alike."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import gesso
from gesso.arts.paint.pattern.art import Pattern
from gesso.arts.paint.pattern.color import colors_in, lab_of, linear_of, parsed, srgb_of, turned, written
from gesso.arts.paint.pattern.fields import Fields, Samples
from gesso.arts.paint.pattern.finish import Finisher
from gesso.arts.paint.pattern.genome import FINISHES
from gesso.arts.paint.pattern.lineage import genome_of
from gesso.arts.paint.pattern.palettes import PALETTES
from gesso.arts.paint.pattern.view import view_of
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, from_image
from gesso.core.remake import remake
from gesso.core.work import Work, read_recipe
from gesso.faces.cli import main


def painted(seed: int = 0, width: int = 48, **settings: Any) -> np.ndarray:
    work = gesso.paint.pattern(seed=seed, width=width, **settings)
    assert isinstance(work, Work)
    return work.raster.rgb.astype(int)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pictures in 1/255."""
    return float(np.abs(one - other).mean())


def test_width_and_height_are_those_asked_for() -> None:
    assert painted(width=40, height=24).shape == (24, 40, 3)
    assert painted(width=33).shape == (33, 33, 3)


@pytest.mark.parametrize("finish", FINISHES)
def test_a_larger_picture_is_the_same_picture(finish: str) -> None:
    large = painted(3, 384, finish=finish).reshape(96, 4, 96, 4, 3).mean((1, 3))
    assert apart(large, painted(3, 96, finish=finish)) < 8
    assert apart(large, painted(4, 96, finish=finish)) > 20


@pytest.mark.parametrize("finish", FINISHES)
def test_edges_that_are_smoothed_more_change_little(finish: str) -> None:
    assert 0 < apart(painted(3, 128, finish=finish), painted(3, 128, finish=finish, smooth=4)) < 5


def test_where_tiles_meet_nothing_shows() -> None:
    """A picture of more than one tile, so painted that others meet, is the same there."""
    whole = painted(5, 300, smooth=2)
    shifted = painted(5, 300, smooth=2, x=0.5)  # by 75 pixels
    assert apart(whole[:, 75:], shifted[:, :-75]) < 0.01


@pytest.mark.parametrize("size", [(64, 64), (96, 40)])
@pytest.mark.parametrize("symmetry", ["none", "mirror", "four"])
def test_a_tile_continues_at_the_opposite_edge(size: tuple[int, int], symmetry: str) -> None:
    (width, height), told = size, {"tile": True, "symmetry": symmetry}
    for seed in range(3):
        tile = painted(seed, width, height=height, **told)
        moved = painted(seed, width, height=height, x=1.0, y=1.0, **told)  # by half its width and height
        assert apart(np.roll(tile, (height // 2, width // 2), (0, 1)), moved) < 0.01
    assert apart(painted(0, 64), painted(0, 64, x=1.0, y=1.0)) > 20


@pytest.mark.parametrize("finish", FINISHES)
def test_symmetry_is_exact(finish: str) -> None:
    for symmetry in ("mirror", "four", "kaleidoscope"):
        picture = painted(2, 64, symmetry=symmetry, finish=finish)
        assert np.array_equal(picture, picture[:, ::-1])
        if symmetry == "four":
            assert np.array_equal(picture, picture[::-1])


@pytest.mark.parametrize("symmetry", ["kaleidoscope", "radial"])
def test_a_quarter_turn_of_four_changes_nothing(symmetry: str) -> None:
    for seed in range(3):
        picture = painted(seed, 64, symmetry=symmetry, order=4)
        assert apart(picture, np.rot90(picture)) < 1
        assert apart(picture, painted(seed, 64, symmetry=symmetry, order=3)) > 5
    if symmetry == "radial":
        assert apart(picture, picture[:, ::-1]) > 5, "it turns, and is not mirrored"


def test_zoom_and_middle_show_a_part() -> None:
    near = painted(6, 64, zoom=2.0, x=0.5, y=-0.5)  # the upper right quarter
    assert apart(near, painted(6, 128)[:64, 64:]) < 2


@pytest.mark.parametrize(("finish", "least"), [("silk", 10), ("paper", 6), ("print", 10), ("lines", 28), ("mist", 10)])
def test_from_near_there_is_detail(finish: str, least: float) -> None:
    near = painted(11, 96, finish=finish, zoom=16.0, x=0.3, y=0.2)
    assert apart(near[3:], near[:-3]) > least


@pytest.mark.parametrize("zoom", [0.1, 0.3, 0.7])
def test_from_afar_every_colour_has_its_share(zoom: float) -> None:
    """What lies around has heights that the unzoomed picture has not, and would be of one colour."""
    for seed in (2, 6, 7):
        settings = check(Pattern, {"zoom": zoom})
        fields = Fields(genome_of(settings, seed), view_of(settings), torch.device("cpu"))
        form = fields.samples(0, 0, 64, 64, (64, 64)).form
        assert torch.histc(form, bins=5, min=0, max=1).min() > 0.12 * 64 * 64


def test_no_two_seeds_are_alike_and_none_is_flat() -> None:
    pictures = [painted(seed, 32) for seed in range(16)]
    for number, one in enumerate(pictures):
        assert one.std() > 15
        assert all(apart(one, other) > 10 for other in pictures[:number])


@pytest.mark.parametrize(
    ("finish", "palette", "least"), [("silk", "#808080,#808080", 14), ("mist", "#404040,#c0c0c0", 7)]
)
def test_no_seed_is_out_of_focus(finish: str, palette: str, least: int) -> None:
    """However few folds or veils a seed has, there are enough of them to be seen."""
    genome = genome_of(check(Pattern, {"finish": finish, "palette": palette}), 0).model_copy(update={"amount": 0.0})
    row = torch.ones(1, 500)
    slope = Samples(torch.linspace(0, 1, 500)[None], torch.zeros(2, 1, 500), row, row, 1 / 500)
    lightness = Finisher(genome, 0.8, 1.0, torch.device("cpu"))(slope)[0, 0]
    assert (lightness.diff().sign().diff() != 0).sum() >= least


@pytest.mark.parametrize("settings", [{}, {"symmetry": "radial"}, {"symmetry": "kaleidoscope"}, {"tile": True}])
def test_what_is_shown_is_neither_dull_nor_restless(settings: dict[str, Any]) -> None:
    """Also where symmetry or a tile folds it, which makes a network steeper."""
    for seed in range(6):
        genome = genome_of(Pattern(**settings), seed)
        fields = Fields(genome, view_of(Pattern(**settings)), torch.device("cpu"))
        assert 0.6 < fields.steepness < 1.9


@pytest.mark.parametrize("seed", [8, 12, 18, 124])
def test_lines_are_neither_sparse_nor_crowded(seed: int) -> None:
    settings = check(Pattern, {})
    genome = genome_of(settings, seed)
    fields = Fields(genome, view_of(settings), torch.device("cpu"))
    assert genome.finish != "lines" or (fields.steepness > 0.7 and fields.pinch < 5.5)


def test_several_are_those_of_the_seeds_that_follow(tmp_path: Path) -> None:
    works = gesso.paint.pattern(seed=7, width=32, count=3)
    for number, work in enumerate(works):
        assert np.array_equal(work.raster.rgb, painted(7 + number, 32))
    assert str(remake(works[2].save(tmp_path / "third"))) == "identical"
    again = tmp_path / "again.png"
    words = ["paint", "pattern", "--recipe", str(tmp_path / "third.png"), "--width", "64", "--out", str(again)]
    assert main([*words, "--quiet"]) == 0
    assert np.array_equal(np.array(Image.open(again)), painted(9, 64))


def test_the_largest_seed_has_followers() -> None:
    works = gesso.paint.pattern(seed=2**63 - 1, width=16, count=2)
    assert [work.recipe.seed for work in works] == [2**63 - 1, 0]


@pytest.mark.slow
def test_memory_is_bounded_by_the_picture(tmp_path: Path) -> None:
    """A picture of 50 MB takes little more than these 50 MB above what a small one takes."""

    def peak(width: int) -> float:
        code = (
            "import resource, gesso; from gesso.core.memory import give_back_large_blocks as give; give();"
            f"gesso.paint.pattern(width={width}, smooth=1);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
        return int(said) * (1 if sys.platform == "darwin" else 1024) / 1e6

    assert peak(4096) - peak(512) < 4096 * 4096 * 3 / 1e6 + 50


# Colours


def test_colours_come_back_from_oklab() -> None:
    for colors in PALETTES.values():
        assert written(parsed(colors)) == colors
    white, red = parsed(["#ffffff", "#ff0000"]).tolist()
    assert white == pytest.approx([1, 0, 0], abs=1e-4)
    assert red == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)  # Ottosson's figures


def test_turned_colours_keep_their_lightness() -> None:
    before = parsed(PALETTES["porcelain"])
    after = parsed(turned(PALETTES["porcelain"], 20))
    assert (before - after)[:, 0].abs().max() < 0.03
    assert (before - after)[:, 1:].abs().max() > 0.02
    assert turned(PALETTES["rose"], 0) == PALETTES["rose"]


def test_a_palette_gives_its_colours() -> None:
    pixels = painted(1, 64, palette="porcelain", finish="print", smooth=1).reshape(-1, 3)
    found = {"#{:02x}{:02x}{:02x}".format(*pixel) for pixel in pixels}
    assert found <= set(PALETTES["porcelain"])
    assert len(found) >= 4
    assert apart(painted(1, palette="network"), painted(1, palette="ink")) > 20


def test_own_colours_may_be_written() -> None:
    pixels = painted(1, 64, palette="#102030,#ffeecc", finish="print", smooth=1).reshape(-1, 3)
    assert {tuple(pixel) for pixel in pixels.tolist()} == {(0x10, 0x20, 0x30), (0xFF, 0xEE, 0xCC)}


@pytest.mark.parametrize(
    ("palette", "said"),
    [
        ("embre", "did you mean ember"),
        ("#12345,#000000", "'#12345': write 2 to 12 colours"),
        ("#000000", "2 to 12 colours"),
    ],
)
def test_an_unknown_palette_is_refused_in_a_line(palette: str, said: str) -> None:
    with pytest.raises(GessoError, match=said) as raised:
        check(Pattern, {"palette": palette})
    assert "\n" not in str(raised.value)


def test_colours_of_a_picture_are_found_and_kept_in_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flag = Image.new("RGBA", (60, 40), "#ce1126")
    flag.paste("#fcd116", (20, 0, 40, 40))
    flag.paste("#008000", (40, 0, 60, 40))
    assert set(colors_in(from_image(flag), 3)) == {"#ce1126", "#fcd116", "#008000"}
    flag.save("flag.png")
    path = gesso.paint.pattern(width=32, palette_from="flag.png").save("work")
    Path("flag.png").unlink()
    assert read_recipe(path).inputs == ()
    assert str(remake(path)) == "identical"


def test_a_picture_of_one_colour_is_a_palette() -> None:
    assert colors_in(Raster(np.full((1, 1, 3), 128, np.uint8))) == ("#808080",) * 2


def test_light_that_is_out_of_gamut_is_cut_off() -> None:
    lab = parsed(["#00ff00"]).T * 1.2
    assert 0 <= float(linear_of(lab).min()) <= float(linear_of(lab).max()) <= 1
    grey = srgb_of(linear_of(lab_of(torch.full((3, 1), 0.5))))
    assert grey.flatten().tolist() == pytest.approx([0.5] * 3, abs=1e-4)


# Mistakes


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"tile": True, "zoom": 2}, "leave out --zoom"),
        ({"tile": True, "symmetry": "radial"}, "mirror or four"),
        ({"palette": "ember", "palette_from": Image.new("RGB", (8, 8))}, "leave one of them out"),
        ({"mutation": 0.3}, "--mutation goes with --parent"),
        ({"order": 5}, "--order 5 goes with --symmetry kaleidoscope or radial"),
        ({"order": 5, "symmetry": "mirror"}, "--order 5 goes with --symmetry kaleidoscope or radial"),
        ({"width": 32768}, "32768 x 32768 are 1074 megapixels, and at most 256"),
        ({"width": 8}, "width: 8 is less than 16"),
        ({"symmetry": "kaleidoskope"}, "did you mean kaleidoscope"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(told: dict[str, Any], said: str) -> None:
    with pytest.raises(GessoError, match=said):
        gesso.paint.pattern(**told)


def test_its_help_lists_the_formats_that_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "pattern", "--help"]) == 0
    said = capsys.readouterr().out
    assert "png, jpg, webp, tif; several" in said
    assert "musicxml" not in said


def test_what_was_painted_before_ctrl_c_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gesso.arts.paint.pattern import generate

    paint, calls = generate.painted, 0

    def twice(*given: Any) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise KeyboardInterrupt
        return paint(*given)

    monkeypatch.setattr(generate, "painted", twice)
    asked = ["paint", "pattern", "--count", "4", "--width", "32", "--out", str(tmp_path / "made/"), "--quiet"]
    assert main(asked) == 130
    files = sorted((tmp_path / "made").glob("*.png"))
    assert len(files) == 2
    assert not any(read_recipe(file).stopped for file in files)
    calls = 2
    monkeypatch.chdir(tmp_path)
    assert main(["paint", "pattern", "--width", "32", "--quiet"]) == 130
    assert not list(tmp_path.glob("*.png"))
