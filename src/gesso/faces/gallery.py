"""`gesso gallery`: works of every art, from photographs that anyone may use and drawings, on a page to look at."""

import html
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from gesso.core import registry
from gesso.core.declaration import Settings, check
from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes
from gesso.core.make import make
from gesso.core.pictures import Raster, encode, from_array, resized
from gesso.core.progress import Progress
from gesso.core.texts import Text, without_recipe
from gesso.core.work import Work
from gesso.faces.drawings import draw_things
from gesso.faces.options import Computing, called, parse, take
from gesso.faces.reporting import show_json
from gesso.faces.scene import draw_scene

CELL = (192, 128)  # width and height of a picture on the sheet of styles
COLUMNS = 10


class Showing(Settings):
    """Where the gallery goes, and how much of it."""

    out: Path = Field(Path("gallery"), description="the folder", json_schema_extra=called("FOLDER"))
    brief: bool = Field(False, description="without what takes long: fine, strokes and the sheet of all styles")


class Exhibit(NamedTuple):
    """A work to be made.

    Attributes:
        section: the heading it hangs under.
        art: the key of its art.
        subject: the name of the picture it is made from, one of `subjects`; None where there is none.
        settings: what else it is made with, `seed` and `model` among it.
    """

    section: str
    caption: str
    art: str
    subject: str | None
    settings: dict[str, Any]


def command(arguments: Sequence[str]) -> int:
    """Runs `gesso gallery`."""
    title = "Makes works of every art, and index.html to look at them."
    given = parse("gesso gallery", title, Showing.model_fields, Computing, arguments)
    computing, showing = take(Computing, given), take(Showing, given)
    started = time.perf_counter()
    out = showing.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GessoError(f"{out} cannot be made: {(error.strerror or '').lower()}; choose another --out") from None
    page = out / "index.html"
    if any(out.iterdir()) and not (page.is_file() and _TITLE in page.read_text("utf-8", errors="replace")):
        raise GessoError(
            f"{out} holds other files than a gallery, which would be lost: name an empty folder with --out"
        )
    found = subjects()
    if not page.is_file():  # from now on it is a gallery's folder
        atomic_bytes(page, render([], {}, with_sheet=False).encode())
    pictures = {name: save(out, name, picture) for name, picture in found.items()}
    exhibits = [exhibit for exhibit in exhibition() if not (showing.brief and takes_long(exhibit))]
    hung: list[tuple[Exhibit, Path]] = []
    with Progress(shown=False if computing.quiet else None) as progress:
        progress.works(len(exhibits))
        for number, exhibit in enumerate(exhibits):
            progress.work(exhibit.caption)
            work = make_exhibit(exhibit, pictures, computing.device, progress)
            if progress.interrupted:
                raise KeyboardInterrupt
            name = exhibit.subject or exhibit.art.replace("/", "-")
            path = out / f"{number:02d}-{name}{_shown_as(work)}"
            work.save(path, overwrite=True)
            hung.append((exhibit, path))
            progress.finish()
        if not showing.brief:
            sheet = style_sheet(computing.device, progress)
            atomic_bytes(out / "styles.jpg", encode(sheet, "JPEG", quality=85), overwrite=True)
    atomic_bytes(page, render(hung, pictures, with_sheet=not showing.brief).encode(), overwrite=True)
    if computing.json_:
        files = [str(path) for _, path in hung]
        show_json({"page": str(page), "files": files, "seconds": round(time.perf_counter() - started, 3)})
    else:
        print(page)
    return 0


def make_exhibit(exhibit: Exhibit, pictures: dict[str, Path], device: str, progress: Progress) -> Work:
    """The work, or the first of those that are made at once."""
    art = registry.find(exhibit.art)
    settings = dict(exhibit.settings)
    options = {name: settings.pop(name) for name in ("seed", "model") if name in settings}
    if exhibit.subject is not None:
        settings[art.subject or ""] = pictures[exhibit.subject]
    return make(art, check(art.settings, settings), **options, device=device, progress=progress)[0]


def subjects() -> dict[str, Raster]:
    """Three drawings, and the photographs that come with scikit-image: Eileen Collins (NASA), a cat and a coffee (CC0).

    Raises GessoError when scikit-image is not installed.
    """
    try:
        data = import_module("skimage.data")  # optional, and untyped
    except ImportError:
        raise GessoError("the gallery needs scikit-image's photographs: pip install 'gesso[gallery]'") from None
    photographs = {name: from_array(np.asarray(getattr(data, name)())) for name in ("astronaut", "cat", "coffee")}
    return photographs | draw_things()


