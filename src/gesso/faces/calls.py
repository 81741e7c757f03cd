"""The Python calls: `gesso.stylize("photo.jpg", style="monet")`, made from the declaration of the art."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from gesso.core import registry
from gesso.core.declaration import Action, Art, check
from gesso.core.make import act, make
from gesso.core.progress import Progress
from gesso.core.work import Work

_COMMON: dict[str, Any] = {"seed": 0, "device": "auto", "model": None, "progress": False, "limit_megapixels": None}


def find(name: str) -> Callable[..., Any] | SimpleNamespace | None:
    """What `gesso.name` is: the call of an art, or for an art of several methods all their calls; None if no art."""
    arts = registry.arts()
    if name in arts:
        return call_of(arts[name])
    methods = {art.method: call_of(art) for art in arts.values() if art.name == name and art.method}
    return SimpleNamespace(**methods) if methods else None


def call_of(art: Art) -> Callable[..., Work | list[Work]]:
    """The call that has `art` make works.

    A list for the subject, the first argument, gives a list of works; otherwise it is one work, or a list if the
    method makes several. What else the art does, its actions, are attributes: `gesso.stylize.list_styles()`.
    """

    def call(*unnamed: Any, **settings: Any) -> Work | list[Work]:
        options = {name: settings.pop(name, default) for name, default in _COMMON.items()}
        for subject in unnamed:
            if art.subject is None or len(unnamed) > 1 or art.subject in settings:
                raise TypeError(f"{art.name}() takes {_positional(art)}; name the other settings, as in seed=1")
            settings[art.subject] = subject
        several = art.subject is not None and isinstance(settings.get(art.subject), list | tuple)
        each: list[dict[str, Any]] = (
            [{**settings, art.subject: one} for one in settings[art.subject]] if several and art.subject else [settings]
        )
        works: list[Work] = []
        limit = options.pop("limit_megapixels")
        with Progress(shown=None if options.pop("progress") else False) as progress:
            progress.works(len(each))
            for values in each:
                progress.work("")
                checked = check(art.settings, values, context={"limit_megapixels": limit})
                works += make(art, checked, **options, progress=progress)
                progress.finish()
                if progress.interrupted:
                    break
            stopped = progress.interrupted
        return works if several or stopped or len(works) != 1 else works[0]

    call.__name__ = call.__qualname__ = art.method or art.name
    call.__doc__ = _documentation(art)
    call.__signature__ = _signature(art)  # pyright: ignore[reportFunctionMemberAccess] -- as inspect documents it
    for action in art.actions:
        setattr(call, action.name, _action(art, action))
    return call


def _action(art: Art, action: Action) -> Callable[..., Any]:
    """The call for an action; its own field, the first argument, needs no name."""

    def call(*unnamed: Any, device: str = "auto", progress: bool = False, **settings: Any) -> Any:
        if len(unnamed) > 1 or (unnamed and action.name in settings):
            raise TypeError(f"{art.name}.{action.name}() takes one argument without a name; name the other settings")
        given = {action.name: unnamed[0]} if unnamed else {}
        checked = check(action.settings, {**given, **settings})
        with Progress(shown=None if progress else False) as shown:
            return act(art, action, checked, device=device, progress=shown)

    call.__name__ = call.__qualname__ = action.name
    fields = action.settings.model_fields.items()
    lines = [f"{action.settings.__doc__}\n\nArgs:", *(f"    {name}: {field.description}" for name, field in fields)]
    call.__doc__ = "\n".join(lines)
    return call


def _positional(art: Art) -> str:
    return f"one argument without a name, {art.subject}" if art.subject else "no argument without a name"


def _documentation(art: Art) -> str:
    lines = [f"{art.title[:1].upper()}{art.title[1:]}.", "", "Args:"]
    lines += [f"    {name}: {field.description}" for name, field in art.settings.model_fields.items()]
    lines += [
        "    seed: the same seed gives the same work.",
        "    device: auto, cpu, cuda or mps.",
        "    model: a shipped model, a run's name or a folder.",
        "    progress: whether to show a line of progress on stderr.",
        "    limit_megapixels: larger pictures are refused; 64 if not given.",
        "",
        "Returns a Work, or a list of them for a list of inputs. Raises GessoError, one line on what is wrong.",
    ]
    return "\n".join(lines)


def _signature(art: Art) -> inspect.Signature:
    parameters: list[inspect.Parameter] = []
    for name, field in art.settings.model_fields.items():
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if name == art.subject else inspect.Parameter.KEYWORD_ONLY
        default = inspect.Parameter.empty if field.is_required() else field.get_default(call_default_factory=True)
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=field.annotation))
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default) for name, default in _COMMON.items()
    ]
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))
