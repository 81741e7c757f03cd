"""Composing: what is given stays, what is forbidden never happens, phrases rest, pieces come home."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gesso.arts.compose import notes, plan
from gesso.arts.compose.art import Compose
from gesso.arts.compose.build import Composer, Configuration, build
from gesso.arts.compose.frames import VOICES, pitches
from gesso.arts.compose.generate import composed
from gesso.arts.compose.rules import Rules, parallels
from gesso.arts.compose.search import Piece, Taste, search
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score
from gesso.core.seeds import generator

QUIET = Progress(shown=False)

RANGES = ((60, 81), (52, 74), (46, 69), (36, 66))
TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 79, 78, 76, 74, 67)


@pytest.fixture(scope="module")
def composer() -> Composer:
    """One that knows nothing, and so tries everything."""
    model = build(Configuration(width=16, heads=2, layers=1, inner=16, depth=1, encoder_width=16, encoder_layers=1))
    model.initialise(torch.Generator().manual_seed(0))
    return model.eval().requires_grad_(False)


def wish(**settings: Any) -> Compose:
    return check(Compose, settings)


def melody(*tune: int, length: int = TICKS) -> Score:
    line = tuple(Note(i * length, length, pitch) for i, pitch in enumerate(tune))
    return Score((Part("Tune", 0, line),), key=Key(1))


def sounding(score: Score, steps: int) -> NDArray[np.int64]:
    """The pitches of a score in sixteenths (steps, parts), without the code that composing has for it."""
    found = np.full((steps, len(score.parts)), -1)
    for voice, part in enumerate(score.parts):
        for note in part.notes:
            found[note.start // 120 : note.end // 120, voice] = note.pitch
    return found


def drawn(composer: Composer, seed: int = 0, bars: int = 3, phrase: int = 1, parallels: bool = True) -> Piece:
    form = plan.laid_out(Key(-1), Metre(4, 4), bars, phrase, pickup=4)
    return search(composer, plan.plan(form), Rules(RANGES, parallels), Taste(), generator(seed))


@pytest.mark.parametrize("seed", range(3))
def test_ranges_are_kept_and_voices_never_cross(composer: Composer, seed: int) -> None:
    piece = drawn(composer, seed)
    x = pitches(piece.frames)
    low, high = torch.tensor(RANGES).unbind(1)
    assert ((x >= low) & (x <= high)).all()
    assert (x[:, :-1] >= x[:, 1:]).all()
    assert piece.relaxed == ()


@pytest.mark.parametrize("seed", range(3))
def test_no_parallels_when_they_are_forbidden(composer: Composer, seed: int) -> None:
    allowed, forbidden = (drawn(composer, seed, bars=4, parallels=kept) for kept in (True, False))
    assert forbidden.relaxed == ()
    assert parallels(pitches(allowed.frames).numpy())
    assert not parallels(pitches(forbidden.frames).numpy())


def test_phrases_rest_and_the_piece_comes_home(composer: Composer) -> None:
    x = pitches(drawn(composer, bars=4, phrase=2).frames)
    for end in (32, 64):
        assert (x[end - 4 : end] == x[end - 1]).all()
    for chord in (x[0], x[-1]):  # in F, since one flat was asked for
        assert int(chord[3]) % 12 == 5
        assert set((chord % 12).tolist()) <= {5, 9, 0}


@pytest.mark.parametrize("minor", [False, True])
def test_every_phrase_rests_on_a_triad_of_the_key_or_of_one_near(composer: Composer, minor: bool) -> None:
    form = plan.laid_out(Key(0, minor), Metre(4, 4), 8, 1, pickup=4)
    scale = {0, 2, 4, 5, 7, 9, 11, 8, 1, *((6,) if minor else ())}  # with the leading notes of the nearest keys
    for seed in range(2):
        x = pitches(search(composer, plan.plan(form), Rules(RANGES, parallels=False), Taste(), generator(seed)).frames)
        for end in form.ends:
            chord, bass = x[end - 1] % 12, int(x[end - 1, 3])
            assert tuple(sorted({int(pitch - bass) % 12 for pitch in x[end - 1]})) in TRIADS
            assert {*chord.tolist()} <= scale


def test_phrases_of_a_melody_rest_on_triads_that_have_its_notes(composer: Composer) -> None:
    line = [Note(TICKS * at, TICKS, pitch) for at, pitch in enumerate((67, 69, 71))]
    line += [Note(TICKS * 3, TICKS // 2, 74), Note(TICKS * 7 // 2, TICKS // 2, 72)]  # it moves on in the last quarter
    line += [Note(TICKS * (4 + at), TICKS, pitch) for at, pitch in enumerate((71, 69, 67, 67))]
    tune = Score((Part("Tune", 0, tuple(line)),), key=Key(1), fermatas=(TICKS * 7 // 2, TICKS * 7))
    for seed in range(3):
        x = sounding(composed(composer, wish(), generator(seed), QUIET, melody=tune), 32)
        assert tuple(sorted({int(pitch - x[15, 3]) % 12 for pitch in x[15]})) in TRIADS
        assert (x[14] == x[15]).all()


def test_a_piece_in_minor_begins_in_minor(composer: Composer) -> None:
    form = plan.laid_out(Key(0, minor=True), Metre(4, 4), 1, 1, 0)
    firsts = [
        pitches(search(composer, plan.plan(form), Rules(RANGES), Taste(), generator(seed)).frames[0])
        for seed in range(5)
    ]
    assert all(set((first % 12).tolist()) <= {9, 0, 4} and int(first[3]) % 12 == 9 for first in firsts)


def test_a_melody_is_kept_note_for_note(composer: Composer) -> None:
    tune = melody(*TUNE)
    score = composed(composer, wish(), generator(1), Progress(shown=False), melody=tune)
    assert score.parts[0].notes == tune.parts[0].notes
    assert (score.key, score.metre) == (tune.key, tune.metre)
    x = sounding(score, 64)
    assert (x[:, 0].reshape(16, 4) == np.array(TUNE)[:, None]).all()
    assert (x >= 0).all()
    assert (x[:, :-1] >= x[:, 1:]).all()


TRIADS = {(0, 4, 7), (0, 3, 7), (0, 4), (0, 3)}


@pytest.mark.parametrize(
    ("last", "length", "roots"),
    [
        (67, 4 * TICKS, {7}),
        (71, TICKS, {7}),
        (62, TICKS, {7}),
        (67, TICKS * 3 // 2, {7}),  # it ends within a quarter
        (67, TICKS // 2, {7}),
        (69, 4 * TICKS, {2, 9}),  # of the key's triads those of d and a have it
        (68, 2 * TICKS, {4, 8, 1, 5}),  # none of the key has g sharp, these do
    ],
)
def test_all_voices_come_to_a_consonant_last_chord_together_the_tonic_where_the_melody_lets_them(
    composer: Composer, last: int, length: int, roots: set[int]
) -> None:
    line = (*melody(67, 69, last).parts[0].notes, Note(3 * TICKS, length, last))
    for seed in range(2):
        tune = Score((Part("Tune", 0, line),), key=Key(1))
        score = composed(composer, wish(), generator(seed), Progress(shown=False), melody=tune)
        ends = [part.notes[-1] for part in score.parts]
        assert {note.end for note in ends} == {3 * TICKS + length}
        assert all(note.start <= 3 * TICKS for note in ends)
        bass = ends[3].pitch
        assert bass % 12 in roots
        assert tuple(sorted({(note.pitch - bass) % 12 for note in ends})) in TRIADS
        assert score.fermatas[-1] == 3 * TICKS


def test_a_very_long_last_note_is_moved_under_but_for_its_last_bar(composer: Composer) -> None:
    line = (*melody(67, 69, 71).parts[0].notes, Note(3 * TICKS, 8 * TICKS, 67))
    tune = Score((Part("Tune", 0, line),), key=Key(1))
    x = sounding(composed(composer, wish(), generator(0), Progress(shown=False), melody=tune), 44)
    assert (x[28:] == x[28]).all()
    assert (x[12:28] != x[12]).any()


def test_voices_leave_a_fermata_together_though_the_melody_strikes_its_note_again(composer: Composer) -> None:
    line = [Note(i * TICKS, TICKS, pitch) for i, pitch in enumerate((67, 69, 71, 72, 74, 72))]
    line += [Note(6 * TICKS, 2 * TICKS, 71)]  # the phrase's last, and the next begins on the same
    line += [Note((8 + i) * TICKS, TICKS, pitch) for i, pitch in enumerate((71, 72, 74, 71, 69, 69))]
    tune = Score((Part("Tune", 0, (*line, Note(14 * TICKS, 2 * TICKS, 67))),), key=Key(1))
    score = composed(composer, wish(), generator(0), Progress(shown=False), melody=tune)
    assert len(score.fermatas) == 2
    for tick, over in zip(score.fermatas, (8 * TICKS, 16 * TICKS), strict=True):
        assert {note.end for part in score.parts for note in part.notes if note.start <= tick < note.end} == {over}


def test_phrases_end_where_the_music_that_is_given_has_fermatas(composer: Composer) -> None:
    told = replace(melody(*TUNE), fermatas=(4 * TICKS, 9 * TICKS, 15 * TICKS))
    score = composed(composer, wish(), generator(0), QUIET, melody=told)
    assert score.fermatas == told.fermatas
    begin = replace(melody(*TUNE[:6]), fermatas=(2 * TICKS,))
    score = composed(composer, wish(bars=4, phrase=1), generator(0), QUIET, begin=begin)
    assert score.fermatas == tuple(tick * TICKS for tick in (2, 6, 10, 15))


def test_a_melody_finer_than_the_grid_stays_as_it_is(composer: Composer) -> None:
    tune = melody(*TUNE[:12], length=TICKS // 3)  # triplets
    score = composed(composer, wish(), generator(1), Progress(shown=False), melody=tune)
    assert score.parts[0].notes == tune.parts[0].notes
    assert score.end == 4 * TICKS


def test_a_melody_out_of_reach_is_refused_with_what_brings_it_there(composer: Composer) -> None:
    low = melody(*(pitch - 24 for pitch in TUNE))
    with pytest.raises(GessoError, match="--transpose 24"):
        composed(composer, wish(), generator(1), Progress(shown=False), melody=low)
    score = composed(composer, wish(transpose=24), generator(1), Progress(shown=False), melody=low)
    assert [note.pitch for note in score.parts[0].notes] == list(TUNE)
    with pytest.raises(GessoError, match="the melody has no notes"):
        composed(composer, wish(), generator(1), Progress(shown=False), melody=melody())


def whole(seed: int = 0, steps: int = 48) -> Score:
    x = np.repeat(np.array([[67, 62, 59, 43], [69, 62, 57, 50], [71, 62, 55, 55]]), 4, axis=0)
    return notes.score(np.tile(x, (steps // 12, 1)), tempo=80, key=Key(1), metre=Metre(3, 4), pickup=4)


def test_a_beginning_is_kept_and_gone_on_with(composer: Composer) -> None:
    begin = whole(steps=24)
    score = composed(composer, wish(bars=4, phrase=2), generator(1), Progress(shown=False), begin=begin)
    assert score.metre == begin.metre
    assert score.end == 4 * Metre(3, 4).ticks
    assert (sounding(score, 48)[:24] == sounding(begin, 24)).all()
    with pytest.raises(GessoError, match="ask for more --bars than 2"):
        composed(composer, wish(bars=2), generator(1), Progress(shown=False), begin=begin)


@pytest.mark.parametrize(
    ("part", "start", "end", "voices"),
    [("2-3", 16, 40, [0, 1, 2, 3]), ("bar 1", 0, 16, [0, 1, 2, 3]), ("tenor", 0, 48, [2]), ("Bass 4", 40, 48, [3])],
)
def test_only_what_is_asked_for_is_composed_anew(
    composer: Composer, part: str, start: int, end: int, voices: list[int]
) -> None:
    piece = whole()
    score = composed(composer, wish(infill=(part,), piece=piece), generator(3), Progress(shown=False), piece=piece)
    before, after = sounding(piece, 48), sounding(score, 48)
    anew = np.zeros((48, VOICES), dtype=bool)
    anew[start:end, voices] = True
    assert (before == after)[~anew].all()
    assert not (before == after)[anew].all()


def test_what_is_kept_of_a_piece_is_struck_as_it_was(composer: Composer) -> None:
    held = (Part("a", 0, tuple(Note(240 * i, 240, 67) for i in range(8))), Part("b", 0, (Note(0, 1920, 62),)))
    finer = (Part("c", 0, (Note(0, 60, 59), Note(60, 1860, 59))), Part("d", 0, (Note(0, 480, 43), Note(960, 960, 50))))
    piece = Score(held + finer, key=Key(1))
    score = composed(composer, wish(infill=("alto",), piece=piece), generator(3), Progress(shown=False), piece=piece)
    assert [score.parts[voice].notes for voice in (0, 2, 3)] == [piece.parts[voice].notes for voice in (0, 2, 3)]
    longer = tuple(Note(240 * i, 240, 67) for i in range(16))
    below = [Part(name, 0, (Note(0, 3840, pitch),)) for name, pitch in (("b", 62), ("c", 59), ("d", 43))]
    piece = Score((Part("a", 0, longer), *below), key=Key(1))
    part = composed(composer, wish(infill=("soprano 2",), piece=piece), generator(3), QUIET, piece=piece)
    assert part.parts[0].notes[:8] == longer[:8]


def test_a_piece_keeps_its_tempi_title_and_instruments_unless_others_are_asked_for(composer: Composer) -> None:
    parts = tuple(replace(part, name=f"Viol {at}", program=40 + at) for at, part in enumerate(whole().parts))
    piece = replace(whole(), parts=parts, tempo=120, tempi=((960, 90.0),), title="Fantasia", text="CC0")
    score = composed(composer, wish(infill=("alto",), piece=piece), generator(3), QUIET, piece=piece)
    assert (score.tempo, score.tempi, score.title, score.text) == (120, ((960, 90.0),), "Fantasia", "CC0")
    assert [(part.name, part.program) for part in score.parts] == [(part.name, part.program) for part in parts]
    asked = composed(composer, wish(infill=("alto",), piece=piece, tempo=60), generator(3), QUIET, piece=piece)
    assert (asked.tempo, asked.tempi) == (60, ())
    tune = replace(melody(*TUNE), tempo=100, title="Tune")
    harmonised = composed(composer, wish(), generator(3), QUIET, melody=tune)
    assert (harmonised.tempo, harmonised.title, harmonised.parts[0].name) == (100, "Tune", "Soprano")


def test_rests_of_a_beginning_are_kept(composer: Composer) -> None:
    line = (Note(0, 240, 67), Note(480, 240, 69), Note(960, 960, 67))
    begin = Score((Part("Tune", 0, line),), key=Key(1))
    score = composed(composer, wish(bars=4), generator(1), Progress(shown=False), begin=begin)
    assert score.parts[0].notes[:2] == line[:2]


def test_an_upbeat_of_an_eighth_stays_one(composer: Composer) -> None:
    line = (Note(0, 240, 67), *(Note(240 + 480 * i, 480, 67) for i in range(4)))
    begin = Score((Part("Tune", 0, line),), key=Key(1), pickup=240)
    assert composed(composer, wish(bars=4), generator(1), Progress(shown=False), begin=begin).pickup == 240


def test_a_metre_and_a_pickup_that_are_asked_for_replace_those_of_the_file(composer: Composer) -> None:
    tune = melody(*TUNE)
    told = composed(composer, wish(metre="3/4", pickup=1), generator(1), QUIET, melody=tune)
    assert (told.metre, told.pickup, told.parts[0].notes) == (Metre(3, 4), TICKS, tune.parts[0].notes)
    begun = composed(composer, wish(metre="6/8", bars=7), generator(1), QUIET, begin=tune)
    assert (begun.metre, begun.end) == (Metre(6, 8), 7 * Metre(6, 8).ticks)
    piece = composed(composer, wish(pickup=0, infill=("alto 2",), piece=whole()), generator(1), QUIET, piece=whole())
    assert (piece.metre, piece.pickup) == (Metre(3, 4), 0)
    with pytest.raises(GessoError, match="a pickup of 4 quarters is a whole bar of 4/4"):
        composed(composer, wish(pickup=4), generator(1), QUIET, melody=tune)


def test_bars_that_begin_within_sixteenths_are_refused_with_what_helps(composer: Composer) -> None:
    third = TICKS // 3
    line = (Note(0, third, 67), *(Note(third + TICKS * i, TICKS, 67) for i in range(4)))
    tune = Score((Part("Tune", 0, line),), key=Key(1), pickup=third)
    with pytest.raises(GessoError, match=r"a pickup of 0\.333 quarters do not begin on sixteenths.*--pickup"):
        composed(composer, wish(), generator(1), QUIET, melody=tune)
    assert composed(composer, wish(pickup=0), generator(1), QUIET, melody=tune).pickup == 0


def test_of_a_melody_with_chords_the_highest_notes_are_sung(composer: Composer) -> None:
    chords = (Note(0, 480, 72), Note(0, 960, 64), Note(480, 480, 71), Note(960, 960, 72))
    given = Score((Part("Right hand", 0, chords),), key=Key(0))
    score = composed(composer, wish(), generator(1), Progress(shown=False), melody=given)
    assert score.parts[0].notes == (chords[0], chords[2], chords[3])


def test_a_mode_alone_is_kept_to(composer: Composer) -> None:
    score = composed(composer, wish(mode="minor"), generator(1), QUIET, melody=melody(67, 69, 71, 67))
    assert score.key.minor


@pytest.mark.parametrize("part", ["5-9", "3-2", "0", "viola", "alto x"])
def test_parts_that_are_not_there_are_refused(composer: Composer, part: str) -> None:
    with pytest.raises(GessoError, match=part):
        composed(composer, wish(infill=(part,), piece=whole()), generator(3), Progress(shown=False), piece=whole())


def test_conflicts_with_what_is_given_relax_the_rules_and_never_fail(composer: Composer) -> None:
    """A soprano below the alto's range: crossing cannot be avoided, ranges are kept all the same."""
    laid = plan.laid_out(Key(), Metre(4, 4), 1, 1, 0)
    given = np.zeros((16, VOICES), dtype=bool)
    given[:, 0] = True
    low = np.full((16, VOICES), 45)
    piece = search(composer, plan.plan(laid, low, given), Rules(RANGES, parallels=False), Taste(), generator(0))
    x = pitches(piece.frames)
    assert (x[:, 0] == 45).all()
    assert piece.relaxed
    assert all(RANGES[v][0] <= int(x[t, v]) <= RANGES[v][1] for t in range(16) for v in (1, 2, 3))


