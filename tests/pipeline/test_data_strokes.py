"""Drawings that are kept as strokes, as people have them."""

import json
from pathlib import Path

import numpy as np
import pytest

from gesso.core import places
from gesso.core.errors import GessoError
from gesso.faces.cli import main
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.registry import find, is_here
from gesso.pipeline.data.strokes import read_drawings, read_file, simplified

CROSS = [[[10, 50], [90, 50]], [[50, 10], [50, 90]]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def points(path: Path) -> list[list[list[float]]]:
    return [np.round(stroke, 6).tolist() for stroke in read_file(path)[0]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bare.json", json.dumps(CROSS)),
        ("work.json", json.dumps({"work": {"side": 100, "strokes": CROSS}, "recipe": {}})),
        ("sheet.json", json.dumps({"side": 100, "glyphs": [{"strokes": CROSS}]})),
        ("large.json", json.dumps({"side": 200, "strokes": (2 * np.array(CROSS)).tolist()})),
        ("cross.ndjson", json.dumps({"drawing": [[[25.5, 229.5], [127.5, 127.5]], [[127.5, 127.5], [25.5, 229.5]]]})),
        ("lines.svg", '<svg viewBox="0 0 10 10"><path d="M1 5h8M5,1V9"/></svg>'),
        ("relative.svg", '<svg viewBox="-10 0 100 100"><path d="m0 50 80 0m-40-40l0 80"/></svg>'),
        ("mixed.svg", ('<svg width="50px" height="50"><line x1="5" y1="25" x2="45" y2="25"/>'
         '<polyline points="25,5 25,45"/></svg>')),
    ],
)  # fmt: skip
def test_a_cross_is_a_cross_however_it_is_written(name: str, text: str) -> None:
    assert points(write(name, text)) == CROSS


def test_curves_pass_where_they_should() -> None:
    path = write(
        "curves.svg", '<svg viewBox="0 0 100 100"><path d="M0 0C0 40 100 40 100 0s-100 60-100 100Q50 50 0 0z"/></svg>'
    )
    (curve,) = read_file(path)[0]
    assert np.abs(curve - (50, 30)).sum(1).min() < 1e-9  # the middle of the first curve
    assert np.abs(curve - (25, 50)).sum(1).min() < 1e-9  # and of the last
    assert curve[0].tolist() == curve[-1].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("no.json", "{}", 'cannot be read as strokes: it has no "strokes"'),
        ("no.json", "[]", "there are no strokes in"),
        ("no.json", "[[[1, 2, 3]]]", "a stroke is a list of points"),
        ("no.json", "[[[1, 1e999]]]", "a stroke is a list of points"),
        ("no.json", '[[["a", 1]]]', "a stroke is a list of points"),
        ("no.json", "[[[1, 2], [3]]]", "a stroke is a list of points"),
        ("no.json", '{"side": 0, "strokes": [[[1, 2]]]}', '"side" is 0, and should be the side of the square'),
        ("no.json", '{"side": "x", "strokes": [[[1, 2]]]}', "\"side\" is 'x', and should be"),
        ("no.json", '{"glyphs": [5]}', 'it has no "strokes"'),
        ("no.ndjson", '{"word": "cat"}', 'it has no "drawing"'),
        ("no.ndjson", '{"drawing": [[[1, 2], [3]]]}', "as many x as y"),
        ("no.ndjson", '{"drawing": [5]}', "as many x as y"),
        ("no.svg", "<svg", "it is no SVG"),
        ("no.svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg/>', "it has a document type"),
        ("no.svg", '<svg><path d="M0 0A1 1 0 0 0 1 1"/></svg>', "turn arcs into curves first"),
        ("no.svg", '<svg><path d="L1 1"/></svg>', "begins without a move"),
        ("no.svg", '<svg><path d="M0 0L1"/></svg>', "ends within a command"),
        ("no.svg", '<svg><g transform="scale(2)"/><path d="M0 0L1 1"/></svg>', "it has transforms"),
    ],
)
def test_what_holds_no_strokes_is_refused_in_a_line(name: str, text: str, line: str) -> None:
    path = write(name, text)
    with pytest.raises(GessoError, match=line) as error:
        read_file(path)
    assert "\n" not in str(error.value)


