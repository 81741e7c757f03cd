"""What every training run is told. Imports no torch, so that the command can describe it quickly."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gesso.core.declaration import Settings

Optimiser = Literal["adamw", "adam", "sgd", "rmsprop", "muon"]
Schedule = Literal["constant", "linear", "cosine", "one-cycle"]

USUAL: dict[Optimiser, dict[str, float]] = {
    "adamw": {"beta1": 0.9, "beta2": 0.99},
    "adam": {"beta1": 0.9, "beta2": 0.999},
    "sgd": {"momentum": 0.9, "nesterov": True},
    "rmsprop": {"momentum": 0.9, "beta2": 0.99},
    "muon": {"momentum": 0.95, "nesterov": True, "beta1": 0.9, "beta2": 0.99},
}
"""The settings that an optimiser has of its own, and what they are if not given."""


class Training(Settings):
    """Settings that every art's training shares; an art adds its own."""

    steps: int = Field(6000, ge=1, description="training steps")
    batch: int = Field(8, ge=1, description="examples in a step, of all processes together")
    accumulate: int = Field(1, ge=1, description="parts in which a process works through its batch, to save memory")
    optimiser: Optimiser = Field("adamw", description="how weights are moved")
    rate: float = Field(1e-3, gt=0, le=1, description="highest learning rate")
    schedule: Schedule = Field("cosine", description="how the learning rate goes on after its warm-up")
    warm_up: int = Field(200, ge=0, description="steps over which the learning rate rises; one-cycle has its own")
    momentum: float | None = Field(
        None, ge=0, lt=1, description="momentum of sgd and rmsprop, 0.9 if not given, and of muon, 0.95"
    )
    nesterov: bool | None = Field(None, description="take Nesterov's form of it, as sgd and muon do if not told")
    beta1: float | None = Field(
        None, ge=0, lt=1, description="decay of adam's, adamw's and muon's mean of gradients; 0.9 if not given"
    )
    beta2: float | None = Field(
        None, ge=0, lt=1, description="decay of the mean of their squares, rmsprop's alpha too; 0.99, of adam 0.999"
    )
    decay: float = Field(0.0, ge=0, le=1, description="weight decay")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="bfloat16: mixed precision, faster where the processor has it"
    )
    workers: int = Field(0, ge=0, le=64, description="processes that prepare batches ahead")
    shard: bool = Field(False, description="divide weights and their moments among torchrun's processes (FSDP)")
    save_every: int = Field(250, ge=1, description="steps between checkpoints")
    seed: int = Field(0, ge=0, description="seed of the first weights and of the order of the data")

    @model_validator(mode="after")
    def _parts_of_a_batch(self) -> Self:
        if self.batch % self.accumulate:
            raise ValueError(f"a batch of {self.batch} cannot be worked through in {self.accumulate} equal parts")
        if self.shard and self.optimiser == "muon":
            raise ValueError("muon needs whole matrices: with --shard choose another --optimiser")
        return self

    @model_validator(mode="after")
    def _settings_of_the_optimiser(self) -> Self:
        for name in ("momentum", "nesterov", "beta1", "beta2"):
            if getattr(self, name) is not None and name not in USUAL[self.optimiser]:
                others = " or ".join(each for each, own in USUAL.items() if name in own)
                raise ValueError(f"{self.optimiser} has no {name}: leave it out, or take {others}")
        if self.nesterov and self.momentum == 0:
            raise ValueError("--nesterov is a form of momentum, and --momentum is 0: leave one of them out")
        return self
