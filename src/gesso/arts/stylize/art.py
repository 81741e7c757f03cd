"""What `stylize` can be told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from gesso.arts.stylize.names import Style
from gesso.core.declaration import Action, Art, Settings
from gesso.core.media import Picture
from gesso.pipeline.settings import Optimiser, Training


class Stylize(Settings):
    """Repaint a picture in the style of others."""

    content: Picture = Field(description="the picture to repaint")
    style: tuple[Style, ...] = Field(
        ("monet",),
        min_length=1,
        validate_default=True,
        description="a style by name, or a picture; several are mixed",
        json_schema_extra={"metavar": "NAME|FILE"},
    )
    weight: tuple[float, ...] = Field((), description="how much of each style, in their order")
    engine: Literal["fast", "fine"] = Field("fast", description="fast: a second; fine: minutes, the best result")
    strength: float = Field(1.0, ge=0, le=1, description="0 leaves the picture as it is, 1 repaints it fully")
    color: Literal["style", "photo", "only"] = Field(
        "style", description="style: the style's colours; photo: keep the picture's own; only: take nothing but colours"
    )
    style_scale: float = Field(1.0, ge=0.25, le=8, description="size of the brush marks")
    mask: tuple[Picture, ...] = Field((), description="for each style in its order, where it goes: white is here")
    protect: Picture | None = Field(None, description="what stays as it is: white is protected")
    size: int | None = Field(None, ge=16, le=16384, description="longer side of the result in pixels")
    features: str = Field(
        "gesso", description="what `fine` sees with: gesso, a file, or hf:timm/vgg19.tv_in1k, which is then fetched"
    )
    steps: int = Field(100, ge=1, le=2000, description="steps of `fine` at each of its scales")

    @model_validator(mode="after")
    def _one_for_each_style(self) -> Self:
        check_weights(self.weight, self.style)
        if self.mask and len(self.mask) != len(self.style):
            raise ValueError(f"{len(self.mask)} of --mask for {len(self.style)} of --style: give one for each style")
        if self.features != "gesso" and any(style.picture is None for style in self.style):
            raise ValueError("--features other than gesso take styles from pictures: name a file for each --style")
        return self


def check_weights(weights: Sequence[float], styles: Sequence[object]) -> None:
    """Raises ValueError unless there are none, or one for each style, that are no less than 0 and not all 0."""
    if weights and len(weights) != len(styles):
        raise ValueError(f"{len(weights)} of --weight for {len(styles)} of --style: give one for each style")
    if weights and (min(weights) < 0 or sum(weights) <= 0):
        raise ValueError("--weight must not be negative, and one must be more than 0")


class StylizeTraining(Training):
    """Train a fast painter on folders of photographs and paintings."""

    content: tuple[Path, ...] = Field(min_length=1, description="folders of photographs to repaint")
    data: tuple[Path, ...] = Field(min_length=1, description="folders of pictures whose style is learned")
    teacher: Path | None = Field(None, description="the distilled VGG-19, to judge with; or else our own features")
    steps: int = Field(9000, ge=1, description="training steps")
    optimiser: Optimiser = Field("muon", description="how weights are moved")
    rate: float = Field(2e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    batch: int = Field(6, ge=2, description="pairs in a step; the last is one picture twice")
    clip: float = Field(5.0, gt=0, description="largest norm of the gradient")
    average: float = Field(0.999, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")
    crop: int = Field(160, ge=64, multiple_of=16, description="side of the crops in pixels")
    style_weight: float = Field(20.0, ge=0, description="weight of the gaps of means and deviations")
    stroke_weight: float = Field(2.0, ge=0, description="weight of the gaps of covariances")
    identity_weight: float = Field(2.0, ge=0, description="weight of leaving a picture in its own style as it is")


class StylizeEvaluation(Settings):
    """The distances of a painter on pairs of photographs and paintings that it was not trained on."""

    content: tuple[Path, ...] = Field(
        (), description="folders of photographs; the first five of the first are used; GESSO_DATA's gb82 if not given"
    )
    data: tuple[Path, ...] = Field(
        (), description="folders of paintings; every 14th is used; GESSO_DATA's paintings if not given"
    )
    model: str = Field("fast", description="a shipped model, a run's name or a folder")
    engine: Literal["fast", "fine"] = Field("fast", description="which engine paints")
    judge: str = Field("gesso", description="the features that measure: gesso, or a file, as the distilled VGG-19's")


class ListStyles(Settings):
    """Ask which styles there are."""

    list_styles: bool = Field(False, description="show the styles that go by name, their painters and titles")


class SaveStyle(Settings):
    """Keep a style for later."""

    save_style: str = Field(description="keep the style, or the mixture, under this name, to be used as --style NAME")
    style: tuple[Style, ...] = Field(min_length=1, description="the style to keep")
    weight: tuple[float, ...] = Field((), description="how much of each style, in their order")
    overwrite: bool = Field(False, description="replace the style of that name")

    @model_validator(mode="after")
    def _one_for_each_style(self) -> Self:
        check_weights(self.weight, self.style)
        return self


ART = Art(
    name="stylize",
    title="repaint a picture in any style",
    settings=Stylize,
    package="gesso.arts.stylize",
    models=("fast",),
    subject="content",
    label="style",
    training=StylizeTraining,
    evaluation=StylizeEvaluation,
    actions=(
        Action("list_styles", ListStyles, "names:list_styles"),
        Action("save_style", SaveStyle, "styles:save_mixture"),
    ),
)
