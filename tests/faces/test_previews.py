"""How far a long work has come can be seen beside where it will be, and not longer than it takes."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gesso.core import registry
from gesso.core.progress import Progress
from gesso.faces.batch import Order, run
from gesso.faces.cli import main
from gesso.faces.reporting import Report

pytestmark = pytest.mark.usefixtures("plugin", "photo")


class Onlooker(Progress):
    """Progress that opens the previews it is told of; in the step `stop` someone presses Ctrl-C."""

    def __init__(self, stop: int = 0) -> None:
        super().__init__(shown=False)
        self.seen: list[tuple[str, tuple[int, int]]] = []
        self._left = stop

    def note(self, text: str) -> None:
        name = text.removeprefix("preview: ")
        with Image.open(name) as image:
            assert image.format == "JPEG"
            self.seen.append((name, image.size))

    def advance(self, steps: float = 1, **figures: float) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


def made(progress: Progress, out: str = "out", **values: Any) -> Report:
    """What came of a batch of one; the tests' own art shows its first copy before it makes the next."""
    report = Report()
    run(Order(registry.find("negative"), values, ["photo.png"], out=out, announce=False), report, progress)
    return report


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize(("out", "work"), [("out", "out/photo-film"), ("out/it.v2.webp", "out/it.v2")])
def test_a_preview_is_there_until_the_work_is(out: str, work: str) -> None:
    Path("out").mkdir()
    onlooker = Onlooker()
    report = made(onlooker, out, copies=2)
    assert onlooker.seen == [(f"{work}.preview.jpg", (48, 32))]
    assert len(report.works) == len(names("out")) == 2
    assert not any("preview" in name for name in names("out"))


def test_a_preview_of_a_work_that_was_stopped_is_removed() -> None:
    onlooker = Onlooker(stop=1)
    report = made(onlooker, copies=2)
    assert len(onlooker.seen) == 1
    assert report.stopped
    assert names("out") == []


def test_a_work_without_a_preview_needs_none() -> None:
    onlooker = Onlooker()
    assert made(onlooker).works
    assert onlooker.seen == []


def test_the_command_leaves_none_behind() -> None:
    assert main(["negative", "photo.png", "--copies", "2", "--out", "out/", "--quiet"]) == 0
    assert names("out") == ["photo-film-2.png", "photo-film.png"]
