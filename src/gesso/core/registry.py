"""The arts there are: found by scanning `gesso.arts`, and among installed plugins. There is no list to keep."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from gesso.core.declaration import Art, nearest
from gesso.core.errors import Usage

_GROUP = "gesso.arts"


@functools.cache
def arts() -> dict[str, Art]:
    """Every art by its key ("stylize", "paint/image"), Gesso's own and then those of plugins, each in order of name.

    A package in `gesso.arts` is an art when it has an art.py holding `ART`, or `METHODS` (a tuple) for several methods.
    A plugin is a package with an entry point in the group "gesso.arts" that names such an object. A plugin that does
    not load, or takes a key that is taken, is left out with a warning.
    """
    own = {art.key: art for art in _own()}
    return own | {art.key: art for art in _plugged(set(own))}


def find(key: str) -> Art:
    """The art with this key.

    Raises:
        Usage: there is none; the message names the nearest.
    """
    known = arts()
    if key in known:
        return known[key]
    methods = [other for other in known if other.startswith(f"{key}/")]
    if methods:
        raise Usage(f"{key} has several methods: say which of {', '.join(methods)}")
    raise Usage(f"there is no art called {key!r}" + (nearest(key, known) or f"; there are {', '.join(known)}"))


def _own() -> Iterator[Art]:
    package = importlib.import_module(_GROUP)
    for folder in package.__path__:
        for module in pkgutil.iter_modules([folder]):
            if (Path(folder) / module.name / "art.py").is_file():
                declaration = importlib.import_module(f"{_GROUP}.{module.name}.art")
                yield from _declared(getattr(declaration, "METHODS", None) or declaration.ART)


def _plugged(taken: set[str]) -> Iterator[Art]:
    for entry in sorted(metadata.entry_points(group=_GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            found = _declared(entry.load())
        except Exception as error:  # whatever a stranger's package raises, Gesso's own arts go on working
            warnings.warn(f"the art {entry.name} ({entry.value}) does not load: {error}", stacklevel=2)
            continue
        for art in found:
            if art.key in taken:
                warnings.warn(f"the art {art.key} of {entry.value} is left out: the name is taken", stacklevel=2)
            else:
                taken.add(art.key)
                yield art


def _declared(found: Any) -> tuple[Art, ...]:
    declared = cast("tuple[Any, ...]", found) if isinstance(found, tuple) else (found,)
    for art in declared:
        if not isinstance(art, Art):
            raise TypeError(f"{art!r} is not an Art")
    return declared
