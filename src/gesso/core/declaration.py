"""The declaration of an art: its settings, typed and bounded once, from which every face is made."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from gesso.core.errors import GessoError, Usage


class Settings(BaseModel):
    """The settings of a method, or of its training: frozen, and refusing what it does not know.

    A field's bounds and its help stand in its `Field` and nowhere else. A field that holds several values is a
    `tuple[X, ...]`; a single value is taken as a tuple of one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _several_from_one(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        given: dict[str, Any] = dict(values)  # pyright: ignore[reportUnknownArgumentType]
        for name, field in cls.model_fields.items():
            if get_origin(field.annotation) is tuple and name in given and not isinstance(given[name], list | tuple):
                given[name] = (given[name],)
        return given


@dataclass(frozen=True)
class Action:
    """A switch of an art's command that does something else than make works, such as `--list-styles`.

    Attributes:
        name: the field of `settings` whose option calls for the action, such as "list_styles".
        settings: what the action needs to know. An option that the art has too is declared the same way in both.
        function: "module:function" inside the art's package. It takes the settings and returns what a face shows:
            a list of rows, or one row, each a dict of plain values.
        computes: whether it computes with torch: the function then takes `device` and `progress` too, by name.
    """

    name: str
    settings: type[Settings]
    function: str
    computes: bool = False


@dataclass(frozen=True)
class Art:
    """One art, or one method of an art that has several.

    Attributes:
        name: the word on the command line, such as "paint".
        title: one line on what it makes from what.
        settings: the settings of a work.
        package: the package, or for a method of one file the module, that holds the steps.
        method: the second word, for arts with several methods.
        models: the shipped models, the default first.
        subject: the field that a batch ranges over, and the positional input on the command line.
        label: the field that names a work after its subject: photo.jpg with the style monet is photo-monet.jpg.
        training: the settings of its training, which `train(settings, run, *, device, progress, resume)` of the step
            "train" carries out in the folder `run`.
        evaluation: the settings of its evaluation, for `evaluate(settings, *, device, progress)` of the step
            "evaluate", which returns {"model", "data", "metrics": {…}, "parameters"}.
        actions: what else its command does.
        table: "module:function" inside the art's package, for works that are documents: it turns what one says into a
            row, a dict of plain values, and a batch then leaves a table of them.
        sorted_by: the column of that row by which a batch is sorted into folders when asked; empty for what is unknown.
        formats: the formats of its works, their own first, such as ("JSON", "PNG"); none for pictures, which come in
            the format of what they are made from.
    """

    name: str
    title: str
    settings: type[Settings]
    package: str
    method: str | None = None
    models: tuple[str, ...] = ()
    subject: str | None = None
    label: str | None = None
    training: type[Settings] | None = None
    evaluation: type[Settings] | None = None
    actions: tuple[Action, ...] = ()
    formats: tuple[str, ...] = ()
    table: str | None = None
    sorted_by: str | None = None

    @property
    def key(self) -> str:
        """What a recipe and `gesso train` call it: "stylize", "paint/image"."""
        return f"{self.name}/{self.method}" if self.method else self.name

    def has_step(self, name: str) -> bool:
        """Whether it has the step: prepare, build, train, evaluate, generate or explain."""
        module = importlib.import_module(self.package)
        if hasattr(module, "__path__"):
            return importlib.util.find_spec(f"{self.package}.{name}") is not None
        return hasattr(module, name)

    def step(self, name: str) -> ModuleType:
        """The module of a step, imported now: only here does an art meet torch."""
        module = importlib.import_module(self.package)
        return importlib.import_module(f"{self.package}.{name}") if hasattr(module, "__path__") else module

    def function(self, reference: str) -> Callable[..., Any]:
        """The function that "module:function" names inside the art's package."""
        module, _, function = reference.partition(":")
        return getattr(self.step(module), function)


def nearest(word: str, known: Iterable[str]) -> str:
    """ ", did you mean …?" with the known word nearest to `word`, or nothing when none is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


AnySettings = TypeVar("AnySettings", bound=Settings)


def check(
    settings: type[AnySettings],
    values: Mapping[str, Any],
    *,
    spell: Callable[[str], str] = str,
    context: Mapping[str, Any] | None = None,
) -> AnySettings:
    """The settings with these values.

    Args:
        spell: how a face writes a field's name, such as "--style-scale".
        context: what validators of media may need, handed to pydantic.

    Raises:
        Refused: one plain line for what does not fit, each with the value and the bound.
    """
    try:
        return settings.model_validate(dict(values), context=dict(context or {}))
    except ValidationError as error:
        raise Refused(error.errors(include_url=False), settings, spell) from None


class Refused(Usage):
    """Values that a settings class does not take.

    Attributes:
        fields: the settings they were given for.
        exit_code: 1 if they are well said and it is only the files that are missing or no pictures, else 2.
    """

    def __init__(self, errors: list[ErrorDetails], settings: type[Settings], spell: Callable[[str], str]) -> None:
        # A union reports once for each of its members, and a tuple that its members are missing: the first says it.
        first: dict[str, ErrorDetails] = {}
        for error in errors:
            first.setdefault(str(error["loc"][0]) if error["loc"] else "", error)
        super().__init__("; ".join(_line(error, settings, name and spell(name)) for name, error in first.items()))
        self.fields = tuple(first)
        self.exit_code = max(_exit_code(error) for error in first.values())


def _exit_code(error: ErrorDetails) -> int:
    """That of the GessoError a media type raised, for a file that is missing or no picture; else that of Usage."""
    raised = error.get("ctx", {}).get("error")
    cause = raised.__cause__ if isinstance(raised, Exception) else None
    return cause.exit_code if isinstance(cause, GessoError) else Usage.exit_code


def _line(error: ErrorDetails, settings: type[Settings], name: str) -> str:
    """What pydantic found in the setting that a face writes as `name`, or in all of them, in one line for a person."""
    if error["type"] == "missing":
        return f"{name} is missing"
    return f"{name}: {_plain(error, settings)}" if name else _plain(error, settings)


def _plain(error: ErrorDetails, settings: type[Settings]) -> str:
    value, bounds = error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            near = nearest(str(error["loc"][0]), settings.model_fields)
            return "there is no such setting" + (near or f"; there are {', '.join(settings.model_fields)}")
        case "greater_than_equal":
            return f"{value} is less than {bounds['ge']:g}, the least it may be"
        case "less_than_equal":
            return f"{value} is more than {bounds['le']:g}, the most it may be"
        case "greater_than":
            return f"{value} is too small: it must be more than {bounds['gt']:g}"
        case "less_than":
            return f"{value} is too large: it must be less than {bounds['lt']:g}"
        case "literal_error":
            near = nearest(str(value), re.findall(r"'([^']*)'", bounds["expected"]))
            return f"{_short(value)} is not {bounds['expected']}{near}"
        case "float_parsing" | "float_type" | "finite_number":
            return f"{_short(value)} is not a number"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{_short(value)} is not a whole number"
        case "bool_parsing" | "bool_type":
            return f"{_short(value)} is neither true nor false"
        case "string_type":
            return f"{_short(value)} is not text"
        case "string_pattern_mismatch":
            return f"{_short(value)} does not match {bounds['pattern']}"
        case "too_short":
            return f"{bounds['actual_length']} given, at least {bounds['min_length']} needed"
        case "too_long":
            return f"more than {bounds['max_length']} given, at most {bounds['max_length']} taken"
        case "value_error" | "assertion_error":
            return str(bounds["error"])
        case _:
            return f"{_short(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
