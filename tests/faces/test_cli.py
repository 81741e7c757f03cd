"""What a person types, and what they get: files, one line, an exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import largest_file
from gesso.core import pictures, registry
from gesso.core.errors import Usage
from gesso.core.work import read_recipe
from gesso.faces.calls import find
from gesso.faces.cli import main

pytestmark = pytest.mark.usefixtures("plugin", "photo")

Captured = pytest.CaptureFixture[str]


def gesso(*words: str | Path) -> int:
    return main([str(word) for word in words])


def started(*words: str) -> subprocess.Popen[str]:
    """The command as its own process, from whatever folder is the current one."""
    return subprocess.Popen(
        [sys.executable, "-m", "gesso", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def names(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def another(name: str, *, width: int = 20, height: int = 10) -> Path:
    """One more picture, of one colour."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), "salmon").save(path)
    return path


# Help and what is not understood


def test_help_lists_what_there_is(capsys: Captured) -> None:
    assert gesso("--help") == 0
    out = capsys.readouterr().out
    for word in ("negative", "the negative of a picture", "stylize", "remake", "models", "train", "evaluate"):
        assert word in out


def test_help_of_an_art_comes_from_its_settings(capsys: Captured) -> None:
    assert gesso("negative", "--help") == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--amount X 0 leaves the picture as it is (0 to 1; default 1)" in out
    assert "--grain X noise, drawn from the seed (at least 0; less than 0.5; default 0)" in out
    assert "--channel all|red" in out
    assert "--over FILE pictures whose mean colour is mixed in (may be repeated)" in out
    assert "--mirror, --no-mirror" in out
    assert "--list-looks" in out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["negatve"], "gesso: there is no command 'negatve'; did you mean negative?; gesso --help lists them\n"),
        (["negative"], "gesso: picture is missing: say what to work on; gesso negative --help tells how\n"),
        (["negative", "photo.png", "--amount", "1.5"], "gesso: --amount: 1.5 is more than 1, the most it may be\n"),
        (["negative", "photo.png", "--grain=-0.1"], "gesso: --grain: -0.1 is less than 0, the least it may be\n"),
        (["negative", "photo.png", "--grain", "0.5"], "gesso: --grain: 0.5 is too large: it must be less than 0.5\n"),
        (["negative", "photo.png", "--grain", "much"], "gesso: --grain: 'much' is not a number\n"),
        (["negative", "photo.png", "--grain", "nan"], None),
        (["negative", "photo.png", "--shift", "2.5"], "gesso: --shift: '2.5' is not a whole number\n"),
        (["negative", "photo.png", "--seed", "-1"], "gesso: --seed: -1 is less than 0, the least it may be\n"),
        (["negative", "photo.png", "--device", "abacus"], "gesso: device: 'abacus' is none of auto, cpu, cuda, mps\n"),
        (
            ["negative", "photo.png", "--channel", "rde"],
            "gesso: --channel: 'rde' is not 'all' or 'red'; did you mean red?\n",
        ),
        (
            ["negative", "photo.png", "--share", "1", "--share", "2"],
            "gesso: 2 of share for 0 of over: give one for each\n",
        ),
        (
            ["negative", "photo.png", *("--look", "a") * 4],
            "gesso: --look: more than 3 given, at most 3 taken\n",
        ),
        (
            ["negative", "photo.png", "--format", "gif"],
            None,
        ),
        (["negative", "photo.png", "--list-looks"], "gesso: --list-looks does not go with picture\n"),
        (["remake"], "gesso: name one work to make again, as in gesso remake painting.png\n"),
        (["models", "burn"], "gesso: models burn: say gesso models list, or gesso models show NAME\n"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_exit_2(words: list[str], line: str | None, capsys: Captured) -> None:
    assert gesso(*words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    if line:
        assert said.err == line
    assert names() == ["photo.png"]


@pytest.mark.parametrize("words", [["negative", "photo.png", "--amuont", "1"], ["negative", "--amount"]])
def test_unknown_options_are_exit_2(words: list[str], capsys: Captured) -> None:
    assert gesso(*words) == 2
    assert "amount" in capsys.readouterr().err


def test_help_is_there_at_once_and_without_torch() -> None:
    timed = "import sys, time, gesso.faces.cli as c; c.main(['--help']); sys.exit('torch' in sys.modules)"
    before = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, check=False)
    assert done.returncode == 0
    assert time.perf_counter() - before < 2  # 0.5 s where nothing else runs


# Works and their files


def test_a_work_is_named_for_its_input_and_keeps_its_format(capsys: Captured) -> None:
    another("holiday.jpeg")
    assert gesso("negative", "holiday.jpeg", "--look", "silver gelatin/no. 2") == 0
    assert capsys.readouterr().out == "holiday-silver-gelatin-no.-2.jpg\n"
    assert Image.open("holiday-silver-gelatin-no.-2.jpg").format == "JPEG"


def test_nothing_is_overwritten_unasked(capsys: Captured) -> None:
    for _ in range(3):
        assert gesso("negative", "photo.png") == 0
    assert names() == ["photo-film-2.png", "photo-film-3.png", "photo-film.png", "photo.png"]

    assert gesso("negative", "photo.png", "--overwrite", "--amount", "0") == 0
    assert gesso("negative", "photo.png", "--skip-existing") == 0
    assert len(names()) == 4
    assert read_recipe("photo-film.png").settings["amount"] == 0
    assert "1 skipped" in capsys.readouterr().err


def test_what_is_worked_on_is_replaced_only_when_it_is_named() -> None:
    another("photo-film.png")
    before = Path("photo-film.png").read_bytes()
    assert gesso("negative", "photo.png", "photo-film.png", "--overwrite") == 0
    assert names() == ["photo-film-2.png", "photo-film-film.png", "photo-film.png", "photo.png"]
    assert Path("photo-film.png").read_bytes() == before
    assert gesso("negative", "photo-film.png", "--out", "photo-film.png", "--overwrite") == 0
    assert Path("photo-film.png").read_bytes() != before


@pytest.mark.parametrize("out", ["new/", "new", "v1.2", "a/b/c"])
def test_out_may_be_a_folder(out: str) -> None:
    assert gesso("negative", "photo.png", "--out", out) == 0
    assert names(out) == ["photo-film.png"]


def test_out_may_be_a_file(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--out", "new/it.webp") == 0
    assert Image.open("new/it.webp").format == "WEBP"

    assert gesso("negative", "photo.png", "--out", "new/it.webp") == 1
    assert "new/it.webp already exists" in capsys.readouterr().err
    assert gesso("negative", "photo.png", "--out", "new/it.webp", "--overwrite") == 0
    assert gesso("negative", "photo.png", "photo.png", "--out", "new/it.webp") == 2
    assert "names one file, but 2 works" in capsys.readouterr().err
    assert gesso("negative", "photo.png", "--out", "it.gif") == 2
    assert gesso("negative", "photo.png", "--out", "it.png", "--format", "jpg") == 2


def test_several_formats_are_files_of_one_work(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--format", "jpg,png", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [work["files"] for work in answer["works"]] == [["photo-film.jpg", "photo-film.png"]]
    assert read_recipe("photo-film.jpg") == read_recipe("photo-film.png")


def test_what_a_format_cannot_hold_is_saved_as_png(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_LONGEST_SIDE", {"WEBP": 4})
    assert gesso("negative", "photo.png", "--format", "webp", "--out", "large/") == 0
    assert names("large") == ["photo-film.png"]
    assert read_recipe(Path("large/photo-film.png")).key == "negative"
    said = capsys.readouterr().err
    assert "does not fit WEBP" in said
    assert "it is saved as photo-film.png" in said
    assert gesso("negative", "photo.png", "--format", "png,webp", "--out", "both/") == 0
    assert names("both") == ["photo-film.png"]


def test_several_works_of_one_input_are_numbered(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--copies", "3", "--grain", "0.1") == 0
    assert capsys.readouterr().out.split() == ["photo-film.png", "photo-film-2.png", "photo-film-3.png"]


def test_options_may_stand_between_inputs() -> None:
    another("b.png")
    assert gesso("negative", "photo.png", "--mirror", "b.png", "--look", "x", another("-c.png")) == 2
    assert gesso("negative", "photo.png", "--mirror", "b.png", "--look=x", "--", "-c.png") == 0
    assert {"photo-x.png", "b-x.png", "c-x.png"} <= set(names())
    assert read_recipe("b-x.png").settings["mirror"] is True


def test_json_is_one_object_with_all_that_was_made(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "nothing.png", "--json", "--seed", "4") == 1
    said = capsys.readouterr()
    answer: dict[str, Any] = json.loads(said.out)
    assert set(answer) == {"works", "failed", "seconds"}
    (work,) = answer["works"]
    assert work["path"] == "photo-film.png"
    assert work["files"] == ["photo-film.png"]
    assert work["recipe"] == json.loads(read_recipe("photo-film.png").to_json())
    assert work["recipe"]["seed"] == 4
    assert answer["failed"] == [{"input": "nothing.png", "error": "nothing.png does not exist; check the name"}]
    assert "nothing.png does not exist" in said.err


def test_quiet_says_nothing_but_what_fails(capsys: Captured) -> None:
    assert gesso("negative", "photo.png", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert gesso("negative", "nothing.png", "--quiet") == 1
    assert capsys.readouterr() == ("", "gesso: nothing.png does not exist; check the name\n")


def test_a_switch_of_the_art_does_its_own_thing(capsys: Captured) -> None:
    assert gesso("negative", "--list-looks", "--channel", "red") == 0
    assert capsys.readouterr().out == "look       year\nfilm       1888\nplate-red  1851\n"
    assert gesso("negative", "--list-looks", "--json") == 0
    assert json.loads(capsys.readouterr().out)[1] == {"look": "plate-all", "year": 1851}


def test_what_an_art_does_besides_works_is_a_python_call_too() -> None:
    looks: Any = getattr(find("negative"), "list_looks")  # noqa: B009 -- made when it is asked for
    assert looks(channel="red") == looks(True, channel="red") != looks()
    with pytest.raises(Usage, match="there is no such setting"):
        looks(chanel="red")


# Batches and misfortunes


def test_a_batch_goes_on_after_failures_and_lists_them(capsys: Captured) -> None:
    another("in/one.jpg")
    another("in/two.tif")
    Path("in/three.jpg").write_text("not a picture")
    Path("in/empty.webp").touch()
    Path("in/notes.txt").write_text("not looked at")
    Path("in/.hidden.png").write_text("not looked at")
    Path("bare").mkdir()

    assert gesso("negative", "in", "photo.png", "nothing.png", "bare", "--out", "out") == 1

    assert names("out") == ["one-film.jpg", "photo-film.png", "two-film.tif"]
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    failures = [line for line in said.err.splitlines() if line.startswith("failed: ")]
    assert len(failures) == 4
    for name in ("in/three.jpg", "in/empty.webp", "nothing.png", "no pictures in the folder bare"):
        assert any(name in line for line in failures), name
    assert "3 works made, 4 failed" in said.err


def test_inputs_of_one_name_do_not_take_each_others_place() -> None:
    another("a/x.png")
    another("b/x.png", width=30)
    for _ in range(2):
        assert gesso("negative", "a", "b", "--out", "out", "--overwrite") == 0
        assert [Image.open(f"out/{name}").width for name in ("x-film.png", "x-film-2.png")] == [20, 30]
    assert gesso("negative", "a", "b", "--out", "out", "--skip-existing") == 0
    assert names("out") == ["x-film-2.png", "x-film.png"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nothing.png"], "nothing.png does not exist; check the name"),
        (["text.jpg"], "text.jpg"),
        (["empty.png"], "empty.png"),
        (["bare"], "there are no pictures in the folder bare"),
        (["photo.png", "--over", "nothing.png"], "--over: nothing.png does not exist"),
        (["photo.png", "--out", "photo.png/x/"], "--out: the folder photo.png/x cannot be made"),
        (["photo.png", "--limit-megapixels", "0.001"], "photo.png"),
        (["photo.png", "--recipe", "photo.png"], "photo.png: there is no recipe in it"),
        (["photo.png", "--recipe", "nothing.png"], "nothing.png does not exist"),
        (["photo.png", "--device", "cuda:99"], "there is no cuda:99 here"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(words: list[str], line: str, capsys: Captured) -> None:
    Path("text.jpg").write_text("The quick brown fox")
    Path("empty.png").touch()
    Path("bare").mkdir()
    before = names()

    assert gesso("negative", *words) == 1

    said = capsys.readouterr().err
    assert said.startswith("gesso: ")
    assert line in said
    assert said.count("\n") == 1
    assert names() == before


def test_the_sizes_of_the_odd_are_kept() -> None:
    another("dot.png", width=1, height=1)
    another("ribbon.png", width=30000, height=10)
    assert gesso("negative", "dot.png", "ribbon.png") == 0
    assert [Image.open(f"{name}-film.png").size for name in ("dot", "ribbon")] == [(1, 1), (30000, 10)]


def test_a_full_disk_leaves_no_half_file(capsys: Captured) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save("noise.png")
    another("flat.png")
    with largest_file(4000):
        code = gesso("negative", "noise.png", "flat.png", "--out", "out")
    assert code == 1
    assert names("out") == ["flat-film.png"]
    said = capsys.readouterr().err
    assert "noise-film.png cannot be written" in said
    assert "space" in said
    assert "1 work made, 1 failed" in said


def test_ctrl_c_keeps_what_is_finished() -> None:
    for number in range(30):
        another(f"in/{number:02}.png", width=1500, height=1500)
    process = started("negative", "in", "--grain", "0.1", "--out", "out")
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in err
    assert "stopped" in err
    kept = [Path(line).name for line in (first + out).split()]
    assert 0 < len(kept) < 30
    assert names("out") == kept
    for name in kept:
        pictures.decode(Path("out") / name)


def test_a_reader_that_leaves_is_no_error() -> None:
    process = started("--help")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=30)


def test_a_bug_in_one_work_does_not_stop_the_others(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = registry.find("negative").step("generate")
    real = generate.generate

    def stumbling(settings: Any, **options: Any) -> Any:
        if settings.picture.name == "photo.png":
            raise ZeroDivisionError("division by zero")
        return real(settings, **options)

    monkeypatch.setattr(generate, "generate", stumbling)
    monkeypatch.delenv("GESSO_DEBUG", raising=False)
    another("b.png")
    assert gesso("negative", "photo.png", "b.png") == 1
    assert "ZeroDivisionError: division by zero; GESSO_DEBUG=1 shows where" in capsys.readouterr().err
    assert "b-film.png" in names()


def test_the_environment_of_a_module_run_is_that_of_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gesso", "--version"], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "gesso")
