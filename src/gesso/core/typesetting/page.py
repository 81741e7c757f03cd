"""A text as a page: its fonts found, and set in columns or in rows."""

from pathlib import Path

from gesso.core.typesetting.columns import set_columns
from gesso.core.typesetting.fonts import Face, find_face, lacking
from gesso.core.typesetting.outlines import Outlines
from gesso.core.typesetting.rows import capitals, set_rows
from gesso.core.typesetting.scripts import drawn
from gesso.core.typesetting.sheet import Manuscript, Page


def typeset(manuscript: Manuscript, *, vertical: bool = False, font: Path | None = None) -> Page:
    """Sets a page, in columns if it is to be vertical.

    Args:
        font: a file with the font to set it in; one of the system's if None.

    Raises GessoError when no font has every character, or the one given has not.
    """
    text = "".join(sign.character for line in manuscript.lines for sign in line)
    title = manuscript.title if vertical else manuscript.title + capitals(manuscript.title)
    main = find_face(text + title + manuscript.signature + manuscript.seal, font)
    small = _small(main, "".join(sign.ruby for line in manuscript.lines for sign in line))
    outlines = Outlines(main)
    setting = set_columns if vertical else set_rows
    return setting(manuscript, outlines, outlines if small == main else Outlines(small))


def _small(main: Face, ruby: str) -> Face:
    """The font for what stands beside the text: that of the text if it has the characters."""
    return main if not lacking(main, drawn(ruby)) else find_face(ruby)
