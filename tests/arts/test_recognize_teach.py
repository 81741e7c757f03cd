"""Classes taught by a handful of pictures or sounds: recognised by name afterwards, with figures that hold."""

import csv
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

import gesso
from gesso.arts.recognize import teach
from gesso.arts.recognize.build import Configuration, build
from gesso.arts.recognize.taught import PARTS, SIDE, WHOLE, described, perceptual
from gesso.arts.recognize.teach import fit_head, fit_limit
from gesso.arts.recognize.train import with_a_mistake
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.faces.cli import main
from gesso.pipeline.metrics import temperature

Captured = pytest.CaptureFixture[str]


def draw(path: Path, kind: str, seed: int) -> Path:
    """Stripes or dots in some colours, or noise."""
    chance = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "noise":
        image = Image.fromarray(chance.integers(0, 255, (96, 96, 3)).astype(np.uint8))
    else:
        ground, ink = (tuple(chance.integers(low, low + 60, 3).tolist()) for low in (160, 20))
        image = Image.new("RGB", (110, 90), ground)
        pen, step, at = ImageDraw.Draw(image), int(chance.integers(14, 24)), int(chance.integers(0, 12))
        for x in range(at, 110, step):
            if kind == "stripes":
                pen.line((x, 0, x, 90), ink, 4)
            for y in range(at, 90, step) if kind == "dots" else ():
                pen.ellipse((x, y, x + 7, y + 7), ink)
    image.save(path)
    return path


