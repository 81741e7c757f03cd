"""What a person or a script is told: works on stdout, messages on stderr, or one JSON object on stdout."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast


def say(text: str) -> None:
    """A message, on stderr."""
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One JSON object, on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)


def show_rows(rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """A table of rows, or of the names and values of a single one, on stdout."""
    if isinstance(rows, Mapping):
        table = [[str(name), _cell(value)] for name, value in rows.items()]
    else:
        heads = list(dict.fromkeys(name for row in rows for name in row))
        table = [heads, *([_cell(row.get(head)) for head in heads] for row in rows)] if rows else []
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    sys.stdout.flush()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case dict():
            return ", ".join(f"{name} {_cell(each)}" for name, each in cast("dict[str, Any]", value).items())
        case list() | tuple():
            return ", ".join(_cell(each) for each in cast("list[Any]", value))
        case _:
            return str(value)


def _width(text: str) -> int:
    from rich.cells import cell_len  # a Chinese sign is two columns wide

    return cell_len(text)


@dataclass
class Report:
    """What came of a batch: the works kept, what failed and why, what was left alone, and the table of it all."""

    works: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failed: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    skipped: list[str] = field(default_factory=list[str])
    seconds: float = 0.0
    stopped: bool = False
    table: str | None = None

    @property
    def exit_code(self) -> int:
        """130 if Ctrl-C stopped it, 1 if anything failed, else 0."""
        return 130 if self.stopped else 1 if self.failed else 0

    def keep(
        self, paths: Sequence[Path], sha256: str, recipe: Mapping[str, Any], data: Mapping[str, Any] | None = None
    ) -> None:
        """Notes a work whose files are written, the canonical one first, and what it says if it is a document."""
        row: dict[str, Any] = {"path": str(paths[0]), "sha256": sha256, "files": [str(path) for path in paths]}
        self.works.append(row | ({} if data is None else {"work": dict(data)}) | {"recipe": dict(recipe)})

    def fail(self, what: str, why: str) -> None:
        """Notes what could not be made."""
        self.failed.append({"input": what, "error": why})

    def show(self, *, as_json: bool, quiet: bool) -> None:
        """Tells it; failures are told even when `quiet`."""
        if as_json:
            show_json(
                {"works": self.works, "failed": self.failed}
                | ({"skipped": self.skipped} if self.skipped else {})
                | ({"table": self.table} if self.table else {})
                | {"seconds": round(self.seconds, 3)}
            )
        for failure in self.failed:
            say(f"gesso: {failure['error']}" if len(self.failed) == 1 else f"failed: {failure['error']}")
        several = len(self.works) + len(self.failed) + len(self.skipped) != 1
        if not quiet and (several or self.skipped or self.stopped):
            say(self._summary())

    def _summary(self) -> str:
        parts = [f"{len(self.works)} {'work' if len(self.works) == 1 else 'works'} made"]
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        if self.skipped:
            parts.append(f"{len(self.skipped)} skipped, there already")
        if self.stopped:
            parts.append("stopped")
        return f"{', '.join(parts)}, in {self.seconds:.1f} s"
