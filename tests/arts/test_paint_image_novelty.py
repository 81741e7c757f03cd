"""Pictures that are led away from those learned from."""

from pathlib import Path

import pytest
import torch
from torch import nn

from conftest import write_picture
from gesso.arts.paint.image.art import PaintImageTraining
from gesso.arts.paint.image.build import Configuration, Painter, load_painter
from gesso.arts.paint.image.flow import paint
from gesso.arts.paint.image.models import find
from gesso.arts.paint.image.nearest import all_of
from gesso.arts.paint.image.novelty import REACH, SIDE, STRONGEST, led_away, nearest_small, small
from gesso.arts.paint.image.prepare import Pictures
from gesso.arts.paint.image.train import to_keep_from
from gesso.core import registry
from gesso.core.declaration import check
from gesso.faces.calls import call_of
from gesso.faces.cli import main

APART = 0.2


def some(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_pictures_as_small_as_they_are_compared_are_their_rows() -> None:
    x = torch.rand(2, 3, SIDE, SIDE)
    assert torch.equal(small(x), x.flatten(1))
    distance, place = nearest_small(small(x[1:] + 0.1), small(x))
    assert distance.item() == pytest.approx(0.1, rel=1e-4)
    assert place.item() == 1


@pytest.mark.parametrize(("gap", "led"), [(0.25, APART * REACH), (0.1, 0.1 * (1 + STRONGEST)), (0.4, 0.4), (0.0, 0.0)])
def test_what_is_near_is_led_as_far_as_it_is_to_be_and_what_is_far_stays(gap: float, led: float) -> None:
    learned = some(5)
    found = led_away(learned[3:4] + gap, small(learned), APART)
    distance, place = nearest_small(small(found), small(learned))
    assert distance.item() == pytest.approx(led, abs=1e-4)
    assert place.item() == 3


class Still(nn.Module):
    """Says that the picture is what it was given, so that nothing moves unless it is led."""

    multiple = 1

    def forward(self, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize("steps", [4, 50])
def test_the_flow_is_led_away_from_what_was_learned(steps: int) -> None:
    x = some(3)
    said = Configuration(channels=3, size=32, widths=(16,), blocks=1, patch=2, shortened=True, learned=3, apart=APART)
    model = Painter(said)
    model.network = Still()  # pyright: ignore[reportAttributeAccessIssue] -- in the place of a U-Net
    model.learned = small(x + 0.05)
    words = torch.zeros(3, 1, dtype=torch.int64)
    near, apart = (
        nearest_small(small(paint(model, x, words, steps=steps, novelty=novelty)), model.learned)[0]
        for novelty in (0.0, 1.0)
    )
    assert near.tolist() == pytest.approx([0.05] * 3, rel=1e-3)
    assert bool((apart > 0.09).all())


@pytest.mark.slow
def test_a_model_of_few_pictures_keeps_them_small_and_one_without_them_says_so(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        write_picture(Path(f"pictures/{number}.png"), seed=number)
    words = "train paint/image --data pictures --size 16 --widths 16 --blocks 1 --steps 2 --batch 4 --run few --quiet"
    assert main(words.split()) == 0
    model = load_painter(find("few").path, torch.device("cpu"))
    assert model.learned is not None
    assert model.learned.shape == (model.configuration.learned, 3 * SIDE**2) == (32, 3 * SIDE**2)
    assert 0 < model.configuration.apart < 2
    make = call_of(registry.find("paint/image"))
    with pytest.warns(UserWarning, match="--novelty changes nothing: digits keeps none"):
        make("7", model="digits", novelty=0.5, size=28)
    with pytest.warns(UserWarning, match="--novelty changes nothing where a picture is given"):
        make(model="few", like=photo, novelty=0.5, size=16)
    with pytest.warns(UserWarning, match="--novelty changes nothing in one step"):
        make(model="few", steps=1, novelty=0.5, size=16)


def test_where_each_picture_has_a_name_the_painter_paints_what_it_keeps_from(photo: Path) -> None:
    for number in range(20):
        write_picture(Path(f"named/thing{number}/0.png"), seed=number)
        write_picture(Path(f"loose/{number}.png"), seed=number)
    for data, rows, whose in (("named", 20, "its own"), ("loose", 16, "the pictures")):
        with pytest.warns(UserWarning, match="will learn them by heart"):
            pictures = Pictures(check(PaintImageTraining, {"data": data, "size": 16}))
        said = Configuration(channels=3, size=16, widths=(16,), blocks=1, patch=2, words=pictures.words)
        kept = to_keep_from(Painter(said).eval(), pictures, torch.device("cpu"))
        given = small(all_of(pictures.examples, pictures.skips))
        assert kept.shape == (rows, 3 * SIDE**2)
        assert torch.equal(kept, given) == (whose == "the pictures")
