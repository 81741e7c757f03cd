"""What `paint strokes` can be told."""

from typing import Literal

from pydantic import Field

from gesso.core.declaration import Art, Settings
from gesso.core.media import Picture

Medium = Literal["oil", "watercolour", "pastel", "pen", "points"]


class PaintStrokes(Settings):
    """Paint a photograph with brush strokes, from broad ones to fine ones."""

    content: Picture = Field(description="the photograph to paint")
    brush: Medium = Field(
        "oil", description="oil; watercolour; pastel on toothed paper; pen, in hatching; points of purer colours"
    )
    strokes: int | None = Field(
        None,
        ge=10,
        le=50_000,
        description="how many strokes; fewer are broader; 2000 if not given, fewer if it is small",
    )
    width: float = Field(1.0, ge=0.25, le=4, description="breadth of the strokes, as a multiple of the usual one")
    detail: float = Field(
        0.5, ge=0, le=1, description="how much finer the last strokes are than the first; 0 keeps all broad"
    )
    bend: float = Field(1.0, ge=0, le=2, description="how far strokes bend with the form; 0 keeps them straight")
    steps: int = Field(25, ge=0, le=500, description="steps by which the strokes of a layer are optimised; 0 for none")
    size: int | None = Field(
        None, ge=1, le=16384, description="longer side of the result in pixels; as the photograph if not given"
    )


ART = Art(
    name="paint",
    method="strokes",
    title="paint a photograph with brush strokes",
    settings=PaintStrokes,
    package="gesso.arts.paint.strokes",
    subject="content",
    label="brush",
    formats=("PNG", "JPEG", "WEBP", "TIFF", "SVG", "JSON"),
)
