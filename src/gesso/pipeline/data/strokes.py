"""Drawings as strokes: from .npz, QuickDraw's .ndjson, Gesso's JSON and SVG. As numpy arrays; no torch, no pickles.

A stroke is an array (n, 2) of points x, y, y pointing down, in the order in which the pen passes them.
"""

import itertools
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gesso.core import places
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.pipeline.data.registry import DATASETS, require
from gesso.pipeline.data.svg_strokes import drawings_in_svg

Stroke = NDArray[np.float64]
Strokes = list[Stroke]
Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")
SUFFIXES = (".npz", ".ndjson", ".json", ".svg")

EXAMPLE = "[[[10, 50], [90, 50]], [[50, 10], [50, 90]]]"
"""A cross, as JSON that `read_file` reads."""

EVERY = 20
"""Of drawings that come in no parts, every 20th is for testing, and the one before it for validation."""

SIMPLIFIED = 0.01
"""How far a simplified line may be from the points it leaves out, as a share of the longer side of the drawing."""


def read_drawings(source: str) -> dict[Part, list[Strokes]]:
    """The drawings of a named data set, of a file, or of all files in a folder, by the part they are for.

    Lines other than those of an .npz, which are taken for simplified already, lose the points that they do not need.

    Raises:
        GessoError: there are none, a file is damaged, or it would have to be unpickled.
    """
    for dataset in DATASETS:
        if dataset.name == source:
            if dataset.kind != "strokes" or dataset.instead is None:
                raise GessoError(f"{source} holds {dataset.kind}, not strokes: give kanji, a file or a folder")
            return _read_npz(require(dataset, places.data()) / dataset.instead)
    path = Path(source).expanduser()
    if not path.exists():
        near = nearest(source, [each.name for each in DATASETS if each.kind == "strokes"])
        raise GessoError(f"{source} is neither a data set of strokes nor a file or a folder{near}")
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    found: dict[Part, list[Strokes]] = {part: [] for part in PARTS}
    single: list[Strokes] = []
    for file in files:
        if file.suffix.lower() == ".npz":
            for part, drawings in _read_npz(file).items():
                found[part] += drawings
        else:
            single += [simplified_drawing(strokes) for strokes in read_file(file) if any(len(s) > 1 for s in strokes)]
    for number, strokes in enumerate(single, start=1):
        part: Part = "test" if number % EVERY == 0 else "valid" if number % EVERY == EVERY - 1 else "train"
        found[part].append(strokes)
    if not any(found.values()):
        raise GessoError(f"there are no strokes in {source}; looked for {', '.join(SUFFIXES)}")
    return found


def read_file(path: Path) -> list[Strokes]:
    """The drawings in a .json, an .ndjson or an .svg, as they are, where the file names its square in one of 100.

    Raises GessoError when there are none, or the file is damaged.
    """
    with open_file(path) as file:
        data = file.read()
    try:
        text = data.decode("utf-8-sig")
        if path.suffix.lower() == ".svg":
            drawings = drawings_in_svg(text)
        elif path.suffix.lower() == ".ndjson":
            drawings = [_of_quickdraw(json.loads(line)) for line in text.splitlines() if line.strip()]
        else:
            drawings = list(_in_json(json.loads(text)))
    except json.JSONDecodeError:
        lines = path.suffix.lower() == ".ndjson"
        wanted = "a drawing of QuickDraw's in each line" if lines else f"a list of strokes, as {EXAMPLE}"
        raise GessoError(f"{path} is no JSON: it should be {wanted}") from None
    except UnicodeDecodeError:
        raise GessoError(f"{path} cannot be read as strokes: it is no text in UTF-8") from None
    except ValueError as error:
        raise GessoError(f"{path} cannot be read as strokes: {error}") from None
    drawings = [strokes for strokes in drawings if strokes]
    if not drawings:
        raise GessoError(f"there are no strokes in {path}")
    return drawings


def _in_json(held: Any) -> Iterator[Strokes]:
    """The drawings in a document: {"strokes": [[[x, y], ...], ...]}, several of them as "glyphs", or the bare list."""
    match held:
        case {"work": work}:
            yield from _in_json(work)
        case {"glyphs": [*glyphs]}:
            for each in glyphs:
                yield from _in_json({"side": held.get("side", 100), **each} if isinstance(each, dict) else each)
        case {"drawing": _}:
            yield _of_quickdraw(held)
        case {"strokes": [*strokes]}:
            side = held.get("side", 100)
            if not isinstance(side, int | float) or not 0 < side < np.inf:
                raise ValueError(f'"side" is {side!r}, and should be the side of the square, a number above 0')
            yield [100 / side * _stroke(points) for points in strokes]
        case [*strokes]:
            yield [_stroke(points) for points in strokes]
        case _:
            raise ValueError('it has no "strokes"')


