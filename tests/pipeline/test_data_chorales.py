"""Pieces in four voices as time series: what is read, and what is refused."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from gesso.core import places
from gesso.core.errors import GessoError
from gesso.pipeline.data.chorales import CHORALES, PARTS, read_chorales
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.registry import find

CHORD = [67, 60, 55, -1]
GOOD = {part: [[CHORD] * 4] for part in PARTS}


def test_pieces_come_as_they_are_in_their_parts(tmp_path: Path) -> None:
    file = tmp_path / "pieces.json"
    file.write_text(json.dumps(GOOD | {"train": [[CHORD] * 4, [[72, 67, 64, 48]]]}))
    parts = read_chorales(file)
    assert [len(parts[part]) for part in PARTS] == [2, 1, 1]
    assert parts["train"][0].tolist() == [CHORD] * 4
    assert parts["train"][1].tolist() == [[72, 67, 64, 48]]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (json.dumps({"train": [], "valid": []}), "it has no 'test'"),
        (json.dumps(GOOD | {"test": [[[67, 60, 55]]]}), "each of four whole numbers"),
        (json.dumps(GOOD | {"test": [[CHORD, CHORD[:3]]]}), "cannot be read"),
        (json.dumps(GOOD | {"test": [[[67.5, 60, 55, 48]]]}), "each of four whole numbers"),
        (json.dumps(GOOD | {"test": [[]]}), "each of four whole numbers"),
        (json.dumps(GOOD | {"test": [[[128, 60, 55, 48]]]}), "from 0 to 127"),
        (json.dumps(GOOD | {"test": [[[10**30, 60, 55, 48]]]}), "cannot be read"),
        (json.dumps(GOOD | {"test": [["abcd"]]}), "each of four whole numbers"),
    ],
)
def test_what_is_no_music_in_four_voices_is_refused_in_a_line(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "pieces.json"
    file.write_text(text)
    with pytest.raises(GessoError, match=wrong) as refused:
        read_chorales(file)
    assert "\n" not in str(refused.value)
    assert "pieces.json" in str(refused.value)


def test_music_is_not_taken_for_pictures() -> None:
    with pytest.raises(GessoError, match="gesso train compose learns from them"):
        open_examples("jsb", "train")


@pytest.mark.skipif("GESSO_DATA" not in os.environ, reason="needs jsb below GESSO_DATA")
def test_bachs_chorales_are_whole() -> None:
    file = places.data() / find("jsb").folder / CHORALES
    if not file.is_file():
        pytest.skip("jsb is not below GESSO_DATA")
    parts = read_chorales(file)
    assert {part: (len(pieces), sum(map(len, pieces))) for part, pieces in parts.items()} == {
        "train": (229, 55228),
        "valid": (76, 18408),
        "test": (77, 18900),
    }
    assert all(np.isin(piece, [-1, *range(36, 82)]).all() for pieces in parts.values() for piece in pieces)
