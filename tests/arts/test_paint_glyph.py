"""`gesso paint glyph` as people use it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import gesso
from gesso.core.contents import Drawing
from gesso.core.errors import GessoError
from gesso.core.pictures import decode
from gesso.core.work import Work, read_recipe
from gesso.faces.cli import main
from gesso.pipeline.data.strokes import read_file

Captured = pytest.CaptureFixture[str]
CROSS = [[[10, 50], [90.5, 50]], [[50, 10], [50, 90]]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def glyph(*words: object) -> int:
    return main(["paint", "glyph", *map(str, words), "--size", "64", "--quiet"])


def strokes(work: Work) -> list[list[list[float]]]:
    return json.loads(work.encode("JSON"))["work"]["strokes"]


def test_a_dozen_are_a_dozen_different_ones_in_all_formats() -> None:
    assert glyph("--count", 12, "--temperature", 0.4, "--out", "made/", "--format", "svg,png,json") == 0
    drawn = [path.read_text() for path in Path("made").glob("*.json")]
    assert len(set(drawn)) == len(list(Path("made").glob("*.svg"))) == len(list(Path("made").glob("*.png"))) == 12


def test_the_three_formats_show_the_same_strokes() -> None:
    glyph("--format", "svg,png,json", "--out", "one.svg", "--ground", "white")
    held = json.loads(Path("one.json").read_text())["work"]
    in_svg = read_file(Path("one.svg"))[0]
    assert held["side"] == 100
    assert [np.round(stroke, 2).tolist() for stroke in in_svg] == held["strokes"]
    ink = decode(Path("one.png")).rgb.mean(2) < 128
    for stroke in in_svg:
        x, y = np.rint(0.64 * stroke.mean(0) if len(stroke) == 2 else 0.64 * stroke[len(stroke) // 2]).astype(int)
        assert ink[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].any()
    assert 0.02 < ink.mean() < 0.4


def test_the_svg_is_one_path_a_stroke_within_its_square() -> None:
    work = gesso.paint.glyph(seed=3)
    svg = ElementTree.fromstring(work.data)
    paths = [element for element in svg.iter() if element.tag.endswith("path")]
    assert svg.get("viewBox") == "0 0 1000 1000"
    assert len(paths) == len(strokes(work))
    starts = re.findall(r"M(-?\d+) ?(-?\d+)", " ".join(path.get("d", "") for path in paths))
    assert all(0 <= int(value) <= 1000 for start in starts for value in start)


def test_what_the_svg_draws_is_what_the_picture_shows() -> None:
    work = gesso.paint.glyph(seed=3, size=256, ground="white")
    outlines = re.sub(r' (data-\w+|transform)="[^"]*"', "", work.data.decode())
    Path("outlines.svg").write_text(outlines)
    image = Image.new("L", (1024, 1024))
    for outline in read_file(Path("outlines.svg"))[0]:
        ImageDraw.Draw(image).polygon([*map(tuple, outline * 10.24)], 255)
    ink, shown = np.asarray(image.reduce(4)) > 127, work.raster.rgb.mean(2) < 128
    assert (ink != shown).sum() < 0.05 * shown.sum()


def test_what_was_begun_stays_in_json_svg_and_in_a_drawing_by_hand() -> None:
    Path("cross.json").write_text(json.dumps(CROSS))
    first = gesso.paint.glyph(begin="cross.json", seed=1, size=64)
    assert strokes(first)[:2] == CROSS
    assert len(strokes(first)) > 2
    first.save("first.svg")
    first.save("first.json")
    for file in ("first.svg", "first.json"):
        for work in gesso.paint.glyph(begin=file, keep=1, count=3, seed=2, size=64):
            assert strokes(work)[0] == CROSS[0]
            assert len(strokes(work)) > 1
    Path("hand.svg").write_text('<svg viewBox="0 0 10 10"><path d="M1 5H9.05M5 1V9"/></svg>')
    assert strokes(gesso.paint.glyph(begin="hand.svg", seed=1, size=64)) == strokes(first)


def test_a_begun_work_is_remade_from_its_recipe(capsys: Captured) -> None:
    Path("cross.json").write_text(json.dumps(CROSS))
    glyph("--begin", "cross.json", "--out", "done.svg")
    assert main(["remake", "done.svg"]) == 0
    assert "identical" in capsys.readouterr().out


def test_a_sheet_is_one_work_with_all_of_them() -> None:
    sheet = gesso.paint.glyph(count=6, sheet=True, columns=3, size=64)
    alone = gesso.paint.glyph(count=6, size=64)
    held = json.loads(sheet.encode("JSON"))["work"]["glyphs"]
    assert [each["strokes"] for each in held] == [strokes(work) for work in alone]
    assert sheet.raster.size[0] > sheet.raster.size[1]
    assert b"<line" in sheet.data
    assert b"<line" not in gesso.paint.glyph(count=2, sheet=True, size=64, grid="none").data


def test_the_ground_may_be_paper_white_or_nothing() -> None:
    paper, white, nothing = (
        gesso.paint.glyph(ground=each, size=64).raster for each in ("paper", "white", "transparent")
    )
    assert white.rgb[0, 0].tolist() == [255, 255, 255]
    assert paper.rgb[0, 0].tolist() != [255, 255, 255]
    assert nothing.alpha is not None
    assert nothing.alpha[0, 0] == 0
    assert np.abs((nothing.alpha > 128).mean() - (white.rgb.mean(2) < 128).mean()) < 0.01


def test_a_sheet_that_would_be_too_large_is_refused_in_a_line(capsys: Captured) -> None:
    assert main(["paint", "glyph", "--count", "9", "--sheet", "--size", "4096", "--out", "big.png"]) == 1
    said = capsys.readouterr().err
    assert "lower --size" in said
    assert said.count("\n") == 1


def test_the_order_has_colours_and_numbers() -> None:
    plain, ordered = (gesso.paint.glyph(show_order=each, size=128) for each in (False, True))
    count = len(strokes(plain))
    assert len(set(re.findall(r'fill="(#\w+)" d=', ordered.data.decode()))) == count
    assert re.findall(r">(\d+)</text>", ordered.data.decode()) == [str(number) for number in range(1, count + 1)]
    assert len(np.unique(plain.raster.rgb.std(2).round() > 30)) == 1
    assert (ordered.raster.rgb.std(2) > 30).any()


def test_an_animated_svg_writes_the_strokes_in_turn_and_is_whole_where_nothing_moves() -> None:
    still, moving = (gesso.paint.glyph(animate=each, seed=1) for each in (False, True))
    text = moving.data.decode()
    ElementTree.fromstring(text)
    spans = [tuple(map(float, span)) for span in re.findall(r"0%,([\d.]+)%.*?\}([\d.]+)%,100%", text)]
    assert len(spans) == len(strokes(still))
    offsets = re.findall(r"\{stroke-dashoffset:(\d+)\}", text)
    assert offsets == ["5", "1", "0"] * len(spans), "with an offset of 1 the line is there as soon as it moves"
    flat = [time for span in spans for time in span]
    assert flat == sorted(flat)
    assert "prefers-reduced-motion" in text
    assert strokes(moving) == strokes(still)
    Path("moving.svg").write_text(text)
    assert [np.round(stroke, 2).tolist() for stroke in read_file(Path("moving.svg"))[0]] == strokes(still)
    assert np.array_equal(moving.raster.rgb, still.raster.rgb)


def test_daring_grows_with_temperature() -> None:
    """Of the same chance, cold characters are more alike than hot ones."""
    cold, hot = (gesso.paint.glyph(count=24, temperature=each, size=32) for each in (0.05, 1.0))
    assert np.std([len(strokes(work)) for work in cold]) < np.std([len(strokes(work)) for work in hot])


@pytest.mark.parametrize(
    ("words", "line", "code"),
    [
        (["--temperature", "0"], "--temperature: 0", 2),
        (["--keep", "2"], "give --begin too", 2),
        (["--columns", "2"], "give --sheet too", 2),
        (["--begin", "no.json"], "no.json does not exist", 1),
        (["--begin", "photo.png"], "photo.png is a picture, and a drawing of strokes is wanted", 1),
        (["--begin", "notes.txt"], "notes.txt is no drawing of strokes", 1),
        (["--begin", "empty.json"], "empty.json is no JSON: it should be a list of strokes, as [[[10, 50], [90", 1),
        (["--begin", "lines.ndjson"], "lines.ndjson is no JSON: it should be a drawing of QuickDraw's in each line", 1),
        (["--weight", "4"], "--weight: 4 is more than 2", 2),
        (["--begin", "cross.json", "--keep", "3"], "cross.json has 2 strokes, not 3", 1),
        (["--model", "kanij"], "no model kanij", 1),
    ],
)
def test_mistakes_are_one_line(words: list[str], line: str, code: int, capsys: Captured) -> None:
    for name in ("photo.png", "notes.txt", "empty.json"):
        Path(name).write_text("")
    Path("lines.ndjson").write_text("strokes")
    Path("cross.json").write_text(json.dumps(CROSS))
    assert glyph(*words) == code
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("begun", "line"),
    [
        (CROSS * 100, "has 200 strokes, and a character at most 27: --keep fewer"),
        ([[[-500, 40], [900, 30]]], "reach from -500 to 900, out of the square of 100"),
        ([[[50, 50], [1e9, 1e9]]], "reach from 50 to 1e+09, out of the square of 100"),
        ([[[0, 0.5], [1, 0.5]], [[0.5, 0], [0.5, 1]]], "are 1 large in a square of 100, too small"),
        ([[[5, 5]]], "are 0 large in a square of 100, too small"),
        ([[[95, 95], [99, 99]]], "could not be completed within its square in 30 tries"),
    ],
)
def test_what_begins_no_character_is_refused_in_a_line(begun: object, line: str, capsys: Captured) -> None:
    Path("strange.json").write_text(json.dumps(begun))
    assert glyph("--begin", "strange.json") == 1
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_of_too_many_strokes_a_few_may_be_kept() -> None:
    Path("many.json").write_text(json.dumps(CROSS * 100))
    assert strokes(gesso.paint.glyph(begin="many.json", keep=2, seed=1, size=64))[:2] == CROSS


def test_an_animation_is_no_picture(capsys: Captured) -> None:
    assert glyph("--animate", "--out", "an.png") == 2
    assert capsys.readouterr().err.endswith("an animation is an .svg: as PNG it would stand still\n")
    assert glyph("--animate", "--format", "svg,png") == 2
    assert not list(Path().iterdir()), "what is refused leaves nothing behind"


def test_the_svg_is_as_large_as_the_picture_when_it_is_opened() -> None:
    for work in gesso.paint.glyph(size=80), gesso.paint.glyph(count=2, sheet=True, size=80):
        svg = ElementTree.fromstring(work.data)
        assert (svg.get("width"), svg.get("height")) == tuple(map(str, work.raster.size))


def test_other_peoples_strokes_are_learned_from(capsys: Captured) -> None:
    Path("mine.ndjson").write_text(
        "\n".join(json.dumps({"drawing": [[[0, 255 - n], [n, 128]], [[128, n], [0, 255]]]}) for n in range(60))
    )
    words = ["--steps", "12", "--batch", "8", "--hidden", "12", "--mixtures", "2", "--layers", "1", "--run", "mine"]
    assert main(["train", "paint/glyph", "--data", "mine.ndjson", *words, "--quiet"]) == 0
    assert glyph("--model", "mine", "--out", "mine.svg") == 0
    assert "the data it saw" in Path("mine.svg").read_text()
    capsys.readouterr()
    assert main(["evaluate", "paint/glyph", "--model", "mine", "--baseline", "--copies", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    figures = found["metrics"]
    assert figures["drawings"] == 3  # of two strokes and three points after the first each
    assert figures["nats_per_stroke"] * 6 == pytest.approx(figures["nats_per_point"] * 9, rel=1e-3)
    assert figures.keys() >= {"baseline_nats_per_stroke", "unit", "nearest_train", "copied"}


def test_models_of_other_arts_are_refused() -> None:
    with pytest.raises(GessoError, match="no model"):
        gesso.paint.glyph(model="digits")


def test_an_ink_that_changes_nothing_is_told() -> None:
    with pytest.warns(UserWarning, match="--ink changes nothing where --show-order"):
        red = gesso.paint.glyph(ink="red", show_order=True, size=64)
    assert np.array_equal(red.raster.rgb, gesso.paint.glyph(show_order=True, size=64).raster.rgb)


def test_what_was_drawn_before_ctrl_c_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from gesso.arts.paint.glyph import generate

    draw, calls = generate.drawing, 0

    def twice(*given: Any) -> Drawing:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise KeyboardInterrupt
        return draw(*given)

    monkeypatch.setattr(generate, "drawing", twice)
    assert glyph("--count", 4, "--out", "made/") == 130
    files = sorted(Path("made").iterdir())
    assert len(files) == 2
    assert not any(read_recipe(file).stopped for file in files)
    calls = -4
    assert main(["remake", str(files[1])]) == 0
