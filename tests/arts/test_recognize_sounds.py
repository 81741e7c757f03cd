"""Sounds recognised: as spectrograms, by a model that was trained here on tones, or was taught by a few of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import gesso
from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.prepare import Labelled
from gesso.arts.recognize.spectrogram import BANDS, filters, heard, log_mel, repeated
from gesso.arts.recognize.train import train
from gesso.core import devices
from gesso.core.errors import GessoError
from gesso.core.media import Sound
from gesso.core.progress import Progress
from gesso.faces.cli import main

RATE = 16_000


def tone(path: Path, hertz: float, *, seed: int = 0, seconds: float = 5.0, rate: int = RATE) -> Path:
    """A file with a tone in some noise."""
    noise = np.random.default_rng(seed).normal(0, 0.02, int(seconds * rate))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * np.arange(len(noise)) / rate) + noise, rate)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with low and high tones, and a run that learned to tell them."""
    place = tmp_path_factory.mktemp("sounds")
    for number in range(20):
        tone(place / f"tones/low/{number:02d}.wav", 300 + 10 * number, seed=number)
        tone(place / f"tones/high/{number:02d}.flac", 3000 + 50 * number, seed=100 + number)
    settings = RecognizeTraining.model_validate(
        {"data": str(place / "tones"), "widths": 16, "blocks": 1, "steps": 60, "batch": 16}
        | {"warm_up": 5, "save_every": 60, "rate": 1e-2}
    )
    with devices.repeatable(1):
        train(settings, place / "runs" / "tones", device=torch.device("cpu"), progress=Progress(shown=False))
    return place


