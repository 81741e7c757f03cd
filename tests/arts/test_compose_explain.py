"""Explaining a chorale: the probabilities are those it was drawn from, and what is silenced is not heard."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import gesso
from gesso.arts.compose import plan, reasons
from gesso.arts.compose.build import Composer, Configuration, build
from gesso.arts.compose.frames import CLASSES, START, VOICES, first_bass, heard
from gesso.arts.compose.head import around
from gesso.arts.compose.marking import Mark, marked
from gesso.arts.compose.reasons import REACH, Music, Sung, foreseen, listened
from gesso.arts.compose.rules import ABOVE, BELOW, CROSSING, FIFTHS, OCTAVES, Breach, Rules, breaches
from gesso.arts.compose.search import Taste, search
from gesso.core.errors import GessoError
from gesso.core.explanation import Explanation, explain
from gesso.core.likelihood import LEAST, colour
from gesso.core.music.engraving import can_engrave, engrave, places
from gesso.core.music.midi import read_midi, write_midi
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score
from gesso.core.seeds import generator
from gesso.core.vectors import can_rasterise

RANGES = ((60, 81), (52, 74), (46, 69), (36, 66))
drawn = pytest.mark.skipif(not (can_engrave() and can_rasterise()), reason="verovio and resvg draw the score")


@pytest.fixture(scope="module")
def composer() -> Composer:
    """One that knows nothing, but listens to everything."""
    model = build(Configuration(width=32, heads=2, layers=2, inner=16, depth=1, encoder_width=16, encoder_layers=1))
    model.initialise(torch.Generator().manual_seed(0))
    for name, weight in model.named_parameters():
        if ".say." in name:
            torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(1))
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module", params=[False, True], ids=["from nothing", "from a melody"])
def melody(request: pytest.FixtureRequest) -> bool:
    """Whether the highest voice is given."""
    return request.param


@pytest.fixture(scope="module")
def music(composer: Composer, melody: bool) -> Music:
    """A piece of two bars, and what it was composed by."""
    form = plan.laid_out(Key(-1), Metre(4, 4), 2, 1, pickup=4)
    given = keep = None
    if melody:
        given = np.full((form.frames, VOICES), -1)
        given[:, 0] = np.repeat([65, 69, 67, 72, 70, 69, 67, 65], 4)
        keep = given >= 0
    wanted = plan.plan(form, given, keep)
    found = search(composer, wanted, Rules(RANGES), Taste(), generator(2))
    return Music(found.frames, wanted.given, wanted.told)


def sung_in(x: Tensor) -> list[Sung]:
    """The notes of frames (T, 4)."""
    found: list[Sung] = []
    for voice in range(VOICES):
        line = x[:, voice].tolist()
        starts = [t for t in range(len(line)) if t == 0 or line[t] != line[t - 1]]
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            found.append(Sung(voice, start, end, line[start]))
    return found


def test_probabilities_are_those_that_a_frame_is_drawn_from(composer: Composer, music: Music, melody: bool) -> None:
    """Composing reads frame after frame and keeps what it read; explaining reads the whole piece at once."""
    x, told, grid = music.frames[None], music.told[None], torch.ones(1, dtype=torch.long)
    said = foreseen(composer, music)
    hinted = None
    if melody:
        hinted = composer.hinted(x, music.given[None], torch.ones(x.shape[:2], dtype=torch.bool), told, grid)
    caches = composer.empty_caches(1, x.shape[1])
    for t in range(x.shape[1]):
        features = heard(x[:, : t + 1], told[:, : t + 1], grid)[:, -1:]
        states = composer.states(features, None if hinted is None else hinted[:, t : t + 1], caches)
        then = x[:, t - 1 : t] if t else torch.full((1, 1, VOICES), START)
        bass = first_bass(x)[:, None] if t else torch.full((1, 1), CLASSES)
        for rank, voice in enumerate(composer.configuration.order):
            known = around(rank, composer.configuration.order, x[:, t : t + 1], then, bass)
            once = composer.note(rank, states, known)[0, 0].log_softmax(-1).double()
            assert torch.allclose(once, said[t, voice], atol=1e-4), (t, voice)


def test_a_silenced_note_is_not_heard_at_all(composer: Composer, music: Music, melody: bool) -> None:
    """Whatever a note's pitch, the others are as likely when it is silenced."""
    notes = sung_in(music.frames)
    silenced = next(at for at, note in enumerate(notes) if note.voice == (0 if melody else 2) and note.start > 8)
    note = notes[silenced]
    other = music.frames.clone()
    other[note.start : note.end, note.voice] -= 3
    assert len(sung_in(other)) == len(notes)
    chosen = [at for at, each in enumerate(notes) if not (melody and each.voice == 0) and at != silenced]
    near = [at for at in chosen if note.start - REACH <= notes[at].start < note.end + REACH and notes[at].start]

    def without(frames: Tensor) -> Tensor:
        piece = music._replace(frames=frames)
        log_p = foreseen(composer, piece)
        plain = torch.stack([log_p[notes[at].start, notes[at].voice, notes[at].symbol] for at in near])
        return plain - listened(composer, piece, sung_in(frames), near)[silenced]

    def heard_plainly(frames: Tensor) -> Tensor:
        log_p = foreseen(composer, music._replace(frames=frames))
        return torch.stack([log_p[notes[at].start, notes[at].voice, notes[at].symbol] for at in near])

    after = torch.tensor([melody or notes[at].start >= note.end for at in near])
    one, two = without(music.frames), without(other)
    assert torch.allclose(one[after], two[after], atol=1e-4)
    assert not torch.allclose(heard_plainly(music.frames)[after], heard_plainly(other)[after], atol=1e-2)
    if melody:  # what is chosen before hears of it only that it was given
        left = music.given.clone()
        left[note.start : note.end, 0] = False
        hidden = foreseen(composer, music._replace(given=left))
        before = torch.tensor([notes[at].start < note.start for at in near])
        said = torch.stack([hidden[notes[at].start, notes[at].voice, notes[at].symbol] for at in near])
        assert torch.allclose(one[before], said[before], atol=1e-4)


