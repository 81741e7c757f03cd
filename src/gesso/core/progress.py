"""What a person sees while they wait: one line with the rate and the time left, on stderr, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Line
from rich.text import Text

if TYPE_CHECKING:
    from gesso.core.pictures import Raster

Made = TypeVar("Made")
SAID = 32
"""Characters of a text that is being written."""


class Progress:
    """One line over all that a command does.

    With one work the line shows the stage that runs; with several it moves by works, and within a work by its stage.
    Silent unless `shown`, which is by default whether stderr is a terminal. As a context manager it takes the line
    away at the end.

    Attributes:
        interrupted: set by a method that was stopped by Ctrl-C and still gives what it had made by then; a batch
            keeps that work and stops.
        preview: what is done with a picture of how far a long work has come; nothing unless a face sets it.
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown
        self._quiet = shown is False
        self.interrupted = False
        self.preview: Callable[[Raster], None] = lambda _: None
        self._line: Line | None = None
        self._task = TaskID(0)
        self._works, self._done, self._name = 1, 0, ""
        self._stage, self._total, self._step = "", 0.0, 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Takes the line away; the next stage brings it back."""
        if self._line:
            self._line.stop()
            self._line = None

    def works(self, total: int) -> None:
        """Says how many works are to be made."""
        self._works, self._done = max(total, 1), 0

    def work(self, name: str) -> None:
        """Begins a work; the line calls it `name`."""
        self._name = name
        self._begin("", 0)

    def finish(self) -> None:
        """Ends the work that was begun."""
        self._done += 1
        self._begin("", 0)

    def stage(self, name: str, total: float | None = None, done: float = 0) -> Self:
        """Begins a stage of `total` steps, or of unknown length, `done` of which were done before."""
        self._begin(name, total or 0.0, done)
        return self

    def advance(self, steps: float = 1, **figures: float) -> None:
        """Moves the stage on by `steps`; `figures`, such as the loss, stand at the end of the line."""
        self._step += steps
        if self._line:
            text = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            self._line.update(self._task, completed=self.position, text=text)

    def until_stopped(self, works: Iterable[Made]) -> Iterator[Made]:
        """Gives what is made one after another, all of it or what there is when Ctrl-C comes, if there is anything."""
        made = False
        try:
            for work in works:
                made = True
                yield work
        except KeyboardInterrupt:
            if not made:
                raise
            self.interrupted = True

    def say(self, text: str) -> None:
        """Shows at the end of the line how a text ends that is being written."""
        if self._line:
            self._line.update(self._task, text=text[-SAID:])

    def note(self, text: str) -> None:
        """Writes a line that stays, above the one that moves."""
        if self.shown:
            self.tell(text)

    def tell(self, text: str) -> None:
        """Writes a line that stays, even where no line moves, unless all is to be quiet."""
        if not self._quiet:
            console = self._line.console if self._line else Console(stderr=True)
            console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _begin(self, stage: str, total: float, done: float = 0) -> None:
        self._stage, self._total, self._step = stage, total, done
        if not self.shown:
            return
        if self._line is None:
            self._line = _line()
            self._task = self._line.add_task("", total=None, text="")
            self._line.start()
        if self._works == 1:
            # Rate and time left are of this stage and of this run.
            self._line.reset(self._task, completed=int(done))
        which = f"{min(self._done + 1, self._works)}/{self._works}" if self._works > 1 else ""
        self._line.update(
            self._task,
            description=" ".join(part for part in (which, self._name, self._stage) if part),
            total=self._works if self._works > 1 else self._total or None,
            completed=self.position,
            text="",
        )

    @property
    def position(self) -> float:
        """How far the line is: in works when there are several, else in steps of the stage."""
        if self._works == 1:
            return self._step
        return self._done + (min(self._step / self._total, 1.0) if self._total else 0.0)


class _Rate(ProgressColumn):
    """Steps or works in a second, or the seconds that each takes."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed or task.total is None:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each", style="progress.data.speed")


def _line() -> Line:
    return Line(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        _Rate(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[text]}", markup=False),
        console=Console(stderr=True),
        refresh_per_second=4,  # the usual ten would take one part in a hundred of a single core
        transient=True,
        redirect_stdout=False,  # what is printed there is for the next program, not for this console
    )
