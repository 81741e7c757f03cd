"""What `paint pattern` can be told."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from gesso.arts.paint.pattern.palettes import AUTO, PALETTES, colors_of
from gesso.core.declaration import Art, Settings
from gesso.core.media import Picture

Finish = Literal["silk", "paper", "print", "lines", "mist"]
Symmetry = Literal["none", "mirror", "four", "kaleidoscope", "radial"]

ORDER, _MUTATION = 6, 0.1
_MOST_MEGAPIXELS = 256  # some 2 GB: the picture is held, and once more, with four bytes a pixel, by the encoder


class Pattern(Settings):
    """Paint an abstract picture from nothing but a seed."""

    width: int = Field(1024, ge=16, le=32768, description="width in pixels")
    height: int | None = Field(None, ge=16, le=32768, description="height in pixels; that of a square if not given")
    count: int = Field(1, ge=1, le=1000, description="how many pictures, of this seed and those that follow it")
    finish: Literal[Finish, "auto"] = Field(
        AUTO,
        description="silk: lit folds; paper: cut sheets with shadows; print: flat stripes; lines: contours; mist: "
        "veils; auto: as the seed has it",
    )
    palette: str = Field(
        AUTO,
        description=f"{', '.join(PALETTES)}; network: colours that the network makes itself; auto: as the seed has it; "
        "or colours of your own, as #1b1420,#e2622d,#fbe6bf",
        json_schema_extra={"metavar": "NAME|COLORS"},
    )
    palette_from: Picture | None = Field(None, description="a picture to take the colours from, instead of --palette")
    symmetry: Symmetry = Field("none", description="mirror: left to right; four: top to bottom too; radial: turns only")
    order: int = Field(
        ORDER, ge=2, le=64, description="of kaleidoscope and radial: how often all comes again in a turn"
    )
    tile: bool = Field(False, description="continue beyond every edge at the opposite one, so that copies join unseen")
    zoom: float = Field(
        1.0, ge=0.1, le=16, description="how near, with more detail from 4 on; below 1 shows what lies around"
    )
    x: float = Field(0.0, ge=-10, le=10, description="middle of the picture: 1 is the right edge of the unzoomed one")
    y: float = Field(0.0, ge=-10, le=10, description="middle of the picture: 1 is the lower edge of the unzoomed one")
    smooth: int = Field(2, ge=1, le=8, description="samples along each side of a pixel: more for finer edges")
    parent: tuple[Picture, ...] = Field(
        (),
        description="a pattern to breed from: one is varied, several are crossed",
        json_schema_extra={"metavar": "WORK"},
    )
    mutation: float = Field(_MUTATION, ge=0, le=1, description="how far a bred pattern departs from its parents")
    genome: str | None = Field(
        None, description="the network as text, as the recipes of bred patterns hold it; takes the place of the seed"
    )
    bred_from: tuple[str, ...] = Field(
        (), description="the parents' names and SHA-256, as the recipes of bred patterns tell them; it changes nothing"
    )

    @field_validator("palette")
    @classmethod
    def _known(cls, palette: str) -> str:
        colors_of(palette)
        return palette

    @model_validator(mode="after")
    def _whole_tiles(self) -> Self:
        if self.tile and self.zoom != 1:
            raise ValueError("--tile is one whole repeat: leave out --zoom")
        if self.tile and self.symmetry in ("kaleidoscope", "radial"):
            raise ValueError(f"--tile goes with --symmetry mirror or four, not {self.symmetry}, which has one centre")
        if self.genome is not None and self.count > 1 and not self.parent:
            raise ValueError("--genome is one pattern, whatever the seed: leave out --count; --parent varies a work")
        return self

    @model_validator(mode="after")
    def _nothing_in_vain(self) -> Self:
        if self.palette_from is not None and self.palette != AUTO:
            raise ValueError("--palette-from takes the place of --palette: leave one of them out")
        if not self.parent:  # one may bring a symmetry that has an order
            if self.order != ORDER and self.symmetry not in ("kaleidoscope", "radial"):
                raise ValueError(f"--order {self.order} goes with --symmetry kaleidoscope or radial: leave it out")
            if self.mutation != _MUTATION and self.genome is None:
                raise ValueError("--mutation goes with --parent: name the pattern to vary")
        return self

    @model_validator(mode="after")
    def _fits_memory(self) -> Self:
        width, height = self.size
        megapixels = width * height / 1e6
        if megapixels > _MOST_MEGAPIXELS:
            raise ValueError(
                f"{width} x {height} are {megapixels:.0f} megapixels, and at most {_MOST_MEGAPIXELS} are painted: "
                "give a smaller --width or --height"
            )
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height or self.width


ART = Art(
    name="paint",
    method="pattern",
    title="paint an abstract picture from nothing but a seed",
    settings=Pattern,
    package="gesso.arts.paint.pattern",
)
