"""`gesso ART`: make works."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any, cast

from pydantic import Field
from pydantic.fields import FieldInfo

from gesso.core.contents import PICTURES, suffix_of
from gesso.core.declaration import Action, Art, Settings, check
from gesso.core.errors import Usage
from gesso.core.make import act
from gesso.core.progress import Progress
from gesso.core.remake import find_inputs
from gesso.core.work import Recipe, read_recipe
from gesso.faces.batch import Order, gather, run
from gesso.faces.naming import formats_of
from gesso.faces.options import Computing, called, parse, spell, take
from gesso.faces.reporting import Report, show_json, show_rows


class Making(Computing):
    """What every art's command can be told besides the art's own settings."""

    out: str | None = Field(
        None, description="a folder, or a file's name when one work is made", json_schema_extra=called("FOLDER|FILE")
    )
    format: str | None = Field(
        None,
        description="several with commas between them",
        json_schema_extra=called("SUFFIX"),
    )
    seed: int | None = Field(None, ge=0, description="the same seed gives the same work; 0 if not given")
    model: str | None = Field(
        None,
        description="a shipped model, a run's name or a folder; write takes hf:user/name too, a language model of the "
        "Hugging Face Hub that is on this machine",
        json_schema_extra=called("NAME|FOLDER"),
    )
    recipe: Path | None = Field(
        None,
        description="a work whose settings to start from; what else is given overrides them, and an empty value leaves "
        "one out, as --mask ''",
        json_schema_extra=called("FILE"),
    )
    inputs: tuple[Path, ...] = Field(
        (), description="where to look for the inputs of --recipe", json_schema_extra=called("FOLDER")
    )
    overwrite: bool = Field(False, description="replace files that are there, rather than number the new ones")
    skip_existing: bool = Field(False, description="leave out works whose files are there")
    limit_megapixels: float | None = Field(None, gt=0, description="refuse larger pictures; 64 if not given")


class Sorting(Settings):
    """What the command of an art can be told whose works say where their subjects belong."""

    sort: bool = Field(False, description="copy what is worked on into a folder for each label, below --out")


def command(art: Art, arguments: Sequence[str]) -> int:
    """Runs `gesso ART` with these arguments and returns the exit code."""
    switches = {action.name: action.settings.model_fields[action.name] for action in art.actions}
    sorting = Sorting.model_fields if art.sorted_by else {}
    taken = {*art.settings.model_fields, *Making.model_fields}
    of_actions = {
        name: field
        for action in art.actions
        for name, field in action.settings.model_fields.items()
        if name not in taken
    }
    program = f"gesso {art.key.replace('/', ' ')}"
    fields = {**art.settings.model_fields, **sorting, **of_actions}
    common = {**Making.model_fields, "format": _format(art)}
    given = parse(program, art.title, fields, Making, arguments, art.subject, {*switches, *sorting}, common)
    making = take(Making, given)
    for action in art.actions:
        if action.name in given:
            return _act(art, action, given, making)
    for action in art.actions:
        for name in action.settings.model_fields:
            if name in of_actions and name in given:
                raise Usage(f"{spell(name)} goes with {spell(action.name)} only")

    sort = take(Sorting, given).sort
    recipe = _recipe(art, making)
    values = {**_from_recipe(recipe, given, making), **given}
    if recipe is not None:
        values = {name: value for name, value in values.items() if value not in ("", ("",))}
    named = values.get(art.subject or "", ())
    report = Report()
    order = Order(
        art,
        subjects=_subjects(art, values, report, program),
        values=values,
        seed=making.seed if making.seed is not None else recipe.seed if recipe else 0,
        device=making.device,
        model=making.model or (recipe.model.name if recipe and recipe.model else None),
        out=making.out,
        formats=formats_of(making.format, art.formats),
        overwrite=making.overwrite,
        skip_existing=making.skip_existing,
        limit_megapixels=making.limit_megapixels,
        announce=not (making.json_ or making.quiet),
        table=art.table is not None and isinstance(named, tuple) and _is_batch(cast("tuple[str, ...]", named)),
        sort=sort,
    )
    if order.subjects:
        run(order, report, Progress(shown=False if making.quiet else None))
    report.show(as_json=making.json_, quiet=making.quiet)
    return report.exit_code


def _format(art: Art) -> FieldInfo:
    """The option --format, with the formats that this art has."""
    field = copy(Making.model_fields["format"])
    formats = (suffix_of(format)[1:] for format in art.formats or PICTURES)
    usual = "the first" if art.formats or art.subject is None else "that of the input, or the first,"
    field.description = f"{', '.join(formats)}; {field.description}; {usual} if not given"
    return field


def _subjects(art: Art, values: dict[str, Any], report: Report, program: str) -> Sequence[Any]:
    """Takes the subject out of `values`: one for each work, or None where the art needs none."""
    if art.subject is None:
        return [None]
    named = values.pop(art.subject, None)
    if isinstance(named, tuple):
        return gather(art, cast("tuple[str, ...]", named), report)
    if named is None and art.settings.model_fields[art.subject].is_required():
        raise Usage(f"{art.subject} is missing: say what to work on; {program} --help tells how")
    return [named]


def _is_batch(named: Sequence[str]) -> bool:
    return len(named) > 1 or any(Path(each).is_dir() for each in named)


def _recipe(art: Art, making: Making) -> Recipe | None:
    if making.recipe is None:
        return None
    recipe = read_recipe(making.recipe)
    if recipe.key != art.key:
        raise Usage(f"--recipe: {making.recipe} was made by {recipe.key}, not by {art.key}")
    return recipe


def _from_recipe(recipe: Recipe | None, given: dict[str, Any], making: Making) -> dict[str, Any]:
    """The settings of the recipe that are not given, its inputs found."""
    if recipe is None or making.recipe is None:
        return {}
    rest = {name: value for name, value in recipe.settings.items() if name not in given}
    return find_inputs(rest, (*making.inputs, making.recipe.absolute().parent, Path.cwd()))


def _act(art: Art, action: Action, given: dict[str, Any], making: Making) -> int:
    """Does what a switch of the art asks for instead of making works."""
    shared = {name: getattr(making, name) for name in Making.model_fields if name in making.model_fields_set}
    anywhere = {*Computing.model_fields, "limit_megapixels"}
    for name in (*given, *shared):
        if name not in action.settings.model_fields and name not in anywhere:
            raise Usage(f"{spell(action.name)} does not go with {name if name == art.subject else spell(name)}")
    given |= {name: value for name, value in shared.items() if name in action.settings.model_fields}
    settings = check(action.settings, given, spell=spell, context={"limit_megapixels": making.limit_megapixels})
    with Progress(shown=False if making.quiet else None) as progress:
        answer = act(art, action, settings, device=making.device, progress=progress)
    if making.json_:
        show_json(answer)
    elif not making.quiet:
        show_rows(answer)
    return 0
