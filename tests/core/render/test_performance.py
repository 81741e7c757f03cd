"""How a score is played."""

import numpy as np
import pytest

from gesso.core.render.performance import Expression, performance, seconds, with_tempi
from gesso.core.scores import TICKS, Metre, Note, Part, Score

PLAIN = Expression(ritardando=False, breath=False, shaping=0, unevenness=0)


def tune(pitches: list[int], **more: object) -> Score:
    notes = tuple(Note(TICKS * i, TICKS, pitch) for i, pitch in enumerate(pitches))
    return Score((Part("Soprano", 52, notes),), tempo=60, **more)  # pyright: ignore[reportArgumentType]


def test_without_expression_it_is_played_as_written() -> None:
    notes = performance(tune([60, 62, 64, 65]), PLAIN)[0]
    assert notes.onset.tolist() == [0, 1, 2, 3]
    assert notes.offset.tolist() == [1, 2, 3, 4]
    assert notes.velocity.tolist() == [80] * 4


def test_notes_lead_into_the_next_unless_it_has_the_same_pitch() -> None:
    notes = performance(tune([60, 62, 62, 60]), PLAIN)[0]
    assert notes.leads.tolist() == [True, False, True, False]
    assert notes.joined.tolist() == [False, True, False, True]
    assert notes.glide.tolist() == [0, -2, 0, 2]
    assert notes.offset[1] < 2  # so that the next is heard to begin


def test_the_end_slows_down_to_about_half() -> None:
    score = tune([60] * 16)
    onsets = seconds(with_tempi(score, Expression(breath=False)), np.arange(17.0) * TICKS)
    beats = np.diff(onsets)
    assert beats[:11] == pytest.approx(np.ones(11))
    assert (np.diff(beats[11:]) > 0).all()
    assert beats[-1] == pytest.approx(1 / 0.55, rel=0.02)


def test_a_fermata_is_held_and_followed_by_a_breath() -> None:
    told = Expression(ritardando=False, shaping=0, unevenness=0)
    notes = performance(tune([60, 62, 64, 65, 67, 69], fermatas=(3 * TICKS,)), told)[0]
    assert np.diff(notes.onset) == pytest.approx([1, 1, 1, 1 / 0.6, 1])
    assert notes.onset[4] - notes.offset[3] == pytest.approx(0.28)
    assert notes.leads.tolist() == [True, True, True, False, True, False]


def test_tempi_are_those_of_the_score_where_it_has_more_than_one() -> None:
    score = tune([60] * 8, tempi=((2 * TICKS, 30.0), (4 * TICKS, 120.0)), fermatas=(5 * TICKS,))
    assert with_tempi(score, Expression()) == score
    assert np.diff(performance(score, Expression(unevenness=0))[0].onset).tolist() == [1, 1, 2, 2, 0.5, 0.5, 0.5]


def test_tempi_that_are_written_down_are_those_that_are_heard() -> None:
    score = tune([60, 62, 64, 65, 67, 69, 71, 72], fermatas=(3 * TICKS,))
    marked = with_tempi(score, Expression())
    assert marked.tempi[:2] == ((3 * TICKS, 36.0), (4 * TICKS, 60.0))
    assert marked.tempi[-1] == (7 * TICKS, 33.0)
    assert [tempo for _, tempo in marked.tempi[1:]] == sorted((tempo for _, tempo in marked.tempi[1:]), reverse=True)
    told, plain = (performance(each)[0].onset for each in (marked, score))
    assert told.tolist() == plain.tolist()
    assert with_tempi(score, PLAIN) == score


def test_strong_beats_and_the_middle_of_the_phrase_are_louder() -> None:
    notes = performance(tune([60] * 16, metre=Metre(4, 4)), Expression(unevenness=0))[0]
    assert notes.velocity[8] > notes.velocity[9]
    assert notes.velocity[8] > notes.velocity[0]
    assert notes.velocity[8] > notes.velocity[12]


def test_the_seed_decides_who_begins_late() -> None:
    score = tune([60, 62, 64])
    one, again, other = (performance(score, seed=seed)[0].onset for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    assert np.abs(one - other).max() < 0.06


def test_an_empty_part_is_played_as_nothing() -> None:
    assert [len(notes.onset) for notes in performance(Score((Part("Soprano", 52, ()),)))] == [0]
    assert performance(Score(())) == []
