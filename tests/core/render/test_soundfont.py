"""The user's own soundfonts, and files that are none."""

import math
import random
from pathlib import Path

import pytest
import torch

from gesso.core.errors import GessoError
from gesso.core.render.loudness import loudness
from gesso.core.render.performance import Expression
from gesso.core.render.sampler import rendered_with
from gesso.core.render.sound import LEAD
from gesso.core.render.soundfont import Soundfont
from gesso.core.scores import Note, Part, Score
from soundfonts import packed, soundfont

RATE = 22050
PLAIN = Expression(ritardando=False, breath=False, shaping=0, unevenness=0)
SCORE = Score((Part("Soprano", 52, (Note(0, 480, 69), Note(480, 960, 72))),), tempo=60)


def written(path: Path, content: bytes) -> Soundfont:
    path.write_bytes(content)
    return Soundfont(path)


@pytest.mark.parametrize(("suffix", "content"), [("sf2", soundfont()), ("sf3", packed())])
def test_a_soundfont_plays_the_pitches_for_as_long_as_they_last(suffix: str, content: bytes, tmp_path: Path) -> None:
    x = rendered_with(SCORE, written(tmp_path / f"sine.{suffix}", content), rate=RATE, expression=PLAIN)
    assert loudness(x, RATE) == pytest.approx(-16, abs=0.1)
    for begin, hertz in ((0.2, 440.0), (1.4, 523.25)):
        heard = x.mean(0)[int((LEAD + begin) * RATE) :][: RATE // 2] * torch.hann_window(RATE // 2)
        spectrum = torch.fft.rfft(heard, 8 * RATE).abs()
        assert abs(1200 * math.log2(float(spectrum.argmax()) / 8 / hertz)) < 3
        near = (torch.arange(len(spectrum)) / 8 - hertz).abs() < 30
        assert float(spectrum[~near].max()) < 0.1 * float(spectrum.max())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("text", b"hello"),
        ("other", b"RIFF\x24\0\0\0WAVEfmt " + bytes(30)),
        ("short", soundfont()[:900]),
        ("shorter", soundfont()[:30]),
        ("sample", soundfont(sample=9)),
        ("end", soundfont(end=10**6)),
        ("bag", soundfont(bag=7)),
    ],
)
def test_what_is_no_soundfont_is_refused_in_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=rf"{name}\.sf2 is .*; (give|copy)") as refused:
        written(tmp_path / f"{name}.sf2", content)
    assert "\n" not in str(refused.value)


def test_a_missing_soundfont_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="nowhere"):
        Soundfont(tmp_path / "nowhere.sf2")


def test_damaged_bytes_never_give_another_error(tmp_path: Path) -> None:
    whole, path, draw = soundfont(), tmp_path / "damaged.sf2", random.Random(0)
    score = Score((Part("Soprano", 52, (Note(0, 120, 69),)),))
    tables = whole.index(b"pdta")
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(3):
            content[draw.randrange(tables, len(content))] = draw.randrange(256)
        try:
            assert bool(rendered_with(score, written(path, bytes(content)), rate=8000).isfinite().all())
        except GessoError:
            continue