def fill(folder: Path, count: int = 5) -> Path:
    for number in range(count):
        for kind in ("stripes", "dots"):
            draw(folder / kind / f"{number}.png", kind, number)
    return folder


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes of five pictures."""
    return fill(tmp_path_factory.mktemp("taught") / "patterns")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GESSO_HOME", str(tmp_path / "home"))


def run(*words: object, capsys: Captured) -> dict[str, Any]:
    assert main(["recognize", *map(str, words), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_taught_classes_are_recognised_by_name(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    told = run("--teach", lesson, capsys=capsys)
    assert (told["model"], told["pictures"]) == ("patterns", {"dots": 5, "stripes": 5})
    assert (told["leave_one_out_accuracy"], told["largest_class"]) == (1.0, 0.5)
    for kind in ("stripes", "dots"):
        photo = draw(tmp_path / f"{kind}.png", kind, 77)
        said = run(photo, "--model", "patterns", "--out", "answers/", capsys=capsys)["works"][0]["work"]
        assert (said["known"], said["labels"][0]["label"]) == (True, kind)
        assert said["labels"][0]["probability"] > 0.7
    noise = draw(tmp_path / "noise.png", "noise", 0)
    said = run(noise, "--model", "patterns", "--out", "answers/", capsys=capsys)["works"][0]["work"]
    assert (said["known"], said["labels"]) == (False, [])


def test_the_help_page_tells_how(capsys: Captured) -> None:
    assert main(["recognize", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for words in ("--teach FOLDER learn classes of your own", "--name TEXT what the taught model", "--sort copy what"):
        assert words in out
    assert "Pydantic" not in out


def test_the_card_says_what_it_has_learned_from(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    run("--teach", lesson, "--name", "mine", capsys=capsys)
    folder = tmp_path / "home" / "models" / "mine"
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".md", ".safetensors"]
    card = (folder / "mine.md").read_text("utf-8")
    for words in ("| dots | 5 |", "gesso recognize --teach patterns --name mine", "left out: 100.00%", "gives 50.00%"):
        assert words in card
    assert (folder / "mine.safetensors").stat().st_size < 1_000_000


def test_the_same_pictures_teach_the_same_bytes(lesson: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        gesso.recognize.teach(lesson, name=name, device="cpu")
    files = [(tmp_path / f"home/models/{name}/{name}.safetensors").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]


def test_python_teaches_and_recognises_too(lesson: Path, tmp_path: Path) -> None:
    told = gesso.recognize.teach(str(lesson), name="mine")
    assert told["use"] == "gesso recognize photo.jpg --model mine"
    work = gesso.recognize(draw(tmp_path / "photo.png", "dots", 99), model="mine")
    assert work.content.data["labels"][0]["label"] == "dots"
    assert "teach" in gesso.recognize.teach.__doc__


def test_a_model_is_replaced_only_when_asked(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    photo = draw(tmp_path / "photo.png", "dots", 99)
    gesso.recognize.teach(lesson, name="mine")
    assert gesso.recognize(photo, model="mine").content.data["labels"][0]["label"] == "dots"
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    (renamed / "spots").symlink_to(lesson / "dots")
    (renamed / "bars").symlink_to(lesson / "stripes")
    assert main(["recognize", "--teach", str(renamed), "--name", "mine"]) == 1
    assert "pass --overwrite" in capsys.readouterr().err
    assert main(["recognize", "--teach", str(renamed), "--name", "mine", "--overwrite", "--quiet"]) == 0
    assert gesso.recognize(photo, model="mine").content.data["labels"][0]["label"] == "spots"


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path, capsys: Captured) -> None:
    folder = fill(tmp_path / "patterns", 3)
    (folder / "dots" / "broken.png").write_bytes(b"no picture")
    assert main(["recognize", "--teach", str(folder), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["pictures"] == {"dots": 3, "stripes": 3}
    assert [Path(name).name for name in json.loads(told.out)["left_out"]] == ["broken.png"]
    assert "broken.png cannot be read and is left out" in told.err


def one_class(folder: Path) -> None:
    draw(folder / "dots" / "1.png", "dots", 1)
    draw(folder / "dots" / "2.png", "dots", 2)


def one_picture(folder: Path) -> None:
    fill(folder, 2)
    (folder / "dots" / "0.png").unlink()


def one_readable(folder: Path) -> None:
    fill(folder, 2)
    (folder / "dots" / "0.png").write_bytes(b"no picture")


def none_readable(folder: Path) -> None:
    for kind in ("dots", "stripes"):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "a.png").write_bytes(b"no picture")


def sounds(folder: Path) -> None:
    for kind in ("rain", "wind"):
        (folder / kind).mkdir(parents=True)
        with wave.open(str(folder / kind / "a.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(bytes(3200))


def pictures_and_sounds(folder: Path) -> None:
    sounds(folder)
    fill(folder)


@pytest.mark.parametrize(
    ("fill_it", "words"),
    [
        (one_class, "has only the class dots; give two class folders or more"),
        (one_picture, "the class dots has 1 picture that can be read; give it two or more"),
        (one_readable, "the class dots has 1 picture that can be read; give it two or more"),
        (none_readable, "the class dots has 0 pictures that can be read; give it two or more"),
        (sounds, "the class rain has 1 sound that can be read; give it two or more"),
        (pictures_and_sounds, "has pictures and sounds; keep one kind in it"),
        (Path.mkdir, "has no class folders: it is empty; give each class a folder"),
        (lambda folder: None, "there is no folder"),
    ],
)
def test_what_teaches_nothing_is_one_line(
    fill_it: Callable[[Path], None], words: str, tmp_path: Path, capsys: Captured
) -> None:
    fill_it(tmp_path / "folder")
    assert main(["recognize", "--teach", str(tmp_path / "folder")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if "left out" not in line]
    assert len(lines) == 1
    assert words in lines[0]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["photo.png", "--name", "x"], "--name goes with --teach only"),
        (["--teach", "patterns", "--seed", "1"], "--teach does not go with --seed"),
        (["photo.png", "--teach", "patterns"], "--teach does not go with subject"),
        (["--teach", "patterns", "--name", "../x"], "--name: '../x' is no name for a model"),
    ],
)
def test_what_does_not_go_together_is_exit_2(words: list[str], line: str, tmp_path: Path, capsys: Captured) -> None:
    draw(tmp_path / "photo.png", "dots", 0)
    fill(tmp_path / "patterns", 2)
    assert main(["recognize", *words]) == 2
    assert line in capsys.readouterr().err


def test_a_model_that_looks_with_other_eyes_is_refused(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    gesso.recognize.teach(lesson, name="mine")
    path = tmp_path / "home/models/mine/mine.json"
    path.write_text(path.read_text("utf-8").replace(perceptual().sha256, "0" * 64), "utf-8")
    assert main(["recognize", str(draw(tmp_path / "a.png", "dots", 1)), "--model", "mine"]) == 1
    assert "teach it anew" in capsys.readouterr().err


def test_it_is_not_evaluated_on_what_it_has_learned_from(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    gesso.recognize.teach(lesson, name="mine")
    assert main(["evaluate", "recognize", "--model", "mine"]) == 1
    assert "name others with --data" in capsys.readouterr().err
    for number in range(3):
        for kind in ("stripes", "dots"):
            for part in ("train", "test"):
                draw(tmp_path / "others" / part / kind / f"{number}.png", kind, 50 + number)
    assert main(["evaluate", "recognize", "--model", "mine", "--data", "others", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["accuracy"] == 1.0


def test_of_a_folder_of_others_every_picture_counts_that_can_be_read(
    lesson: Path, tmp_path: Path, capsys: Captured
) -> None:
    gesso.recognize.teach(lesson, name="mine")
    fill(tmp_path / "others", 3)
    (tmp_path / "others/dots/0.png").write_bytes(b"no picture")
    words = ["evaluate", "recognize", "--model", "mine", "--data", "others", "--confusion", "matrix.png"]
    assert main([*words, "--json", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert "others, 5 pictures" in json.loads(shown.out)["data"]
    assert "0.png cannot be read" in shown.err
    before = Path("matrix.png").read_bytes()
    assert main([*words, "--quiet"]) == 1
    assert "already exists" in capsys.readouterr().err
    assert Path("matrix.png").read_bytes() == before


def test_a_model_that_cannot_be_opened_keeps_no_other_from_answering(
    lesson: Path, tmp_path: Path, capsys: Captured
) -> None:
    gesso.recognize.teach(lesson, name="mine")
    (tmp_path / "home/models/mine/mine.safetensors").write_bytes(b"half")
    photo = draw(tmp_path / "photo.png", "dots", 1)
    assert main(["recognize", str(photo), "--out", "answers/"]) == 0
    assert "the model mine is left out" in capsys.readouterr().err
    assert main(["recognize", str(photo), "--model", "mine", "--out", "answers/"]) == 1


def test_pictures_above_the_limit_are_left_out(tmp_path: Path, capsys: Captured) -> None:
    Image.new("RGB", (300, 300)).save(draw(fill(tmp_path / "patterns", 3) / "dots/large.png", "dots", 9))
    told = run("--teach", tmp_path / "patterns", "--limit-megapixels", "0.05", capsys=capsys)
    assert told["pictures"] == {"dots": 3, "stripes": 3}


def test_a_folder_gives_a_table_and_is_sorted_if_asked(lesson: Path, tmp_path: Path, capsys: Captured) -> None:
    gesso.recognize.teach(lesson, name="mine")
    photos = tmp_path / "photos"
    for number, kind in enumerate(("dots", "stripes", "noise")):
        draw(photos / f"={kind}.png", kind, 60 + number)
    (photos / "broken.png").write_bytes(b"no picture")
    words = ["recognize", "photos", "--model", "mine", "--out", "answers", "--json", "--quiet"]
    assert main([*words, "--sort"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["table"], len(told["works"]), len(told["failed"])) == ("answers/recognize.csv", 3, 1)
    with Path("answers/recognize.csv").open(encoding="utf-8", newline="") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert [rows[name]["label"] for name in ("=dots.png", "=stripes.png", "=noise.png")] == ["dots", "stripes", ""]
    assert [rows[name]["known"] for name in ("=dots.png", "=stripes.png", "=noise.png")] == ["true", "true", "false"]
    assert rows["=dots.png"]["second label"] == "stripes"
    assert float(rows["=dots.png"]["probability"]) + float(rows["=dots.png"]["second probability"]) == pytest.approx(1)
    assert rows["=dots.png"]["model"] == "mine"
    copies = sorted(str(path.relative_to("answers")) for path in Path("answers").rglob("*.png"))
    assert copies == ["dots/=dots.png", "stripes/=stripes.png", "unknown/=noise.png"]
    assert len(list(photos.iterdir())) == 4
    # What is left out because it is there already still has its row.
    assert main([*words, "--skip-existing"]) == 1
    assert json.loads(capsys.readouterr().out)["table"] == "answers/recognize.csv"


def test_one_picture_leaves_no_table(lesson: Path, tmp_path: Path) -> None:
    gesso.recognize.teach(lesson, name="mine")
    photo = draw(tmp_path / "photo.png", "dots", 99)
    assert main(["recognize", str(photo), "--model", "mine", "--out", "answers/", "--quiet", "--sort"]) == 0
    names = sorted(str(path.relative_to("answers")) for path in Path("answers").rglob("*") if path.is_file())
    assert names == ["dots/photo.png", "photo.json"]


def made_up(count: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (N, WHOLE + PARTS) of clouds around random places, and their labels."""
    labels = torch.arange(count) % classes
    chance = generator(0)
    centres = torch.randn((classes, WHOLE + PARTS), generator=chance, dtype=torch.float64)
    noise = torch.randn((count, WHOLE + PARTS), generator=chance, dtype=torch.float64)
    return 0.3 * centres[labels] + noise, labels


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_figure_is_that_of_fitting_anew_without_each(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teach, "SHARES", (share,))
    monkeypatch.setattr(teach, "STRENGTHS", (0.1,))
    x, labels = made_up(11, 3)
    whole = fit_head(x, labels, 3)
    for left in range(11):
        others = torch.arange(11) != left
        anew = fit_head(x[others], labels[others], 3)
        torch.testing.assert_close(x[left] @ anew.weight + anew.bias, whole.left_out[left])


