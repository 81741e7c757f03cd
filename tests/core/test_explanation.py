"""Explanations as files: all of them or none, and nothing lost."""

import json
from pathlib import Path

import pytest

from gesso.core.errors import GessoError
from gesso.core.explanation import Explanation

TOLD = Explanation("It is round.", ({"part": "edge", "share": 0.5},), {"parts": 1}, {".svg": b"<svg/>"}, ("Mind.",))


def test_files_hold_all_of_it(tmp_path: Path) -> None:
    paths = TOLD.save(tmp_path / "ball.v2")
    assert [path.name for path in paths] == ["ball.v2.svg", "ball.v2.json"]
    assert paths[0].read_bytes() == b"<svg/>"
    assert json.loads(paths[1].read_text("utf-8")) == TOLD.data
    assert TOLD.data == {
        "headline": "It is round.",
        "remarks": ["Mind."],
        "table": [{"part": "edge", "share": 0.5}],
        "details": {"parts": 1},
    }


def test_nothing_is_written_where_one_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "ball.json").write_text("mine")
    with pytest.raises(GessoError, match=r"ball\.json already exists"):
        TOLD.save(tmp_path / "ball")
    assert [path.name for path in tmp_path.iterdir()] == ["ball.json"]
    TOLD.save(tmp_path / "ball", overwrite=True)
    assert json.loads((tmp_path / "ball.json").read_text("utf-8"))["headline"] == "It is round."
