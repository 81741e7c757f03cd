"""What `paint image` can be told."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from gesso.core.declaration import Art, Settings
from gesso.core.media import Picture
from gesso.pipeline.settings import Optimiser, Training

SHORTENED = (1, 2, 4, 8)
"""Numbers of steps for which a shortened model has learned to leap."""


class PaintImage(Settings):
    """Paint pictures out of noise, of what words name, like a picture, or into the gaps of one."""

    words: str | None = Field(
        None,
        description="what to paint, in words the model knows, such as 'grinning face' or 7; if not given each is of "
        "something else",
    )
    count: int = Field(1, ge=1, le=1024, description="how many pictures")
    sheet: bool = Field(False, description="lay all of them out on one sheet")
    size: int | None = Field(
        None,
        ge=8,
        le=4096,
        description="side of each picture in pixels, with --mask the shorter one; 512, or 128 on a sheet, or as the "
        "picture with the mask is, if not given",
    )
    steps: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="steps from noise to picture, 1, 2, 4, 8 or more; 4 if not given, 50 where a picture is",
    )
    guidance: float | None = Field(
        None, ge=1, le=8, description="how closely the words are followed, 1 the least; as suits the model if not given"
    )
    novelty: float = Field(
        1.0,
        ge=0,
        le=2,
        description="how far to keep from the pictures learned from: 0 not at all, 1 about as far as others are",
    )
    like: Picture | None = Field(None, description="a picture to vary, or with --mask to repaint in part")
    strength: float = Field(0.6, ge=0, le=1, description="how far from that picture: 0 the same, 1 another one")
    mask: Picture | None = Field(None, description="where to repaint the picture: white there, black where it stays")
    between: tuple[Picture, ...] = Field(
        (), max_length=2, description="two pictures, between which --count pictures, or 9, lead as a strip"
    )
    transparent: bool = Field(
        False, description="no ground: the ink alone, or what the model itself leaves transparent"
    )

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if self.mask is not None and self.like is None:
            raise ValueError("a mask says where a picture is repainted: give the picture with --like")
        if len(self.between) == 1:
            raise ValueError("between needs two pictures: give --between twice")
        if self.between and self.like is not None:
            raise ValueError("choose one of --between and --like")
        return self


class PaintImageTraining(Training):
    """Train a painter of pictures, on thousands of pictures or on a few dozen."""

    data: str = Field(
        description="a data set by name, or a folder of pictures, or of a folder of pictures for each class"
    )
    size: int | None = Field(None, ge=8, le=512, description="side of the pictures in pixels; the data's, or 64")
    widths: tuple[int, ...] = Field((48, 96), min_length=1, description="channels of each stage of the network")
    blocks: int = Field(2, ge=1, le=8, description="blocks of each stage, down and up")
    patch: int | None = Field(
        None, ge=1, le=16, description="side of the pixels that are one place of the network; 2, or 4 from 64 pixels on"
    )
    layout: bool = Field(True, description="whether words reach the network as a small sketch of the picture too")
    start: str | None = Field(
        None, description="a model whose weights to begin with, so that fewer steps or pictures do; else fresh ones"
    )
    augment: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share of the pictures turned, moved and scaled, which the network is told; by their number",
    )
    recolor: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of the pictures whose ruling colour is changed to red, blue or another, and called so",
    )
    mirror: bool = Field(False, description="mirror half of them too, where left and right do not matter")
    wordless: float = Field(0.1, ge=0, le=1, description="share of the pictures shown without their words")
    shorten: float = Field(
        0.35, ge=0, lt=1, description="last share of the training, in which it also learns to paint in 1 to 8 steps"
    )
    steps: int = Field(1500, ge=1, description="training steps")
    batch: int = Field(64, ge=1, description="pictures in a step")
    optimiser: Optimiser = Field("muon", description="how weights are moved")
    rate: float = Field(4e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    decay: float = Field(0.01, ge=0, le=1, description="weight decay")


class PaintImageEvaluation(Settings):
    """How near a painter's pictures are to real ones that it was not trained on, and how far from those it was."""

    model: str = Field("digits", description="a shipped model, a run's name or a folder")
    data: str | None = Field(None, description="a data set or a folder; that which it was trained on if not given")
    count: int = Field(2000, ge=16, description="pictures to paint, and real ones to compare them with")
    steps: tuple[int, ...] = Field((50, 4, 1), min_length=1, description="numbers of steps to evaluate, 1 to 1000")
    guidance: float | None = Field(
        None, ge=1, le=8, description="how closely the words are followed; as suits the model if not given"
    )
    novelty: float = Field(1.0, ge=0, le=2, description="how far it keeps from the pictures it was trained on")

    @field_validator("steps")
    @classmethod
    def _some_steps(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= each <= 1000 for each in steps):
            raise ValueError("give numbers from 1 to 1000")
        return steps


ART = Art(
    name="paint",
    method="image",
    title="paint pictures out of nothing, of a word, like a picture, or into the gaps of one",
    settings=PaintImage,
    package="gesso.arts.paint.image",
    models=("emoji", "digits", "garments"),
    subject="words",
    training=PaintImageTraining,
    evaluation=PaintImageEvaluation,
)
