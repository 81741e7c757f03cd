"""Where a pattern comes from: a seed, a genome in a recipe, or the patterns that it is bred from."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from gesso.arts.paint.pattern.art import ORDER, Pattern
from gesso.arts.paint.pattern.color import colors_in
from gesso.arts.paint.pattern.fields import Fields
from gesso.arts.paint.pattern.genome import Genome, bred, drawn
from gesso.arts.paint.pattern.palettes import AUTO, colors_of
from gesso.arts.paint.pattern.view import View
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.media import Picture
from gesso.core.seeds import generator
from gesso.core.work import read_recipe

_TRIES = 12
# Between dull and restless, by eye on sheets of hundreds: the least and the most steepness, and the most pinch.
_BOUNDS, _BOUNDS_OF_LINES = (0.6, 1.9, 7.0), (0.7, 1.4, 5.5)
_INHERITED = ("symmetry", "order", "tile")


class Parent(NamedTuple):
    """A pattern to breed from, as its recipe tells of it."""

    settings: Pattern
    genome: Genome


def alone(settings: Pattern) -> Pattern:
    """The settings with the colours of `palette_from` written out, so that a work does not need that picture again."""
    if settings.palette_from is None:
        return settings
    palette = ",".join(colors_in(settings.palette_from.decode()))
    return settings.model_copy(update={"palette": palette, "palette_from": None})


def genome_of(settings: Pattern, seed: int) -> Genome:
    """The genome that the settings and a seed stand for, with the colours and the finish that the settings want."""
    if settings.genome is not None:
        genome = Genome.from_text(settings.genome)
    else:
        genome = _suitable(lambda attempt: drawn(generator(seed, "pattern", attempt)), settings)
    if settings.palette != AUTO:
        genome = genome.model_copy(update={"colors": colors_of(settings.palette)})
    if settings.finish != "auto":
        genome = genome.model_copy(update={"finish": settings.finish})
    return genome


def child(settings: Pattern, parents: Sequence[Parent], seed: int) -> Pattern:
    """The settings of a child, its genome among them, so that it can be made again without its parents.

    Symmetry and tiling, where `settings` were not told them, are those of the first parent.
    """
    genomes = [parent.genome for parent in parents]
    inherited = {
        name: getattr(parents[0].settings, name) for name in _INHERITED if name not in settings.model_fields_set
    }
    own = settings.model_copy(update=inherited)
    if own.symmetry not in ("kaleidoscope", "radial") and "order" in inherited:
        own = own.model_copy(update={"order": ORDER})
    genome = _suitable(lambda attempt: bred(genomes, settings.mutation, generator(seed, "child", attempt)), own)
    family = tuple(f"{picture.name} {picture.sha256}" for picture in settings.parent)
    return check(Pattern, {**dict(own), "parent": (), "bred_from": family, "genome": genome.model_dump_json()})


def parent(picture: Picture) -> Parent:
    """The pattern in a file. Raises GessoError when the file holds no recipe of one."""
    if picture.path is None:
        raise GessoError("--parent: a picture in memory has no recipe; save the pattern, and give its file's name")
    recipe = read_recipe(picture.path)
    if recipe.key != "paint/pattern":
        raise GessoError(f"--parent: {picture.path} was made by {recipe.key}, not by paint/pattern")
    settings = check(Pattern, recipe.settings)
    return Parent(settings, genome_of(settings, recipe.seed))


def _suitable(make: Callable[[int], Genome], settings: Pattern) -> Genome:
    """The first of a few genomes that is neither dull nor restless, or the one that is nearest to that.

    Each is judged as the symmetry and the tile of the settings fold it, but always in a square and whole, so that a
    seed has the same network in every frame.
    """
    square = View((1.0, 1.0), settings.symmetry, settings.order, settings.tile)
    genomes: list[Genome] = []
    faults: list[float] = []
    for attempt in range(_TRIES):
        genomes.append(make(attempt))
        faults.append(_fault(genomes[-1], square))
        if faults[-1] < 1:
            return genomes[-1]
    return genomes[faults.index(min(faults))]


def _fault(genome: Genome, view: View) -> float:
    """How dull or restless a genome is; below 1 it is neither."""
    fields = Fields(genome, view, torch.device("cpu"))
    least, most, pinch = _BOUNDS_OF_LINES if genome.finish == "lines" else _BOUNDS
    return max(least / fields.steepness, fields.steepness / most, fields.pinch / pinch)
