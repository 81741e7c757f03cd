"""The versions that decide whether a work can be made again to the byte."""

import platform
from importlib import metadata

_DECISIVE = ("gesso", "torch", "numpy", "pillow")


def version(package: str) -> str:
    """The installed version of a package; "not installed" for a source tree that is only on the path."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """What computes and encodes a work, with versions, for its recipe."""
    return {**{package: version(package) for package in _DECISIVE}, "python": platform.python_version()}
