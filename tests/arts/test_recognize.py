"""A recogniser trained here on strokes: it says what it sees, how sure it is, and what it does not know."""

import json
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import nn

from gesso.arts.recognize import art as declared
from gesso.arts.recognize import prepare
from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.build import Configuration, build, load_recognizer
from gesso.arts.recognize.drawing import draw_confusion, draw_labels
from gesso.arts.recognize.evaluate import seen
from gesso.arts.recognize.generate import Answer, caption, in_words
from gesso.arts.recognize.looks import prepared
from gesso.arts.recognize.models import worlds
from gesso.arts.recognize.prepare import Batch, Labelled, open_inputs
from gesso.arts.recognize.train import Objective, train
from gesso.core import devices, pictures, weights
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, from_image
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.faces.cli import main
from gesso.networks.recurrent import Recurrent
from gesso.pipeline import losses
from gesso.pipeline.data.folder import Folder
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.metrics import accuracy
from gesso.pipeline.turns import Turn

CPU = torch.device("cpu")


def draw(path: Path, seed: int, *, upright: bool) -> None:
    """A stroke as data have it, white on black in 28 x 28, from one drawn by a trembling hand."""
    chance = np.random.default_rng(seed)
    near, far, across, aside = chance.uniform([40, 300, 150, -15], [140, 400, 250, 15]).tolist()
    ends = [(near, across), (far, across + aside)]
    image = Image.new("RGB", (440, 440), "white")
    ImageDraw.Draw(image).line([end[::-1] if upright else end for end in ends], "black", int(chance.integers(20, 50)))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(prepared(from_image(image), "ink", channels=1, size=28)[0, 0].numpy()).save(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, and a run that learned from them."""
    place = tmp_path_factory.mktemp("recognize")
    for number in range(60):
        draw(place / f"strokes/one/{number:02d}.png", number, upright=True)
        draw(place / f"strokes/dash/{number:02d}.png", number + 100, upright=False)
    settings = RecognizeTraining.model_validate(
        {"data": str(place / "strokes"), "size": 28, "look": "ink", "widths": 16, "blocks": 1, "steps": 60, "batch": 16}
        | {"warm_up": 5, "save_every": 60, "rate": 1e-2, "rotate": 5}
    )
    with devices.repeatable(1):
        train(settings, place / "runs" / "strokes", device=CPU, progress=Progress(shown=False))
    return place


@pytest.fixture(autouse=True)
def here(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("GESSO_HOME", str(tmp_path))


def photograph(path: Path) -> Path:
    """A large photograph of a stroke on paper."""
    image = Image.new("RGB", (640, 480), (225, 220, 210))
    ImageDraw.Draw(image).line([(400, 90), (396, 390)], (40, 40, 70), 36)
    image.save(path)
    return path


def answer(*words: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["recognize", *words, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)["works"][0]["work"]


def test_a_photograph_is_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = str(photograph(tmp_path / "photo.jpg"))
    said = answer(photo, "--out", f"{tmp_path}/", "--top", "1", "--model", "strokes", capsys=capsys)
    assert (said["known"], said["model"], said["classes"]) == (True, "strokes", ["dash", "one"])
    assert isinstance(said["labels"], list)
    assert [label["label"] for label in said["labels"]] == ["one"]
    assert 0.5 < said["labels"][0]["probability"] <= 1


def test_what_is_like_nothing_known_is_not_guessed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    said = answer(str(tmp_path / "noise.png"), "--out", f"{tmp_path}/", capsys=capsys)
    assert (said["known"], said["labels"]) == (False, [])
    assert isinstance(said["worlds"], dict)
    assert set(said["worlds"]) == {"digits", "emoji", "garments"}
    assert said["worlds"]["digits"] == list("0123456789")


def test_of_what_is_like_nothing_known_it_says_what_is_known() -> None:
    answer = Answer(weights.find("gesso.arts.recognize", "strokes"), ("dash", "one"), (), 2.5)
    told = "unlike anything known; known are digits, emoji, garments, strokes; nearest is strokes: dash, one"
    assert in_words(answer, worlds(sounds=False)) == told
    assert caption(answer._replace(strangeness=1.0), ()) == ("as strokes sees it:",)
    assert set(worlds(sounds=True)) == {"sounds"}


def test_words_and_picture_are_written_and_remade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = photograph(tmp_path / "photo.jpg")
    assert main(["recognize", str(photo), "--format", "json,png", "--out", f"{tmp_path}/"]) == 0
    files = [Path(line) for line in capsys.readouterr().out.split()]
    assert [file.name for file in files] == ["photo.json", "photo.png"]
    assert pictures.decode(files[1]).size[0] == 640
    for file in files:
        assert main(["remake", str(file)]) == 0
        assert "identical" in capsys.readouterr().out


def test_a_folder_gives_a_work_for_each_picture(tmp_path: Path) -> None:
    assert main(["recognize", "strokes/one", "--model", "strokes", "--out", f"{tmp_path}/", "--quiet"]) == 0
    found = [json.loads(path.read_bytes())["work"] for path in tmp_path.glob("*.json")]
    assert len(found) == 60
    right = [work["known"] and work["labels"][0]["label"] == "one" for work in found]
    assert sum(right) >= 54


def test_evaluation_gives_the_figures_by_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    matrix = tmp_path / "confusion.png"
    assert main(["evaluate", "recognize", "--model", "strokes", "--confusion", str(matrix), "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    metrics = told["metrics"]
    sure = ("accuracy", "top3_accuracy", "nats", "unknown")
    assert set(metrics) == {"calibration_error", *sure, *(f"{name}_ci" for name in sure)}
    assert metrics["accuracy"] > 0.9
    for name in sure:
        low, high = metrics[f"{name}_ci"]
        assert low <= metrics[name] <= high
        assert low < high
    assert "24 test pictures" in told["data"]
    assert [(row["class"], row["examples"]) for row in told["classes"]] == [("dash", 12), ("one", 12)]
    recall = sum(row["recall"] * row["examples"] for row in told["classes"]) / 24
    assert recall == pytest.approx(metrics["accuracy"], abs=1e-4)
    assert all(0 <= row[name] <= 1 for row in told["classes"] for name in ("precision", "recall", "f1"))
    assert pictures.decode(matrix).rgb.size


def test_classes_are_compared_by_their_names_in_whatever_order(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turned = tmp_path / "models/turned"
    turned.mkdir(parents=True)
    for path in (place / "runs/strokes/model").glob("strokes.*"):
        (turned / path.name.replace("strokes", "turned")).write_bytes(path.read_bytes())
    said = json.loads((turned / "turned.json").read_text())
    said["network"]["classes"].reverse()  # now it calls each what the other is
    (turned / "turned.json").write_text(json.dumps(said))
    right: list[float] = []
    for model in ("strokes", "turned"):
        words = ["evaluate", "recognize", "--model", model, "--data", str(place / "strokes"), "--json", "--quiet"]
        assert main(words) == 0
        right.append(json.loads(capsys.readouterr().out)["metrics"]["accuracy"])
    assert right[0] > 0.5
    assert sum(right) == pytest.approx(1)


def test_data_of_other_classes_only_tell_what_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(10):
        noise = np.random.default_rng(number).integers(0, 255, (28, 28, 3)).astype(np.uint8)
        for name in ("snow", "sand"):
            (tmp_path / "other" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise).save(tmp_path / "other" / name / f"{number}.png")
    words = ["evaluate", "recognize", "--model", "strokes", "--data", str(tmp_path / "other"), "--json", "--quiet"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["metrics"] == {"unknown": 1.0, "unknown_ci": [0.83887, 1.0]}  # all of 20
    assert "classes" not in told


def test_evaluation_is_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "recognize", "--model", "strokes", "--quiet"]) == 0
    figures, classes = capsys.readouterr().out.split("\n\n")
    assert "accuracy_ci" in figures
    assert classes.splitlines()[0].split() == ["class", "examples", "precision", "recall", "f1"]
    assert [line.split()[:2] for line in classes.splitlines()[1:]] == [["dash", "12"], ["one", "12"]]


def test_of_an_absent_model_it_says_which_there_are_and_how_one_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = photograph(tmp_path / "photo.jpg")
    assert main(["recognize", str(photo), "--model", "absent"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "strokes" in said.err
    assert "gesso train recognize" in said.err


def test_validation_test_and_training_pictures_are_apart(place: Path) -> None:
    settings = RecognizeTraining.model_validate({"data": str(place / "strokes"), "batch": 16})
    labelled = Labelled(settings)
    assert len(labelled.validation) == len(labelled.examples) // 10
    assert not set(labelled.validation.tolist()) & set(labelled.training.tolist())
    assert len(labelled.examples) + len(open_inputs(settings.data, "test", None, Skips())[0]) == 120


def test_of_many_pictures_no_more_are_held_out_than_tell_enough(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "VALIDATION", 3)
    labelled = Labelled(RecognizeTraining.model_validate({"data": str(place / "strokes"), "batch": 16}))
    assert len(labelled.validation) == 3


def test_a_bad_validation_picture_is_named_and_counted_and_none_stands_in_for_it(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "strokes", tmp_path / "strokes")
    given = {"data": str(tmp_path / "strokes"), "size": 28, "look": "ink", "widths": 8, "blocks": 1, "batch": 16}
    settings = RecognizeTraining.model_validate(given | {"steps": 2, "save_every": 1})
    labelled = Labelled(settings)
    assert isinstance(labelled.examples, Folder)
    paths = [tmp_path / "strokes" / name for name in labelled.examples.names]
    torn = paths[int(labelled.validation[0])]
    torn.write_bytes(b"torn")
    with pytest.warns(UserWarning, match="left out") as told:
        model = train(settings, tmp_path / "run", device=CPU, progress=Progress(shown=False))
    assert [str(each.message) for each in told] == [
        f"{torn} cannot be read and is left out",
        f"1 file could not be read and was left out: {torn}",
    ]
    assert f"on {len(labelled.validation) - 1} held out" in model.card

    for index in labelled.training[labelled.examples.labels[labelled.training] == 0].tolist():
        paths[index].write_bytes(b"torn")
    with pytest.raises(GessoError, match=r"none of the .* files of the class of .*dash"):  # not one of those held out
        labelled.draw(Turn(0, 0, 1, torch.Generator()))


def test_two_epochs_show_a_picture_both_ways(place: Path) -> None:
    still = {"shift": 0, "rotate": 0, "scale": 0}
    given = {"data": str(place / "strokes"), "batch": 16, "flip": True, "look": "photo"}
    labelled = Labelled(RecognizeTraining.model_validate(given | still))
    steps, seen = labelled.order.steps, list[dict[int, torch.Tensor]]()
    for epoch in range(2):
        turns = [Turn(step, 0, 1, torch.Generator()) for step in range(epoch * steps, (epoch + 1) * steps)]
        places = torch.cat([labelled.order(turn) for turn in turns]).tolist()
        pictures = torch.cat([labelled.draw(turn).pictures for turn in turns])
        seen.append(dict(zip(places, pictures, strict=True)))
    both = seen[0].keys() & seen[1].keys()
    assert len(both) > 50
    assert all(torch.equal(seen[0][each], seen[1][each].flip(2)) for each in both)
    mirrored = [
        torch.equal(seen[0][each], labelled.examples.load(labelled.training[[each]]).inputs[0] / 255) for each in both
    ]
    assert 10 < sum(mirrored) < len(both) - 10


def test_training_can_begin_with_a_model_and_its_network_must_be_the_same(place: Path) -> None:
    given = {"data": str(place / "strokes"), "size": 28, "look": "ink", "blocks": 1, "batch": 16, "start": "strokes"}
    settings = RecognizeTraining.model_validate(given | {"widths": 16, "steps": 1, "warm_up": 100, "save_every": 1})
    train(settings, place / "runs" / "again", device=CPU, progress=Progress(shown=False))
    before, after = (
        load_recognizer(weights.find("gesso.arts.recognize", name).path, CPU).network.state_dict()
        for name in ("strokes", "again")
    )
    assert max(float((before[name] - after[name]).abs().max()) for name in before) < 1e-3
    shutil.rmtree(place / "runs" / "again")
    with pytest.raises(GessoError, match=r"strokes has widths \(16,\), not \(8,\)"):
        train(settings.model_copy(update={"widths": (8,)}), place, device=CPU, progress=Progress(shown=False))


@pytest.mark.parametrize(("network", "layer"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_a_recurrent_network_learns_from_rows_and_answers_when_it_is_read_back(
    place: Path, network: str, layer: type[nn.Module]
) -> None:
    settings = RecognizeTraining.model_validate(
        {"data": str(place / "strokes"), "size": 28, "look": "ink", "network": network, "hidden": 16, "layers": 1}
        | {"batch": 16, "steps": 60, "warm_up": 5, "rate": 3e-2}
    )
    with devices.repeatable(1):
        saved = train(settings, place / "runs" / network, device=CPU, progress=Progress(shown=False))
    model = load_recognizer(saved.path, CPU)
    shutil.rmtree(place / "runs" / network)
    assert isinstance(model.network, Recurrent)
    assert isinstance(model.network.layers[0], layer)
    labelled = Labelled(settings)
    held = seen(model, labelled.unchanged(labelled.validation), CPU)
    assert accuracy(held.logits, held.labels).value > 0.9


@pytest.mark.parametrize(("views", "count"), [("one", 1), ("mirrored", 2), ("shifted", 5), ("mirrored and shifted", 6)])
def test_an_answer_is_the_mean_over_the_views(views: str, count: int) -> None:
    plain = {"classes": ("a", "b"), "channels": 1, "size": 28, "look": "ink", "widths": (8,), "blocks": (1,)}
    model = build(Configuration.model_validate(plain | {"views": views}))
    model.initialise(generator(0))
    x = F.pad(torch.rand((3, 1, 24, 24), generator=generator(1)), (2, 2, 2, 2))  # nothing comes in or is shifted out
    shifted = [x.roll((by, by), (2, 3)) for by in (1, -1)]
    ways = {
        "one": [],
        "mirrored and shifted": [*shifted, *(view.flip(3) for view in (x, *shifted))],
        "mirrored": [x.flip(3)],
        "shifted": [x.roll(by, dim) for dim in (2, 3) for by in (1, -1)],
    }
    every = [x, *ways[views]]
    assert len(every) == count
    torch.testing.assert_close(model.examined(x)[0], torch.stack([model(each) for each in every]).mean(0))


@pytest.mark.parametrize("network", get_args(declared.Network))
def test_what_is_examined_is_what_is_answered(network: str) -> None:
    configuration = Configuration.model_validate(
        {"classes": ("a", "b", "c"), "channels": 3, "size": 20, "look": "photo", "network": network}
        | {"widths": (8, 16), "blocks": (1, 2), "hidden": 12}
    )
    model = build(configuration)
    model.initialise(generator(0))
    x = torch.rand((5, 3, 20, 20), generator=generator(1))
    logits, traits = model.examined(x)
    assert torch.equal(logits, model(x))
    assert traits.shape == (5, len(model.middle))
    assert model.strangeness(traits).shape == (5,)


def test_a_model_of_another_art_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    weights.save(Path("runs/other/model"), "other", {}, {"art": "write", "network": {}}, "# other")
    Image.new("RGB", (28, 28)).save(tmp_path / "photo.png")
    assert main(["recognize", str(tmp_path / "photo.png"), "--model", "other"]) == 1
    assert "no model of recognize" in capsys.readouterr().err


def test_a_run_is_not_called_as_a_model_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "recognize", "--data", "strokes", "--run", "digits"]) == 2
    assert "ships with Gesso" in capsys.readouterr().err
    assert not Path("runs/digits").exists()


def test_losses_are_those_of_the_pipeline() -> None:
    assert get_args(declared.Loss) == get_args(losses.Loss)


def test_a_loss_is_told_its_own_setting_and_refuses_another_s(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = RecognizeTraining.model_validate({"data": "strokes", "loss": "huber", "delta": 0.2})
    model = load_recognizer(weights.find("gesso.arts.recognize", "strokes").path, CPU)
    batch = Batch(torch.rand((4, 1, 28, 28), generator=generator(0)), torch.tensor([0, 1, 1, 0]), ())
    value, _ = Objective(settings)(model, batch, generator(0))
    assert torch.equal(value, losses.loss("huber", model(batch.pictures), batch.labels, delta=0.2))

    assert main("train recognize --data strokes --size 28 --batch 16 --delta 0.2 --run wrong --quiet".split()) == 1
    assert "cross-entropy has no delta: leave it out, or take huber" in capsys.readouterr().err
    assert not (place / "runs" / "wrong").exists()


def test_a_folder_of_one_class_is_refused(tmp_path: Path) -> None:
    for number in range(6):
        draw(tmp_path / f"data/one/{number}.png", number, upright=True)
    with pytest.raises(GessoError, match="two classes"):
        Labelled(RecognizeTraining.model_validate({"data": str(tmp_path / "data"), "batch": 2}))


def test_labels_of_any_length_fit_under_a_picture_of_any_size() -> None:
    for size in ((1, 1), (3, 900), (2000, 5)):
        picture = Raster(np.zeros((size[1], size[0], 3), np.uint8))
        drawn = draw_labels(picture, [("a very long name " * 9, 0.9), ("", 0.1)], ("as x sees it:", "x " * 999))
        assert max(drawn.size) <= 1024 + 100
    assert draw_confusion(torch.eye(40, dtype=torch.int64), [f"class {i}" for i in range(40)]).rgb.size
