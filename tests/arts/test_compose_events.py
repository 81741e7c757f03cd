"""Music note by note: what the network hears, what it foresees, and what is guaranteed of what it composes."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from gesso.arts.compose.art import Compose, ComposeTraining
from gesso.arts.compose.events.build import Configuration, Events, build
from gesso.arts.compose.events.evaluate import nats, notes_in
from gesso.arts.compose.events.generate import composed
from gesso.arts.compose.events.notes import END, FIELDS, LENGTHS, LOW, Form, Notes, Piece, piece_of, rows
from gesso.arts.compose.events.prepare import Pieces, all_rows, stacked
from gesso.arts.compose.events.statistics import longest_copy, statistics
from gesso.arts.compose.events.train import BEST
from gesso.arts.compose.folder import Found, Kind
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.music.midi import write_midi
from gesso.core.progress import Progress
from gesso.core.remake import remake
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score
from gesso.core.seeds import generator
from gesso.faces.cli import main

COMMON = Metre(4, 4)
QUIET = Progress(shown=False)
WHOLE = Form(metre=0, bar=48, tonic=7, mode=0, bars=3)


def score(*notes: tuple[float, float, int], metre: Metre = COMMON, pickup: int = 0) -> Score:
    """Notes as quarters from the beginning, quarters of length, and pitch."""
    line = tuple(Note(round(start * TICKS), round(length * TICKS), pitch) for start, length, pitch in notes)
    return Score((Part("Tune", 0, line),), metre=metre, pickup=pickup, tempo=90)


def tune(count: int = 16, seed: int = 0, chords: bool = False) -> Score:
    steps = torch.randint(-3, 4, (count,), generator=torch.Generator().manual_seed(seed)).cumsum(0).clamp(-9, 9)
    melody = [(float(at), 1.0, 67 + int(step)) for at, step in enumerate(steps)]
    return score(*melody, *((at, 1.0, pitch - 12) for at, _, pitch in melody if chords and int(at) % 2 == 0))


def onsets(piece: Piece) -> list[int]:
    return piece.notes.onset.tolist()


def fresh(kind: Kind = "monophonic", window: int = 32, **more: Any) -> Events:
    """A network that has learned nothing, and so tries everything."""
    sizes: dict[str, Any] = {"width": 16, "heads": 2, "layers": 2, "dropout": 0.0, "deafness": 0.0}
    data: dict[str, Any] = {"lowest": 55, "highest": 79, "metres": ((4, 4, 3), (3, 4, 1)), "keys": ((1, False, 1),)}
    network = build(Configuration(kind=kind, window=window, **sizes, **data, **more))
    source = torch.Generator().manual_seed(0)
    network.initialise(source)
    with torch.no_grad():
        for choice in (network.gap, network.pitch, network.length):
            choice.say.weight.normal_(std=0.1, generator=source)
        network.gap.say.bias[:13] = 4  # so that bars have notes
    return network.eval().requires_grad_(False)


def make(network: Events, seed: int = 0, begin: Score | None = None, **settings: Any) -> Score:
    wish = check(Compose, {"temperature": 1.0, "top_p": 1.0, **settings})
    return composed(network, wish, generator(seed, "piece"), QUIET, begin=begin)


def every_note(made: Score) -> list[Note]:
    return sorted(note for part in made.parts for note in part.notes)


# The grid


def test_sixteenths_and_triplets_are_exact() -> None:
    piece = piece_of(
        score((0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64), (1, 0.25, 65), (1.25, 1.75, 67)), "piano"
    )
    assert onsets(piece) == [0, 4, 8, 12, 15]
    assert LENGTHS[piece.notes.length].tolist() == [4, 4, 4, 3, 21]


def test_a_pickup_stands_at_the_end_of_its_bar() -> None:
    piece = piece_of(score((0, 1, 60), (1, 2, 62), (4, 1, 64), metre=Metre(3, 4), pickup=TICKS), "monophonic")
    assert onsets(piece) == [24, 36, 72]
    assert piece.bars == 3


def test_silence_is_shortened_by_whole_bars() -> None:
    piece = piece_of(score((9, 1, 60), (10, 1, 62), (50.5, 1, 64)), "monophonic")
    assert onsets(piece) == [12, 24, 24 + 486 - 7 * 48]
    assert [onset % 48 for onset in onsets(piece)] == [12, 24, 30]


def test_of_a_line_no_note_sounds_into_the_next() -> None:
    piece = piece_of(score((0, 1.1, 60), (1, 1.1, 62), (2, 1.1, 64), (3, 1, 65)), "monophonic")
    assert (piece.notes.end[:-1] <= piece.notes.onset[1:]).all()


def test_of_music_with_chords_the_line_is_the_highest() -> None:
    melody, chords = (piece_of(tune(chords=both), "monophonic") for both in (False, True))
    assert chords.notes.pitch.equal(melody.notes.pitch)


def test_a_key_that_is_struck_again_was_let_go() -> None:
    piece = piece_of(score((0, 4, 60), (0, 4, 64), (1, 1, 60)), "piano")
    assert [(int(o), int(e)) for o, e in zip(piece.notes.onset, piece.notes.end, strict=True)] == [
        (0, 12), (0, 48), (12, 24),
    ]  # fmt: skip


@pytest.mark.parametrize(("pitch", "played"), [(20, 32), (9, 21), (109, 97), (127, 103), (21, 21), (108, 108)])
def test_what_a_piano_has_no_key_for_is_moved_by_octaves(pitch: int, played: int) -> None:
    assert int(piece_of(score((0, 1, pitch)), "piano").notes.pitch) + LOW == played


# What is heard and foreseen


def some_notes(count: int = 12, seed: int = 0) -> Notes:
    source = torch.Generator().manual_seed(seed)
    gaps = torch.randint(0, 9, (count,), generator=source)
    return Notes(
        gaps.cumsum(0),
        torch.randint(0, 88, (count,), generator=source),
        torch.randint(0, len(LENGTHS), (count,), generator=source),
    )


def test_features_are_within_their_fields_and_tell_nothing_of_what_is_to_come() -> None:
    notes = some_notes()
    for form in (WHOLE, Form(0, 48)):
        heard = rows(notes, form).heard
        assert ((heard >= 0) & (heard < torch.tensor([*FIELDS, 1]))).all()
        for at in range(len(notes.onset)):
            other = Notes(*(torch.cat([x[:at], y[at:]]) for x, y in zip(notes, some_notes(seed=1), strict=True)))
            if bool((other.onset.diff() >= 0).all()):
                assert rows(other, form).heard[: at + 1].equal(heard[: at + 1])


def test_the_rows_of_a_known_passage() -> None:
    r = rows(Notes(*(torch.tensor(x) for x in ([36, 48, 48, 102], [46, 50, 53, 58], [5, 0, 1, 2]))), WHOLE)
    assert r.gap.tolist() == [36, 12, 0, 54, END]
    assert r.place.tolist()[:4] == [36, 0, 0, 6]
    assert r.left.tolist()[:4] == [3, 2, 2, 1]
    assert r.before.tolist() == [-1, 46, 50, 53, 58]
    assert r.stood.tolist() == [0, 36, 0, 0, 6]
    # pitch, degree above G, interval from the note before and two bars' places, of the third note
    assert r.heard[3].tolist() == [53, 7, 27, 1, 0, 0, 1, 2, 0, 0]


def test_transposing_changes_nothing_but_the_pitches() -> None:
    notes = some_notes()._replace(pitch=torch.arange(30, 42))
    one, other = (rows(notes._replace(pitch=notes.pitch + by), WHOLE.shifted(by)) for by in (0, 5))
    assert one.heard[:, 1:].equal(other.heard[:, 1:])
    assert other.heard[1:, 0].equal(one.heard[1:, 0] + 5)


def test_a_note_is_foreseen_from_those_before_it_alone() -> None:
    network, notes = fresh(), some_notes()
    before = network(stacked([rows(notes, WHOLE)]))
    for at in range(1, 12):
        later = notes._replace(pitch=torch.cat([notes.pitch[:at], (notes.pitch[at:] + 7) % 88]))
        gap, pitch, length = network(stacked([rows(later, WHOLE)]))
        assert torch.allclose(gap[:, : at + 1], before[0][:, : at + 1], atol=1e-5)
        assert torch.allclose(pitch[:, : at + 1], before[1][:, : at + 1], atol=1e-5)
        assert torch.allclose(length[:, :at], before[2][:, :at], atol=1e-5)
        assert not torch.allclose(length[:, at], before[2][:, at], atol=1e-5)


def test_step_by_step_with_a_cache_is_the_same_as_at_once() -> None:
    network = fresh()
    heard = rows(some_notes(), WHOLE).heard[None]
    cache = network.decoder.empty_cache(1, 13)
    steps = [network.states(heard[:, at : at + 1], cache) for at in range(13)]
    assert torch.allclose(torch.cat(steps, 1), network.states(heard), atol=1e-5)


def test_every_note_of_a_long_piece_is_foreseen_once() -> None:
    network = fresh()
    piece = piece_of(tune(100), "monophonic")
    windows = all_rows([piece], network.configuration)
    assert len(windows) > 3
    assert sum(int(notes_in(window)) for window in windows) == 100
    assert sum(int((window.gap[window.there] == END).sum()) for window in windows) == 1
    known = torch.stack([x.detach() for x in nats(network, stacked(windows)).values()])
    assert int((known > 0).sum()) == 3 * 100 + 1


def test_pieces_in_a_batch_do_not_disturb_each_other() -> None:
    network = fresh()
    one, other = (rows(some_notes(count), WHOLE) for count in (12, 5))
    alone, both = nats(network, stacked([other])), nats(network, stacked([one, other]))
    for name, x in alone.items():
        assert torch.allclose(both[name][1, :6], x[0], atol=1e-5)
        assert not both[name][1, 6:].any()


@pytest.mark.parametrize(("passes", "limit", "steps"), [(1, 4000, 600), (4000, 4000, 1600), (4000, 700, 700)])
def test_few_pieces_are_gone_through_more_often_but_not_for_ever(passes: int, limit: int, steps: int) -> None:
    settings = check(ComposeTraining, {"data": "tunes", "passes": passes, "steps": limit, "batch": 10, "window": 16})
    found = Found("monophonic", {f"{number}.mid": tune(16) for number in range(4)}, 0, ())
    assert Pieces(settings, found).steps == steps  # 64 notes, 160 at once


# What is composed


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("metre", ["4/4", "3/4"])
def test_a_line_has_one_note_at_a_time_and_as_many_bars_as_asked_for(metre: str, seed: int) -> None:
    made = make(fresh(), seed, bars=6, metre=metre, pickup=0)
    notes = every_note(made)
    assert len(made.parts) == 1
    assert all(one.end <= other.start for one, other in pairwise(notes))
    assert all(55 <= note.pitch <= 79 for note in notes)
    assert made.metre.ticks * 5 <= max(notes[-1].start, notes[-1].end - 1) < made.metre.ticks * 6


@pytest.mark.parametrize("seed", range(3))
def test_on_a_piano_no_key_is_struck_that_is_still_down(seed: int) -> None:
    made = make(fresh("piano", window=16), seed, bars=4, pickup=0)
    notes = every_note(made)
    assert len(notes) > 16, "more than is heard at a time"
    assert made.end <= 4 * 4 * TICKS
    held: dict[int, int] = {}
    for note in notes:
        assert held.get(note.pitch, 0) <= note.start
        held[note.pitch] = note.end
    for part in made.parts:
        assert all((note.pitch >= 60) == (part.name == "Right hand") for note in part.notes)


def test_a_pickup_is_kept_to() -> None:
    made = make(fresh(), bars=2, metre="3/4", pickup=1)
    assert (made.pickup, made.metre) == (TICKS, Metre(3, 4))
    assert every_note(made)[0].start == 0
    assert TICKS * 4 <= every_note(made)[-1].end <= TICKS * 7


def test_a_pickup_of_more_than_half_a_bar_is_one() -> None:
    made = make(fresh(), bars=2, metre="3/4", pickup=2)
    assert (made.pickup, every_note(made)[0].start) == (2 * TICKS, 0)


@pytest.mark.parametrize("kind", ["monophonic", "piano"])
def test_a_beginning_is_kept_note_for_note(kind: Kind) -> None:
    begin = tune(10, chords=kind == "piano")
    begin = Score(begin.parts, tempo=123, metre=Metre(4, 4), pickup=2 * TICKS)
    made = make(fresh(kind), begin=begin, bars=5)
    notes, given = every_note(made), every_note(begin)
    assert notes[: len(given)] == given
    assert len(notes) > len(given)
    assert (made.tempo, made.metre, made.pickup) == (123, Metre(4, 4), 2 * TICKS)
    assert made.end <= (2 + 5 * 4) * TICKS


def test_what_was_not_learned_or_leaves_nothing_to_do_is_refused() -> None:
    with pytest.raises(GessoError, match="--metre 5/4 was not learned: the model knows 4/4, 3/4"):
        make(fresh(), metre="5/4")
    with pytest.raises(GessoError, match="the beginning is in 6/8, which was not learned"):
        make(fresh(), begin=score((0, 1, 60), metre=Metre(6, 8)))
    with pytest.raises(GessoError, match="ask for more --bars than 2"):
        make(fresh(), begin=tune(8), bars=2)


def test_a_key_and_a_seed_are_kept_to() -> None:
    network = fresh()
    assert make(network, 1) == make(network, 1) != make(network, 2)
    wish = check(Compose, {"bars": 2})
    assert composed(network, wish, generator(0, "piece"), QUIET, key=Key(-3, True)).key == Key(-3, True)


# Figures


def test_statistics_of_a_known_piece() -> None:
    # bar 1: C E G, bar 2 nothing, bars 3 and 4 the same again: C C D C over a low C
    again = [
        (8 + bar + at, 1.0, pitch) for bar in (0, 4) for at, pitch in ((0, 60), (1, 60), (2, 62), (3, 60), (0, 48))
    ]
    said = statistics([piece_of(score((0, 1, 60), (1, 1, 64), (2, 1, 67), *again), "piano")])
    assert (said.lowest, said.highest) == (48, 67)
    assert said.notes == 13 / 4
    assert said.together == 13 / 11
    assert said.repeated == 3 / 10
    assert said.steps == 4 / 7
    assert said.scale == 1
    assert said.home == 1
    assert said.filled == 3 / 4
    assert said.again == 1 / 4


def test_a_copy_is_found_in_another_key() -> None:
    mine = piece_of(tune(16), "monophonic")
    higher = mine._replace(notes=mine.notes._replace(pitch=mine.notes.pitch + 3))
    assert longest_copy(higher, [mine]) == 16
    assert longest_copy(mine, []) == 0


# From the command line


@pytest.fixture
def tunes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve tunes in the current folder."""
    monkeypatch.chdir(tmp_path)
    for number in range(12):
        path = tmp_path / f"tunes/{number:02}.mid"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(write_midi(tune(24, seed=number)))
    return path.parent


