"""The writer and what it learns from: densities, batches, what is drawn anew."""

import math

import numpy as np
import pytest
import torch

from gesso.arts.paint.glyph import mixture
from gesso.arts.paint.glyph.art import GlyphTraining
from gesso.arts.paint.glyph.baseline import fitted
from gesso.arts.paint.glyph.build import Configuration, Limits, Writer, build, heard
from gesso.arts.paint.glyph.copies import nearest, twins
from gesso.arts.paint.glyph.mixture import END, GO_ON, LIFT
from gesso.arts.paint.glyph.prepare import augmented, collated, to_train_on, written
from gesso.arts.paint.glyph.writing import Attempt, astray, attempts, centred, chances, write
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.seeds import generator

LIMITS = Limits(strokes=(2, 9), points=30, sides=(20, 90))
CROSS = [np.array([[10.0, 50], [90, 50]]), np.array([[50.0, 10], [50, 90]])]


@pytest.fixture(scope="module")
def writer() -> Writer:
    """One that has learned nothing."""
    writer = build(Configuration(unit=20, side=110, limits=LIMITS, hidden=16, layers=2, mixtures=3))
    writer.initialise(generator(0, "weights"))
    return writer.eval().requires_grad_(False)


# Densities


def test_a_density_is_that_of_the_literature() -> None:
    covariance = torch.tensor([[1.0, 0.6], [0.6, 4.0]])
    mean, x = torch.tensor([0.5, -1.0]), torch.randn(7, 2, generator=generator(0, "x"))
    one = mixture.Mixture(
        torch.zeros(1), mean[None], covariance.diagonal().sqrt().log()[None], torch.tensor([0.3]), torch.zeros(3)
    )
    expected = torch.distributions.MultivariateNormal(mean, covariance).log_prob(x)
    assert torch.allclose(mixture.log_density(one, x), expected, atol=1e-5)


def test_densities_and_probabilities_sum_to_one() -> None:
    said = mixture.read(0.5 * torch.randn(mixture.outputs(5), generator=generator(1, "x")))
    axis = torch.linspace(-12, 12, 601)
    grid = torch.cartesian_prod(axis, axis)
    assert mixture.log_density(said, grid).exp().sum() * 0.04**2 == pytest.approx(1, abs=2e-3)
    assert said.pen.exp().sum() == pytest.approx(1)


def test_samples_have_the_moments_of_the_mixture_and_a_low_temperature_keeps_to_the_likeliest() -> None:
    parameters = torch.randn(1, mixture.outputs(2), generator=generator(2, "x"))
    source = generator(0, "chance")
    chance = torch.cat([torch.rand(20_000, 2, generator=source), torch.randn(20_000, 2, generator=source)], 1)
    said = mixture.read(parameters.expand(20_000, -1))
    offsets, pens = mixture.sample(said, chance)
    shares = said.weights[0].exp()
    assert torch.allclose(offsets.mean(0), shares @ said.mean[0], atol=0.06)
    assert torch.allclose(pens.bincount(minlength=3) / 20_000, said.pen[0].exp(), atol=0.02)

    cold = mixture.read(parameters.expand(20_000, -1), temperature=0.01)
    offsets, pens = mixture.sample(cold, chance)
    assert torch.allclose(offsets.mean(0), said.mean[0, said.weights[0].argmax()], atol=0.05)
    assert (pens == said.pen[0].argmax()).float().mean() > 0.99


def test_the_baseline_finds_the_gaussians_that_are_there() -> None:
    source = generator(0, "two")
    x = torch.randn(4000, 2, generator=source, dtype=torch.float64) * 0.1
    x[:2000] += torch.tensor([3.0, 0.0])
    true = -(math.log(0.5) - 2 * math.log(0.1) - math.log(2 * math.pi) - 1)  # the entropy of what x is drawn from
    assert -mixture.log_density(fitted(x, source), x).mean() == pytest.approx(true, abs=0.05)


def test_a_copy_is_near_and_another_character_is_not() -> None:
    moved = [stroke * 1.7 - 30 for stroke in CROSS]
    tilted = [stroke @ np.array([[1, 0.2], [0, 1]]) for stroke in CROSS]
    ell = [np.array([[10.0, 10], [10, 90], [90, 90]])]
    exact, near, far = nearest([moved, tilted, ell], [CROSS]).tolist()
    assert exact < 0.01 < near < 0.5 < far


def test_a_character_written_by_another_hand_is_a_twin_and_one_of_other_strokes_is_none() -> None:
    tree = [*CROSS, np.array([[48.0, 52], [15, 85]]), np.array([[52.0, 52], [85, 85]])]
    shifts = np.array([[3, -2], [-3, 4], [4, 3], [-4, -2]])
    by_hand = [0.6 * (stroke + shift) + 20 for stroke, shift in zip(tree, shifts, strict=True)]
    other = [tree[0], tree[1] + [0, 20], *tree[2:]]
    assert nearest([by_hand], [tree]).item() > 0.1
    assert twins([by_hand, other, tree[:3]], [CROSS, tree]).tolist() == [True, False, False]
    assert twins([tree[::-1]], [tree]).tolist() == [True]
    assert twins([[np.array([[1.0, 1]])]], [[np.array([[7.0, 7]])]]).tolist() == [True]


# Batches


