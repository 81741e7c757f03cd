"""SVG drawings as pictures, by resvg."""

import importlib.util
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import ImageFont

from gesso.core import pictures
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster


def can_rasterise() -> bool:
    """Whether resvg is installed."""
    return importlib.util.find_spec("resvg_py") is not None


def rasterised(svg: str, width: int) -> Raster:
    """A drawing as a picture `width` pixels wide, on what it has for a ground, or on white.

    Latin text is set in a typeface that comes with Pillow, so that the picture is the same everywhere; for other text
    the system's fonts are asked.

    Raises GessoError when resvg is not installed, or the drawing cannot be drawn.
    """
    try:
        import resvg_py
    except ImportError:
        raise GessoError("a drawing becomes a picture by resvg: pip install 'gesso[svg]'") from None
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, BytesIO)
    family = str(font.getname()[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "font.ttf"
        path.write_bytes(font.path.getvalue())
        try:
            png = resvg_py.svg_to_bytes(
                svg_string=svg,
                width=width,
                background="white",
                skip_system_fonts=svg.isascii(),
                font_files=[str(path)],
                font_family=family,
                serif_family=family,
                sans_serif_family=family,
            )
        except ValueError as error:
            raise GessoError(f"the drawing cannot be made a picture: {error}") from error
    return pictures.decode(bytes(png))
