"""Fixtures for every test: every art in turn, and the tests' own, found as an installed plugin is."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gesso.core import pictures, registry
from gesso.core.declaration import Art
from gesso.core.media import Picture
from gesso.core.pictures import Raster
from gesso.faces.options import item_type

# Ctrl-C is tested too, and whoever runs the suite in the background of a script has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

PLUGIN = Path(__file__).parent / "plugin"
OWN = sorted(registry.arts())
"""The arts of Gesso itself."""


@pytest.fixture(scope="session")
def plugin() -> Iterator[Path]:
    """Puts the tests' own art, `negative`, on the path of this process and of those it starts."""
    sys.path.insert(0, str(PLUGIN))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PLUGIN), *([before] if before else [])])
    registry.arts.cache_clear()
    yield PLUGIN
    sys.path.remove(str(PLUGIN))
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
    registry.arts.cache_clear()


@pytest.fixture(params=sorted({*OWN, "negative"}))
def art(request: pytest.FixtureRequest, plugin: Path) -> Art:
    """Every art in turn."""
    return registry.find(request.param)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small picture in an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return write_picture(tmp_path / "photo.png")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within it no file of this process may grow beyond `size` bytes, so that writing more fails as on a full disk.

    A test enters it only around what is to fail: pytest's own report may be a file, and grows after each test.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_picture(path: Path, *, width: int = 48, height: int = 32, seed: int = 0) -> Path:
    """Writes a small picture of smooth colours."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (5 + i + seed) + i) * np.cos(y / (7 - i) + seed) for i in range(3)]
    rgb = ((np.stack(waves, axis=2) + 1) * 127.5).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pictures.encode(Raster(rgb), pictures.format_of(path), recipe_json=None))
    return path


def subject_of(art: Art, photo: Path) -> dict[str, Any]:
    """A photo for the subject if that is a picture; what else a subject may be, words or nothing, has a default."""
    if art.subject is None or item_type(art.settings.model_fields[art.subject].annotation)[0] is not Picture:
        return {}
    return {art.subject: photo}
