"""Arts train on two processes that divide the weights among them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow


def pictures(folder: Path) -> None:
    for number in range(6):
        for name in ("light", "dark"):
            path = folder / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            shade = np.random.default_rng(number).integers(0, 90, (16, 16, 3)) + 150 * (name == "light")
            Image.fromarray(shade.astype(np.uint8)).save(path)


@pytest.mark.parametrize(
    "words",
    [
        "recognize --data pictures --size 16 --widths 8 --blocks 1",
        "recognize --data pictures --size 16 --network convolutional --widths 8 --blocks 1",
        "paint/image --data pictures --size 8 --widths 8 --widths 16 --blocks 1 --patch 1",
        "paint/glyph --data drawings.ndjson --hidden 12 --mixtures 2 --layers 1",
        "write --data story.txt --width 16 --heads 2 --layers 1 --context 16 --couples 64",
        "compose --data pieces.json --members 2 --width 16 --heads 2 --layers 1 --inner 16 --encoder-width 16",
    ],
)
def test_an_art_trains_on_two_processes_that_divide_its_weights(words: str, tmp_path: Path) -> None:
    pictures(tmp_path / "pictures")
    drawings = [{"drawing": [[[0, 100, 200], [0, 90, 5 * n]], [[20, 60], [200, 5 * n]]]} for n in range(40)]
    (tmp_path / "drawings.ndjson").write_text("".join(f"{json.dumps(drawing)}\n" for drawing in drawings))
    (tmp_path / "story.txt").write_text("It was a dark night, and nobody came. " * 60)
    piece = [[67, 62, 59, 43]] * 8 + [[69, 62, 57, 50]] * 8 + [[71, 62, 55, 55]] * 16
    (tmp_path / "pieces.json").write_text(json.dumps({part: [piece] * 6 for part in ("train", "valid", "test")}))
    command = [sys.executable, "-m", "gesso", "train", *words.split(), "--steps", "2", "--batch", "4", "--shard"]
    command += ["--optimiser", "adamw", "--run", "tiny", "--quiet"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    torchrun = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **torchrun, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=240)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert (tmp_path / "runs/tiny/model/tiny.safetensors").is_file()
