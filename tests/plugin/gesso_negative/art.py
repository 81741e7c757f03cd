"""What `negative` can be told."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gesso.core.declaration import Action, Art, Settings
from gesso.core.media import Picture


class Negative(Settings):
    """The negative of a picture."""

    picture: Picture = Field(description="the picture to turn round")
    look: tuple[str, ...] = Field(("film",), min_length=1, max_length=3, description="what to name it after")
    amount: float = Field(1.0, ge=0, le=1, description="0 leaves the picture as it is")
    grain: float = Field(0.0, ge=0, lt=0.5, description="noise, drawn from the seed")
    channel: Literal["all", "red"] = Field("all", description="what is turned round")
    over: tuple[Picture, ...] = Field((), description="pictures whose mean colour is mixed in")
    share: tuple[float, ...] = Field((), description="how much of each of them")
    shift: int | None = Field(None, ge=1, le=64, description="pixels to roll the picture by")
    mirror: bool = Field(False, description="left for right")
    copies: int = Field(1, ge=1, le=4, description="how many works to make, each with other grain")

    @model_validator(mode="after")
    def _one_share_each(self) -> Self:
        if self.share and len(self.share) != len(self.over):
            raise ValueError(f"{len(self.share)} of share for {len(self.over)} of over: give one for each")
        return self


class Looks(Settings):
    """List what a negative may be named after."""

    list_looks: bool = Field(False, description="list the looks")
    channel: Literal["all", "red"] = Field("all", description="of which channel")


ART = Art(
    name="negative",
    title="the negative of a picture",
    settings=Negative,
    package="gesso_negative",
    subject="picture",
    label="look",
    actions=(Action("list_looks", Looks, "generate:looks"),),
)
