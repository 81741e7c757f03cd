"""What `paint glyph` can be told."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gesso.arts.paint.glyph.begun import Begun
from gesso.core.contents import DRAWINGS
from gesso.core.declaration import Art, Settings
from gesso.pipeline.settings import Training


class Glyph(Settings):
    """Invent characters, written stroke by stroke."""

    count: int = Field(1, ge=1, le=1000, description="how many characters to invent")
    temperature: float = Field(0.4, gt=0, le=2, description="how daring: low is close to the usual, 1 as in the data")
    begin: Begun | None = Field(
        None,
        description="complete a begun character: the strokes of a glyph by Gesso (.svg, .json) or of another drawing",
        json_schema_extra={"metavar": "FILE"},
    )
    keep: int | None = Field(None, ge=1, description="how many of the strokes of --begin to keep; all if not given")
    sheet: bool = Field(False, description="all of them on one page, as writing is practised")
    columns: int | None = Field(
        None, ge=1, le=100, description="characters in a row of --sheet; a square page if not given"
    )
    grid: Literal["rice", "field", "square", "none"] | None = Field(
        None, description="lines to practise in: rice has diagonals; rice on a sheet, else none, if not given"
    )
    line: Literal["brush", "pen"] = Field("brush", description="brush: pressed and lifted; pen: of one width")
    weight: float = Field(
        1.0, ge=0.2, le=2, description="how bold the line is; the bolder, the finer are characters of many strokes"
    )
    ink: Literal["black", "red", "blue"] = Field("black", description="the colour of the line")
    ground: Literal["paper", "white", "transparent"] = Field("paper", description="what it is written on")
    show_order: bool = Field(False, description="each stroke in its colour and with its number")
    animate: bool = Field(False, description="an .svg that writes itself, stroke after stroke")
    size: int | None = Field(
        None, ge=32, le=4096, description="pixels of a character's side; 640 if not given, on a sheet 160"
    )

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.keep is not None and self.begin is None:
            raise ValueError("--keep says how much of --begin stays: give --begin too")
        if self.columns is not None and not self.sheet:
            raise ValueError("--columns are those of a page: give --sheet too")
        return self


class GlyphTraining(Training):
    """Train a writer on drawings that are kept as strokes."""

    data: str = Field(
        description="kanji; or a file or a folder of strokes: .npz, QuickDraw's .ndjson, Gesso's .json or .svg"
    )
    hidden: int = Field(384, ge=1, le=4096, description="width of the lstm")
    layers: int = Field(2, ge=1, le=8, description="layers of the lstm")
    mixtures: int = Field(20, ge=1, le=100, description="Gaussians that say where the next point lies")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of the channels that are silenced between layers")
    scale: float = Field(0.08, ge=0, le=0.5, description="largest random change of width and of height, as a share")
    rotate: float = Field(1.5, ge=0, le=180, description="farthest random rotation in degrees")
    shear: float = Field(0.04, ge=0, le=0.5, description="largest random slant of horizontals, as a share")
    drop: float = Field(0.1, ge=0, lt=1, description="share of the points left out where a line hardly bends")
    steps: int = Field(4000, ge=1, description="training steps")
    batch: int = Field(128, ge=1, description="drawings in a step")
    rate: float = Field(2e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    decay: float = Field(0.02, ge=0, le=1, description="weight decay")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")


class GlyphEvaluation(Settings):
    """How well a writer foresees drawings that it was not trained on."""

    model: str = Field("kanji", description="a shipped model, a run's name or a folder")
    data: str | None = Field(
        None, description="a data set, a file or a folder; that which it was trained on if not given"
    )
    baseline: bool = Field(
        False, description="also what a Gaussian mixture foresees that knows only whether the pen was lifted before"
    )
    copies: int = Field(
        0, ge=0, le=10_000, description="invent so many, and say how far the likest drawing that was learned from is"
    )
    temperature: float = Field(0.4, gt=0, le=2, description="how daring those are")


ART = Art(
    name="paint",
    method="glyph",
    title="invent characters, written stroke by stroke",
    settings=Glyph,
    package="gesso.arts.paint.glyph",
    models=("kanji",),
    training=GlyphTraining,
    evaluation=GlyphEvaluation,
    formats=DRAWINGS,
)
