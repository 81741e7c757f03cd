"""What `compose` can be told."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gesso.core.contents import MUSIC
from gesso.core.declaration import Art, Settings
from gesso.core.media import Music, SoundFont
from gesso.pipeline.settings import Optimiser, Training


class Compose(Settings):
    """Compose music for a choir in four voices, or of the kind that a model of your own has learned."""

    count: int = Field(1, ge=1, le=1000, description="how many pieces to compose")
    melody: Music | None = Field(None, description="a melody to harmonise, which is kept note for note")
    begin: Music | None = Field(None, description="a beginning to go on from; for a choir, four voices or a melody")
    piece: Music | None = Field(None, description="music in four voices of which --infill is composed anew")
    infill: tuple[str, ...] = Field(
        (), description='what is composed anew of --piece: bars as "5-8", a voice as "alto", or "alto 5-8"'
    )
    transpose: int = Field(0, ge=-36, le=36, description="semitones by which a melody is brought into reach first")
    key: str | None = Field(
        None, pattern=r"^[A-G][#b]?$", description="the tonic, such as G or Bb; found or drawn if not given"
    )
    mode: Literal["major", "minor"] | None = Field(
        None, description="major if only the key is given, found or drawn if neither is"
    )
    metre: str | None = Field(
        None,
        pattern=r"^[1-9]\d?/(1|2|4|8|16)$",
        description="beats in a bar: of music that is given instead of what its file says; else for a choir 4/4, the "
        "usual, or 3/4, or one that was learned",
    )
    pickup: int | None = Field(
        None,
        ge=0,
        le=15,
        description="quarters before the first whole bar: of music that is given instead of what its file says; else "
        "for a choir 1 if not given",
    )
    bars: int = Field(16, ge=1, le=64, description="how long the piece is")
    phrase: int | None = Field(
        None, ge=1, le=16, description="bars in a phrase, which ends with a rest; 2 of 4/4, or 4 of 3/4, if not given"
    )
    form: str | None = Field(
        None,
        pattern=r"^[A-Z]{2,16}$",
        description="a letter for each phrase, the same where one returns note for note, such as ABABCDEF",
    )
    tempo: float | None = Field(
        None,
        ge=20,
        le=300,
        description="quarters in a minute; if not given that of the music given, 76 for a choir, or as was learned",
    )
    temperature: float = Field(0.9, ge=0, le=2, description="how daring: low is close to the usual, 1 as in the data")
    top_p: float = Field(
        0.95, gt=0, le=1, description="share of the probability that notes are chosen from, likeliest first"
    )
    parallels: bool = Field(False, description="let parallel fifths and octaves happen, which are rare in the data too")

    drawn: Literal["score", "roll"] | None = Field(
        None, description="what pictures show, sheet music or a piano roll; sheet music where it can be engraved"
    )
    closed: bool = Field(False, description="sheet music on two staves instead of four")
    instrument: Literal["choir", "organ", "strings", "piano", "flute"] | None = Field(
        None, description="what it sounds on; if not given that of --piece, a choir, or as was learned"
    )
    soundfont: SoundFont | None = Field(
        None, description="an SF2 or SF3 file that has the instrument; without one it is Gesso's own"
    )
    expression: bool = Field(True, description="breathe at the ends of phrases, and slow down at the last")
    stems: bool = Field(False, description="write each voice by itself too; their sounds add up to that of all")

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if sum(given is not None for given in (self.melody, self.begin, self.piece)) > 1:
            raise ValueError("choose one of --melody, --begin and --piece")
        if bool(self.infill) != (self.piece is not None):
            raise ValueError("--piece and --infill go together: say which music, and what of it is composed anew")
        if self.form is not None:
            if self.melody or self.begin or self.piece or self.phrase:
                raise ValueError("--form lays a piece out by itself: leave out --melody, --begin, --piece and --phrase")
            if self.bars % len(self.form):
                raise ValueError(
                    f"{self.bars} bars do not part into the {len(self.form)} phrases of {self.form}: give other --bars"
                )
        if self.metre is not None and self.pickup is not None:
            beats, unit = map(int, self.metre.split("/"))
            if self.pickup * unit >= 4 * beats:
                raise ValueError(f"a pickup of {self.pickup} quarters is a whole bar of {self.metre}: give fewer")
        return self

    @property
    def minor(self) -> bool | None:
        """Whether minor is asked for; None if no mode is."""
        return None if self.mode is None else self.mode == "minor"


class ComposeTraining(Training):
    """Train a composer on music in four voices, or on your own: monophonic, in four voices, or for piano."""

    data: str = Field(
        description="a folder of MIDI, MusicXML or ABC files; jsb; or a .json with train, valid and test, each a list "
        "of pieces in sixteenths in four voices"
    )
    kind: Literal["monophonic", "four-part", "piano"] | None = Field(
        None, description="what the music in a folder is taken for; what most of it is if not given"
    )
    window: int = Field(192, ge=8, le=4096, description="notes heard at a time of monophonic and piano music")
    passes: int = Field(
        25,
        ge=1,
        le=100_000,
        description="how often monophonic and piano music is gone through, in at least 600 and at most --steps steps",
    )
    members: int = Field(
        3, ge=1, le=16, description="of four-part music, networks that foresee, each by itself; they are averaged"
    )
    width: int = Field(128, ge=8, le=2048, description="channels of the decoder of each")
    heads: int = Field(4, ge=1, le=64, description="heads of its attention")
    layers: int = Field(3, ge=1, le=48, description="layers of the decoder")
    inner: int = Field(80, ge=8, le=2048, description="channels in which the notes of a frame are chosen")
    depth: int = Field(2, ge=1, le=8, description="layers in which they are")
    encoder_width: int = Field(128, ge=8, le=2048, description="channels of the encoder of given notes")
    encoder_layers: int = Field(2, ge=1, le=48, description="layers of the encoder")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of the channels that are silenced in each branch")
    deafness: float = Field(0.1, ge=0, lt=1, description="share of what is to be heard of frames that is not heard")
    given: float = Field(0.4, ge=0, le=1, description="share of the steps in which some notes are given")
    eighths: float = Field(0.06, ge=0, le=1, description="share of the steps on a grid of eighths")
    quarters: float = Field(0.12, ge=0, le=1, description="share of the steps on a grid of quarters")
    optimiser: Optimiser = Field("muon", description="how weights are moved")
    steps: int = Field(4000, ge=1, description="training steps")
    batch: int = Field(12, ge=1, description="pieces or windows in a step, of all members together")
    rate: float = Field(5e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    decay: float = Field(0.2, ge=0, le=1, description="weight decay")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")


class ComposeEvaluation(Settings):
    """How well a composer foresees music that it was not trained on."""

    model: str = Field("chorales", description="a shipped model, a run's name or a folder")
    data: str | None = Field(None, description="a data set or a file; that which it was trained on if not given")
    keys: int = Field(1, ge=1, le=7, description="foresee in so many keys too, and average the probabilities")
    pieces: int = Field(
        0,
        ge=0,
        le=1000,
        description="compose so many, and say what they are like beside the data's, and what is copied",
    )
    temperature: float = Field(0.9, gt=0, le=2, description="how daring those are")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that their notes are chosen from")


ART = Art(
    name="compose",
    title="compose music in four voices, or of the kind that a model has learned",
    settings=Compose,
    package="gesso.arts.compose",
    models=("chorales",),
    training=ComposeTraining,
    evaluation=ComposeEvaluation,
    formats=MUSIC,
)
