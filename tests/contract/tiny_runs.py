"""Training runs of seconds, one for each art that trains."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from conftest import write_picture
from gesso.core import devices
from gesso.core.declaration import Art, Settings
from gesso.core.progress import Progress

TINY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "stylize": (
        {"content": ["photographs"], "data": ["paintings"], "crop": 64, "batch": 4, "rate": 1e-3, "warm_up": 5},
        {"style": ["paintings/1.png"]},
    ),
    "recognize": (
        {
            "data": "classes",
            "size": 16,
            "widths": [16],
            "blocks": [1],
            "batch": 8,
            "rate": 1e-2,
            "warm_up": 5,
            "shift": 0,
            "rotate": 0,
            "scale": 0,
        },
        {},
    ),
    "paint/image": (
        {"data": "classes", "size": 8, "widths": [16], "blocks": 1, "batch": 16, "warm_up": 5, "augment": 0},
        {"size": 16},
    ),
    "paint/glyph": (
        {"data": "characters", "hidden": 24, "layers": 1, "mixtures": 3, "batch": 8, "rate": 1e-2, "warm_up": 5},
        {},
    ),
    "compose": (
        {
            "data": "pieces.json",
            "members": 2,
            "width": 16,
            "heads": 2,
            "layers": 1,
            "inner": 16,
            "depth": 1,
            "encoder_width": 16,
            "encoder_layers": 1,
            "batch": 4,
            "rate": 1e-2,
            "warm_up": 5,
        },
        {"bars": 2},
    ),
    "write": (
        {"data": "story.txt", "width": 16, "heads": 2, "layers": 1, "context": 32, "batch": 4, "warm_up": 5},
        {"length": 60},
    ),
}
"""For each art that trains: the settings of a run on what `write_data` writes, and those of a work by which the model
that came of it is tried."""


def write_data() -> None:
    """Writes what TINY names into the current folder."""
    for number in range(8):
        write_picture(Path(f"photographs/{number}.png"), width=96, height=80, seed=number)
        for place, name in enumerate(("wild", "calm")):
            write_picture(Path(f"classes/{name}/{number}.png"), width=20, height=16, seed=number + 60 * place)
    for number in range(3):
        write_picture(Path(f"paintings/{number}.png"), width=80, height=96, seed=20 + number)
    Path("characters").mkdir(exist_ok=True)
    for number in range(40):
        strokes = [
            [[10, 20 + number], [90, 20 + number]],
            [[50, 10], [50, 90]],
            [[20, 80], [60, 90], [70, 50 + number]],
        ]
        Path(f"characters/{number}.json").write_text(json.dumps({"strokes": strokes}))
    steps = np.random.default_rng(0).integers(-3, 4, (12, 8, 4))
    pieces = np.repeat(np.array([70, 64, 57, 45]) + steps, 4, axis=1).tolist()  # 12 of 8 quarters
    Path("story.txt").write_text("The snow fell on the river, and the river carried it away. " * 40)
    Path("pieces.json").write_text(json.dumps({"train": pieces[:8], "valid": pieces[8:10], "test": pieces[10:]}))


def train(art: Art, settings: Settings, run: Path, progress: Progress | None = None, *, resume: bool = False) -> None:
    """Trains on one thread of the processor, so that runs can be compared bit by bit."""
    step = art.step("train")
    with devices.repeatable(1):
        step.train(
            settings,
            run,
            device=torch.device("cpu"),
            progress=progress or Progress(shown=False),
            resume=resume,
        )