def test_pickles_are_not_opened_and_it_is_said_how_to_convert_them() -> None:
    drawings = np.empty(2, object)
    drawings[:] = [np.ones((3, 3), np.int16), np.ones((2, 3), np.int16)]
    np.savez("pickled.npz", train=drawings, valid=drawings, test=drawings)  # as sketch-rnn's are
    with pytest.raises(GessoError, match="pickled objects") as error:
        read_drawings("pickled.npz")
    assert "np.concatenate(train)" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_array_file_is_not_said_to_need_unpickling() -> None:
    with pytest.raises(GessoError, match="not a whole array file of strokes; get it again"):
        read_drawings(str(write("no.npz", "hello")))


def test_what_is_no_text_is_refused_in_words() -> None:
    path = write("no.json", "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GessoError, match="it is no text in UTF-8"):
        read_file(path)


def test_flat_arrays_come_back_as_the_strokes_they_are() -> None:
    flat = np.array([[0, 0, 0], [5, 0, 1], [-2, 3, 0], [0, 4, 1], [1, 1, 0], [1, 0, 1]], np.float32)
    np.savez("flat.npz", train_strokes=flat, train_offsets=np.array([0, 4, 6]))
    found = read_drawings("flat.npz")
    assert [[stroke.tolist() for stroke in drawing] for drawing in found["train"]] == [
        [[[0, 0], [5, 0]], [[3, 3], [3, 7]]],
        [[[1, 1], [2, 1]]],
    ]
    assert found["valid"] == found["test"] == []


@pytest.mark.parametrize("offsets", [[0, 4, 5], [1, 4, 6], [0, 4, 4, 6], [0.0, 6.0]])
def test_arrays_that_do_not_belong_together_are_refused(offsets: list[float]) -> None:
    np.savez("flat.npz", train_strokes=np.zeros((6, 3), np.float32), train_offsets=np.array(offsets))
    with pytest.raises(GessoError, match="do not belong together"):
        read_drawings("flat.npz")


def test_a_folder_is_split_the_same_way_every_time() -> None:
    for number in range(40):
        write(f"mine/{number:02}.json", json.dumps([[[0, number], [50, 50]]]))
    found = read_drawings("mine")
    assert {part: len(drawings) for part, drawings in found.items()} == {"train": 36, "valid": 2, "test": 2}
    assert [drawing[0][0, 1] for drawing in found["test"]] == [19, 39]


def test_points_that_a_line_does_not_need_are_left_out() -> None:
    line = np.array([[0, 0], [1, 0.1], [2, 0], [3, 3], [3, 6]], float)
    assert simplified(line, 0.2).tolist() == [[0, 0], [2, 0], [3, 3], [3, 6]]
    assert simplified(line, 0.0).tolist() == line.tolist()
    assert simplified(np.array([[1.0, 1], [2, 5], [1, 1]]), 0.5).tolist() == [[1, 1], [2, 5], [1, 1]]


def test_pictures_are_no_strokes_and_strokes_no_pictures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(GessoError, match="kanji holds strokes"):
        open_examples("kanji", "train")
    with pytest.raises(GessoError, match="mnist holds pictures, not strokes"):
        read_drawings("mnist")
    with pytest.raises(GessoError, match="did you mean kanji"):
        read_drawings("kanij")

    monkeypatch.setenv("GESSO_DATA", str(tmp_path / "data"))
    assert main(["data", "get", "kanji"]) == 1
    said = capsys.readouterr().err
    assert "has to be brought by hand" in said
    assert "pickled" in said
    np.savez("flat.npz", train_strokes=np.ones((4, 3), np.float32), train_offsets=np.array([0, 2, 4]))
    (tmp_path / "data/pictures/kanji").mkdir(parents=True)
    Path("flat.npz").rename(tmp_path / "data/pictures/kanji/kanji.npz")
    assert main(["data", "check", "kanji", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checked"][0]["classes"] == {"train": 2, "valid": 0, "test": 0}


def test_the_real_kanji_have_their_known_counts() -> None:
    if not is_here(find("kanji"), places.data()):
        pytest.skip(f"kanji is not in {places.data()}: set GESSO_DATA")
    found = read_drawings("kanji")
    assert [len(drawings) for drawings in found.values()] == [10358, 600, 500]
    assert all(len(stroke) for drawing in found["test"] for stroke in drawing)