def train(run: str, *more: str) -> int:
    sizes = "--width 16 --heads 2 --layers 1 --window 16 --batch 4 --warm-up 5 --rate 1e-2 --quiet"
    return main(["train", "compose", "--data", "tunes", "--run", run, *sizes.split(), *more])


def weights_of(path: Path) -> dict[str, Tensor]:
    return load(path.read_bytes())


@pytest.mark.slow
def test_a_folder_is_learned_composed_from_and_judged(tunes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tunes / "broken.mid").write_bytes(b"MThd")
    assert train("mine", "--steps", "50", "--save-every", "50") == 0
    losses = [
        row["loss"]
        for row in map(json.loads, Path("runs/mine/metrics.jsonl").read_text().splitlines())
        if "loss" in row
    ]
    assert losses[-1] < losses[0]
    assert main(["compose", "--model", "mine", "--bars", "4", "--out", "made.mid", "--quiet"]) == 0
    assert str(remake(Path("made.mid"))) == "identical"
    capsys.readouterr()
    assert main(["evaluate", "compose", "--model", "mine", "--pieces", "2", "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["data"] == "tunes, 1 held out, monophonic"
    assert said["metrics"]["nats_per_note"] > 0
    assert {"filled", "data_filled", "copied_notes"} <= said["metrics"].keys()
    for wrong in (["--melody", "tunes/00.mid"], ["--phrase", "2"], ["--form", "AABB"]):
        assert main(["compose", "--model", "mine", *wrong]) == 1
        assert "mine composes monophonic music" in capsys.readouterr().err
    assert main(["explain", "made.mid"]) == 1
    assert "mine composes monophonic music; explained are chorales" in capsys.readouterr().err


@pytest.mark.slow
def test_a_resumed_run_is_bit_equal_to_one_that_was_not(tunes: Path) -> None:
    assert train("whole", "--steps", "6", "--save-every", "2") == 0
    assert train("part", "--steps", "6", "--save-every", "2") == 0
    # As it was when it was killed after four steps, before it looked at what it had learned.
    run = Path("runs/part")
    (run / "model/part.safetensors").unlink()
    (run / BEST).unlink()
    (run / "checkpoints/step-00000006.safetensors").unlink()
    assert main(["train", "--resume", "part", "--quiet"]) == 0
    for one, other in ((BEST, BEST), ("model/whole.safetensors", "model/part.safetensors")):
        whole, part = weights_of(Path("runs/whole") / one), weights_of(run / other)
        assert all(torch.equal(whole[name], part[name]) for name in whole), one
