"""What every training run is told. Imports no torch, so that the command can describe it quickly."""

from pydantic import Field

from gesso.core.declaration import Settings


class Training(Settings):
    """Settings that every art's training shares; an art adds its own."""

    steps: int = Field(6000, ge=1, description="training steps")
    batch: int = Field(8, ge=1, description="examples in a step")
    rate: float = Field(1e-3, gt=0, le=1, description="highest learning rate of AdamW; it warms up, then falls to zero")
    warm_up: int = Field(200, ge=0, description="steps over which the learning rate rises")
    decay: float = Field(0.0, ge=0, le=1, description="weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept (EMA)")
    save_every: int = Field(250, ge=1, description="steps between checkpoints")
    seed: int = Field(0, ge=0, description="seed of the first weights and of the order of the data")