def exhibition() -> Iterator[Exhibit]:
    """All that the gallery shows, in its order."""
    for photo in ("astronaut", "cat", "coffee"):
        for style in ("van-gogh", "munch", "monet", "klimt", "seurat", "kandinsky"):
            yield Exhibit("One photograph, many styles", style, "stylize", photo, {"style": style})
    for strength in (0.25, 0.5, 0.75, 1.0):
        yield Exhibit("Strength", f"{strength:g}", "stylize", "cat", {"style": "van-gogh", "strength": strength})
    for scale in (0.5, 1, 2):
        size = {"style": "cezanne", "style_scale": scale}
        yield Exhibit("Size of the brush marks", f"{scale:g}", "stylize", "astronaut", size)
    for color in ("style", "photo", "only"):
        yield Exhibit("Colours", color, "stylize", "coffee", {"style": "munch", "color": color})
    for caption, weight in (("monet and munch", (1, 1)), ("three of monet, one of munch", (3, 1))):
        yield Exhibit("Mixed", caption, "stylize", "coffee", {"style": ("monet", "munch"), "weight": weight})
    left = np.tile(np.linspace(255, 0, 512).astype(np.uint8), (512, 1))
    both = {"style": ("monet", "van-gogh"), "mask": (left, 255 - left)}
    yield Exhibit("Masks", "monet on the left, van-gogh on the right", "stylize", "astronaut", both)
    for engine in ("fast", "fine"):
        yield Exhibit("Fast and fine", engine, "stylize", "astronaut", {"style": "van-gogh", "engine": engine})
    for brush in ("oil", "watercolour", "pastel", "pen", "points"):
        yield Exhibit("Painted in strokes", brush, "paint/strokes", "astronaut", {"brush": brush})
    for model in ("emoji", "digits", "garments"):
        out_of_noise = {"model": model, "count": 24, "sheet": True}
        yield Exhibit("Painted out of noise", model, "paint/image", None, out_of_noise)
    for caption, settings in (
        ("eight bars in G", {"key": "G", "mode": "major"}),
        ("in E minor", {"key": "E", "mode": "minor"}),
    ):
        yield Exhibit("Composed in four voices", caption, "compose", None, {**settings, "bars": 8, "closed": True})
    for form, title in (("5jue", "山中"), ("7jue", "秋思"), ("5lv", "春夜"), ("7lv", "送别")):
        settings = {"form": form, "title": title, "pinyin": form == "5jue"}
        yield Exhibit("Poems that keep their form", f"{form}, {title}", "write", None, settings)
    speech = {"form": "free", "begin": "ROMEO:\n", "model": "shakespeare"}
    yield Exhibit("In the manner of Shakespeare", "begun with ROMEO", "write", None, speech)
    yield Exhibit("Invented characters", "forty of them", "paint/glyph", None, {"count": 40, "sheet": True})
    for seed in range(8):
        yield Exhibit("Patterns", f"seed {seed}", "paint/pattern", None, {"seed": seed, "width": 512, "height": 512})
    for name in ("three", "shirt", "face", "astronaut"):
        yield Exhibit("Recognised", name, "recognize", name, {})


def takes_long(exhibit: Exhibit) -> bool:
    """Whether making it takes more than a few seconds."""
    return exhibit.art == "paint/strokes" or exhibit.settings.get("engine") == "fine"


def style_sheet(device: str, progress: Progress) -> Raster:
    """Every shipped style on one scene, in rows."""
    art = registry.find("stylize")
    scene = draw_scene(3 * CELL[0], 3 * CELL[1]).rgb
    styles = [row["style"] for row in art.function("names:list_styles")(None) if row["painter"]]
    cells: list[np.ndarray] = []
    progress.works(len(styles))
    for style in styles:
        progress.work(style)
        work = make(art, check(art.settings, {"content": scene, "style": style}), device=device)[0]
        cells.append(resized(work.raster.rgb, CELL))
        progress.finish()
    while len(cells) % COLUMNS:
        cells.append(np.full((CELL[1], CELL[0], 3), 255, np.uint8))
    rows = [np.concatenate(cells[i : i + COLUMNS], axis=1) for i in range(0, len(cells), COLUMNS)]
    return Raster(np.concatenate(rows))


def save(folder: Path, name: str, picture: Raster) -> Path:
    """Writes a picture as it is, for the works to be made from."""
    path = folder / f"{name}.jpg"
    atomic_bytes(path, encode(picture, "JPEG"), overwrite=True)
    return path


def render(hung: Sequence[tuple[Exhibit, Path]], pictures: dict[str, Path], *, with_sheet: bool) -> str:
    """The page: sections in their order, in each a row for every picture that works were made from."""
    parts: list[str] = []
    for section in dict.fromkeys(exhibit.section for exhibit, _ in hung):
        here = [(exhibit, path) for exhibit, path in hung if exhibit.section == section]
        parts.append(f"<h2>{html.escape(section)}</h2>")
        for source in dict.fromkeys(_source(exhibit) for exhibit, _ in here):
            figures = [_figure(pictures[source], "made from this")] if source else []
            figures += [_figure(path, exhibit.caption) for exhibit, path in here if _source(exhibit) == source]
            parts.append(f'<div class="row">{"".join(figures)}</div>')
    if with_sheet:
        parts.append('<h2>All styles, on one scene</h2><img class="sheet" alt="all styles" src="styles.jpg">')
    return _PAGE.replace("TITLE", _TITLE).replace("BODY", "\n".join(parts))


def _source(exhibit: Exhibit) -> str | None:
    """The picture to hang beside a work. What is drawn of a document shows its subject itself."""
    return None if registry.find(exhibit.art).table else exhibit.subject


def _shown_as(work: Work) -> str:
    """The suffix of the file that shows a work: that of a picture, or of text where no font here can set its page."""
    if isinstance(work.content, Text) and work.content.picture is None:
        return ".txt"
    return ".jpg" if work.content.format == "JPEG" else ".png"


def _figure(path: Path, caption: str) -> str:
    text = html.escape(caption)
    shown = f'<img loading="lazy" alt="{text}" src="{path.name}">'
    if path.suffix == ".txt":
        shown = f"<pre>{html.escape(without_recipe(path.read_text('utf-8'))[0])}</pre>"
    return f'<figure><a href="{path.name}">{shown}</a><figcaption>{text}</figcaption></figure>'


_TITLE = "<title>Gesso: gallery</title>"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
TITLE<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1400px; padding: 0 1rem }
body { background: #faf9f6 }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 1rem; margin-bottom: 2rem }
figure { margin: 0 } img { width: 100%; display: block } figcaption { color: #555 }
</style></head><body>
<h1>Gesso</h1>
<p>Made here, by the models that ship with Gesso, on this machine. Each file holds its recipe: <code>gesso remake
FILE</code> makes it again.</p>
BODY
</body></html>
"""