def test_a_batch_says_what_the_strokes_say() -> None:
    batch = collated([written(CROSS), written(CROSS[:1])], unit=20)
    assert batch.offsets[0].tolist() == [[4, 0], [-2, -2], [0, 4]]
    assert batch.pens[0].tolist() == [LIFT, GO_ON, END]
    assert batch.pens[1, 0] == END
    assert batch.counted.tolist() == [[1, 1, 1], [1, 0, 0]]
    # offset, going on, lifted, place, and room to the left, up, right and down
    assert batch.heard[0, 0].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert batch.heard[0, 1].tolist() == [4, 0, 0, 1, 4, 0, -4, 0, 0, 0]
    assert batch.heard[0, 2].tolist() == [-2, -2, 1, 0, 2, -2, -2, 0, 2, 2]


def test_drawings_that_are_held_out_are_not_learned_from() -> None:
    moved = [stroke + 7 for stroke in CROSS]
    assert len(to_train_on({"train": [CROSS, CROSS[::-1]], "valid": [], "test": [moved]})) == 1
    assert len(to_train_on({"train": [CROSS, CROSS[::-1]], "valid": [], "test": []})) == 2


def test_augmentation_is_slight_keeps_corners_and_the_pen() -> None:
    stroke = np.array([[0, 0], [10, 1], [20, 1], [30, 0], [30, 30]], float)
    drawing = written([stroke, stroke + 40])
    settings = check(GlyphTraining, {"data": "x", "drop": 0.9})
    for seed in range(20):
        points, pens = augmented(drawing, settings, generator(seed, "a"))
        assert 6 <= len(points) <= 10
        assert pens[pens != GO_ON].tolist() == [LIFT, END]
        assert float((points[-1] - drawing.points[-1]).abs().max()) < 0.2 * 70
    kept, _ = augmented(drawing, settings.model_copy(update={"rotate": 0, "scale": 0, "shear": 0}), generator(0, "a"))
    assert [30, 0] in kept.tolist()


# Writing


def test_the_writer_goes_on_from_its_states_as_if_it_had_heard_all_at_once(writer: Writer) -> None:
    offsets, pens = torch.randn(2, 9, 2, generator=generator(0, "o")), torch.zeros(2, 9, dtype=torch.int64)
    x = heard(offsets, pens)
    first, states = writer.continued(x[:, :4], ())
    rest, _ = writer.continued(x[:, 4:], states)
    assert torch.allclose(torch.cat([first, rest], 1), writer(x), atol=1e-5)


def test_what_is_heard_step_by_step_while_writing_is_what_is_heard_of_the_whole(writer: Writer) -> None:
    """Attempts keep count of places themselves: drawn in two parts, a character is the same."""
    chance = chances(3, [0], 0, 12)
    (whole,) = attempts(writer, chance, 1.0)
    flat = np.concatenate(whole.strokes)
    begun = list(whole.strokes[:2])
    done = sum(map(len, begun)) - 1
    assert len(whole.strokes) > 2, "choose another seed"
    again = attempts(writer, chance[:, done:], 1.0, [stroke + 50 for stroke in begun])[0]
    assert np.allclose(np.concatenate(again.strokes)[:2], flat[done + 1 : done + 3] + 50, atol=1e-3)


def test_a_character_depends_on_its_number_not_on_how_many_there_are(writer: Writer) -> None:
    three, five = (write(writer, count, 0.5, seed=4) for count in (3, 5))
    for one, other in zip(three, five[:3], strict=True):
        assert np.allclose(np.concatenate(one), np.concatenate(other), atol=1e-3)
    assert not np.array_equal(three[0][0], write(writer, 1, 0.5, seed=5)[0][0])


def test_what_was_begun_stays_exactly(writer: Writer) -> None:
    for strokes in write(writer, 3, 0.5, seed=1, begun=CROSS):
        assert all(np.array_equal(a, b) for a, b in zip(strokes, CROSS, strict=False))
        assert len(strokes) > len(CROSS)


def test_a_character_that_goes_astray_every_time_comes_with_a_warning(writer: Writer) -> None:
    never = build(writer.configuration.model_copy(update={"limits": LIMITS.model_copy(update={"strokes": (31, 32)})}))
    never.load_state_dict(writer.state_dict())
    with pytest.warns(UserWarning, match="2 of 2 characters went astray 30 times"):
        assert len(write(never, 2, 0.5, seed=0)) == 2
    with pytest.raises(GessoError, match="could not be completed"):
        write(never, 2, 0.5, seed=0, begun=CROSS)


@pytest.mark.parametrize(
    ("strokes", "ended", "wrong"),
    [
        (CROSS, True, False),
        (CROSS, False, True),
        (CROSS[:1], True, True),
        (CROSS * 5, True, True),
        ([stroke * 0.1 for stroke in CROSS], True, True),
        ([stroke * 2 for stroke in CROSS], True, True),
    ],
)
def test_what_goes_astray_is_known(writer: Writer, strokes: list[np.ndarray], ended: bool, wrong: bool) -> None:
    assert astray(Attempt([stroke * 0.9 for stroke in strokes], ended), writer, None) == wrong


def test_characters_stand_in_the_middle_and_fit() -> None:
    for scale in (0.3, 3.0):
        points = np.concatenate(centred([stroke * scale + 200 for stroke in CROSS]))
        assert np.allclose(points.min(0) + points.max(0), 100)
        assert np.ptp(points, axis=0).max() == pytest.approx(24 if scale < 1 else 94)
