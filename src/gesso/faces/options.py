"""Settings classes -> the options of a command, and the words of a command line -> plain values, by tyro.

Values go on as they were typed, so that types and bounds are checked in one place, the settings class, and what does
not fit is answered in the same one line by every face.
"""

import dataclasses
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import tyro
from pydantic import Field, JsonValue
from pydantic.fields import FieldInfo

from gesso.core.declaration import Settings, check
from gesso.core.media import Font, Media, Music, Picture, Sound, SoundFont

Fields = Mapping[str, FieldInfo]

_ABSENT = "\0"  # what no one can type
_METAVARS: dict[Any, str] = {
    int: "N",
    float: "X",
    str: "TEXT",
    Path: "PATH",
    Picture: "FILE",
    Sound: "FILE",
    Music: "FILE",
    SoundFont: "FILE",
    Font: "FILE",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def spell(name: str) -> str:
    """A field as an option: style_scale is --style-scale; json_, whose plain name pydantic has taken, is --json."""
    return "--" + name.rstrip("_").replace("_", "-")


def called(metavar: str) -> dict[str, JsonValue]:
    """For a Field's json_schema_extra: what stands for its value on a help page."""
    return {"metavar": metavar}


class Answering(Settings):
    """How any command answers."""

    json_: bool = Field(False, description="print one JSON object")
    quiet: bool = Field(False, description="say nothing but what fails")


class Computing(Answering):
    """What any command that computes can be told."""

    device: str = Field(
        "auto", description="where to compute; auto: the best there is", json_schema_extra=called("auto|cpu|cuda|mps")
    )


AnySettings = TypeVar("AnySettings", bound=Settings)


def take(settings: type[AnySettings], given: dict[str, Any]) -> AnySettings:
    """The settings of this class among what is given, checked; they are taken out of `given`."""
    return check(settings, {name: given.pop(name) for name in settings.model_fields if name in given}, spell=spell)


def parse(
    program: str,
    description: str,
    fields: Fields,
    common: type[Settings],
    arguments: Sequence[str],
    positional: str | None = None,
    switches: Collection[str] = (),
    shared_fields: Fields | None = None,
) -> dict[str, Any]:
    """What `arguments` give: for each field that is given its text, a tuple of texts, or a flag's True or False.

    Args:
        fields: what this command can be told.
        common: what every command of its kind can be told; a part of its own on the help page.
        positional: the field whose values stand without an option's name, any number of them.
        switches: flags among `fields` that have no opposite, as those of `common` have none.
        shared_fields: those of `common` as this command's help page describes them, where it has words of its own.

    Raises:
        SystemExit: 0 after the help page, 2 after words that are not options of this command.
    """
    # What is the command's own stands before what it has in common with others.
    names = sorted(common.model_fields, key=lambda name: name not in common.__annotations__)
    shared = dataclasses.make_dataclass(
        "Common", [_option(name, (shared_fields or common.model_fields)[name], switch=True) for name in names]
    )
    own = [_option(name, field, positional, switch=name in switches) for name, field in fields.items()]
    everywhere = ("common", shared, dataclasses.field(default_factory=shared))
    command: Any = dataclasses.make_dataclass("Command", [*own, everywhere])
    parsed = tyro.cli(
        command,
        prog=program,
        description=description,
        args=_positionals_together(arguments, {**fields, **common.model_fields}),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.HelptextFromCommentsOff),
    )
    values = {name: getattr(parsed, name) for name in fields}
    values |= {name: getattr(parsed.common, name) for name in common.model_fields}
    return {name: value for name, value in values.items() if _is_given(name, value, arguments)}


def item_type(annotation: Any) -> tuple[Any, bool]:
    """The type of a field's values, without None, and whether it takes several."""
    if get_origin(annotation) in (Union, types.UnionType):
        first = next(member for member in get_args(annotation) if member is not types.NoneType)
        return item_type(first)
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    return annotation, False


