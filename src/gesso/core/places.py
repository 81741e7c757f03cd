"""Where Gesso keeps things on this machine: GESSO_HOME for what is made here, GESSO_DATA for data."""

import os
import sys
from pathlib import Path


def home() -> Path:
    """GESSO_HOME, or the platform's folder for a user's data."""
    if given := os.environ.get("GESSO_HOME"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "gesso"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "gesso"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "gesso"


def data() -> Path:
    """GESSO_DATA, or the folder `data` in the home."""
    given = os.environ.get("GESSO_DATA")
    return Path(given).expanduser() if given else home() / "data"