@pytest.fixture(autouse=True)
def here(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("GESSO_HOME", str(tmp_path))


def test_a_tone_is_brightest_where_its_band_is_however_loud_it_is() -> None:
    x = torch.sin(2 * torch.pi * 1000 * torch.arange(RATE) / RATE)[None]
    loud, soft = log_mel(x), log_mel(0.01 * x)
    assert loud.shape == (1, 1, RATE // 320 + 1, BANDS)
    assert torch.equal(loud, soft)
    band = int(filters()[:, round(1000 * 1024 / RATE)].argmax())
    assert (loud[0, 0, 2:-2].argmax(1) == band).all()  # at the ends the sound begins and stops
    assert loud[0, 0, 25, band] == 255
    assert not log_mel(torch.zeros(1, RATE)).any()


@pytest.mark.parametrize(("name", "seconds", "rate"), [("a.wav", 5, RATE), ("b.ogg", 2, 44_100), ("c.flac", 13, 8_000)])
def test_a_clip_of_any_length_and_rate_is_answered(
    name: str, seconds: float, rate: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tone(tmp_path / name, 3200, seed=7, seconds=seconds, rate=rate)
    assert (
        main(["recognize", str(clip), "--out", f"{tmp_path}/", "--format", "json,png", "--json", "--model", "tones"])
        == 0
    )
    said = json.loads(capsys.readouterr().out)["works"][0]["work"]
    assert (said["model"], said["classes"]) == ("tones", ["high", "low"])
    if name == "a.wav":  # the others have silences and a treble that no example has
        assert said["known"]
        assert said["labels"][0]["label"] == "high"
    assert clip.with_suffix(".png").stat().st_size > 1000


@pytest.mark.parametrize(("seconds", "stretches"), [(3, 1), (5, 1), (7, 2), (7.5, 2), (9, 3)])
def test_a_sound_is_heard_to_its_end(seconds: float, stretches: int, tmp_path: Path) -> None:
    assert len(heard(Sound(tone(tmp_path / "a.wav", 800, seed=1, seconds=seconds, rate=RATE)))) == stretches


def test_a_sound_is_no_picture_and_the_other_way_round(
    tmp_path: Path, photo: Path, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    clip = tone(tmp_path / "clip.wav", 400)
    for words, told in [
        (["recognize", str(photo), "--model", "tones"], "tones knows sounds, not pictures"),
        (["stylize", str(clip), "--style", "monet"], "is a sound, and a picture is wanted"),
    ]:
        assert main([*words, "--out", f"{tmp_path}/"]) == 1
        said = capsys.readouterr().err
        assert told in said
        assert said.count("\n") == 1


def test_a_folder_of_both_is_answered_file_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mixed"
    tone(folder / "a.wav", 350, seed=3)
    tone(folder / "b.wav", 3300, seed=4)
    (folder / "c.wav").write_text("this is no sound")
    assert main(["recognize", str(folder), "--out", f"{tmp_path}/out/", "--json", "--quiet", "--model", "tones"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [work["work"]["labels"][0]["label"] for work in said["works"]] == ["low", "high"]
    assert [failed["input"] for failed in said["failed"]] == ["c.wav"]


def test_evaluation_has_a_plain_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "recognize", "--model", "tones", "--baseline", "--json", "--quiet"]) == 0
    figures = json.loads(capsys.readouterr().out)["metrics"]
    assert figures["accuracy"] == 1
    assert figures["largest_class"] == 0.5
    assert figures["baseline_accuracy"] > 0.5
    for name in ("baseline_accuracy", "largest_class"):
        assert figures[f"{name}_ci"][0] < figures[name] < figures[f"{name}_ci"][1] or figures[name] == 1


def test_a_bad_clip_is_named_and_counted_and_no_other_is_heard_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(10):
        tone(tmp_path / f"set/low/{number}.wav", 300 + 10 * number, seed=number, seconds=0.5)
        tone(tmp_path / f"set/high/{number}.wav", 3000 + 50 * number, seed=100 + number, seconds=0.5)
    learned, held_out = (tmp_path / f"set/low/{number}.wav" for number in (3, 4))
    for clip in (learned, held_out):
        clip.write_bytes(clip.read_bytes()[:30])
    with pytest.warns(UserWarning, match=f"{learned} cannot be read"):
        labelled = Labelled(RecognizeTraining.model_validate({"data": str(tmp_path / "set"), "batch": 4}))
    heard_by_it = labelled.examples.load(torch.cat([labelled.training, labelled.validation])).inputs
    assert len({x.numpy().tobytes() for x in heard_by_it}) == 15
    assert labelled.skips.summary() == f"1 file could not be read and was left out: {learned}"

    words = ["evaluate", "recognize", "--model", "tones", "--data", str(tmp_path / "set"), "--baseline", "--json"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "3 test sounds" in json.loads(said.out)["data"]
    assert said.err.count("cannot be read and is left out") == 2
    assert f"2 files could not be read and were left out: {held_out}, {learned}" in said.err

    for number in range(10):
        (tmp_path / f"set/low/{number}.wav").write_bytes(b"RIFF")
    with pytest.raises(GessoError, match="no sound of the class low"), pytest.warns(UserWarning, match="low"):
        Labelled(RecognizeTraining.model_validate({"data": str(tmp_path / "set"), "batch": 4}))


@pytest.fixture
def taught(tmp_path: Path) -> Path:
    """A folder of two classes of four clips, in formats and lengths of their own."""
    for number, suffix in enumerate((".wav", ".ogg", ".flac", ".wav")):
        tone(tmp_path / f"few/low/{number}{suffix}", 300 + 40 * number, seed=number, seconds=1 + number)
        tone(tmp_path / f"few/high/{number}{suffix}", 3000 + 200 * number, seed=9 + number, seconds=6 - number)
    return tmp_path / "few"


def test_classes_are_taught_by_a_handful_of_clips(
    taught: Path, tmp_path: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recognize", "--teach", str(taught), "--name", "pitch", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["sounds"], told["leave_one_out_accuracy"]) == ("pitch", {"high": 4, "low": 4}, 1)
    assert told["use"] == "gesso recognize clip.wav --model pitch"
    assert "| class | sounds |" in (tmp_path / "models/pitch/pitch.md").read_text("utf-8")

    for hertz, label in ((330, "low"), (3300, "high")):
        clip = tone(tmp_path / f"{label}.wav", hertz, seed=77, seconds=2.5)
        said = gesso.recognize(clip, model="pitch").content.data
        assert (said["known"], said["labels"][0]["label"]) == (True, label)
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.2, 3 * RATE), RATE)
    assert not gesso.recognize(tmp_path / "noise.wav", model="pitch").content.data["known"]

    assert main(["evaluate", "recognize", "--model", "pitch", "--data", str(tone_set(tmp_path)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["accuracy"] == 1
    assert main(["recognize", str(photo), "--model", "pitch", "--out", f"{tmp_path}/"]) == 1
    assert "pitch knows sounds, not pictures" in capsys.readouterr().err


def tone_set(folder: Path) -> Path:
    """Two clips of each class to learn from, and two to be asked for."""
    for number in range(2):
        for part in ("train", "test"):
            tone(folder / f"set/{part}/low/{number}.wav", 350 + 40 * number, seed=40 + number)
            tone(folder / f"set/{part}/high/{number}.wav", 3100 + 40 * number, seed=50 + number, seconds=2)
    return folder / "set"


def test_a_sound_that_ends_early_begins_again_when_it_is_taught() -> None:
    x = torch.sin(2 * torch.pi * 700 * torch.arange(5 * RATE) / RATE)
    long, short = log_mel(x[None]), log_mel(torch.cat([x[: 2 * RATE], torch.zeros(3 * RATE)])[None])
    whole = repeated(short)
    assert whole.shape == short.shape
    assert (whole.amax((1, 3)) > 200).all()
    assert torch.equal(whole[:, :, :99], short[:, :, 1:100])
    for x in (long, torch.zeros_like(long)):
        assert torch.equal(repeated(x), x)
