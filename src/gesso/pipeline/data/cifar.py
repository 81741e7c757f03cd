"""CIFAR-10 (Krizhevsky 2009): the binary version, and an array of JPEG streams. As numpy arrays, no torch, no pickles.

A record of the binary version is a byte for the label and 3072 for the picture: red, green, blue, each 32 rows of 32.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.core.pictures import decode
from gesso.pipeline.data.listing import Split

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES: dict[Split, tuple[str, ...]] = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
_RECORD = 1 + 3 * 32 * 32


def read_binary(folder: Path, split: Split) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The pictures (N, 3, 32, 32) and labels (N,) of a split. Raises GessoError when a file is missing or damaged."""
    records = np.concatenate([_records(folder / name) for name in BATCHES[split]])
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].copy()


def read_streams(path: Path, split: Split) -> tuple[NDArray[np.uint8], NDArray[np.uint8], list[str]]:
    """The pictures (N, 3, 32, 32) and labels (N,) of a split of an .npz of JPEG streams.

    It holds for each split {split}_jpeg, all streams one after the other; {split}_offsets, where each begins and the
    last ends; and {split}_labels.

    Returns:
        Pictures, labels, and the streams that cannot be decoded and are left out, each with what is wrong with it.

    Raises:
        GessoError: the file is missing, damaged, or holds something else.
    """
    with open_file(path) as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                stream, offsets, labels = (arrays[f"{split}_{name}"] for name in ("jpeg", "offsets", "labels"))
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
            raise GessoError(f"{path} is not a whole array file of CIFAR-10 ({error}); copy it again") from error
    _check_streams(path, stream, offsets, labels)
    pictures: list[NDArray[np.uint8]] = []
    kept: list[int] = []
    wrong: list[str] = []
    for number in range(len(labels)):
        name = f"picture {number} of {split} in {path}"
        try:
            rgb = decode(stream[offsets[number] : offsets[number + 1]].tobytes()).rgb
        except GessoError as error:
            wrong.append(f"{name} ({error})")
            continue
        if rgb.shape != (32, 32, 3):
            wrong.append(f"{name} (it has the shape {rgb.shape}, not (32, 32, 3))")
            continue
        pictures.append(rgb.transpose(2, 0, 1))
        kept.append(number)
    if not pictures:
        raise GessoError(f"no picture of {split} in {path} can be decoded; copy it again")
    return np.stack(pictures), labels[kept].astype(np.uint8), wrong


def _check_streams(path: Path, stream: NDArray[Any], offsets: NDArray[Any], labels: NDArray[Any]) -> None:
    fits = (
        stream.dtype == np.uint8
        and stream.ndim == offsets.ndim == labels.ndim == 1
        and np.issubdtype(offsets.dtype, np.integer)
        and np.issubdtype(labels.dtype, np.integer)
        and len(offsets) == len(labels) + 1
        and offsets[0] == 0
        and offsets[-1] == len(stream)
        and bool((np.diff(offsets) >= 0).all())
        and bool(((labels >= 0) & (labels < len(CLASSES))).all())
    )
    if not fits:
        raise GessoError(f"the arrays in {path} do not belong together; copy it again")


def _records(path: Path) -> NDArray[np.uint8]:
    with open_file(path) as file:
        data = np.frombuffer(file.read(), np.uint8)
    if not data.size or data.size % _RECORD:
        raise GessoError(f"{path} has {data.size} bytes, no multiple of {_RECORD}: it is truncated; get it again")
    records = data.reshape(-1, _RECORD)
    if records[:, 0].max() >= len(CLASSES):
        raise GessoError(f"{path} has the label {records[:, 0].max()}, there are 10 classes; get it again")
    return records
