"""The idx files of MNIST and those made after it (LeCun's format), as numpy arrays. No torch."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gesso.core.errors import GessoError
from gesso.core.files import open_file

_LARGEST = 1 << 31
_AGAIN = "remove it and get it again"


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The bytes in an idx.gz file, in the shape that its header gives: (N, H, W) for pictures, (N,) for labels.

    Raises GessoError when it is missing, truncated, damaged, or not such a file.
    """
    with open_file(path) as raw:
        try:
            with gzip.open(raw) as file:
                magic = file.read(4)
                if len(magic) < 4 or magic[:3] != b"\0\0\x08" or not 1 <= magic[3] <= 3:
                    raise GessoError(
                        f"{path} is not an idx file of bytes: it begins with {magic.hex() or 'nothing'}; {_AGAIN}"
                    )
                shape = struct.unpack(f">{magic[3]}I", _exactly(file, 4 * magic[3], path))
                size = int(np.prod(shape, dtype=object))
                if size > _LARGEST:
                    raise GessoError(f"{path} claims to hold {size} bytes, shape {shape}; {_AGAIN}")
                data = _exactly(file, size, path)
                if file.read(1):
                    raise GessoError(f"{path} holds more than the {size} bytes of its shape {shape}; {_AGAIN}")
        except EOFError:
            raise GessoError(f"{path} is truncated: its end is missing; {_AGAIN}") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise GessoError(f"{path} is damaged ({error}); {_AGAIN}") from error
    return np.frombuffer(data, np.uint8).reshape(shape)


def read_pair(images: Path, labels: Path, classes: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The pictures (N, H, W) and the labels (N,) of a split. Raises GessoError as `read_idx`, or if they disagree."""
    x, y = read_idx(images), read_idx(labels)
    if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
        raise GessoError(f"{images} has the shape {x.shape}, {labels} {y.shape}: they do not belong together")
    if y.size and y.max() >= classes:
        raise GessoError(f"{labels} has the label {y.max()}; there are {classes} classes; {_AGAIN}")
    return x, y


def _exactly(file: gzip.GzipFile, size: int, path: Path) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise GessoError(f"{path} is truncated: {len(data)} bytes of {size} are there; {_AGAIN}")
    return data
