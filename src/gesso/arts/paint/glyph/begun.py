"""A begun character given as a setting. Imports no torch; numpy is imported when the strokes are read."""

from pathlib import Path
from typing import TYPE_CHECKING

from gesso.core.errors import GessoError
from gesso.core.media import Media

if TYPE_CHECKING:
    from gesso.pipeline.data.strokes import Strokes

SIDE = 100.0
"""The side of the square that characters stand in, in their JSON and SVG."""

MARGIN = 3.0
"""How far what is begun, and what completes it, may leave its square."""

SMALLEST = 2.0
"""The longer side that what is begun has at least; the first stroke of every kanji learned from is longer."""


class Begun(Media):
    """Strokes given as a setting: the name of a file of Gesso's, of a JSON or of an SVG drawing of strokes."""

    kind = "drawing of strokes"
    noun, plural = "a drawing of strokes", "drawings of strokes"
    suffixes = (".svg", ".json", ".ndjson")

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        if Path(path).suffix.lower() not in self.suffixes:
            raise GessoError(f"{path} is no {self.kind}: give a file that ends in {', '.join(self.suffixes)}")

    def strokes(self) -> "Strokes":
        """The strokes of the first drawing in the file, as they are.

        Raises GessoError when it cannot be read.
        """
        from gesso.pipeline.data.strokes import read_file

        assert self.path is not None
        return read_file(self.path)[0]
