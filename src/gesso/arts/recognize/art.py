"""What `recognize` can be told."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from gesso.core.declaration import Action, Art, Settings
from gesso.core.media import Picture, Sound
from gesso.pipeline.settings import Training

Network = Literal["residual", "convolutional", "lstm", "gru"]
Look = Literal["ink", "garment", "photo", "sound"]
Loss = Literal["cross-entropy", "binary-cross-entropy", "mse", "rmse", "l1", "huber"]


class Recognize(Settings):
    """Say what a picture shows or what a sound is, how sure that is, and when it is like nothing known."""

    subject: Picture | Sound = Field(description="the picture or the sound to recognise")
    top: int = Field(3, ge=1, le=1000, description="how many labels to give, the likeliest first")


class RecognizeTraining(Training):
    """Train a recogniser on labelled pictures or sounds."""

    data: str = Field(description="a data set by name, or a folder with a folder of pictures or sounds for each class")
    network: Network = Field(
        "residual",
        description="residual: convolutions, added to what they see; convolutional: plain ones, for photographs; lstm "
        "and gru: read a picture row by row, a sound moment by moment",
    )
    start: str | None = Field(
        None, description="a model whose weights to begin with, so that few steps or examples do; else fresh ones"
    )
    look: Look | None = Field(
        None,
        description="how a user's picture is made like the data: ink, strokes centred white on black; garment, one "
        "thing cut out on black; photo, as it is; sounds have their own; by the data if not given",
    )
    size: int | None = Field(None, ge=8, le=512, description="side of the pictures in pixels; the data's if not given")
    widths: tuple[int, ...] = Field((32, 64, 128), min_length=1, description="channels of each stage of convolutions")
    blocks: tuple[int, ...] = Field((2, 2, 2), min_length=1, description="blocks, or convolutions, of each stage")
    hidden: int = Field(128, ge=1, le=4096, description="width of the lstm or gru")
    layers: int = Field(2, ge=1, le=16, description="layers of the lstm or gru")
    loss: Loss = Field("cross-entropy", description="what is made small")
    smoothing: float = Field(0.0, ge=0, lt=1, description="share of each label spread over all, for cross-entropy")
    delta: float = Field(1.0, gt=0, description="error from which on the loss is in proportion to it, for huber")
    shift: float = Field(0.08, ge=0, le=0.5, description="farthest random shift, as a share of the side")
    rotate: float = Field(8.0, ge=0, le=180, description="farthest random rotation in degrees")
    scale: float = Field(0.08, ge=0, le=0.5, description="largest random change of size, as a share")
    bend: float = Field(0.0, ge=0, le=0.5, description="random bending, as a share of the side")
    flip: bool = Field(False, description="mirror a picture, left to right, every other time it is seen")
    overlay: float = Field(0.5, ge=0, le=1, description="share of the sounds that get another, fainter one under them")
    erase: float = Field(0.0, ge=0, le=1, description="share of the pictures that lose a random rectangle")
    steps: int = Field(6000, ge=1, description="training steps")
    batch: int = Field(128, ge=1, description="pictures in a step")
    rate: float = Field(2e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    decay: float = Field(0.02, ge=0, le=1, description="weight decay")


class RecognizeEvaluation(Settings):
    """The figures of a recogniser on pictures or sounds that it was not trained on."""

    model: str = Field("digits", description="a shipped model, a run's name or a folder")
    data: str | None = Field(None, description="a data set or a folder; that which it was trained on if not given")
    baseline: bool = Field(False, description="also the accuracy of taking the label of the likest training example")
    confusion: Path | None = Field(None, description="a picture file for the confusion matrix")
    overwrite: bool = Field(False, description="replace that picture if it is there")


class Teach(Settings):
    """Learn classes from a handful of pictures or sounds of each."""

    teach: Path = Field(
        description="learn classes of your own from a folder that has a folder of pictures or sounds for each",
        json_schema_extra={"metavar": "FOLDER"},
    )
    name: str | None = Field(None, description="what the taught model is called; as its folder if not given")
    overwrite: bool = Field(False, description="replace the model of that name")
    limit_megapixels: float | None = Field(None, gt=0, description="larger pictures are left out; 64 if not given")


ART = Art(
    name="recognize",
    title="say what a picture shows or a sound is, and how sure that is",
    settings=Recognize,
    package="gesso.arts.recognize",
    models=("digits", "garments", "emoji", "sounds"),
    subject="subject",
    training=RecognizeTraining,
    evaluation=RecognizeEvaluation,
    actions=(Action("teach", Teach, "teach:teach", computes=True),),
    table="table:row",
    sorted_by="label",
    formats=("JSON", "PNG", "JPEG", "WEBP", "TIFF"),
)
