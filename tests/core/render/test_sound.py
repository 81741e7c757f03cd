"""The bank of instruments."""

import math

import pytest
import torch

from gesso.core.errors import Usage
from gesso.core.render.keyboards import stiff
from gesso.core.render.loudness import loudness, true_peak
from gesso.core.render.modes import modes
from gesso.core.render.performance import Expression
from gesso.core.render.room import CHURCH, responses
from gesso.core.render.sound import BANK, LEAD, PROGRAMS, of_program, rendered
from gesso.core.render.waves import TABLE, moments, periods, waves
from gesso.core.scores import Note, Part, Score

RATE = 22050
PLAIN = Expression(ritardando=False, breath=False, shaping=0, unevenness=0)


def piece(program: int = 52) -> Score:
    voices = ((72, 74, 76, 72), (67, 67, 67, 67), (64, 62, 60, 64), (48, 47, 48, 36))
    return Score(
        tuple(
            Part(name, program, tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(voice)))
            for name, voice in zip(("Soprano", "Alto", "Tenor", "Bass"), voices, strict=True)
        )
    )


def pitch_of(x: torch.Tensor, near: float) -> float:
    """The mean of the power within a semitone of a frequency, in hertz."""
    f = torch.fft.rfftfreq(len(x), 1 / RATE)
    power = torch.fft.rfft(x * torch.hann_window(len(x))).abs().square() * ((f / near).log2().abs() < 1 / 12)
    return float((f * power).sum() / power.sum())


@pytest.mark.parametrize("instrument", BANK)
def test_an_instrument_is_as_loud_as_told_never_clips_and_dies_away(instrument: str) -> None:
    x = rendered(piece(), instrument=instrument, rate=RATE)
    assert x.dtype == torch.float32
    assert x.shape[0] == 2
    assert loudness(x, RATE) == pytest.approx(-16, abs=0.2)
    assert true_peak(x) <= 10 ** (-1 / 20) + 1e-4
    assert float(x[:, : int(0.05 * RATE)].abs().max()) < 1e-6
    assert float(x[:, -20:].abs().max()) < 1e-3
    assert abs(float(x.mean())) < 1e-3


@pytest.mark.parametrize("instrument", BANK)
def test_an_instrument_plays_the_pitch(instrument: str) -> None:
    score = Score((Part("Soprano", 0, (Note(0, 960, 69),)), Part("Bass", 0, (Note(0, 960, 50),))), tempo=60)
    x = rendered(score, instrument=instrument, rate=RATE, expression=PLAIN)
    middle = x.mean(0)[int((LEAD + 0.5) * RATE) : int((LEAD + 1.5) * RATE)]
    cents = 1200 * math.log2(pitch_of(middle, 440) / 440)
    assert abs(cents) < 8


