"""The strokes in an SVG drawing: of Gesso's own, or the lines, polylines and paths of any other."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]

POINTS = "data-points"
"""The attribute in which Gesso's drawings keep the points of a stroke whose outline they draw."""

SQUARE = "data-side"
"""The attribute of a group that is one drawing of Gesso's: the side of the square that the points stand in, 100."""

BENDS = 12  # pieces into which a curve is cut
_WORD = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NUMBERS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}


def drawings_in_svg(text: str) -> list[list[Stroke]]:
    """The drawings of Gesso's that are in it; or else one, of all its lines, polylines and paths as they stand.

    That one is scaled so that the longer side of the SVG is 100, as the sides of Gesso's drawings are.

    Raises ValueError when the text is no SVG, or has transforms or arcs.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it has a document type, whose entities may be without end: save it without")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"it is no SVG ({error})") from None
    elements = list(root.iter())
    groups = [element for element in elements if SQUARE in element.attrib]
    if groups:
        return [[_points(each.attrib[POINTS]) for each in group.iter() if POINTS in each.attrib] for group in groups]
    if any("transform" in element.attrib for element in elements):
        raise ValueError("it has transforms: apply them to the paths first")
    corner, scale = _square(root)
    return [[(stroke - corner) * scale for element in elements for stroke in _strokes(element)]]


def _square(root: ElementTree.Element) -> tuple[Stroke, float]:
    """The upper left corner of the drawing, and by what its lengths are multiplied."""
    sides = [float(match[0]) if (match := _WORD.match(root.get(name, ""))) else 0.0 for name in ("width", "height")]
    box = [float(word) for word in _WORD.findall(root.get("viewBox", ""))]
    left, top, *extent = box if len(box) == 4 else (0.0, 0.0, *sides)
    return np.array([left, top]), 100 / max(extent) if max(extent) > 0 else 1.0


def _strokes(element: ElementTree.Element) -> list[Stroke]:
    match element.tag.rpartition("}")[2]:
        case "path":
            return _path(element.get("d", ""))
        case "polyline" | "polygon":
            return [_points(element.get("points", ""))]
        case "line":
            ends = [float(element.get(name, "0")) for name in ("x1", "y1", "x2", "y2")]
            return [np.array(ends).reshape(2, 2)]
        case _:
            return []


def _points(text: str) -> Stroke:
    numbers = [float(word) for word in _WORD.findall(text)]
    if not numbers or len(numbers) % 2:
        raise ValueError("the points of a stroke are not pairs of numbers")
    return np.array(numbers).reshape(-1, 2)


def _path(d: str) -> list[Stroke]:
    """The strokes of a path: each move begins one."""
    words = _WORD.findall(d)
    strokes: list[list[Stroke]] = []
    here = start = handle = np.zeros(2)
    command, before, at = "", "", 0
    while at < len(words):
        if words[at].isalpha():
            command, at = words[at], at + 1
        kind = command.upper()
        if kind not in _NUMBERS:
            raise ValueError(f"its paths have {command or words[at]!r}, which is not read: turn arcs into curves first")
        if kind != "M" and not strokes:
            raise ValueError("a path begins without a move")
        count = _NUMBERS[kind]
        numbers = np.array([float(word) for word in words[at : at + count]])
        if len(numbers) < count:
            raise ValueError("a path ends within a command")
        at += count
        origin = here if command.islower() else np.zeros(2)
        if kind == "Z":
            strokes[-1].append(start)
            here = handle = start
        elif kind == "M":
            here = start = handle = origin + numbers
            strokes.append([here])
            command = "l" if command == "m" else "L"
        elif kind in "HV":
            here = here.copy()
            axis = "HV".index(kind)
            here[axis] = origin[axis] + numbers[0]
            strokes[-1].append(here)
            handle = here
        else:
            points = [here, *(origin + numbers.reshape(-1, 2))]
            smooth = kind in "ST"
            if smooth:
                follows = before in ("CS" if kind == "S" else "QT")
                points.insert(1, 2 * here - handle if follows else here)
            strokes[-1] += _curve(points)
            here, handle = points[-1], points[-2]
        before = kind
        if kind == "Z" and at < len(words) and not words[at].isalpha():
            raise ValueError("a path goes on after its end")
    return [np.array(points) for points in strokes]


def _curve(points: list[Stroke]) -> list[Stroke]:
    """The points on a Bézier curve with these handles, without its start; of a line its end (de Casteljau)."""
    if len(points) == 2:
        return points[1:]
    found: list[Stroke] = []
    for share in np.linspace(0, 1, BENDS + 1)[1:]:
        between = points
        while len(between) > 1:
            between = [a + share * (b - a) for a, b in itertools.pairwise(between)]
        found.append(between[0])
    return found