def media_of(annotation: Any) -> tuple[type[Media], ...]:
    """The kinds of media that a field takes, such as pictures and sounds; none if it takes other values."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(kind for member in get_args(annotation) for kind in media_of(member))
    return (annotation,) if isinstance(annotation, type) and issubclass(annotation, Media) else ()


def _option(
    name: str, field: FieldInfo, positional: str | None = None, *, switch: bool = False
) -> tuple[str, Any, Any]:
    """A field of the dataclass that tyro reads."""
    kind, several = item_type(field.annotation)
    if kind is bool:
        words = tyro.conf.arg(name=spell(name)[2:], help=field.description, help_behavior_hint="")
        # A switch needs no opposite; a setting does, since --recipe may turn it on.
        markers = (tyro.conf.FlagCreatePairsOff, words) if switch else (words,)
        return name, Annotated[(bool, *markers)], dataclasses.field(default=bool(field.get_default()))
    metavar = _metavar(field, kind)
    if name == positional:
        where = f"{metavar}|FOLDER ..." if media_of(field.annotation) else f"{metavar} ..."
        words = tyro.conf.arg(help=field.description, metavar=where, help_behavior_hint="")
        return name, Annotated[tuple[str, ...], tyro.conf.Positional, words], dataclasses.field(default=())
    words = tyro.conf.arg(help=field.description, metavar=metavar, help_behavior_hint=_hint(field, several, switch))
    if several:
        return name, Annotated[tuple[str, ...], tyro.conf.UseAppendAction, words], dataclasses.field(default=())
    return name, Annotated[str, words], dataclasses.field(default=_ABSENT)


def _metavar(field: FieldInfo, kind: Any) -> str:
    """What stands for a value on the help page: what the field says in json_schema_extra, or what its type suggests."""
    extra = cast("dict[str, Any]", field.json_schema_extra or {})
    if "metavar" in extra:
        return extra["metavar"]
    if get_origin(kind) is Literal:
        return "|".join(str(choice) for choice in get_args(kind))
    return _METAVARS.get(kind, "VALUE")


def _hint(field: FieldInfo, several: bool, switch: bool) -> str:
    """Bounds and default, in brackets after the help."""
    bounds = {name: getattr(limit, name) for limit in field.metadata for name in _BOUNDS if hasattr(limit, name)}
    parts = [f"{_BOUNDS[name]} {bound:g}" for name, bound in bounds.items()]
    if bounds.keys() == {"ge", "le"}:
        parts = [f"{bounds['ge']:g} to {bounds['le']:g}"]
    if several:
        parts.append("may be repeated")
    if field.is_required() and not switch:
        parts.append("required")
    elif not field.is_required() and (default := field.get_default()) not in (None, ()):
        values = cast("tuple[Any, ...]", default) if isinstance(default, tuple) else (default,)
        parts.append("default " + ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values))
    return f"({'; '.join(parts)})" if parts else ""


def _is_given(name: str, value: Any, arguments: Sequence[str]) -> bool:
    if isinstance(value, bool):
        # A flag that is given may say what is its default anyway.
        flag = spell(name)
        return any(word.replace("_", "-") in (flag, f"--no-{flag[2:]}") for word in arguments)
    return value not in (_ABSENT, ())


def _positionals_together(arguments: Sequence[str], fields: Fields) -> list[str]:
    """The same words, those that stand without an option's name together, as tyro wants them."""
    flags = {"--help"} | {spell(name) for name, field in fields.items() if item_type(field.annotation)[0] is bool}
    flags |= {"--no-" + flag[2:] for flag in flags}
    free: list[str] = []
    options: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            free += words
        elif word.startswith("-") and word != "-":
            options.append(word)
            if word.startswith("--") and "=" not in word and word.replace("_", "-") not in flags:
                options += [value for value in [next(words, None)] if value is not None]
        else:
            free.append(word)
    # tyro takes a name that begins with a dash only at the end; elsewhere its complaints would list the names too.
    return [*options, "--", *free] if any(word.startswith("-") for word in free) else [*free, *options]