def test_it_is_said_in_which_bars_rules_gave_way(composer: Composer) -> None:
    low = Note(4 * TICKS, 8 * TICKS, 50)  # below the alto's range
    line = (*(Note(TICKS * at, TICKS, pitch) for at, pitch in enumerate((67, 69, 71, 67))), low)
    tune = Score((Part("Tune", 0, (*line, Note(12 * TICKS, 4 * TICKS, 67))),), key=Key(1))
    parts = (*tune.parts, *(replace(part, notes=part.notes) for part in whole(steps=64).parts[1:]))
    piece = replace(tune, parts=parts)
    with pytest.warns(UserWarning, match=r"^not every rule could be kept in bars 2, 3: rest at"):
        composed(composer, wish(infill=("alto",), piece=piece), generator(0), QUIET, piece=piece)


def test_where_no_chord_is_left_the_frame_before_is_chosen_anew(composer: Composer) -> None:
    """The second piece comes to a phrase's end from which no triad is reached without parallels."""
    laid = plan.laid_out(Key(-1), Metre(4, 4), 4, 1, 0)
    for seed in range(3):
        piece = search(composer, plan.plan(laid), Rules(RANGES, parallels=False), Taste(), generator(seed))
        assert piece.relaxed == ()
        assert not parallels(pitches(piece.frames).numpy())