def test_it_makes_no_difference_how_many_notes_are_silenced_at_a_time(
    composer: Composer, music: Music, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the first of them is read once, so that by themselves they begin elsewhere."""
    notes = sung_in(music.frames)
    together = listened(composer, music, notes, range(len(notes)))
    monkeypatch.setattr(reasons, "TOGETHER", 1)
    assert torch.allclose(listened(composer, music, notes, range(len(notes))), together, atol=1e-4)


def test_what_comes_later_is_not_listened_to_unless_it_is_given(composer: Composer, music: Music, melody: bool) -> None:
    notes = sung_in(music.frames)
    effects = listened(composer, music, notes, range(len(notes)))
    later = torch.tensor([[one.start > other.start for other in notes] for one in notes])
    of_melody = torch.tensor([melody and note.voice == 0 for note in notes])
    assert not effects[later & ~of_melody[:, None]].any()
    assert bool(effects[later & of_melody[:, None]].any()) == melody
    assert effects[~later].any()


def test_rules_are_broken_where_the_textbook_says() -> None:
    frames = np.array(
        [[72, 67, 64, 48], [72, 67, 64, 48], [74, 69, 65, 50], [65, 69, 65, 50], [65, 69, 65, 50], [84, 69, 30, 30]]
    )
    found = breaches(frames, RANGES)
    assert Breach(2, OCTAVES, (0, 3)) in found
    assert Breach(2, FIFTHS, (1, 3)) in found
    assert [each for each in found if each.rule == CROSSING] == [Breach(3, CROSSING, (0, 1))]
    assert [each for each in found if each.rule == ABOVE] == [Breach(5, ABOVE, (0,))]
    assert [each for each in found if each.rule == BELOW] == [Breach(5, BELOW, (2,)), Breach(5, BELOW, (3,))]


def test_colours_grow_lighter_as_notes_grow_unlikely_and_stay_legible() -> None:
    def luminance(hexadecimal: str) -> float:  # WCAG 2
        shares = [int(hexadecimal[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        r, g, b = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light = [luminance(colour(p)) for p in (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, LEAST)]
    assert light == sorted(light)
    assert len(set(light)) == len(light)
    assert 1.05 / (light[-1] + 0.05) >= 3
    assert colour(0.0) == colour(LEAST)


@drawn
def test_the_score_shows_every_broken_rule_by_a_sign_and_says_what_it_means() -> None:
    tunes = ([72, 74, 65], [67, 69, 69], [64, 65, 65], [48, 50, 50])
    parts = tuple(
        Part(name, 52, tuple(Note(TICKS * at, TICKS, pitch) for at, pitch in enumerate(tune)))
        for name, tune in zip(("Soprano", "Alto", "Tenor", "Bass"), tunes, strict=True)
    )
    svg = engrave(Score(parts), named=lambda voice, note: f"n{voice}-{note.start // TICKS}")
    found = places(svg)
    assert found.keys() >= {f"n{voice}-{at}" for voice in range(4) for at in range(3)}
    marks = [Mark(FIFTHS, ("n1-1", "n3-1"), ("n1-0", "n3-0")), Mark(CROSSING, ("n0-2", "n1-2"), ("n0-1", "n1-1"))]
    shown = marked(svg, found, {"n0-0": 0.5}, marks, {"n0-0": 1}, {"n0-0": "A < B"}, given=True)
    for words in ("parallel fifths", "voices cross", "given", "1 to 1", "<title>A &lt; B</title>"):
        assert words in shown
    assert "parallel octaves" not in shown
    assert shown.count(">5</text>") == 3  # in both voices and in the legend
    clean = marked(svg, found, {"n0-0": 0.5}, [], {}, {}, given=False)
    assert "No rule is broken." in clean
    assert "given" not in clean


# With the shipped model


@pytest.fixture(scope="module")
def chorale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two bars from nothing."""
    path = tmp_path_factory.mktemp("works") / "chorale.mid"
    gesso.compose(bars=2, phrase=1, seed=4).save(path)
    return path


@pytest.fixture(scope="module")
def explained(chorale: Path) -> Explanation:
    return gesso.explain(chorale)


def notes_of(explanation: Explanation) -> list[dict[str, Any]]:
    return explanation.details["notes"]


def test_every_note_has_its_reasons(chorale: Path, explained: Explanation) -> None:
    score = read_midi(chorale.read_bytes(), "it")
    notes = notes_of(explained)
    assert len(notes) == sum(len(part.notes) for part in score.parts)
    assert all(0 < note["probability"] <= 1 and not note["given"] for note in notes)
    for note in notes:
        others = [each["probability"] for each in note["instead"]]
        assert others == sorted(others, reverse=True)
        assert note["probability"] + sum(others) <= 1.0001
        assert note["note"] not in [each["note"] for each in note["instead"]]
        assert all((one["bar"], one["beat"]) <= (note["bar"], note["beat"]) for one in note["listened_to"])
    assert any(note["listened_to"] for note in notes)
    assert explained.details["rules"] == []
    assert "No rule is broken." in explained.headline


def test_the_table_is_of_the_least_expected(explained: Explanation) -> None:
    least = sorted(notes_of(explained), key=lambda note: note["probability"])[: len(explained.table)]
    assert [row["note"] for row in explained.table] == [note["note"] for note in least]
    assert [row[""] for row in explained.table] == list(range(1, 11))


@drawn
def test_every_note_of_the_score_tells_its_reasons_when_pointed_at(explained: Explanation) -> None:
    svg = explained.pictures[".svg"].decode()
    said = set(re.findall(r"<title>(.*)", svg))
    assert len(said) == len(notes_of(explained))
    assert svg.isascii()  # so that the picture needs no fonts of the system's
    assert explained.pictures[".png"].startswith(b"\x89PNG")


def test_notes_that_were_given_are_not_reasoned_about(tmp_path: Path) -> None:
    tune = Score((Part("Tune", 0, tuple(Note(TICKS * at, TICKS, 67 + step) for at, step in enumerate((0, 2, 4, 0)))),))
    (tmp_path / "tune.mid").write_bytes(write_midi(tune))
    gesso.compose(melody=tmp_path / "tune.mid", seed=1).save(tmp_path / "work.mid")
    found = explain(tmp_path / "work.mid")
    given = [note for note in notes_of(found) if note["given"]]
    assert {note["voice"] for note in given} == {"Soprano"}
    assert len(given) == 4
    assert all(note["probability"] is None and not note["instead"] for note in given)
    assert found.headline.startswith("4 notes were given.")
    assert any(one["voice"] == "Soprano" for note in notes_of(found) for one in note["listened_to"])
    (tmp_path / "tunes").mkdir()
    (tmp_path / "tune.mid").rename(tmp_path / "tunes" / "tune.mid")
    with pytest.raises(GessoError, match=r"tune\.mid is not in"):
        explain(tmp_path / "work.mid")
    assert gesso.explain(tmp_path / "work.mid", [tmp_path / "tunes"]).details == found.details


def test_music_of_others_is_explained_when_asked(chorale: Path, tmp_path: Path) -> None:
    score = read_midi(chorale.read_bytes(), "it")
    theirs = tmp_path / "theirs.mid"
    theirs.write_bytes(write_midi(score))
    with pytest.raises(GessoError, match="there is no recipe in it"):
        explain(theirs)
    found = explain(theirs, art="compose")
    assert "left open" in found.remarks[0]
    assert len(notes_of(found)) == sum(len(part.notes) for part in score.parts)
    theirs.write_bytes(write_midi(replace(score, parts=score.parts[:3])))
    with pytest.raises(GessoError, match="only music in four voices is explained; parts with notes: 3"):
        explain(theirs, art="compose")


def test_a_work_whose_notes_were_changed_is_refused(chorale: Path, tmp_path: Path) -> None:
    recipe = json.dumps(gesso.compose(bars=1, phrase=1, seed=1).recipe.model_dump(mode="json"))
    changed = tmp_path / "changed.mid"
    changed.write_bytes(write_midi(read_midi(chorale.read_bytes(), "it"), recipe))
    with pytest.raises(GessoError, match="not as it was made: --art compose"):
        explain(changed)


def test_no_note_is_absurd(tmp_path: Path) -> None:
    gesso.compose(bars=4, key="G", mode="major", seed=3).save(tmp_path / "piece.mid")
    notes = gesso.explain(tmp_path / "piece.mid").details["notes"]
    chosen = [note for note in notes if note["probability"] is not None]
    assert len(chosen) > 40
    for note in chosen:
        best = max((each["probability"] for each in note["instead"] if each["allowed"]), default=0.0)
        assert note["probability"] >= 0.0099 * best, note
