"""What is heard of composed music, as one asks for it on the command line."""

from pathlib import Path

import numpy as np
import pytest
import soundfile  # pyright: ignore[reportMissingTypeStubs] -- it has none
from numpy.typing import NDArray

from gesso.core.files import sha256
from gesso.core.music.reading import read_music
from gesso.core.work import read_recipe
from gesso.faces.cli import main
from soundfonts import soundfont

Captured = pytest.CaptureFixture[str]


def compose(*words: str | Path) -> int:
    return main(["compose", "--bars", "1", "--tempo", "300", "--seed", "1", *map(str, words)])


def samples(path: Path) -> NDArray[np.int64]:
    return soundfile.read(path, dtype="int16")[0].astype(np.int64)  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.slow
@pytest.mark.parametrize("font", [False, True])
def test_stems_add_up_to_the_mix(font: bool, tmp_path: Path) -> None:
    sine = tmp_path / "sine.sf2"
    sine.write_bytes(soundfont())
    assert compose("--stems", "--out", tmp_path / "one.wav", *(["--soundfont", sine] if font else [])) == 0
    stems = [samples(tmp_path / f"one-{voice}.wav") for voice in ("soprano", "alto", "tenor", "bass")]
    mix = samples(tmp_path / "one.wav")
    assert np.abs(np.sum(stems, axis=0) - mix).max() <= 3  # each of five is rounded down
    assert all(0.1 * mix.std() < stem.std() < mix.std() for stem in stems)


def test_the_tempi_that_are_heard_are_written_unless_time_is_strict(tmp_path: Path) -> None:
    for option, changes in (("--expression", True), ("--no-expression", False)):
        assert compose(option, "--format", "mid,musicxml", "--out", tmp_path / option / "one.mid") == 0
        for name in ("one.mid", "one.musicxml"):
            assert bool(read_music(tmp_path / option / name).tempi) == changes


@pytest.mark.slow
def test_a_soundfont_plays_is_in_the_recipe_and_is_needed_to_remake(tmp_path: Path, capsys: Captured) -> None:
    sine, own, played = tmp_path / "sine.sf2", tmp_path / "own.wav", tmp_path / "played.flac"
    sine.write_bytes(soundfont())
    assert compose("--out", own) == compose("--out", played, "--soundfont", sine) == 0
    assert len(samples(own)) != len(samples(played)) or (samples(own) != samples(played)).any()
    (given,) = read_recipe(played).inputs
    assert (given.field, given.file, given.sha256) == ("soundfont", "sine.sf2", sha256(sine))
    capsys.readouterr()
    assert main(["remake", str(played)]) == 0
    assert "identical" in capsys.readouterr().out
    sine.write_bytes(soundfont() + b"\0\0")
    assert main(["remake", str(played)]) == 1
    assert "sine.sf2 is not the sine.sf2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tune.mid", b"", "tune.mid is a piece of music, and a soundfont is wanted"),
        ("short.sf3", soundfont()[:900], "short.sf3 is truncated; copy or download it again"),
    ],
)
def test_what_is_no_soundfont_is_refused_before_anything_is_composed(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: Captured
) -> None:
    font = tmp_path / name
    font.write_bytes(content)
    assert compose("--out", tmp_path / "one.mid", "--soundfont", font) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "one.mid").exists()
