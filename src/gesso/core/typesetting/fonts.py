"""Fonts of the system that have the characters of a text."""

import os
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont  # pyright: ignore[reportMissingTypeStubs] -- it has none
from PIL import ImageFont

from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.core.typesetting.scripts import drawn, is_chinese, is_simplified, plain

# Families by the beginnings of their files' names, in small letters and figures only; the first that serves is taken.
_LATIN = (
    *("ebgaramond", "libertinus", "linlibertine", "georgia", "palatino", "texgyrepagella", "gelasio", "times"),
    *("liberationserif", "notoserifregular", "dejavuserif"),
)
_KAI = ("lxgwwenkai", "kaiti", "stkaiti", "simkai", "kaiu", "ukai")
_SIMPLIFIED = ("notoserifcjksc", "notoserifsc", "sourcehanserifsc", "sourcehanserifcn")
_TRADITIONAL = ("notoserifcjktc", "notoseriftc", "sourcehanseriftc", "sourcehanseriftw")
_SONG = (
    *("notoserifcjk", "sourcehanserif", "fangsong", "stfangso", "simfang", "simsun", "songti", "stsong", "uming"),
    *("mingliu", "notosanscjk", "sourcehansans", "wqy"),
)
_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_STYLED = re.compile("bold|heavy|black|medium|light|thin|italic|oblique|condensed|mono")
_FILLERS = ("lastresort", "adobeblank")  # they have every character, and draw none of them
_NAMED = 6  # characters that an error names


@dataclass(frozen=True)
class Face:
    """A font in a file.

    Attributes:
        path: the file; None for the font that comes with Pillow.
        number: which of the fonts in a collection it is.
    """

    path: Path | None = None
    number: int = 0


BUILT_IN = Face()
"""The font that comes with Pillow: Latin letters and signs, so that English can be set on any machine."""


def find_face(text: str, given: Path | None = None) -> Face:
    """A font that has every character of a text: in the file given, or the most fitting on the system.

    Chinese is set in a Kai or a Song face, other text in a serif where there is one.

    Raises GessoError when the file given is no font or lacks characters, or when no font has them all.
    """
    wanted = drawn(text)
    if given is not None:
        return _checked(given, wanted)
    paths = font_files(font_folders())
    gap = wanted
    for face in _candidates(paths, wanted):
        if not (lacks := lacking(face, wanted)):
            return face
        gap = min(gap, lacks, key=len)
    if not lacking(BUILT_IN, map(plain, wanted)):
        return BUILT_IN
    such = "such as LXGW WenKai or Noto Serif CJK" if is_chinese(gap) else "that has it"
    raise GessoError(f"no font here has {_named(gap)}; name one by --font FILE, or install one {such}")


def lacking(face: Face, text: Iterable[str]) -> str:
    """The characters of a text that a font has not."""
    known = _characters(face)
    places = ((each, bisect_left(known, ord(each))) for each in text)
    return "".join(each for each, at in places if at == len(known) or known[at] != ord(each))


@lru_cache(4)
def open_face(face: Face) -> Any:
    """The font, as fontTools reads it: a `TTFont` whose tables are read when they are asked for."""
    return _opened(face)


def _opened(face: Face) -> Any:
    if face.path is None:
        font = ImageFont.load_default(20)
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert isinstance(font.path, BytesIO)
        return TTFont(BytesIO(font.path.getvalue()))
    return TTFont(face.path, fontNumber=face.number, lazy=True)


def font_folders() -> tuple[Path, ...]:
    """Where this platform keeps fonts, the user's own first."""
    home = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        return own / "Microsoft" / "Windows" / "Fonts", Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
    if sys.platform == "darwin":
        system = Path("/System/Library")
        fetched = sorted(system.glob("AssetsV2/com_apple_MobileAsset_Font*"))
        return home / "Library" / "Fonts", Path("/Library/Fonts"), system / "Fonts", *fetched
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return own / "fonts", home / ".fonts", *(Path(each) / "fonts" for each in shared.split(":") if each)


def font_files(folders: tuple[Path, ...]) -> dict[Path, int]:
    """The files of fonts below some folders, and their sizes in bytes."""
    found: dict[Path, int] = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place) / name
                if path.suffix.lower() in _SUFFIXES and not _stem(path).startswith(_FILLERS):
                    with suppress(OSError):  # a link to a file that is gone
                        found[path] = path.stat().st_size
    return found


def _candidates(paths: dict[Path, int], wanted: str) -> Iterator[Face]:
    """The fonts in these files, the most fitting first."""
    simplified = is_simplified(wanted)
    families = _LATIN
    if is_chinese(wanted):
        families = (*_KAI, *(_SIMPLIFIED if simplified else _TRADITIONAL), *_SONG, *_SIMPLIFIED, *_TRADITIONAL)
    tried: set[Path] = set()
    for family in families:
        for path in sorted((each for each in paths if _stem(each).startswith(family)), key=_plainness):
            if path not in tried:
                tried.add(path)
                yield from _faces(path, simplified)
    yield BUILT_IN
    # The largest have the most characters.
    for path in sorted(paths.keys() - tried, key=lambda path: (_plainness(path)[0], -paths[path], path)):
        yield from _faces(path, simplified)


def _stem(path: Path) -> str:
    return re.sub("[^a-z0-9]", "", path.stem.lower())


def _plainness(path: Path) -> tuple[bool, int, str]:
    stem = _stem(path).removesuffix("regular")
    return bool(_STYLED.search(stem)), len(stem), str(path)


@lru_cache
def _faces(path: Path, simplified: bool) -> tuple[Face, ...]:
    """The fonts in a file, upright ones of usual weight and of the script first; none where it cannot be read."""
    try:
        with _opened(Face(path)) as first:
            count: int = getattr(first.reader, "numFonts", 1)
        ranks = [_rank(Face(path, number), simplified) for number in range(count)] if count > 1 else [()]
    except Exception:  # a damaged font fails in as many ways as there are tables
        return ()
    return tuple(Face(path, number) for number in sorted(range(count), key=lambda number: (ranks[number], number)))


def _rank(face: Face, simplified: bool) -> tuple[bool, bool, int]:
    with _opened(face) as font:
        names = (font["name"].getDebugName(1) or "").split()
        weight: int = font["OS/2"].usWeightClass if "OS/2" in font else 400
        return ("SC" if simplified else "TC") not in names, bool(font["head"].macStyle & 3), abs(weight - 400)


@lru_cache(None)
def _characters(face: Face) -> "array[int]":
    """The characters that a font has outlines of, in order; none where it cannot be read."""
    try:
        with _opened(face) as font:
            if not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
                return array("I")
            return array("I", sorted(font.getBestCmap() or ()))
    except Exception:  # a damaged font fails in as many ways as there are tables
        return array("I")


def _checked(path: Path, wanted: str) -> Face:
    with open_file(path):
        faces = [face for face in _faces(path, is_simplified(wanted)) if _characters(face)]
    if not faces:
        raise GessoError(f"{path} is no font with outlines; give a .ttf, .otf or .ttc file by --font")
    face = min(faces, key=lambda face: len(lacking(face, wanted)))
    if gap := lacking(face, wanted):
        raise GessoError(f"{path} has no {_named(gap)}; name another font by --font")
    return face


def _named(characters: str) -> str:
    more = len(characters) - _NAMED
    return ", ".join(characters[:_NAMED]) + (f" and {more} more" if more > 0 else "")
