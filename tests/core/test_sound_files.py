"""Sounds as files: what is heard, the recipe inside, and the same bytes each time."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.sound_files import encode_sound, sound_difference, sound_recipe
from gesso.core.sounds import read_sound

RATE = 22050
FORMATS = ("WAV", "FLAC", "OGG")
RECIPE = '{"title": "é ☃ <&>", "long": "' + "x" * 5000 + '"}'


@pytest.fixture
def samples() -> NDArray[np.float32]:
    t = np.arange(3 * RATE) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * t), 0.25 * np.sin(2 * np.pi * 660 * t)]).astype(np.float32)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_heard(tmp_path: Path, samples: NDArray[np.float32], format: str) -> None:
    path = tmp_path / f"x.{format.lower()}"
    path.write_bytes(encode_sound(samples, RATE, format))
    found, rate = read_sound(path)
    assert (rate, len(found)) == (RATE, samples.shape[1])
    assert np.abs(found - samples.mean(axis=0)).max() < (0.05 if format == "OGG" else 1e-4)
    assert sound_recipe(path) is None


@pytest.mark.parametrize("format", FORMATS)
def test_the_recipe_travels_inside(tmp_path: Path, samples: NDArray[np.float32], format: str) -> None:
    path = tmp_path / f"x.{format.lower()}"
    path.write_bytes(encode_sound(samples, RATE, format, recipe_json=RECIPE))
    assert sound_recipe(path) == RECIPE


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_sound_gives_the_same_bytes_later_too(samples: NDArray[np.float32], format: str) -> None:
    before = encode_sound(samples, RATE, format, recipe_json=RECIPE)
    time.sleep(0.01)
    assert encode_sound(samples, RATE, format, recipe_json=RECIPE) == before


def test_the_numbered_pages_of_ogg_have_their_checksums(samples: NDArray[np.float32]) -> None:
    file = encode_sound(samples, RATE, "OGG")
    assert file[14:18] == file[file.rindex(b"OggS") :][14:18] == b"Geso"
    page = bytearray(file[: file.index(b"OggS", 4)])
    claimed = int.from_bytes(page[22:26], "little")
    page[22:26] = bytes(4)
    sum_ = 0  # as RFC 3533 says: the polynomial 0x04c11db7, bit by bit
    for byte in page:
        sum_ ^= byte << 24
        for _ in range(8):
            sum_ = (sum_ << 1 ^ 0x04C11DB7 if sum_ & 1 << 31 else sum_ << 1) & 0xFFFFFFFF
    assert sum_ == claimed


def test_what_is_too_loud_is_cut_off_and_what_is_no_number_refused(samples: NDArray[np.float32]) -> None:
    assert encode_sound(samples * 9, RATE, "WAV") == encode_sound((samples * 9).clip(-1, 1), RATE, "WAV")
    with pytest.raises(GessoError, match="no numbers"):
        encode_sound(samples * np.float32("nan"), RATE, "WAV")
    with pytest.raises(GessoError, match="WAV, FLAC, OGG"):
        encode_sound(samples, RATE, "MP3")


def test_sounds_are_compared_sample_by_sample(samples: NDArray[np.float32]) -> None:
    changed = samples.copy()
    changed[0, :100] += 0.125
    largest, differing = sound_difference(encode_sound(samples, RATE, "FLAC"), encode_sound(changed, RATE, "FLAC"))
    assert largest == pytest.approx(0.125, abs=1e-4)
    assert differing == pytest.approx(50 / samples.shape[1])
    assert sound_difference(encode_sound(samples, RATE, "WAV"), encode_sound(samples[:, 1:], RATE, "WAV")) == (1, 1)
    with pytest.raises(GessoError, match="no sound"):
        sound_difference(b"RIFF", encode_sound(samples, RATE, "WAV"))


def test_what_is_no_sound_has_no_recipe_to_read(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound")
    with pytest.raises(GessoError, match="cannot be read as a sound"):
        sound_recipe(tmp_path / "x.wav")
