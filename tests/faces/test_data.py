"""`gesso data` as a person types it."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gesso.core import places
from gesso.faces.cli import main
from gesso.pipeline.data import registry
from gesso.pipeline.data.registry import Dataset, Source

REAL_DATA = places.data()
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("GESSO_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def gesso(*words: str | Path) -> int:
    return main([str(word) for word in words])


def pictures(folder: Path, count: int = 6) -> Path:
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / name / f"{number}.png")
    return folder


def write_openmoji(folder: Path, *, damaged: bool = False) -> None:
    folder.mkdir(parents=True)
    (folder / "openmoji.json").write_text("[]")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("1F600.png", b"one picture")
    (folder / "openmoji-72x72-color.zip").write_bytes(
        file.getvalue().replace(b"one picture", b"two pictur!") if damaged else file.getvalue()
    )


def test_list_says_what_there_is_and_what_is_here(data: Path, capsys: Captured) -> None:
    write_openmoji(data / "pictures" / "openmoji")
    assert gesso("data", "list") == 0
    said = capsys.readouterr()
    rows = {line.split()[0]: line for line in said.out.splitlines()}
    assert set(rows) == {
        "name",
        "mnist",
        "fashion-mnist",
        "cifar10",
        "openmoji",
        "esc10",
        "kanji",
        "jsb",
        "tang",
        "tinyshakespeare",
        "sonnets",
        "cmudict",
    }
    assert rows["mnist"].split()[-3:] == ["12", "MB", "no"]
    assert rows["openmoji"].endswith("yes")
    assert "CC BY 3.0" in rows["esc10"]
    assert str(data) in said.err

    assert gesso("data", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["folder"] == str(data)
    mnist = answer["data"][0]
    assert (mnist["name"], mnist["bytes"], mnist["here"]) == ("mnist", 11_594_722, False)


def test_help_and_list_import_no_torch() -> None:
    for words in (["--help"], ["list"], ["check"]):
        code = f"import sys, gesso.faces.cli as c; c.main(['data', *{words}]); sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["get", "mnits"], "there is no data set 'mnits'; did you mean mnist?"),
        (["get"], "say what to get: gesso data get mnist|fashion-mnist|cifar10|openmoji|esc10|kanji|jsb"),
        (["fetch", "mnist"], "data fetch mnist: say gesso data list"),
        (["check", "opnmoji"], "opnmoji is neither a data set nor a folder; did you mean openmoji?"),
    ],
)
def test_what_is_not_understood_is_one_line_and_exit_2(words: list[str], line: str, capsys: Captured) -> None:
    assert gesso("data", *words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gesso: {line}")
    assert said.err.count("\n") == 1


def test_check_of_an_absent_set_says_how_it_is_fetched(capsys: Captured) -> None:
    assert gesso("data", "check", "mnist") == 1
    assert "mnist is not here: gesso data get mnist fetches it (12 MB)" in capsys.readouterr().err


def test_get_fetches_once_and_prints_where(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "pipeline")
    from data_server import serving  # pyright: ignore[reportMissingImports]  found by the line above

    with serving() as server:
        server.files["/a"], server.files["/b"] = b"known", b"unknown"
        known = hashlib.sha256(b"known").hexdigest()
        tiny = Dataset(
            name="tiny",
            title="",
            kind="pictures",
            licence="CC0",
            home=server.url,
            folder="pictures/tiny",
            sources=(
                Source(f"{server.url}/a", "pictures/tiny/a", known, 5),
                Source(f"{server.url}/b", "pictures/tiny/b", None, None),
            ),
        )
        for module in ("gesso.pipeline.data.registry", "gesso.faces.data"):
            monkeypatch.setattr(f"{module}.DATASETS", (tiny,))

        assert gesso("data", "get", "tiny") == 0
        said = capsys.readouterr()
        assert said.out == f"{data / 'pictures' / 'tiny'}\n"
        assert "b has no published checksum that is known: its SHA-256 is " in said.err
        assert "its licence: CC0" in said.err
        assert (data / "pictures" / "tiny" / "a").read_bytes() == b"known"

        assert gesso("data", "get", "tiny", "--json") == 0
        assert json.loads(capsys.readouterr().out)["fetched"] is False
        assert len(server.asked) == 2

        assert gesso("data", "check", "tiny") == 0
        out = capsys.readouterr().out
        assert "as published" in out
        assert "as when fetched" in out

        (data / "pictures" / "tiny" / "a").write_bytes(b"knowm")
        (data / "pictures" / "tiny" / "b").write_bytes(b"other")
        assert gesso("data", "check", "--json") == 1
        said = capsys.readouterr()
        (checked,) = json.loads(said.out)["checked"]
        assert [row["state"] for row in checked["files"]] == ["another", "changed"]
        assert len(said.err.splitlines()) == len(checked["wrong"]) == 2


def test_check_finds_a_damaged_member_of_an_archive(data: Path, capsys: Captured) -> None:
    write_openmoji(data / "pictures" / "openmoji", damaged=True)
    assert gesso("data", "check", "openmoji") == 1
    said = capsys.readouterr()
    assert "openmoji-72x72-color.zip is damaged at 1F600.png" in said.err
    assert "openmoji.json has the SHA-256" in said.err  # an empty table is not the published one
    assert "0 files are whole, 2 are not" in said.err


def test_check_knows_contents_that_were_compressed_anew(data: Path, capsys: Captured) -> None:
    if not registry.is_here(registry.find("mnist"), REAL_DATA):
        pytest.skip(f"mnist is not in {REAL_DATA}: gesso data get mnist, or set GESSO_DATA")
    folder = data / "pictures" / "mnist"
    folder.mkdir(parents=True)
    for source in registry.find("mnist").sources:
        contents = gzip.decompress((REAL_DATA / source.path).read_bytes())
        if "train-labels" in source.path:
            contents = contents[:-1] + bytes([contents[-1] ^ 1])
        (data / source.path).write_bytes(gzip.compress(contents, compresslevel=1, mtime=0))
    assert gesso("data", "check", "mnist") == 1
    said = capsys.readouterr()
    assert said.out.count("compressed anew, same contents") == 3
    assert "train-labels-idx1-ubyte.gz holds other data" in said.err


def test_check_of_a_folder_names_the_damaged_and_counts_the_rest(tmp_path: Path, capsys: Captured) -> None:
    folder = pictures(tmp_path / "mine")
    assert gesso("data", "check", "mine") == 0
    assert "12 files are whole, 0 are not" in capsys.readouterr().err

    whole = (folder / "cat" / "2.png").read_bytes()
    (folder / "cat" / "2.png").write_bytes(whole[:-15])
    (folder / "dog" / "0.png").write_text("a dog")
    assert gesso("data", "check", "mine") == 1
    said = capsys.readouterr()
    assert [line.split() for line in said.out.splitlines()] == [
        ["data", "class", "files"],
        ["mine", "cat", "5"],
        ["mine", "dog", "5"],
    ]
    assert "mine/cat/2.png is truncated" in said.err
    assert "mine/dog/0.png is not a picture" in said.err
    assert "10 files are whole, 2 are not" in said.err

    assert gesso("data", "check", "mine", "--quiet") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 2


def test_check_of_sounds(tmp_path: Path, capsys: Captured) -> None:
    import soundfile

    (tmp_path / "mine" / "hum").mkdir(parents=True)
    soundfile.write(tmp_path / "mine" / "hum" / "a.flac", np.zeros(100), 16_000)
    (tmp_path / "mine" / "hum" / "b.ogg").write_bytes(b"OggS")
    assert gesso("data", "check", "mine", "--json") == 1
    (checked,) = json.loads(capsys.readouterr().out)["checked"]
    assert checked["classes"] == {"hum": 1}
    assert len(checked["wrong"]) == 1
    assert "b.ogg" in checked["wrong"][0]


def test_check_with_nothing_here_says_what_to_do(capsys: Captured) -> None:
    assert gesso("data", "check") == 0
    assert "gesso data get NAME fetches one" in capsys.readouterr().err