def _of_quickdraw(held: Any) -> Strokes:
    """The strokes of a line of QuickDraw, where each is [[x, ...], [y, ...]] and perhaps the times; up to 255 each."""
    found: Strokes = []
    match held:
        case {"drawing": [*strokes]}:
            for each in strokes:
                match each:
                    case [[*x], [*y], *_] if len(x) == len(y):
                        found.append(_stroke(list(zip(x, y, strict=True))) * (100 / 255))
                    case _:
                        raise ValueError("a stroke of QuickDraw's is [[x, …], [y, …]], as many x as y")
        case _:
            raise ValueError('it has no "drawing"')
    return found


def _stroke(points: Any) -> Stroke:
    try:
        stroke = np.array(points, np.float64)
    except (ValueError, TypeError):
        raise ValueError("a stroke is a list of points [x, y]") from None
    if stroke.ndim != 2 or stroke.shape[1] != 2 or not len(stroke) or not np.isfinite(stroke).all():
        raise ValueError("a stroke is a list of points [x, y]")
    return stroke


def _read_npz(path: Path) -> dict[Part, list[Strokes]]:
    """The drawings in {part}_strokes (n, 3): dx, dy, pen lifted; and in {part}_offsets, where each begins."""
    with open_file(path) as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                found = {part: arrays for part in PARTS if f"{part}_strokes" in arrays.files}
                pairs = {part: (arrays[f"{part}_strokes"], arrays[f"{part}_offsets"]) for part in found}
                pickled = not pairs and {"train", "valid", "test"} & set(arrays.files)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            # What numpy says of a file that is no .npz is how to unpickle it.
            why = f" ({error})" if zipfile.is_zipfile(file) else ""
            raise GessoError(f"{path} is not a whole array file of strokes{why}; get it again") from None
    if pickled:
        raise GessoError(
            f"{path} holds pickled objects, which may run any program and are not opened: where you trust it, save "
            "train_strokes = np.concatenate(train) and train_offsets = np.cumsum([0, *map(len, train)]); so for the "
            "rest, valid and test"
        )
    if not pairs:
        raise GessoError(f"{path} holds no strokes: it needs the arrays train_strokes (n, 3) and train_offsets")
    return {part: _split(path, *pairs[part]) if part in pairs else [] for part in PARTS}


def _split(path: Path, flat: NDArray[Any], offsets: NDArray[Any]) -> list[Strokes]:
    fits = (
        flat.ndim == 2
        and flat.shape[1] == 3
        and np.issubdtype(flat.dtype, np.number)
        and np.issubdtype(offsets.dtype, np.integer)
        and offsets.ndim == 1
        and len(offsets) > 0
        and offsets[0] == 0
        and offsets[-1] == len(flat)
        and bool((np.diff(offsets) > 0).all())
        and bool(np.isfinite(flat).all())
    )
    if not fits:
        raise GessoError(f"the arrays in {path} do not belong together; get it again")
    drawings: list[Strokes] = []
    for begin, end in itertools.pairwise(offsets):
        drawing = flat[begin:end].astype(np.float64)
        points = np.cumsum(drawing[:, :2], axis=0)  # (n, 2)
        lifted = np.flatnonzero(drawing[:-1, 2] > 0.5) + 1
        drawings.append(np.split(points, lifted))
    return drawings


def simplified_drawing(strokes: Strokes) -> Strokes:
    """The same drawing with fewer points; see `SIMPLIFIED`."""
    points = np.concatenate(strokes)
    tolerance = SIMPLIFIED * float(np.ptp(points, axis=0).max())
    return [simplified(stroke, tolerance) for stroke in strokes]


def simplified(stroke: Stroke, tolerance: float) -> Stroke:
    """The points without which the line would be off by more than `tolerance` (Douglas and Peucker 1973)."""
    kept = np.zeros(len(stroke), bool)
    kept[[0, -1]] = True
    left = [(0, len(stroke) - 1)]
    while left:
        first, last = left.pop()
        if last - first < 2:
            continue
        gaps = _distances(stroke[first + 1 : last], stroke[first], stroke[last])
        if gaps.max() > tolerance:
            middle = first + 1 + int(gaps.argmax())
            kept[middle] = True
            left += [(first, middle), (middle, last)]
    return stroke[kept]


def _distances(points: Stroke, start: Stroke, end: Stroke) -> Stroke:
    """How far points (n, 2) are from the line from `start` to `end`: (n,)."""
    along = end - start
    length = float(along @ along)
    share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
    return np.linalg.norm(points - start - share[:, None] * along, axis=1)
