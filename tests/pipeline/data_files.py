"""Tiny data sets in the true formats."""

import gzip
import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def idx(array: NDArray[np.uint8]) -> bytes:
    """An idx.gz file of bytes."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


def write_mnist(folder: Path, *, train: int = 20, test: int = 10, seed: int = 0) -> tuple[NDArray[np.uint8], ...]:
    """The four files; returns the train pictures and labels."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    made: list[NDArray[np.uint8]] = []
    for prefix, n in (("t10k", test), ("train", train)):
        x = rng.integers(0, 256, (n, 28, 28), np.uint8)
        y = (np.arange(n) % 10).astype(np.uint8)
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(x))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(y))
        made = [x, y]
    return tuple(made)


def cifar_records(n: int, seed: int) -> bytes:
    """`n` records of CIFAR-10's binary version."""
    rng = np.random.default_rng(seed)
    records = rng.integers(0, 256, (n, 3073), np.uint8)
    records[:, 0] = np.arange(n) % 10
    return records.tobytes()


def write_classes(folder: Path, classes: dict[str, int], *, size: tuple[int, int] = (40, 30)) -> Path:
    """Class folders of PNG pictures, each of one colour: red its class, green its number."""
    for label, (name, n) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for number in range(n):
            Image.new("RGB", size, (label * 40, number, 200)).save(folder / name / f"{number:03}.png")
    return folder


def write_wav(path: Path, samples: NDArray[np.floating], rate: int) -> Path:
    """A WAV file of 16 bits; samples (n,) or (n, channels) in [-1, 1]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def sine(hertz: float, rate: int, seconds: float) -> NDArray[np.float64]:
    """A sine of amplitude one half."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
