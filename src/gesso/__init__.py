"""Gesso: art with PyTorch.

    import gesso
    gesso.stylize("photo.jpg", style="monet").save("painting.png")

Every art that `gesso.all_arts()` lists is a function of this module; its arguments are the art's settings, as
`gesso ART --help` and `help(gesso.stylize)` list them. `gesso.train` and `gesso.evaluate` do so with an art of your own
data, and `gesso.explain` says why a work came out as it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gesso.core.declaration import Art
    from gesso.core.explanation import Explanation

__all__ = ["all_arts", "evaluate", "explain", "resume", "train"]


def all_arts() -> dict[str, Art]:
    """Every art there is, by its key ("stylize", "paint/image")."""
    from gesso.core.registry import arts

    return arts()


def train(art: str, *, run: str | None = None, device: str = "auto", progress: bool = True, **settings: Any) -> Path:
    """Train an art, as in `gesso.train("recognize", data="mnist", run="first")`, and give the folder of the model.

    Args:
        art: such as "recognize" or "paint/image".
        run: the name of the run, by which other calls find the model; numbered if not given.
        device: auto, cpu, cuda or mps.
        progress: whether to show on stderr how far it is.
        settings: those of the training, as `gesso train ART --help` lists them.

    Raises GessoError, one line on what is wrong. Ctrl-C stops it, and `gesso.resume` goes on.
    """
    from gesso.core import registry, runs
    from gesso.core.declaration import check
    from gesso.core.progress import Progress

    found = registry.find(art)
    wanted = check(runs.trained_by(found), settings)
    with Progress(shown=None if progress else False) as shown:
        return runs.start(found, wanted, run, device=device, progress=shown)


def resume(run: str, *, device: str = "auto", progress: bool = True) -> Path:
    """Go on with a run that was stopped, and give the folder of the model; see `train`."""
    from gesso.core import runs
    from gesso.core.progress import Progress

    with Progress(shown=None if progress else False) as shown:
        return runs.go_on(run, device=device, progress=shown)


def evaluate(art: str, *, device: str = "auto", progress: bool = True, **settings: Any) -> dict[str, Any]:
    """The figures of a model on data that it has not seen, as in `gesso.evaluate("recognize", model="first")`.

    Args:
        art, device, progress: as of `train`.
        settings: those of the evaluation, as `gesso evaluate ART --help` lists them.

    Raises GessoError, one line on what is wrong.
    """
    from gesso.core import registry, runs
    from gesso.core.declaration import check
    from gesso.core.progress import Progress

    found = registry.find(art)
    wanted = check(runs.evaluated_by(found), settings)
    with Progress(shown=None if progress else False) as shown:
        return runs.evaluate(found, wanted, device=device, progress=shown)


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
