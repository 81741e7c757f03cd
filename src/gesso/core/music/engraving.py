"""Sheet music: a score engraved by verovio, as one tall page in SVG."""

import importlib.util
import re
from typing import Any, cast
from xml.sax.saxutils import escape

from gesso.core.errors import GessoError
from gesso.core.music.musicxml_writing import Colour, write_musicxml
from gesso.core.scores import Score

_PAGE = 2100  # tenths of a millimetre, as wide as A4
_LONGEST_PAGE = 60_000
_SCALE = 40  # percent
_TITLE, _LETTERS = 26.0, 13.0
_FONTS = "Georgia, 'Times New Roman', serif"


def can_engrave() -> bool:
    """Whether verovio is installed."""
    return importlib.util.find_spec("verovio") is not None


def engrave(score: Score, *, closed: bool = False, colour: Colour | None = None) -> str:
    """The sheet music of a score as an SVG drawing, its title and its tempo at the head.

    Args:
        closed: four parts on two staves, as in a hymn book.
        colour: that of each note; all black if not given.

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
    if not toolkit.loadData(write_musicxml(score, closed=closed, colour=colour, show_tempo=False)):
        raise GessoError("verovio cannot engrave this music; write it as .musicxml instead")
    pages = [toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1)]
    return _one_page(pages, score)


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