def test_a_voice_without_a_range_is_refused_and_not_left_silent(composer: Composer) -> None:
    laid = plan.laid_out(Key(), Metre(4, 4), 1, 1, 0)
    with pytest.raises(GessoError, match="no note left in its range"):
        search(composer, plan.plan(laid), Rules(((60, 59),) * 4), Taste(), generator(0))


def test_long_notes_are_struck_again_at_bars_and_after_phrases_unless_suspended() -> None:
    bass = np.array([48] * 24 + [50] * 8)
    tenor = np.array([60] * 12 + [62] * 8 + [60] * 12)  # over the bar line, and a step down: a suspension
    x = np.stack([np.full(32, 72), np.full(32, 67), tenor, bass], 1)
    score = notes.score(x, tempo=80, key=Key(), metre=Metre(4, 4), pickup=0, ends=(24,))
    lengths = [[note.length // 120 for note in part.notes] for part in score.parts]
    assert lengths == [[16, 8, 8], [16, 8, 8], [12, 8, 4, 8], [16, 8, 8]]
    assert (sounding(score, 32) == x).all()
    assert score.fermatas == (20 * 120,)
    resting = notes.score(x[:20], tempo=80, key=Key(), metre=Metre(4, 4), pickup=2, ends=(20,))
    assert [note.length // 120 for note in resting.parts[0].notes] == [2, 18]  # not at the bar line at 18


def test_a_phrase_that_stays_on_the_chord_before_has_a_fermata_of_its_own() -> None:
    x = np.tile([72, 67, 64, 48], (32, 1))
    assert notes.score(x, tempo=80, key=Key(), metre=Metre(), pickup=0, ends=(16, 32)).fermatas == (0, 16 * 120)


@pytest.mark.parametrize("form", ["AAB", "ABA"])
def test_phrases_of_one_letter_are_the_same_and_no_others(composer: Composer, form: str) -> None:
    for seed in range(2):
        laid = plan.laid_out(Key(-1), Metre(4, 4), 3, None, 4, form)
        piece = search(composer, plan.plan(laid), Rules(RANGES, parallels=False), Taste(), generator(seed))
        x = pitches(piece.frames).numpy()
        phrases = dict[str, bytes]()
        for letter, phrase in zip(form, np.split(x, 3), strict=True):
            assert phrases.setdefault(letter, phrase.tobytes()) == phrase.tobytes()
        assert phrases["A"] != phrases["B"]
        assert piece.relaxed == ()
        assert not parallels(x)  # not from one phrase to the next either
        assert set((x[-1] % 12).tolist()) <= {5, 9, 0}


def test_a_seed_gives_the_same_piece_and_another_another(composer: Composer) -> None:
    same, again, other = (drawn(composer, seed).frames for seed in (5, 5, 6))
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


def test_settings_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(GessoError, match="whole bar"):
        check(Compose, {"metre": "3/4", "pickup": 3})
    with pytest.raises(GessoError, match="16 bars do not part into the 3 phrases of AAB"):
        check(Compose, {"form": "AAB"})
    with pytest.raises(GessoError, match="leave out"):
        check(Compose, {"form": "AABA", "phrase": 4})
    with pytest.raises(GessoError, match="does not match"):
        check(Compose, {"key": "H"})
