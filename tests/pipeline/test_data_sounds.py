"""Sounds: read, resampled, split by fold, and damage told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from data_files import sine, write_wav

from gesso.core.errors import GessoError
from gesso.core.sounds import read_sound
from gesso.pipeline.data.examples import SoundFolder, open_examples
from gesso.pipeline.data.resample import resample

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(("rate", "to"), [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 16_000)])
def test_a_sine_stays_the_same_sine(rate: int, to: int) -> None:
    x = torch.tensor(np.stack([sine(440, rate, 0.5), sine(3000, rate, 0.5)]))
    y = resample(x, rate, to)
    expected = torch.tensor(np.stack([sine(440, to, 0.5), sine(3000, to, 0.5)]))
    assert y.shape == expected.shape
    inside = slice(200, -200)  # at the ends the filter meets silence
    assert (y[:, inside] - expected[:, inside]).abs().max() < 0.5e-3  # 60 dB below the 0.5 that came in


def test_what_is_above_the_new_nyquist_frequency_goes() -> None:
    y = resample(torch.tensor(sine(9_000, 44_100, 0.5)), 44_100, 16_000)
    assert y[200:-200].abs().max() < 0.5e-3  # 60 dB below the 0.5 that came in
    constant = resample(torch.ones(4410), 44_100, 16_000)
    assert (constant[200:-200] - 1).abs().max() < 1e-5


def test_the_same_rate_changes_nothing() -> None:
    x = torch.rand(100)
    assert torch.equal(resample(x, 16_000, 16_000), x)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_stereo_becomes_mono_at_16_khz(tmp_path: Path, suffix: str) -> None:
    left, right = sine(440, 44_100, 0.3), sine(440, 44_100, 0.3) * 0.5
    for number in range(2):
        (tmp_path / "tone").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "tone" / f"{number}.{suffix}", np.stack([left, right], 1), 44_100)
    examples = open_examples(str(tmp_path), "train", size=8_000)
    assert isinstance(examples, SoundFolder)
    loaded = examples.load(torch.tensor([0, 1]))
    assert loaded.inputs.shape == (2, 8_000)
    assert loaded.inputs.dtype == torch.float32
    x = loaded.inputs[0]
    expected = torch.tensor(sine(440, 16_000, 0.3) * 0.75)
    assert (x[200:4600] - expected[200:4600]).abs().max() < (0.05 if suffix == "ogg" else 1e-3)
    assert (x[4810:] == 0).all()  # silence after the end
    assert examples.load(torch.tensor([0])).inputs[0, :100].equal(x[:100])


def test_only_the_beginning_of_a_long_sound_is_decoded(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "long.wav", sine(440, 8_000, 20), 8_000)
    samples, rate = read_sound(path, seconds=0.5)
    assert (len(samples), rate) == (4_000, 8_000)
    assert len(read_sound(path)[0]) == 160_000


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_truncated_sound_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.uniform(-0.5, 0.5, 44_100), 44_100)
    read_sound(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(GessoError, match=f"tone.{suffix} (is truncated|cannot be read)") as told:
        read_sound(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("contents", "line"), [(b"", "is empty"), (b"RIFF", "cannot be read"), (b"words\n" * 99, "cannot be read")]
)
def test_what_is_no_sound_is_one_line(tmp_path: Path, contents: bytes, line: str) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(contents)
    with pytest.raises(GessoError, match=line) as told:
        read_sound(path)
    assert str(path) in str(told.value)


def test_sounds_without_samples_or_with_impossible_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="no samples"):
        read_sound(write_wav(tmp_path / "none.wav", np.zeros(0), 16_000))
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16_000, subtype="FLOAT")
    with pytest.raises(GessoError, match="no numbers"):
        read_sound(tmp_path / "nan.wav")
    with pytest.raises(GessoError, match="claims 10 samples a second"):
        read_sound(write_wav(tmp_path / "slow.wav", np.zeros(5), 10))


def test_a_damaged_sound_is_named_and_left_out(tmp_path: Path) -> None:
    for number in range(3):
        write_wav(tmp_path / "tone" / f"{number}.wav", np.full(800, number / 10), 16_000)
    (tmp_path / "tone" / "1.wav").write_bytes(b"RIFF")
    loaded = open_examples(str(tmp_path), "train", size=800).load(torch.tensor([1, 0]))
    assert loaded.skipped == (str(tmp_path / "tone" / "1.wav"),)
    assert (loaded.inputs.shape, loaded.indices.tolist()) == ((1, 800), [0])


def test_the_last_fold_of_esc10_is_for_testing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    for name in ("001_-_Dog_bark", "002_-_Rain"):
        for fold in (1, 2, 4):
            write_wav(tmp_path / "audio" / "esc10" / name / f"{fold}-100032-A.wav", np.zeros(160), 16_000)
    train, test = open_examples("esc10", "train"), open_examples("esc10", "test")
    assert train.classes == ("Dog bark", "Rain")
    assert train.labels.tolist() == [0, 0, 1, 1]
    assert test.labels.tolist() == [0, 1]
    assert isinstance(test, SoundFolder)
    assert all("/4-" in name for name in test.names)
    assert test.load(torch.tensor([0])).inputs.shape == (1, 80_000)
