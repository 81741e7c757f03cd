"""`gesso explain`: what a person gets, and where."""

import json
from pathlib import Path

import pytest

import gesso
from gesso.core.music.engraving import can_engrave
from gesso.core.vectors import can_rasterise
from gesso.faces.cli import main

pytestmark = pytest.mark.usefixtures("plugin", "photo")

Captured = pytest.CaptureFixture[str]
ENDINGS = [".json", *([".png"] if can_engrave() and can_rasterise() else []), *([".svg"] if can_engrave() else [])]


def names(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir() if "photo" not in path.name)


def test_a_work_is_explained_beside_it_or_elsewhere_and_nothing_is_overwritten(capsys: Captured) -> None:
    Path("works").mkdir()
    gesso.compose(bars=1, phrase=1, seed=2).save("works/tune.mid")
    assert main(["explain", "works/tune.mid"]) == 0
    out = capsys.readouterr().out
    assert "least expected" in out
    assert "instead of" in out
    first = [f"tune-explained{ending}" for ending in ENDINGS]
    assert names("works") == sorted([*first, "tune.mid"])
    assert all(f"works/{name}\n" in out for name in first)

    assert main(["explain", "works/tune.mid", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert sorted(said["files"]) == sorted(f"works/tune-explained-2{ending}" for ending in ENDINGS)
    assert said["details"]["notes"]
    assert said.keys() == {"path", "files", "headline", "remarks", "table", "details"}

    Path("why.json").write_text("mine")
    assert main(["explain", "works/tune.mid", "--out", "why.json"]) == 1
    assert "why.json already exists" in capsys.readouterr().err
    assert main(["explain", "works/tune.mid", "--out", "why.json", "--overwrite", "--quiet"]) == 0
    assert sorted(capsys.readouterr().out.split()) == sorted(f"why{ending}" for ending in ENDINGS)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([], 2, "gesso: name one work to explain, as in gesso explain chorale.mid\n"),
        (["none.mid"], 1, "gesso: none.mid does not exist; check the name\n"),
        (["work.png"], 1, "gesso: work.png: works of negative have no explanation yet; those of "),
        (
            ["photo.png", "--art", "compose"],
            1,
            "gesso: photo.png holds no notes: name the .mid or the .musicxml of the same work\n",
        ),
        (["photo.png", "--art", "composer"], 2, "gesso: there is no art called 'composer'; did you mean compose?\n"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_a_line(
    capsys: Captured, words: list[str], code: int, line: str
) -> None:
    assert main(["negative", "photo.png", "--out", "work.png", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["explain", *words]) == code
    assert capsys.readouterr().err.startswith(line)


def test_music_without_a_recipe_is_refused_with_what_helps(capsys: Captured) -> None:
    assert main(["explain", "photo.png"]) == 1
    assert "there is no recipe in it" in capsys.readouterr().err
