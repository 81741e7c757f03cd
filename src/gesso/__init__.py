"""Gesso: art with PyTorch.

    import gesso
    gesso.stylize("photo.jpg", style="monet").save("painting.png")

Every art that `gesso.all_arts()` lists is a function of this module; its arguments are the art's settings, as
`gesso ART --help` and `help(gesso.stylize)` list them. `gesso.explain` says why a work came out as it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gesso.core.declaration import Art
    from gesso.core.explanation import Explanation

__all__ = ["all_arts", "explain"]


def all_arts() -> dict[str, Art]:
    """Every art there is, by its key ("stylize", "paint/image")."""
    from gesso.core.registry import arts

    return arts()


def explain(
    path: str | Path,
    inputs: Sequence[Path] = (),
    *,
    art: str | None = None,
    model: str | None = None,
    device: str = "auto",
) -> Explanation:
    """Why the work in a file is as it is; see `gesso.core.explanation.explain`."""
    from gesso.core import explanation

    return explanation.explain(path, inputs, art=art, model=model, device=device)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from gesso.core.versions import version

        return version("gesso")
    if not name.startswith("_"):
        from gesso.faces.calls import find

        call = find(name)
        if call is not None:
            return call
    raise AttributeError(f"module 'gesso' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "__version__", *(art.name for art in all_arts().values())})
