"""The composer: it foresees no note from itself or from those after it, unless they are given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gesso.arts.compose import frames
from gesso.arts.compose.build import Composer, Configuration, build
from gesso.arts.compose.evaluate import nats, surprise
from gesso.arts.compose.frames import CLASSES, FIELDS, START, SYMBOLS, UNKNOWN_KEY, UNTOLD, heard
from gesso.arts.compose.given import GIVEN_FIELDS, HIDDEN, at_random, hints
from gesso.arts.compose.head import around
from gesso.arts.compose.prepare import Batch, chorale, collated, in_chunks, in_key, transposed, untold

T = 12


def fresh(seed: int = 0, **settings: Any) -> Composer:
    sizes: dict[str, Any] = {
        "width": 24,
        "heads": 2,
        "layers": 2,
        "inner": 16,
        "depth": 1,
        "dropout": 0.0,
        "deafness": 0.0,
    }
    sizes |= {"members": 2, "encoder_width": 16, "encoder_layers": 1} | settings
    composer = build(Configuration(**sizes))
    source = torch.Generator().manual_seed(seed)
    composer.initialise(source)
    with torch.no_grad():
        for name, parameter in composer.named_parameters():
            if name.endswith("say.weight"):  # a fresh one says nothing yet
                parameter.normal_(std=0.5, generator=source)
    return composer.eval()


def some_frames(batch: int = 2, steps: int = T, seed: int = 0) -> Tensor:
    return torch.randint(0, SYMBOLS, (batch, steps, 4), generator=torch.Generator().manual_seed(seed))


def nothing_told(x: Tensor) -> tuple[Tensor, Tensor]:
    told = torch.tensor([UNKNOWN_KEY, UNTOLD, UNTOLD]).expand(*x.shape[:2], 3)
    return told, torch.ones(len(x), dtype=torch.long)


def logits(composer: Composer, x: Tensor) -> Tensor:
    return composer(x, *nothing_told(x))


@pytest.mark.parametrize("order", [(0, 3, 1, 2), (3, 2, 1, 0), (0, 1, 2, 3)])
def test_a_note_is_foreseen_from_those_chosen_before_it_alone(order: tuple[int, ...]) -> None:
    composer, x = fresh(order=order), some_frames(1)
    before = logits(composer, x)
    for voice in range(4):
        changed = x.clone()
        changed[0, 5, voice] = (x[0, 5, voice] + 7) % SYMBOLS
        gap = (logits(composer, changed) - before).abs().amax(-1)[0] > 0  # (T, 4)
        assert not gap[:5].any()
        assert gap[6:].any(1).all()
        rank = order.index(voice)
        assert [bool(gap[5, other]) for other in order] == [number > rank for number in range(4)]


def test_probabilities_of_all_frames_sum_to_one() -> None:
    """p(frame) summed over every choice of two of its voices, the other two held: as the chain rule has it."""
    composer = fresh(order=(0, 3, 1, 2))
    x = some_frames(1, 2).expand(SYMBOLS**2, -1, -1).clone()
    grid = torch.cartesian_prod(torch.arange(SYMBOLS), torch.arange(SYMBOLS))
    x[:, 1, 1:3] = grid  # the alto and the tenor are chosen last
    with torch.no_grad():
        shares = logits(composer, x).log_softmax(-1)[:, 1].gather(-1, x[:, 1, :, None])[..., 0]  # (S^2, 4)
    torch.testing.assert_close(shares[:, 1:3].sum(1).exp().sum(), torch.tensor(1.0), atol=1e-4, rtol=0)


def test_features_are_within_their_fields_and_tell_nothing_of_what_is_to_come() -> None:
    x = some_frames(3, 40)
    told, grid = nothing_told(x)
    features = heard(x, told, grid)
    assert features.shape == (3, 40, len(FIELDS))
    assert (features >= 0).all()
    assert (features < torch.tensor(FIELDS)).all()
    for t in (0, 1, 17, 39):
        changed = x.clone()
        changed[:, t:] = some_frames(3, 40 - t, seed=1)
        assert torch.equal(heard(changed, told, grid)[:, : t + 1], features[:, : t + 1])


def test_features_of_a_known_passage() -> None:
    pitches = torch.tensor([[[67, 60, 55, 48]] * 3 + [[65, 60, 55, 50]] * 2])
    features = heard(frames.symbols(pitches), *nothing_told(pitches))[0]
    assert features[0, :4].tolist() == [START] * 4
    assert features[0, 4:8].tolist() == [CLASSES] * 4
    assert features[3, 4:8].tolist() == [7, 0, 7, 0]  # above the first bass, C
    assert features[3, 12:16].tolist() == [2, 2, 2, 2]  # for three sixteenths
    assert features[4, 8:12].tolist() == [-2 + 12, 25, 25, 2 + 12]  # soprano a step down, bass a step up
    assert features[4, 12:16].tolist() == [0, 3, 3, 0]
    assert features[4, 16:22].tolist() == [5, 10, 5, 3, 10, 5]


def test_pitches_and_symbols_are_each_others_inverse() -> None:
    pitches = torch.tensor([-1, *range(frames.LOW, frames.HIGH + 1)])
    assert frames.symbols(pitches).tolist() == list(range(SYMBOLS))
    assert torch.equal(frames.pitches(frames.symbols(pitches)), pitches)


def test_step_by_step_with_a_cache_is_the_same_as_at_once() -> None:
    composer, x = fresh(), some_frames()
    told, grid = nothing_told(x)
    features = heard(x, told, grid)
    caches = composer.empty_caches(len(x), T)
    with torch.no_grad():
        stepped = [composer.states(part, None, caches) for part in features.split(1, dim=1)]
        for member, whole in enumerate(composer.states(features, None)):
            torch.testing.assert_close(torch.cat([each[member] for each in stepped], 1), whole, atol=1e-5, rtol=0)


def test_what_is_composed_from_is_the_mean_of_what_the_members_say() -> None:
    """One voice at a time, from the states of one frame: the same as all at once, from all frames."""
    composer, x = fresh(), some_frames()
    told, grid = nothing_told(x)
    order = composer.configuration.order
    with torch.no_grad():
        each = torch.stack([composer.of_one(number, x, told, grid) for number in range(2)])
        states = composer.states(heard(x, told, grid), None)
        bass = frames.first_bass(x)[:, None]
        assert not torch.equal(each[0], each[1])
        torch.testing.assert_close(each.mean(0), composer(x, told, grid))
        for number, voice in enumerate(order):
            known = around(number, order, x[:, 5:6], x[:, 4:5], bass)
            said = composer.note(number, [h[:, 5:6] for h in states], known)
            torch.testing.assert_close(said, each.mean(0)[:, 5:6, voice], atol=1e-5, rtol=0)


def given_notes(which: Callable[[Tensor], None], x: Tensor) -> Tensor:
    given = torch.zeros_like(x, dtype=torch.bool)
    which(given)
    return given


def test_the_encoder_hears_the_notes_that_are_given_and_no_others() -> None:
    x = some_frames(2)
    told, grid = nothing_told(x)
    given = torch.zeros_like(x, dtype=torch.bool)
    given[:, :, 0] = True
    given[:, 4, 2] = True
    features = hints(x, given, told, grid)
    assert features.shape == (2, T, len(GIVEN_FIELDS))
    assert (features >= 0).all()
    assert (features < torch.tensor(GIVEN_FIELDS)).all()
    other = torch.where(given, x, some_frames(2, seed=5))
    assert torch.equal(hints(other, given, told, grid), features)
    assert (features[..., 1] == HIDDEN).all()


def test_notes_that_are_given_are_known_of_beforehand() -> None:
    composer, x = fresh(), some_frames(1)
    told, grid = nothing_told(x)
    there, given = torch.ones(1, T, dtype=torch.bool), torch.zeros(1, T, 4, dtype=torch.bool)
    given[0, 8, 0] = True
    changed = x.clone()
    changed[0, 8, 0] = (x[0, 8, 0] + 5) % SYMBOLS
    first, second = (
        composer(each, told, grid, composer.hinted(each, given, there, told, grid)) for each in (x, changed)
    )
    assert (first - second)[0, 0].abs().max() > 0


def test_pieces_in_a_batch_do_not_disturb_each_other() -> None:
    composer = fresh()
    pieces = [chorale(piece(length)) for length in (16, 40)]
    given = at_random([16, 40], 40, torch.Generator().manual_seed(1))
    together = nats(composer, collated(pieces, 1, given))
    alone = nats(composer, collated(pieces[:1], 1, given[:1, :16]))
    torch.testing.assert_close(together[:1, :16], alone, atol=1e-5, rtol=1e-5)


def piece(length: int, seed: int = 0) -> np.ndarray:
    steps = np.random.default_rng(seed).integers(-2, 3, (length // 4, 4)).cumsum(0)
    return np.repeat(np.array([70, 64, 58, 50]) + steps.clip(-5, 5), 4, axis=0).astype(np.int16)


def test_surprise_counts_every_note_once() -> None:
    """Fresh weights say that all symbols are alike, so each note costs log SYMBOLS."""
    composer = build(Configuration(width=24, heads=2, layers=1, inner=16, members=1))
    composer.initialise(torch.Generator().manual_seed(0))
    pieces = [chorale(piece(length, length)) for length in (16, 40, 64)]
    found = surprise(composer, in_chunks(pieces), torch.device("cpu"))
    assert found.notes == 4 * (16 + 40 + 64)
    assert found.nats / found.notes == pytest.approx(np.log(SYMBOLS), abs=1e-5)
    moved = sum(4 + int((p.symbols[1:] != p.symbols[:-1]).sum()) for p in pieces)
    assert found.changed == moved
    assert found.changed_nats / found.changed == pytest.approx(np.log(SYMBOLS), abs=1e-5)
    assert found.each[:, 1].tolist() == [4 * 16, 4 * 40, 4 * 64]
    assert found.mean() == pytest.approx([found.nats / found.notes] * 3, abs=1e-5)
    assert found.mean(changed=True).value == pytest.approx(found.changed_nats / found.changed)
    coarse = surprise(composer, in_chunks(pieces, 4), torch.device("cpu"))
    assert coarse.notes == 4 * (4 + 10 + 16)


def test_averaging_over_keys_is_the_mean_of_probabilities() -> None:
    composer, pieces = fresh(), [chorale(piece(24))]
    (batch,) = in_chunks(pieces)
    shares = torch.stack([(-nats(composer, in_key(batch, key))).exp() for key in (0, 2)]).mean(0)
    found = surprise(composer, [batch], torch.device("cpu"), (0, 2))
    assert found.nats == pytest.approx(float(-shares.log().sum().detach()), rel=1e-5)


def test_harmonising_is_asked_of_the_lower_voices_alone() -> None:
    composer, pieces = fresh(), [chorale(piece(length)) for length in (16, 24)]
    found = surprise(composer, in_chunks(pieces, melody=True), torch.device("cpu"))
    assert found.notes == 3 * (16 + 24)


def test_transposing_keeps_all_but_the_key() -> None:
    original = chorale(piece(32))
    higher = transposed(original, 3)
    assert (higher.symbols - original.symbols == 3).all()
    assert torch.equal(higher.told[:, 1:], original.told[:, 1:])
    tonic, was = int(higher.told[0, 0]), int(original.told[0, 0])
    assert (tonic % 12, tonic >= 12) == ((was + 3) % 12, was >= 12)
    assert (untold(higher).told == torch.tensor([UNKNOWN_KEY, UNTOLD, UNTOLD])).all()


def test_transposed_music_gets_the_same_relative_logits() -> None:
    """Pitch classes above the first bass, intervals and lengths are the same in every key."""
    x = frames.symbols(torch.from_numpy(piece(32).astype(np.int64)))[None]
    told, grid = nothing_told(x)
    one, other = heard(x, told, grid), heard(x + 2, told, grid)
    assert torch.equal(one[..., 4:], other[..., 4:])
    assert not torch.equal(one[:, 1:, :4], other[:, 1:, :4])


def test_a_batch_hides_what_is_not_there() -> None:
    pieces = [chorale(piece(length)) for length in (16, 32)]
    batch: Batch = collated(pieces, 2)
    assert batch.frames.shape == (2, 16, 4)
    assert batch.there.sum(1).tolist() == [8, 16]
    assert not batch.hinted
    assert torch.equal(batch.frames[1], pieces[1].symbols[::2])
