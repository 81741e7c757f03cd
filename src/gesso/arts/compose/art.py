"""What `compose` can be told."""

from pydantic import Field

from gesso.core.declaration import Settings
from gesso.pipeline.settings import Training


class ComposeTraining(Training):
    """Train a composer on music in four voices."""

    data: str = Field(description="jsb; or a .json with train, valid and test, each a list of pieces in sixteenths")
    width: int = Field(192, ge=8, le=2048, description="channels of the decoder")
    heads: int = Field(6, ge=1, le=64, description="heads of its attention")
    layers: int = Field(6, ge=1, le=48, description="layers of the decoder")
    inner: int = Field(192, ge=8, le=2048, description="channels in which the notes of a frame are chosen")
    depth: int = Field(2, ge=1, le=8, description="layers in which they are")
    encoder_width: int = Field(128, ge=8, le=2048, description="channels of the encoder of given notes")
    encoder_layers: int = Field(2, ge=1, le=48, description="layers of the encoder")
    dropout: float = Field(0.15, ge=0, lt=1, description="share of the channels that are silenced in each branch")
    given: float = Field(0.4, ge=0, le=1, description="share of the steps in which some notes are given")
    eighths: float = Field(0.06, ge=0, le=1, description="share of the steps on a grid of eighths")
    quarters: float = Field(0.12, ge=0, le=1, description="share of the steps on a grid of quarters")
    steps: int = Field(4000, ge=1, description="training steps")
    batch: int = Field(8, ge=1, description="pieces in a step")
    rate: float = Field(2e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    decay: float = Field(0.1, ge=0, le=1, description="weight decay")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")


class ComposeEvaluation(Settings):
    """How well a composer foresees music that it was not trained on."""

    model: str = Field("chorales", description="a shipped model, a run's name or a folder")
    data: str | None = Field(None, description="a data set or a file; that which it was trained on if not given")
