"""Sheet music: a score engraved by verovio, as one tall page in SVG."""

import importlib.util
import itertools
import re
from dataclasses import dataclass
from typing import Any, cast
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gesso.core.errors import GessoError
from gesso.core.music.musicxml_writing import Colour, Named, write_musicxml
from gesso.core.scores import Score

_PAGE = 2100  # tenths of a millimetre, as wide as A4
_LONGEST_PAGE = 60_000
_SCALE = 40  # percent
_TITLE, _LETTERS = 26.0, 13.0
_SVG = "{http://www.w3.org/2000/svg}"
_HEAD_WIDTH = 224  # of a black note's, in the units of verovio's drawings
_FONTS = "Georgia, 'Times New Roman', serif"


def can_engrave() -> bool:
    """Whether verovio is installed."""
    return importlib.util.find_spec("verovio") is not None


def engrave(score: Score, *, closed: bool = False, colour: Colour | None = None, named: Named | None = None) -> str:
    """The sheet music of a score as an SVG drawing, its title and its tempo at the head.

    Args:
        closed: four parts on two staves, as in a hymn book.
        colour: that of each note; all black if not given.
        named: what each note is called in the drawing, for `places` to find it again.

    Raises GessoError when verovio is not installed.
    """
    try:
        import verovio
    except ImportError:
        raise GessoError("sheet music is engraved by verovio: pip install 'gesso[score]'") from None
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = cast("Any", verovio.toolkit())  # its types say less than half
    toolkit.setOptions(
        {
            "pageWidth": _PAGE,
            "pageHeight": _LONGEST_PAGE,
            "adjustPageHeight": True,
            "scale": _SCALE,
            "header": "none",
            "footer": "none",
            "font": "Leland",
            "svgViewBox": True,
            "xmlIdSeed": 1,  # its names are random otherwise
        }
    )
    if not toolkit.loadData(write_musicxml(score, closed=closed, colour=colour, named=named, with_tempi=False)):
        raise GessoError("verovio cannot engrave this music; write it as .musicxml instead")
    pages = [toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1)]
    return _one_page(pages, score)


@dataclass(frozen=True)
class Place:
    """Where a note is in a drawing: the middle of its head, its line of the music, and whether its stem goes up."""

    x: float
    y: float
    line: int = 0
    stem_up: bool = False


def places(svg: str) -> dict[str, Place]:
    """Where the notes are that have a name in a drawing of `engrave`'s, by their names."""
    found: dict[str, Place] = {}
    lines = itertools.count()
    for page in ElementTree.fromstring(svg).iter(f"{_SVG}svg"):
        inner = page.find(f"{_SVG}svg")
        if inner is None or "y" not in page.attrib:
            continue
        left, top, wide = (float(page.get(name, "0")) for name in ("x", "y", "width"))
        scale = wide / float(inner.get("viewBox", "0 0 1 1").split()[2])
        margin = inner.find(f"{_SVG}g")
        assert margin is not None
        right, down = _translated(margin)
        for system in margin.iter(f"{_SVG}g"):
            if system.get("class") != "system":
                continue
            line = next(lines)
            for note in system.iter(f"{_SVG}g"):
                head = note.find(f"{_SVG}g[@class='notehead']/{_SVG}use") if note.get("class") == "note" else None
                if head is not None:
                    x, y = _translated(head)
                    middle = x + right + _HEAD_WIDTH / 2
                    place = Place(left + middle * scale, top + (y + down) * scale, line, _stem_up(note, y))
                    found[note.get("id", "")] = place
    return found


def _stem_up(note: ElementTree.Element, y: float) -> bool:
    stem = note.find(f"{_SVG}g[@class='stem']/{_SVG}path")
    ends = re.match(r"M[-\d.]+ [-\d.]+ L[-\d.]+ ([-\d.]+)", stem.get("d", "")) if stem is not None else None
    return ends is not None and float(ends[1]) < y


def _translated(element: ElementTree.Element) -> tuple[float, float]:
    """How far an element is moved."""
    moved = re.match(r"translate\(([-\d.]+),\s*([-\d.]+)\)", element.get("transform", ""))
    return (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)


def _one_page(pages: list[str], score: Score) -> str:
    """The pages under one another, the title over them."""
    width, top = _PAGE * _SCALE / 1000 * 10, 22.0
    parts: list[str] = []
    if score.title:
        top += _TITLE
        parts.append(
            f'<text x="{width / 2:g}" y="{top:g}" font-size="{_TITLE:g}" text-anchor="middle">'
            f"{escape(score.title)}</text>"
        )
        top += 8
    top += _LETTERS
    parts += _tempo(score.tempo, 48, top)
    top += 2
    for page in pages:
        opening = re.match(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"', page)
        assert opening is not None
        height = float(opening[2])
        parts.append(page.replace("<svg ", f'<svg x="0" y="{top:g}" width="{opening[1]}" height="{height:g}" ', 1))
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {top:g}" font-family="{_FONTS}">\n'
        f'<rect width="{width:g}" height="{top:g}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _tempo(tempo: float, x: float, y: float) -> list[str]:
    """A quarter note = so many in a minute. The note is drawn, since few typefaces have one."""
    head = f'<ellipse cx="{x}" cy="{y - 3}" rx="3.6" ry="2.6" transform="rotate(-22 {x} {y - 3})"/>'
    stem = f'<path d="M{x + 3.2:g} {y - 4:g}V{y - 17:g}" stroke="black"/>'
    return [f'{head}{stem}<text x="{x + 9:g}" y="{y:g}" font-size="{_LETTERS:g}">= {tempo:.4g}</text>']
