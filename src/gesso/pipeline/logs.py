"""What a run leaves to look at: metrics.jsonl, curves.png, samples, and TensorBoard's events if that is installed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes
from gesso.core.pictures import Raster, encode
from gesso.pipeline.curves import HELD, draw_curves

FILE = "metrics.jsonl"
NOT_DRAWN = ("step", "seconds_per_step")


class Log:
    """The figures of the run in the folder `run`; nothing is written unless `writing`.

    Raises GessoError when a line cannot be written, as on a full disk.
    """

    def __init__(self, run: Path, *, writing: bool = True):
        self.run, self.writing = run, writing
        self._board = _tensorboard(run) if writing else None

    def write(self, step: int, figures: Mapping[str, Tensor | float]) -> None:
        """Add a line for `step`."""
        if not self.writing:
            return
        row = {k: round(v.item() if isinstance(v, Tensor) else v, 6) for k, v in figures.items()}
        try:
            with (self.run / FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, **row}) + "\n")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GessoError(f"cannot write {self.run / FILE}: {reason}; make room and resume the run") from None
        if self._board:
            for name, value in row.items():
                self._board.add_scalar(name, value, step)

    def forget_after(self, step: int) -> None:
        """Drop the figures of steps that will be done again, those on held-out data at `step`, and a line cut short."""
        if self.writing:
            kept = [row for row in read(self.run) if row["step"] < step or (row["step"] == step and not _held_out(row))]
            lines = [json.dumps(row) + "\n" for row in kept]
            atomic_bytes(self.run / FILE, "".join(lines).encode(), overwrite=True)

    def keep_sample(self, step: int, picture: Raster) -> None:
        """Keep what the network makes at `step` as samples/step-N.png."""
        if self.writing:
            (self.run / "samples").mkdir(exist_ok=True)
            atomic_bytes(self.run / "samples" / f"step-{step:08d}.png", encode(picture, "PNG"), overwrite=True)

    def draw(self) -> None:
        """Draw curves.png: every figure over the steps."""
        if not self.writing:
            return
        series: dict[str, list[tuple[int, float]]] = {}
        for row in read(self.run):
            for name in row.keys() - set(NOT_DRAWN):
                series.setdefault(name, []).append((row["step"], row[name]))
        atomic_bytes(self.run / "curves.png", draw_curves(series), overwrite=True)


def read(run: Path) -> list[dict[str, Any]]:
    """The rows of metrics.jsonl, without one that was cut short; none before the first is written."""
    if not (run / FILE).exists():
        return []
    lines = (run / FILE).read_text("utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("}\n")]


def _held_out(row: dict[str, Any]) -> bool:
    return any(name.startswith(HELD) for name in row)


def _tensorboard(run: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # pyright: ignore[reportPrivateImportUsage] -- optional
    except ImportError:
        return None
    return SummaryWriter(str(run / "tensorboard"))