def test_the_limit_is_that_of_measuring_anew_without_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teach, "KNOWN", 0.5)  # the middle one of an odd number: one of the distances itself
    features, labels = made_up(11, 3)
    x = features[:, :WHOLE]
    model = build(
        Configuration(classes=("a", "b", "c"), channels=3, size=SIDE, look="photo", network="features")
        .model_copy(update={"features": perceptual().sha256})
    )  # fmt: skip
    with torch.no_grad():
        fit_limit(model, x, labels)

    def rest(chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        centres = torch.stack([x[chosen & (labels == label)].mean(0) for label in range(3)])
        return centres, (x - centres[labels])[chosen]

    everything = torch.ones(11, dtype=torch.bool)
    round_part = rest(everything)[1].square().mean() * torch.eye(WHOLE, dtype=torch.float64)
    distances: list[torch.Tensor] = []
    for left in range(11):
        centres, within = rest(torch.arange(11) != left)
        inverse = torch.linalg.inv(within.T @ within / 11 + round_part)
        away = x[left] - centres
        distances.append(((away @ inverse) * away).sum(1).min() / WHOLE)
    assert float(model.limit) == pytest.approx(float(torch.stack(distances).median()), rel=1e-5)


def test_a_dozen_right_answers_are_no_proof() -> None:
    labels = torch.arange(12) % 2
    scores = torch.eye(2, dtype=torch.float64)[labels]
    t = temperature(*with_a_mistake(scores, labels))
    assert float((scores / t).softmax(1).amax()) == pytest.approx(12 / 13, abs=1e-3)


def test_a_picture_is_described_by_its_whole_and_its_quarters() -> None:
    x = torch.rand((2, 3, 64, 64), generator=generator(3))
    seen = described(x)
    assert seen.shape == (2, WHOLE + PARTS)
    torch.testing.assert_close(described(x[1:]), seen[1:], rtol=1e-3, atol=1e-3)
    turned = described(x.flip(3))
    assert not torch.allclose(turned[:, WHOLE:], seen[:, WHOLE:], atol=1e-2)


def test_an_untaught_one_is_refused_by_its_eyes() -> None:
    with pytest.raises(GessoError, match="teach it anew"):
        build(Configuration(classes=("a",), channels=3, size=SIDE, look="photo", network="features"))
