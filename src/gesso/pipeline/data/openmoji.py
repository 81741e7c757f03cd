"""OpenMoji's emoji: which group each belongs to, and a split that keeps the variants of one emoji together. No torch.

The classes are Unicode's nine groups. Left out are "component" (patches of skin and hair) and OpenMoji's own
"extras-…", which are no groups by meaning: but a painter may learn from these extras too.
"""

import hashlib
import json
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.core.pictures import decode, on_white
from gesso.pipeline.data.listing import Split

GROUPS = (
    "smileys-emotion",
    "people-body",
    "animals-nature",
    "food-drink",
    "travel-places",
    "activities",
    "objects",
    "symbols",
    "flags",
)
EXTRAS = "extras"
"""What a group of OpenMoji's own begins with, and the class of its emoji."""
SIDE = 72
HELD_OUT = 5
"""About one emoji in five, with all its variants, is held out."""

_SKIN = {f"1F3F{digit}" for digit in "BCDEF"}
_HAIR = {"1F9B0", "1F9B1", "1F9B2", "1F9B3"}
_GENDER = {"2640", "2642"}
_JOINING = {"200D", "FE0F", "27A1"}  # 27A1: the same person, facing right
# Men and women are drawn as persons with other hair or a beard, boys and girls as children.
_PEOPLE = {
    **dict.fromkeys(("1F468", "1F469", "1F9D4", "1F471"), "1F9D1"),
    **dict.fromkeys(("1F466", "1F467"), "1F9D2"),
    **dict.fromkeys(("1F474", "1F475"), "1F9D3"),
}
_HOLDING_HANDS, _FAMILY = "1F9D1-1F91D-1F9D1", "1F46A"
# The same picture, or nearly, under another code: couples, and territories that fly a country's flag.
_ALIKE = {
    **dict.fromkeys(("1F46B", "1F46C", "1F46D"), _HOLDING_HANDS),
    "1F9D1-2764-1F9D1": "1F491",
    "1F9D1-2764-1F48B-1F9D1": "1F48F",
    **dict.fromkeys(("1F1E7-1F1FB", "1F1F8-1F1EF"), "1F1F3-1F1F4"),  # Norway
    **dict.fromkeys(("1F1E8-1F1F5", "1F1F2-1F1EB"), "1F1EB-1F1F7"),  # France
    "1F1EA-1F1E6": "1F1EA-1F1F8",  # Spain
    "1F1ED-1F1F2": "1F1E6-1F1FA",  # Australia
    "1F1FA-1F1F2": "1F1FA-1F1F8",  # the United States
    "1F1F2-1F1E8": "1F1EE-1F1E9",  # Monaco as Indonesia
    "1F1F9-1F1E9": "1F1F7-1F1F4",  # Chad as Romania
    "26AB": "1F311",  # a black circle as the new moon
    "1F3F4-E0063-E0061-E0071-E0063-E007F": "1F1F2-1F1F6",  # Quebec nearly as Martinique
    "2B0C": "2194",  # a left and right arrow
    **dict.fromkeys(("2605", "2BEA", "2BEB"), "2B50"),  # stars
    "E1C2": "1F697",  # a car that drives by itself
    "E283": "1F61C",  # a face that shows its tongue
}
_BRANDS = "brand"
_DAMAGED = (KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Emoji:
    """One emoji: its hexcode, such as 1F44B-1F3FB, what it is called, its group, the hexcode of its base, its tags."""

    hexcode: str
    name: str
    group: str
    base: str
    tags: str = ""

    @property
    def toned(self) -> bool:
        """Whether it is the variant of another in a tone of skin."""
        return not _SKIN.isdisjoint(self.hexcode.upper().split("-"))


def base(hexcode: str) -> str:
    """The hexcode without skin tone, hair, gender and presentation: the same for all that look alike by design."""
    signs = [part for part in hexcode.upper().split("-") if part not in _JOINING] or [hexcode.upper()]
    # A sign that stands alone is not the variant of another.
    parts = [_PEOPLE.get(part, part) for part in signs if part not in _SKIN | _HAIR | _GENDER] or signs
    if len(parts) > 1 and set(parts) <= {"1F9D1", "1F9D2"}:
        return _FAMILY
    whole = "-".join(parts)
    return _ALIKE.get(whole, whole)


def is_held_out(hexcode: str) -> bool:
    """Whether an emoji is a test example: a function of its base alone."""
    digest = hashlib.sha256(base(hexcode).encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT == 0


def read_table(path: Path) -> list[Emoji]:
    """The emoji in openmoji.json that belong to one of `GROUPS`, or to `EXTRAS` but for brands, which are trademarks.

    Raises GessoError when it is no such file.
    """
    with open_file(path) as file:
        data = file.read()
    try:
        rows: list[dict[str, Any]] = json.loads(data)
        return [
            Emoji(
                row["hexcode"],
                row["annotation"],
                EXTRAS if row["group"].startswith(EXTRAS) else row["group"],
                base(row["skintone_base_hexcode"] or row["hexcode"]),
                f"{row.get('tags', '')}, {row.get('openmoji_tags', '')}",
            )
            for row in rows
            if row["group"] in GROUPS or (row["group"].startswith(EXTRAS) and row.get("subgroups") != _BRANDS)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GessoError(f"{path} is not OpenMoji's table of emoji ({error}); get it again") from error


def read_openmoji(
    folder: Path, split: Split, *, alpha: bool = False, extras: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.int64], list[Emoji], list[str]]:
    """The pictures (N, 3, 72, 72), on white, their labels (N,), numbers of `GROUPS`, and the emoji they are.

    With `alpha` their opacity is a fourth channel. With `extras` the training part has OpenMoji's own too, but for
    those that look like one of the test part, labelled len(GROUPS); the test part stays as it is.

    Returns:
        Pictures, labels, emoji, and the pictures that are damaged and left out, each with what is wrong with it. A
        warning counts the emoji that have no picture in the archive, as when it is of another release than the table.

    Raises:
        GessoError: the archive or the table is missing or damaged, or no picture can be read.
    """
    pictures: list[NDArray[np.uint8]] = []
    kept: list[Emoji] = []
    wrong: list[str] = []
    groups = (*GROUPS, EXTRAS) if extras else GROUPS
    table = [emoji for emoji in read_table(folder / "openmoji.json") if emoji.group in groups and _part(emoji) == split]
    archive = folder / "openmoji-72x72-color.zip"
    with open_file(archive) as raw:
        try:
            file = zipfile.ZipFile(raw)
        except (zipfile.BadZipFile, OSError) as error:
            raise GessoError(f"{archive} is damaged ({error}); remove it and get it again") from error
        with file:
            there = set(file.namelist())
            drawn = [emoji for emoji in table if f"{emoji.hexcode}.png" in there]
            for emoji in drawn:
                name = f"{emoji.hexcode}.png"
                try:
                    pictures.append(_picture(file.read(name), alpha))
                    kept.append(emoji)
                except (GessoError, *_DAMAGED) as error:
                    wrong.append(f"{name} in {archive} ({error})")
    if not pictures:
        raise GessoError(f"{archive} holds no picture of an emoji for {split}; get it again")
    if absent := len(table) - len(drawn):
        warnings.warn(
            f"{absent} of {len(table)} emoji for {split} have no picture in {archive} and are left out: "
            "it is of another release than openmoji.json",
            stacklevel=2,
        )
    labels = np.array([groups.index(emoji.group) for emoji in kept], np.int64)
    return np.stack(pictures), labels, kept, wrong


def _part(emoji: Emoji) -> Split | None:
    """Where an emoji belongs: the extras all to training, but none of those that look like one of the test part."""
    held_out = is_held_out(emoji.base)
    if emoji.group == EXTRAS:
        return None if held_out and emoji.base in _ALIKE.values() else "train"
    return "test" if held_out else "train"


def titles(emoji: list[Emoji]) -> tuple[str, ...]:
    """What each emoji is called; nothing for the variants of one that came before."""
    seen: set[str] = set()
    return tuple("" if each.base in seen or seen.add(each.base) else each.name for each in emoji)


def _picture(data: bytes, alpha: bool) -> NDArray[np.uint8]:
    raster = decode(data)
    rgb = on_white(raster)
    if rgb.shape != (SIDE, SIDE, 3):
        raise GessoError(f"it has the shape {rgb.shape}, not {(SIDE, SIDE, 3)}")
    if alpha:
        opacity = np.full((SIDE, SIDE), 255, np.uint8) if raster.alpha is None else raster.alpha
        rgb = np.dstack([rgb, opacity])
    return rgb.transpose(2, 0, 1)
