"""The genome of a pattern: drawn from a seed, written as text, crossed and mutated."""

from collections.abc import Sequence
from typing import Annotated, Self, get_args

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Generator, Tensor

from gesso.arts.paint.pattern.art import Finish
from gesso.arts.paint.pattern.color import turned
from gesso.arts.paint.pattern.palettes import MOST, PALETTES
from gesso.core.errors import GessoError

INPUTS = 7  # what a network is told of a place
UNITS = 12  # of each layer of the form: three of each kind of function
WAVES = 6  # of the warp and of the accents

Weights = tuple[tuple[float, ...], ...]

SHAPES = {
    "foci": (2, 2),
    "form_1": (UNITS, INPUTS),
    "form_2": (UNITS, UNITS + INPUTS),
    "form_3": (1, 2 * UNITS),
    "warp_1": (WAVES, INPUTS),
    "warp_2": (2, WAVES),
    "accent_1": (WAVES, INPUTS),
    "accent_2": (2, WAVES),
}
GENES = {
    "form": ("foci", "form_1", "form_2", "form_3"),
    "warp": ("warp_1", "warp_2"),
    "accent": ("accent_1", "accent_2"),
    "colors": ("colors",),
    "finish": ("finish", "amount", "ground"),
}
FINISHES: tuple[Finish, ...] = get_args(Finish)


class Genome(BaseModel):
    """All that makes a pattern, in numbers of three decimals, so that its text is exact.

    Attributes:
        foci: two places, x and y, that distances and a direction are measured from.
        form_1, form_2, form_3: the layers of the network whose one output is the form.
        warp_1, warp_2: those of the network that moves places before the form is asked.
        accent_1, accent_2: those of the network whose two outputs vary the colours.
        colors: two or more, as "#e2622d"; none for colours that the network makes.
        finish: how form and accents become colours.
        amount: how many folds, sheets, stripes or lines, 0..1.
        ground: whether lines lie on the "dark" or the "light" colour.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    foci: Weights
    form_1: Weights
    form_2: Weights
    form_3: Weights
    warp_1: Weights
    warp_2: Weights
    accent_1: Weights
    accent_2: Weights
    colors: tuple[Annotated[str, Field(pattern="^#[0-9a-f]{6}$")], ...] = Field(max_length=MOST)
    finish: Finish
    amount: float = Field(ge=0, le=1)
    ground: str = Field(pattern="dark|light")

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        for name, (rows, columns) in SHAPES.items():
            weights = getattr(self, name)
            if len(weights) != rows or any(len(row) != columns for row in weights):
                raise ValueError(f"{name} is not {rows} x {columns}")
        if len(self.colors) == 1:
            raise ValueError("colors are none, or two and more")
        return self

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The reverse of `model_dump_json`. Raises GessoError when the text is no genome."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise GessoError(f"--genome: {text[:40]!r} is no genome; the recipe of a bred pattern holds one") from None


def drawn(generator: Generator) -> Genome:
    """A genome by chance. What the deviations are was chosen by eye, on sheets of hundreds."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    # x, y, two distances, the two parts of a direction, 1
    inputs = torch.tensor([1.0, 1.0, 0.9, 0.5, 0.5, 0.5, 1.5])
    kinds = (0.8 * normal(4)).exp()  # some forms are mostly waves, others mostly edges
    kinds = (kinds / kinds.square().mean().sqrt()).repeat_interleave(UNITS // 4)
    ways = (0.9 * normal(INPUTS)).exp().clamp(max=2)  # some are stripes, others rings or rays
    ways[-1] = 1
    pace = torch.tensor([1.9, 1.3, 1.2, 1.2]).repeat_interleave(UNITS // 4) * (0.6 + 0.6 * uniform(1))
    present = uniform(UNITS, INPUTS) < 0.75
    between = normal(UNITS, UNITS) * kinds * 1.3 / UNITS**0.5
    waves, swing = torch.tensor([[1.0, 1.0, 1.5, 1.5, 2.4, 2.4], [0.28, 0.28, 0.18, 0.18, 0.08, 0.08]])
    weights = {
        "foci": uniform(2, 2) * 1.6 - 0.8,
        "form_1": normal(UNITS, INPUTS) * inputs * ways * pace[:, None] * present,
        "form_2": torch.cat([between, normal(UNITS, INPUTS) * inputs * ways * 0.35], 1),
        "form_3": normal(1, 2 * UNITS) * torch.cat([0.35 * kinds, kinds]),
        "warp_1": normal(WAVES, INPUTS) * inputs * waves[:, None],
        "warp_2": normal(2, WAVES) * swing * (0.1 + 1.4 * uniform(1) ** 1.5),
        "accent_1": normal(WAVES, INPUTS) * inputs,
        "accent_2": normal(2, WAVES),
    }
    return Genome(
        **{name: rounded(values) for name, values in weights.items()},
        colors=_palette(generator),
        finish=FINISHES[_below(len(FINISHES), generator)],
        amount=round(float(uniform(1)), 3),
        ground="light" if float(uniform(1)) < 0.4 else "dark",
    )


def bred(parents: Sequence[Genome], mutation: float, generator: Generator) -> Genome:
    """A child: its form is one parent's and its colours another's, if there are two; the other genes are anyone's.

    Every weight then moves by a normal deviate of `mutation`/2 of its layer's root mean square, hues turn by as much
    of a quarter turn, and with probability `mutation`/2 colours or finish are fresh ones.
    """
    order = torch.randperm(len(parents), generator=generator).tolist()
    form, colors = parents[order[0]], parents[order[-1]]
    child = form
    for gene in ("warp", "accent", "finish"):
        donor = form if float(torch.rand(1, generator=generator)) < 0.5 else parents[_below(len(parents), generator)]
        child = child.model_copy(update={name: getattr(donor, name) for name in GENES[gene]})
    child = child.model_copy(update={"colors": colors.colors})
    if mutation == 0:
        return child
    changed: dict[str, object] = {}
    for name in SHAPES:
        weights = torch.tensor(getattr(child, name))
        size = weights.square().mean().sqrt()
        changed[name] = rounded(weights + 0.5 * mutation * size * torch.randn(weights.shape, generator=generator))
    turn, amount, fresh_colors, fresh_finish = torch.rand(4, generator=generator).tolist()
    if child.colors:
        changed["colors"] = turned(child.colors, 90 * mutation * (turn - 0.5))
    if fresh_colors < mutation / 2:
        changed["colors"] = _palette(generator)
    if fresh_finish < mutation / 2:
        changed["finish"] = FINISHES[_below(len(FINISHES), generator)]
    changed["amount"] = round(min(1.0, max(0.0, child.amount + mutation * (amount - 0.5))), 3)
    return child.model_copy(update=changed)


def rounded(weights: Tensor) -> Weights:
    """Weights (R, C) to three decimals."""
    return tuple(tuple(round(value, 3) for value in row) for row in weights.tolist())


def _palette(generator: Generator) -> tuple[str, ...]:
    colors = list(PALETTES.values())[_below(len(PALETTES), generator)]
    return colors[::-1] if _below(2, generator) else colors


def _below(end: int, generator: Generator) -> int:
    return int(torch.randint(end, (), generator=generator))