@pytest.mark.parametrize("instrument", BANK)
def test_the_same_seed_gives_the_same_samples_and_another_other_players(instrument: str) -> None:
    one, again, other = (rendered(piece(), instrument=instrument, rate=RATE, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert one.shape[1] != other.shape[1] or not torch.equal(one, other)


@pytest.mark.parametrize("instrument", ["choir", "strings", "flute", "organ"])
def test_notes_are_joined_without_clicks(instrument: str) -> None:
    """What is above the instruments' tones is no stronger where notes meet than where they are held."""
    x = rendered(piece(), instrument=instrument, rate=44100, expression=PLAIN)
    spectrum = torch.stft(x.mean(0), 512, 128, window=torch.hann_window(512), return_complex=True).abs()
    high = spectrum[int(15_500 / 44100 * 512) :].square().sum(0)  # of each 3 ms
    loud = spectrum.square().sum(0).max()
    assert float(high.max() / loud) < 1e-5


def test_parts_add_up() -> None:
    parts, whole = rendered(piece(), rate=RATE, apart=True), rendered(piece(), rate=RATE)
    assert parts.shape[:2] == (4, 2)
    n = min(parts.shape[2], whole.shape[1])
    assert torch.allclose(parts.sum(0)[:, : n - RATE // 10], whole[:, : n - RATE // 10], atol=1e-4)


def test_the_soprano_is_left_and_the_bass_right() -> None:
    left, right = rendered(piece(), rate=RATE, apart=True).square().mean(2).T
    assert left[0] > 1.5 * right[0]
    assert right[3] > 1.5 * left[3]


def test_parts_are_played_by_their_programs() -> None:
    assert torch.equal(rendered(piece(19), rate=RATE), rendered(piece(), instrument="organ", rate=RATE))
    nearest = {0: "piano", 19: "organ", 24: "piano", 40: "strings", 46: "piano", 48: "strings", 52: "choir"}
    nearest |= {56: "strings", 73: "flute", 91: "choir", 127: "piano"}
    assert {program: of_program(program) for program in nearest} == nearest
    assert {of_program(program) for program in range(128)} == BANK.keys()
    assert {name: of_program(program) for name, program in PROGRAMS.items()} == {name: name for name in BANK}


def test_bad_words_are_refused() -> None:
    with pytest.raises(Usage, match="kazoo"):
        rendered(piece(), instrument="kazoo")
    with pytest.raises(Usage, match="17"):
        rendered(piece(), rate=17)
    with pytest.raises(Usage, match="minutes"):
        rendered(Score((Part("Long", 0, (Note(0, 480 * 60 * 90, 60),)),), tempo=60))


def test_nothing_sounds_like_nothing() -> None:
    for score in (Score(()), Score((Part("Soprano", 52, ()),))):
        x = rendered(score, rate=RATE)
        assert x.shape[0] == 2
        assert not x.any()


@pytest.mark.parametrize("instrument", BANK)
@pytest.mark.parametrize("pitch", [0, 21, 108, 127])
def test_the_ends_of_the_keyboard_sound_too(instrument: str, pitch: int) -> None:
    x = rendered(Score((Part("One", 0, (Note(0, 60, pitch), Note(60, 2, pitch))),)), instrument=instrument, rate=RATE)
    assert bool(x.isfinite().all())
    assert float(x.abs().max()) > 0.001


def test_modes_are_the_sines_that_they_stand_for() -> None:
    f, d, a = torch.tensor([[440.0, 900]]), torch.tensor([[1.0, 5]]), torch.tensor([[[0.5, 0.25]]])
    t = torch.arange(3000, dtype=torch.float64)[:, None] / RATE
    wanted = (a[0, 0] * torch.exp(-d[0] * t) * torch.sin(2 * math.pi * f[0] * t)).sum(1).float()
    assert torch.allclose(modes(f, d, a, torch.zeros(1, 2), 3000, RATE)[0, 0], wanted, atol=1e-4)


def test_a_wave_follows_its_pitch() -> None:
    t = moments(0.5, 0.0, RATE)
    frequency = (300 + 200 * t)[None]
    n = torch.arange((len(t) - 1) * 64, dtype=torch.float64) / RATE
    tables = periods(torch.tensor([1.0, 0.0]), torch.tensor([-math.pi / 2, 0])).expand(1, 2, TABLE)
    heard = waves(tables.contiguous(), frequency, torch.zeros(1, len(t)), torch.zeros(1), RATE)[0]
    wanted = math.sqrt(2) * torch.sin(2 * math.pi * (300 * n + 100 * n * n)).float()
    assert torch.allclose(heard, wanted, atol=2e-3)


def test_piano_strings_are_stiff_as_measured() -> None:
    k = torch.tensor([1.0, 10.0])
    f = stiff(torch.tensor([[261.63]]), torch.tensor([[60.0]]), k)[0]
    assert float(f[0]) == pytest.approx(261.63)
    assert 1200 * math.log2(float(f[1]) / 2616.3) == pytest.approx(28, abs=5)  # cents sharp, B about 3.3e-4


def test_the_church_answers_for_as_long_as_it_says() -> None:
    answer = responses(CHURCH, 44100)[0, 0]
    spectrum = torch.fft.rfft(answer)
    f = torch.fft.rfftfreq(len(answer), 1 / 44100)
    for centre, seconds in ((1000, 2.6), (8000, 2.6 * 0.42)):
        band = torch.fft.irfft(spectrum * torch.exp(-(((f - centre) * 8 / centre) ** 2)), len(answer))
        left = band.square().flip(0).cumsum(0).flip(0)  # Schroeder 1965
        decibels = 10 * (left / left[0]).log10()
        begin, end = (int((decibels < level).nonzero()[0]) for level in (-5, -25))
        assert 3 * (end - begin) / 44100 == pytest.approx(seconds, rel=0.1)
