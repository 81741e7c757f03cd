"""What the training of every art keeps to: it learns, what it saves works, and a run that was killed goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from tiny_runs import TINY, train, write_data

from conftest import subject_of
from gesso.core import weights
from gesso.core.declaration import Art, Settings, check
from gesso.core.make import make
from gesso.core.progress import Progress
from gesso.core.remake import remake

pytestmark = pytest.mark.usefixtures("plugin")


class Killed(BaseException):
    """What ends a run as a power cut does: it can save nothing."""


class Fatal(Progress):
    """Progress of a run that is killed in a certain step."""

    def __init__(self, step: int) -> None:
        super().__init__(shown=False)
        self._left = step

    def advance(self, steps: float = 1, **figures: float) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed


@pytest.fixture(autouse=True)
def at_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made on this machine before the tests plays no part in them."""
    monkeypatch.setenv("GESSO_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def tiny(photo: Path, art: Art) -> Callable[..., Settings]:
    """Makes the settings of a tiny training run, on pictures that are there."""
    if art.training is None:
        pytest.skip("it does not train")
    assert art.key in TINY, "say in TINY how to train it in seconds"
    training = art.training
    write_data()
    return lambda **more: check(training, {**TINY[art.key][0], **more})


@pytest.mark.slow
def test_a_tiny_run_lowers_the_loss_and_gives_a_model_that_works(
    art: Art, tiny: Callable[..., Settings], photo: Path
) -> None:
    run = Path("runs/tiny")
    train(art, tiny(steps=100, save_every=100), run)

    losses = [row["loss"] for row in map(json.loads, (run / "metrics.jsonl").read_text().splitlines()) if "loss" in row]
    assert sum(losses[2:]) < sum(losses[:2])  # of steps 75 and 100, and of 25 and 50: single ones are chance
    making = check(art.settings, {**TINY[art.key][1], **subject_of(art, photo)})
    work = make(art, making, model="tiny")[0]
    assert work.recipe.model
    assert work.recipe.model.sha256 == weights.find(art.package, "tiny").sha256
    assert remake(work.save("work"), [Path("paintings")]).identical


@pytest.mark.slow
def test_a_run_killed_and_resumed_is_bit_equal_to_one_that_was_not(art: Art, tiny: Callable[..., Settings]) -> None:
    settings = tiny(steps=5, save_every=2)
    train(art, settings, Path("whole/run"))
    with pytest.raises(Killed):
        train(art, settings, Path("broken/run"), Fatal(4))
    train(art, settings, Path("broken/run"), resume=True)

    kept = [path.relative_to("whole/run") for path in Path("whole/run").rglob("*.safetensors")]
    assert len(kept) >= 2, "a checkpoint and the model"
    for path in kept:
        # safetensors writes its header in any order: it is the tensors that are compared.
        whole, broken = (load((Path(run) / path).read_bytes()) for run in ("whole/run", "broken/run"))
        assert whole.keys() == broken.keys()
        assert all(torch.equal(whole[name], broken[name]) for name in whole), path
