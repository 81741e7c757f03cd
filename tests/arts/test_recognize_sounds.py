"""Sounds recognised: as spectrograms, by a model that was trained here on tones."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gesso.arts.recognize.art import RecognizeTraining
from gesso.arts.recognize.spectrogram import BANDS, filters, log_mel
from gesso.arts.recognize.train import train
from gesso.core import devices
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
