"""Paintings out of noise: the flow, its leaps, words, masks, and what a small model learns."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from conftest import write_picture
from gesso.arts.paint.image import models
from gesso.arts.paint.image.art import ART, PaintImage, PaintImageEvaluation, PaintImageTraining
from gesso.arts.paint.image.augment import augmented
from gesso.arts.paint.image.build import Configuration, Painter, build, load_painter, numbered, understood, words_in
from gesso.arts.paint.image.evaluate import evaluate
from gesso.arts.paint.image.flow import flow_loss, leap_loss, mixed, paint, unpaint
from gesso.arts.paint.image.generate import any_words, begun_at
from gesso.arts.paint.image.given import taken_in
from gesso.arts.paint.image.judge import Judge
from gesso.arts.paint.image.nearest import Seen, all_of, nearest
from gesso.arts.paint.image.prepare import Pictures, described, titles
from gesso.arts.paint.image.showing import rasters
from gesso.arts.paint.image.train import report
from gesso.core import registry, weights
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, decode
from gesso.core.progress import Progress
from gesso.core.work import Work
from gesso.faces.calls import call_of
from gesso.faces.cli import main
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.turns import Turn

SMALL = Configuration(channels=1, size=8, widths=(16,), blocks=1, patch=2, words=("calm", "wild"), shortened=True)


class White(nn.Module):
    """Knows the answer: every picture is white."""

    multiple, calls = 1, 0

    def forward(self, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return torch.ones_like(x)


def straight() -> tuple[Painter, White]:
    """A painter that goes in one straight line from any noise to `White`."""
    model, white = Painter(SMALL), White()
    model.network = white  # pyright: ignore[reportAttributeAccessIssue] -- in the place of a U-Net
    return model, white


NO_WORDS = torch.zeros(3, 1, dtype=torch.int64)


def image(*words: str, **settings: object) -> Work:
    """`gesso.paint.image`, where it gives one work."""
    work = call_of(registry.find("paint/image"))(*words, **settings)
    assert isinstance(work, Work)
    return work


def noise(seed: int = 0, count: int = 3) -> torch.Tensor:
    return torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def tiny() -> Painter:
    model = build(SMALL)
    model.initialise(torch.Generator().manual_seed(0))
    return model.eval()


@pytest.mark.parametrize("steps", [1, 2, 4, 8, 13, 50, 500])
def test_the_flow_ends_at_the_picture_in_any_number_of_steps(steps: int) -> None:
    model, white = straight()
    x = paint(model, noise(), NO_WORDS, steps=steps)
    assert (x - 1).abs().max() < 1e-5
    assert white.calls == steps


def test_guidance_costs_no_second_pass_in_leaps_and_one_of_twice_the_size_else() -> None:
    words = torch.ones(3, 1, dtype=torch.int64)
    for steps in (4, 5):
        model, white = straight()
        paint(model, noise(), words, steps=steps, guidance=3.0)
        assert white.calls == steps


def test_the_noise_of_a_picture_is_found_again() -> None:
    model = tiny()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.04 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    x, other = (paint(model, noise(seed), NO_WORDS, steps=200) for seed in (0, 5))
    again = paint(model, unpaint(model, x, NO_WORDS, steps=200), NO_WORDS, steps=200)
    assert (again - x).abs().mean() < 0.6 * (other - x).abs().mean()  # not all: the last moment is left out


def test_an_untrained_painter_has_the_loss_of_the_flow_and_no_error_in_its_leaps() -> None:
    model, x = tiny(), torch.full((64, 1, 8, 8), 0.5)
    words, numbers = torch.zeros(64, 1, dtype=torch.int64), torch.zeros(64, 6)
    # It says that the picture is nothing, so that its velocity is wrong by x / (1 - t).
    assert flow_loss(model, x, words, numbers, torch.Generator().manual_seed(0)).mean() > 0.25
    # From x_t to nothing in a straight line: two half leaps lead where one does, but for the last moment.
    assert leap_loss(model, x, words, numbers, torch.Generator().manual_seed(0)).max() < 1e-6


def test_mixing_goes_from_noise_to_picture() -> None:
    x, n = torch.ones(2, 1, 8, 8), torch.zeros(2, 1, 8, 8)
    assert mixed(x, n, torch.tensor([0.0, 0.75])).mean((1, 2, 3)).tolist() == [0, 0.75]


def test_what_was_not_changed_comes_out_as_it_was_and_the_rest_is_told() -> None:
    x = torch.rand(64, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    same, numbers = augmented(x, 0.0, False, torch.zeros(3), torch.Generator().manual_seed(1))
    assert torch.equal(same, x)
    assert not numbers.any()
    mirrored, numbers = augmented(x, 0.0, True, torch.zeros(3), torch.Generator().manual_seed(1))
    over = numbers[:, 5] > 0
    assert 16 < over.sum() < 48
    torch.testing.assert_close(mirrored, torch.where(over[:, None, None, None], x.flip(3), x))
    changed, numbers = augmented(x, 0.5, False, torch.zeros(3), torch.Generator().manual_seed(1))
    told = numbers.abs().sum(1) > 0
    assert torch.equal(changed[~told], x[~told])
    assert 16 < told.sum() < 48
    assert all(not torch.equal(a, b) for a, b in zip(changed[told], x[told], strict=True))


def test_words_are_told_apart_and_unknown_ones_named() -> None:
    assert words_in("A T-shirt, red; red!") == ("t-shirt", "red")
    assert words_in("A") == ("a",), "classes may be called a and b"
    assert numbered([("wild", "nothing"), ()], SMALL.words).tolist() == [[2], [0]]
    assert understood("Calm", SMALL, "tiny").tolist() == [[1]]
    with pytest.raises(GessoError, match="does not know the word 'wilt'; did you mean wild"):
        understood("wilt", SMALL, "tiny")
    many = SMALL.model_copy(update={"words": tuple(f"{letter}{n}" for letter in "abcdefgh" for n in range(9))})
    with pytest.raises(GessoError, match=r"it knows a0, a4, a8, b3, .*, h5 and 54 more"):
        understood("wilt", many, "tiny")
    with pytest.raises(GessoError, match=r"photo\.JPG is a picture, and words are wanted: --like photo\.JPG varies it"):
        understood("photo.JPG", SMALL, "tiny")


def test_words_that_say_nothing_are_no_matter_and_no_words_are_refused() -> None:
    assert understood("the calm of the wild", SMALL, "x").tolist() == [[1, 2]]
    spelt = SMALL.model_copy(update={"words": ("s", "women")})
    assert understood("women's", spelt, "x").tolist() == understood("women’s", spelt, "x").tolist() == [[2, 1]]
    for text in ("😀", "", "!!"):
        with pytest.raises(GessoError, match="has no words"):
            understood(text, SMALL, "x")


@pytest.mark.parametrize(
    ("strength", "steps", "start"),
    [(0.6, 4, 0.5), (0.6, 50, 0.4), (0.1, 4, 0.75), (0.9, 4, 0.25), (1.0, 1, 0.0), (0.6, 8, 0.375)],
)
def test_a_variation_begins_where_leaps_lead_to(strength: float, steps: int, start: float) -> None:
    assert begun_at(strength, steps, leaping=steps < 50) == pytest.approx(start)


def test_so_few_steps_that_nothing_is_left_of_the_picture_are_refused() -> None:
    with pytest.raises(GessoError, match="leave nothing of the picture"):
        begun_at(0.6, 1, leaping=True)


def test_words_choose_the_model_that_knows_them_best() -> None:
    assert models.find(None, ["7"]).name == "digits"
    assert models.find(None, ["ankle", "boot"]).name == "garments"
    assert models.find(None).name == models.find(None, ["xylograph"]).name == ART.models[0]
    assert models.find("garments", ["7"]).name == "garments"


def test_titles_are_what_pictures_are_called_in_known_words() -> None:
    assert titles([("red", "cat"), ("dog",), ("red", "cat"), ("red", "owl"), ()], ("cat", "dog", "red")) == (
        "dog",
        "red cat",
    )


def test_without_words_each_picture_has_some_by_chance() -> None:
    drawn = any_words(SMALL, 64, seed=1)
    assert set(drawn.flatten().tolist()) == {1, 2}
    assert torch.equal(drawn[:8], any_words(SMALL, 8, seed=1))
    assert not any_words(SMALL.model_copy(update={"words": ()}), 3, seed=1).any()
    titled = any_words(SMALL.model_copy(update={"titles": ("calm", "wild calm")}), 64, seed=1)
    assert set(map(tuple, titled.tolist())) == {(1, 0), (2, 1)}
    colored = {"words": ("calm", "green", "red"), "titles": ("red calm",), "colors": ("green", "red")}
    assert set(map(tuple, any_words(SMALL.model_copy(update=colored), 64, seed=1).tolist())) == {(2, 1), (3, 1)}


def test_the_nearest_training_picture_is_found() -> None:
    x = noise(count=6)
    found = nearest(Seen(x[2:4] + 0.1, x[2:4].flatten(1)), Seen(x, x.flatten(1)))
    assert found.in_pixels[1].tolist() == found.in_features[1].tolist() == [2, 3]
    assert found.in_pixels[0].tolist() == pytest.approx([0.1, 0.1], abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mask": "photo.png"}, "give the picture with --like"),
        ({"between": "photo.png"}, "needs two pictures"),
        ({"between": ["photo.png", "photo.png"], "like": "photo.png"}, "one of --between and --like"),
    ],
)
def test_what_does_not_go_together_is_refused(photo: Path, settings: dict[str, object], said: str) -> None:
    with pytest.raises(GessoError, match=said):
        check(PaintImage, settings)


def test_a_strength_that_changes_nothing_is_told(photo: Path) -> None:
    with pytest.warns(UserWarning, match="--strength changes nothing without --like"):
        image("7", strength=0.2, size=28)


def folder(count: int, name: str = "pictures") -> Path:
    for number in range(count):
        write_picture(Path(f"{name}/{number}.png"), width=20, height=16, seed=number)
    return Path(name)


def test_a_folder_of_loose_pictures_has_no_words_and_holds_every_fifth_out(photo: Path) -> None:
    folder(10)
    train, test = (described("pictures", split, 8, Skips()) for split in ("train", "test"))
    assert (len(train.examples), len(test.examples)) == (8, 2)
    assert set(train.called) == {()}
    with pytest.raises(GessoError, match="no pictures in empty"):
        Path("empty").mkdir()
        described("empty", "train", 8, Skips())


def test_a_damaged_picture_is_named_and_no_other_is_learned_twice_for_it(photo: Path) -> None:
    folder(10)
    Path("pictures/3.png").write_bytes(b"torn")
    Path("pictures/4.png").write_bytes(b"torn")
    skips = Skips()
    with (
        pytest.warns(UserWarning, match=r"3\.png cannot be read"),
        pytest.warns(UserWarning, match=r"4\.png cannot be"),
    ):
        train, test = (described("pictures", split, 8, skips) for split in ("train", "test"))
    assert (len(train.examples), len(train.called), len(test.examples)) == (7, 7, 1)
    assert skips.summary() == "2 files could not be read and were left out: pictures/3.png, pictures/4.png"


def test_few_pictures_are_trained_on_with_a_word_of_warning(photo: Path) -> None:
    folder(6)
    with pytest.warns(UserWarning, match="5 pictures to learn from: the model will learn them by heart"):
        pictures = Pictures(check(PaintImageTraining, {"data": "pictures", "size": 8, "batch": 16}))
    assert len(pictures.order(_turn(0))) == 16


def _turn(step: int):

    return Turn(step, 0, 1, torch.Generator().manual_seed(step))


@pytest.fixture
def trained(photo: Path) -> str:
    """A painter of two classes of plain pictures, black and white, trained for seconds."""
    for number in range(20):
        for name, value in (("calm", 255), ("wild", 20)):
            path = Path(f"classes/{name}/{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Raster(np.full((8, 8, 3), value, np.uint8)).encode("PNG"))
    words = "train paint/image --data classes --size 8 --widths 16 --blocks 1 --batch 16 --steps 150 --warm-up 10"
    assert main([*words.split(), "--augment", "0", "--average", "0.9", "--run", "tiny", "--quiet"]) == 0
    return "tiny"


@pytest.mark.slow
def test_a_painter_paints_what_it_is_told_in_few_steps_and_in_many(trained: str, photo: Path) -> None:
    for steps in (1, 4, 50):
        calm, wild = (image(word, model=trained, size=8, steps=steps).raster.rgb.mean() for word in ("calm", "wild"))
        assert calm > 200
        assert wild < 80
    sheet = image("calm", model=trained, count=6, sheet=True, size=16)
    assert sheet.raster.size == (56, 38)
    like = image(model=trained, like=photo, strength=0.0, size=8)
    assert np.abs(like.raster.rgb.astype(int) - _small(photo)).max() <= 2
    strip = image(model=trained, between=(photo, photo), count=3, size=8, steps=10)
    assert strip.raster.size == (24, 8)


def _small(photo: Path) -> np.ndarray:
    x = taken_in(decode(photo), SMALL.model_copy(update={"channels": 3}))
    return rasters(x, 8)[0].rgb.astype(int)


@pytest.mark.slow
def test_training_begins_with_the_weights_and_words_of_another(trained: str, photo: Path) -> None:
    Path("classes/calm").rename("classes/still")
    words = f"train paint/image --data classes --size 8 --widths 16 --blocks 1 --steps 1 --rate 1e-9 --start {trained}"
    assert main([*words.split(), "--average", "0", "--batch", "16", "--run", "second", "--quiet"]) == 0
    assert image("wild", model="second", size=8, seed=3).raster.rgb.mean() < 80
    assert main([*words.split(), "--patch", "1", "--run", "third", "--quiet"]) == 1
    assert not Path("runs/third/model").exists()


@pytest.mark.slow
def test_names_that_were_learned_are_told_from_those_that_were_not(trained: str) -> None:
    Path("classes/calm").rename("classes/still")
    settings = check(PaintImageEvaluation, {"model": trained, "count": 16, "steps": 1})
    metrics = evaluate(settings, device=torch.device("cpu"), progress=Progress(shown=False))["metrics"]
    assert 0 <= metrics["nearest_train_learned_names_pixels_4"] < 0.2
    assert metrics["nearest_train_learned_names_4"] >= 0


@pytest.mark.slow
def test_a_mask_is_filled_with_what_is_asked_for(trained: str, photo: Path) -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4:] = 255
    for word, grey in (("calm", 255), ("wild", 20)):
        inside = image(word, model=trained, like=photo, mask=mask, size=8).raster.rgb[:, 7:10]  # of 12 columns
        assert np.abs(inside.astype(int) - grey).mean() < 60


class Copier(nn.Module):
    """Knows a few pictures by heart, and paints nothing else."""

    multiple = 1

    def __init__(self, pictures: torch.Tensor):
        super().__init__()
        self.pictures = pictures

    def forward(self, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        return self.pictures[torch.arange(len(x)) % len(self.pictures)]


def test_the_report_says_whether_a_painter_copies(photo: Path) -> None:
    folder(40)
    pictures = Pictures(check(PaintImageTraining, {"data": "pictures", "size": 16}))
    held = described("pictures", "test", 16, pictures.skips).examples
    painter = Painter(SMALL.model_copy(update={"channels": 3, "size": 16, "words": ()}))
    for learned, said in ((pictures.examples, "It copies: give it more"), (held, "It does not copy as a whole")):
        painter.network = Copier(all_of(learned, pictures.skips))  # pyright: ignore[reportAttributeAccessIssue] -- for a U-Net
        assert said in report(painter, pictures, held, Path(), torch.device("cpu"))
    assert Path("nearest.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("model", "data", "least"), [("digits", "mnist", 0.98), ("garments", "fashion-mnist", 0.9)])
def test_the_shipped_painters_paint_what_the_recognisers_know(model: str, data: str, least: float) -> None:
    painter, judge = load_painter(models.find(model).path, torch.device("cpu")), Judge(data, torch.device("cpu"))
    classes = weights.find("gesso.arts.recognize", model).configuration["network"]["classes"]
    names = [words_in(name) for name in classes]
    asked = numbered(names, painter.configuration.words).repeat(20, 1)
    x = torch.randn(200, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    painted = paint(painter, x, asked, steps=4, guidance=None)
    right = judge.classes(judge.features(painted)) == torch.arange(10).repeat(20)
    assert right.float().mean() >= least


def test_a_painter_has_a_guidance_of_its_own() -> None:
    own = load_painter(models.find("digits").path, torch.device("cpu")).configuration
    for steps, guidance in ((4, own.guidance), (6, own.flow_guidance)):
        usual, same, strong = (
            image("7", model="digits", size=28, seed=1, steps=steps, **given).raster.rgb
            for given in ({}, {"guidance": guidance}, {"guidance": 4})
        )
        assert np.array_equal(usual, same)
        assert not np.array_equal(usual, strong)


@pytest.mark.slow
def test_a_strip_leads_from_the_one_picture_to_the_other(photo: Path) -> None:
    ends = [image(word, size=28, steps=4, seed=seed).raster for seed, word in enumerate("38")]
    strip = image(model="digits", between=tuple(end.rgb for end in ends), count=5, size=28).raster.rgb
    first, last = strip[:, :28], strip[:, -28:]
    for found, own, other in ((first, *ends), (last, *ends[::-1])):
        near, far = (np.abs(found.astype(int) - each.rgb).mean() for each in (own, other))
        assert near < 0.3 * far


@pytest.mark.slow
def test_the_evaluation_and_the_report_have_their_figures(trained: str) -> None:
    settings = check(PaintImageEvaluation, {"model": trained, "count": 16, "steps": (4, 1)})
    metrics = evaluate(settings, device=torch.device("cpu"), progress=Progress(shown=False))["metrics"]
    wanted = {"frechet_distance", "precision", "recall", "nearest_train", "nearest_heldout", "frechet_distance_1"}
    assert wanted <= metrics.keys()
    assert not any("learned_names" in name for name in metrics), "all names that are held out were learned"
    assert "held-out pictures" in weights.find("gesso.arts.paint.image", trained).card
    assert Path("runs/tiny/nearest.png").is_file()
    assert json.loads(Path("runs/tiny/model/tiny.json").read_text())["network"]["words"] == ["calm", "wild"]
