"""An explanation of a work: why it came out as it did, in words, as a table and in pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gesso.core import devices, files, registry
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.remake import restore
from gesso.core.work import read_recipe


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a work is as it is.

    Attributes:
        headline: the gist, in a sentence.
        table: what is most worth a look, rows of plain values, each of the same columns.
        details: all that is known, as plain JSON.
        pictures: what is drawn of it, each as the bytes of a file, by what the name of that ends with, such as ".svg".
        remarks: what to bear in mind while reading it, a line each.
    """

    headline: str
    table: tuple[dict[str, Any], ...]
    details: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict[str, bytes])
    remarks: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """All of it but the pictures, as plain JSON."""
        return {
            "headline": self.headline,
            "remarks": list(self.remarks),
            "table": list(self.table),
            "details": self.details,
        }

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by what their names end with: the pictures, and `data` as ".json"."""
        text = json.dumps(self.data, ensure_ascii=False, allow_nan=False, indent=1)
        return {**self.pictures, ".json": f"{text}\n".encode(errors="backslashreplace")}

    def paths(self, path: str | Path) -> list[Path]:
        """What its files are called whose names begin as `path` does."""
        return [Path(f"{path}{ending}") for ending in self.files]

    def save(self, path: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Writes its files, whose names begin as `path` does, and returns them.

        Raises GessoError when one of them exists and `overwrite` is not set, or cannot be written.
        """
        paths = self.paths(path)
        for one in paths:
            files.check_free(one, overwrite)
        for one, data in zip(paths, self.files.values(), strict=True):
            files.atomic_bytes(one, data, overwrite)
        return paths

    def _repr_png_(self) -> bytes | None:
        return self.pictures.get(".png")

    def __repr__(self) -> str:
        return f"<Explanation: {self.headline}>"


def explain(
    path: str | Path,
    inputs: Sequence[Path] = (),
    *,
    art: str | None = None,
    model: str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Explanation:
    """Why the work in a file is as it is.

    Args:
        inputs: folders to look for what it was made from, before its own and the current one.
        art: the key of the art that explains a file that has no recipe, or whose recipe is to be left aside.
        model: the model that explains it; the one that made it, or the art's first, if not given.
        device: auto, cpu, cuda or mps.

    Raises GessoError when there is no recipe in it and no `art` is named, when that art has no explanations, or an
    input is not found.
    """
    path = Path(path)
    recipe = None if art else read_recipe(path)
    found = registry.find(art or (recipe.key if recipe else ""))
    if not found.has_step("explain"):
        able = ", ".join(other.key for other in registry.arts().values() if other.has_step("explain"))
        raise GessoError(f"{path}: works of {found.key} have no explanation yet; those of {able} have")
    settings = recipe and restore(found.settings, recipe.settings, [*inputs, path.absolute().parent, Path.cwd()])
    where = devices.resolve(device)
    with devices.repeatable():
        return found.step("explain").explain(
            path, recipe, settings, model=model, device=where, progress=progress or Progress(shown=False)
        )
