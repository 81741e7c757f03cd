"""What `write` can be told."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from gesso.core.contents import TEXTS
from gesso.core.declaration import Art, Settings
from gesso.core.media import Font
from gesso.pipeline.settings import Optimiser, Training

FormName = Literal["5jue", "5lv", "7jue", "7lv", "sonnet", "blank", "free"]
VERSE: tuple[FormName, ...] = ("5jue", "5lv", "7jue", "7lv")
"""The forms of regulated verse."""

ENGLISH: tuple[FormName, ...] = ("sonnet", "blank")
"""The forms of English verse."""


CHINESE = ("poet", "start", "rhyme", "rhyme_book", "rules", "script", "pinyin", "tones")
"""The settings that belong to Chinese poems."""

OWN_TO: dict[str, FormName] = {"lines": "blank", "length": "free", "repetition": "free"}
"""The settings that belong to one form."""


class Write(Settings):
    """Write a poem in strict form, or prose in the manner that a model has learned."""

    count: int = Field(1, ge=1, le=1000, description="how many to write")
    form: FormName | None = Field(
        None,
        description="Chinese: four or eight lines (jue, lv) of five or seven characters; English: a sonnet, or blank "
        "verse; free: text in the manner of the model; 7jue if not given, or what the model has learned",
    )
    title: str | None = Field(None, min_length=1, max_length=60, description="what the poem is about, or a heading")
    begin: str | None = Field(
        None,
        min_length=1,
        max_length=4000,
        description="the first line of a poem, or the beginning of a text, where \\n is the end of a line",
    )
    acrostic: str | None = Field(
        None, min_length=2, max_length=40, description="what the first characters of the lines spell"
    )
    poet: str | None = Field(None, min_length=1, max_length=20, description="in whose voice, such as 李白")
    start: Literal["level", "oblique"] | None = Field(
        None, description="the tone that the second character of the first line has; drawn if not given"
    )
    rhyme: str | None = Field(
        None, min_length=1, max_length=4, description="the rhyme group, by its name or a character in it, such as 东"
    )
    rhyme_book: Literal["pingshui", "broad", "modern"] = Field(
        "pingshui", description="what rhymes: as in Tang examinations, as in songs (ci), or as it is spoken today"
    )
    rules: bool = Field(
        True, description="keep tones and rhyme; without them lines, their length, and no character twice"
    )
    tries: int | None = Field(
        None,
        ge=1,
        le=64,
        description="poems, or English lines, written for each that is kept, the one liked best; 6 poems or 3 lines if "
        "not given",
    )
    script: Literal["simplified", "traditional"] = Field("simplified", description="characters to write Chinese in")
    pinyin: bool = Field(False, description="how each Chinese character is read, beside it")
    tones: bool = Field(False, description="a gloss of level and oblique tones, and of rhymes, below the poem")
    lines: int = Field(14, ge=1, le=200, description="lines of blank verse")
    length: int = Field(600, ge=1, le=100_000, description="characters of a text in free form")
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        description="how daring: low is close to the usual, 1 as in the data; 0.9, for English verse 0.7, if not given",
    )
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that is chosen from, likeliest first")
    min_p: float = Field(0.02, ge=0, le=1, description="least probability beside the likeliest")
    repetition: float = Field(
        0.0, ge=0, le=10, description="of free text: nats taken from what came already, for each time among the last 64"
    )
    font: Font | None = Field(None, description="a TTF or OTF file to set pictures in; the system's best if not given")
    seal: str | None = Field(None, min_length=1, max_length=4, description="one to four characters of a red seal")

    @field_validator("begin")
    @classmethod
    def _in_lines(cls, begin: str | None) -> str | None:
        return begin and begin.replace("\\n", "\n")  # as it can be typed in any shell

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.form == "free":
            for name, forms in (("acrostic", (*VERSE, *ENGLISH)), ("start", VERSE), ("rhyme", VERSE)):
                if getattr(self, name) is not None:
                    raise ValueError(f"--{name} belongs to poems in form: choose --form {', '.join(forms)}")
        if self.form in ENGLISH and (told := self.told(CHINESE)):
            raise ValueError(f"{told[0]} belongs to Chinese poems: leave it out")
        if not self.rules and (self.start or self.rhyme):
            raise ValueError("--no-rules keeps neither tones nor rhyme: leave out --start and --rhyme")
        return self

    def told(self, names: Iterable[str]) -> list[str]:
        """Which of the settings are not as they are by default, as a command says them."""
        changed = [name for name in names if getattr(self, name) != type(self).model_fields[name].default]
        return [f"--{'no-' if getattr(self, name) is False else ''}{name.replace('_', '-')}" for name in changed]


class WriteTraining(Training):
    """Train a writer on poems, or on texts of your own."""

    data: tuple[str, ...] = Field(
        min_length=1,
        description="tang, tinyshakespeare, sonnets, or text files (UTF-8) and folders of them; twice weighs double",
    )
    start: str | None = Field(
        None, description="a model whose weights to begin with, so that fewer steps or texts do; else fresh ones"
    )
    minutes: float | None = Field(
        None, gt=0, le=10_000, description="choose size and steps for so many minutes on this machine"
    )
    tokens: Literal["characters", "pairs"] = Field(
        "characters", description="what a text is read by: characters, or pieces of words (byte-pair encoding)"
    )
    pieces: int = Field(1024, ge=64, le=50_000, description="how many pieces --tokens pairs may have")
    width: int = Field(128, ge=8, le=4096, description="channels")
    heads: int = Field(4, ge=1, le=64, description="heads of attention")
    layers: int = Field(4, ge=1, le=48, description="layers")
    context: int = Field(128, ge=8, le=8192, description="tokens heard at a time of a text")
    couples: int = Field(
        4096, ge=0, le=1_000_000, description="rows of the table of pairs of tokens that is heard beside each token"
    )
    normalised: bool = Field(True, description="bring queries and keys to one size")
    mixed: bool = Field(True, description="let the values of the first layer be heard in all")
    mlp: Literal["squared-relu", "gelu", "swiglu"] = Field("squared-relu", description="what bends in each layer")
    silent: bool = Field(True, description="begin with layers that say nothing")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the channels that are silenced in each branch")
    blank: float = Field(0.0, ge=0, lt=1, description="share of the tokens that are not heard")
    titles: float = Field(0.5, ge=0, le=1, description="of poems, share whose title is told")
    voices: float = Field(0.5, ge=0, le=1, description="of poems, share whose poet is told")
    backwards: float = Field(0.25, ge=0, le=1, description="of poems, share that is learned from the last character")
    optimiser: Optimiser = Field("muon", description="how weights are moved")
    steps: int = Field(2000, ge=1, description="training steps")
    batch: int = Field(16, ge=1, description="windows, or poems of forty characters, in a step")
    rate: float = Field(8e-3, gt=0, le=1, description="highest learning rate; it warms up, then falls to zero")
    warm_up: int = Field(50, ge=0, description="steps over which the learning rate rises")
    decay: float = Field(0.1, ge=0, le=1, description="weight decay")
    average: float = Field(0.99, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")
    samples: bool = Field(True, description="show what is written at every checkpoint")


class WriteEvaluation(Settings):
    """How well a writer foresees text that it was not trained on."""

    model: str = Field("tang", description="a shipped model, a run's name or a folder")
    data: tuple[str, ...] = Field(
        (), description="a data set, or files and folders; that which it was trained on if not given"
    )
    poems: int = Field(
        0, ge=0, le=1000, description="write so many of each form, and say how they keep it beside what people write"
    )


ART = Art(
    name="write",
    title="write poems in strict form, or prose in the manner that a model has learned",
    settings=Write,
    package="gesso.arts.write",
    models=("tang", "shakespeare"),
    training=WriteTraining,
    evaluation=WriteEvaluation,
    formats=TEXTS,
)
