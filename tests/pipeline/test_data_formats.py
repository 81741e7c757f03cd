"""The files of the named data sets, tiny ones in the true formats: read right, and damage told in one line."""

import gzip
import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import cifar_records, idx, write_mnist
from PIL import Image

from gesso.core.errors import GessoError
from gesso.pipeline.data import cifar, openmoji
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.idx import read_idx, read_pair
from gesso.pipeline.data.listing import Split
from gesso.pipeline.data.loading import Skips

pytestmark = pytest.mark.fast


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    return tmp_path


# idx


def test_mnist_is_read_as_it_was_written(data: Path) -> None:
    x, y = write_mnist(data / "pictures" / "mnist")
    train, test = open_examples("mnist", "train"), open_examples("mnist", "test")

    assert (len(train), len(test)) == (20, 10)
    assert train.classes == tuple("0123456789")
    assert train.labels.dtype == torch.int64
    assert train.labels.tolist() == y.tolist()
    loaded = train.load(torch.tensor([3, 0]))
    assert loaded.skipped == ()
    assert loaded.inputs.dtype == torch.uint8
    assert torch.equal(loaded.inputs, torch.tensor(x[[3, 0]])[:, None])
    assert open_examples("mnist", "test", size=32).load(torch.arange(4)).inputs.shape == (4, 1, 32, 32)


GOOD = idx(np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28))


@pytest.mark.parametrize(
    ("contents", "line"),
    [
        (b"", "not an idx file"),
        (b"<html>not found</html>", "damaged"),
        (GOOD[:-30], "truncated"),
        (GOOD[:100] + bytes([GOOD[100] ^ 255]) + GOOD[101:], "damaged"),
        (gzip.compress(gzip.decompress(GOOD)[:-1]), "truncated: 1567 bytes of 1568"),
        (gzip.compress(gzip.decompress(GOOD) + b"x"), "holds more than the 1568 bytes"),
        (gzip.compress(b"\x89PNG\r\n\x1a\n"), "not an idx file"),
        (gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12), "claims to hold"),
    ],
)
def test_a_damaged_idx_file_is_one_line(tmp_path: Path, contents: bytes, line: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(contents)
    with pytest.raises(GessoError, match=line) as told:
        read_idx(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_pictures_and_labels_must_belong_together(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(GOOD)
    (tmp_path / "y").write_bytes(idx(np.array([1], np.uint8)))
    with pytest.raises(GessoError, match="do not belong together"):
        read_pair(tmp_path / "x", tmp_path / "y", 10)
    (tmp_path / "y").write_bytes(idx(np.array([1, 10], np.uint8)))
    with pytest.raises(GessoError, match="label 10; there are 10 classes"):
        read_pair(tmp_path / "x", tmp_path / "y", 10)


# CIFAR-10


def test_cifar_binary_is_red_green_blue_by_rows(data: Path) -> None:
    folder = data / "pictures" / "cifar10" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for number, name in enumerate((*cifar.BATCHES["train"], *cifar.BATCHES["test"])):
        (folder / name).write_bytes(cifar_records(4, number))
    first = np.frombuffer(cifar_records(4, 0), np.uint8).reshape(4, 3073)

    train = open_examples("cifar10", "train")

    assert (len(train), len(open_examples("cifar10", "test"))) == (20, 4)
    assert train.labels[:4].tolist() == [0, 1, 2, 3]
    picture = train.load(torch.tensor([1])).inputs[0]
    assert picture.shape == (3, 32, 32)
    assert picture[0, 0, 1] == first[1, 2]
    assert picture[2, 31, 31] == first[1, 3072]

    (folder / "test_batch.bin").write_bytes(cifar_records(4, 0)[:-1])
    with pytest.raises(GessoError, match=r"test_batch.bin has 12291 bytes, no multiple of 3073"):
        open_examples("cifar10", "test")


def jpeg(colour: tuple[int, int, int], side: int = 32) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, side), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


def write_streams(path: Path, streams: list[bytes], *, last: int | None = None) -> None:
    offsets = np.cumsum([0, *map(len, streams)])
    if last is not None:
        offsets[-1] = last
    arrays = {}
    for split in ("train", "test"):
        arrays |= {
            f"{split}_jpeg": np.frombuffer(b"".join(streams), np.uint8),
            f"{split}_offsets": offsets,
            f"{split}_labels": np.arange(len(streams), dtype=np.uint8) % 10,
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)


def test_a_damaged_stream_of_cifar_is_named_and_left_out(data: Path) -> None:
    path = data / "pictures" / "cifar10" / "cifar10_jpeg.npz"
    write_streams(path, [jpeg((255, 0, 0)), b"\xff\xd8\xff no more", jpeg((0, 0, 255)), jpeg((0, 0, 0), side=16)])
    skips = Skips()
    with pytest.warns(UserWarning, match="picture 1 of train"), pytest.warns(UserWarning, match="picture 3 of train"):
        train = open_examples("cifar10", "train", skips=skips)
    assert skips.summary().startswith("2 files could not be read and were left out: picture 1 of train")
    assert train.labels.tolist() == [0, 2]
    red, blue = train.load(torch.tensor([0, 1])).inputs.float().mean((2, 3))
    assert (red - torch.tensor([255.0, 0, 0])).abs().max() < 4
    assert (blue - torch.tensor([0.0, 0, 255])).abs().max() < 4


def test_arrays_that_are_not_cifar_are_one_line(data: Path) -> None:
    path = data / "pictures" / "cifar10" / "cifar10_jpeg.npz"
    write_streams(path, [jpeg((0, 0, 0))], last=5)
    with pytest.raises(GessoError, match="do not belong together"):
        open_examples("cifar10", "train")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(GessoError, match="not a whole array file"):
        open_examples("cifar10", "train")
    np.savez(path, train_jpeg=np.array([{"a": "pickle"}], dtype=object))
    with pytest.raises(GessoError, match="not a whole array file"):
        open_examples("cifar10", "train")


# OpenMoji


@pytest.mark.parametrize(
    ("hexcodes", "expected"),
    [
        (("1F44B", "1F44B-1F3FB", "1F44B-1F3FF"), "1F44B"),  # a waving hand, light and dark
        (("1F9D1-200D-1F692", "1F468-200D-1F692", "1F469-1F3FD-200D-1F692"), "1F9D1-1F692"),  # fire fighters
        (("1F3C3", "1F3C3-200D-2640-FE0F", "1F3C3-1F3FD-200D-2642-FE0F-200D-27A1-FE0F"), "1F3C3"),  # runners
        (("1F46B", "1F46D-1F3FF", "1F469-1F3FB-200D-1F91D-200D-1F468-1F3FF"), "1F9D1-1F91D-1F9D1"),
        (("1F46A", "1F468-200D-1F469-200D-1F466"), "1F46A"),  # families
        (("1F1EB-1F1F7", "1F1E8-1F1F5"), "1F1EB-1F1F7"),  # France and Clipperton Island
        (("2640", "2640-FE0F"), "2640"),  # the sign itself
    ],
)
def test_the_variants_of_an_emoji_share_a_base_and_a_split(hexcodes: tuple[str, ...], expected: str) -> None:
    assert {openmoji.base(hexcode) for hexcode in hexcodes} == {expected}
    assert len({openmoji.is_held_out(hexcode) for hexcode in hexcodes}) == 1


def emoji(hexcode: str, group: str, skin_base: str = "") -> dict[str, str]:
    return {"hexcode": hexcode, "annotation": hexcode, "group": group, "skintone_base_hexcode": skin_base}


def png(colour: tuple[int, ...]) -> bytes:
    file = BytesIO()
    Image.new("RGBA", (72, 72), colour).save(file, "PNG")
    return file.getvalue()


def test_openmoji_is_laid_on_white_and_a_damaged_picture_is_named(data: Path) -> None:
    folder = data / "pictures" / "openmoji"
    folder.mkdir(parents=True)
    there = [emoji(f"1F{number}", "objects") for number in range(400, 420)]
    held_out = [each["hexcode"] for each in there if openmoji.is_held_out(each["hexcode"])]
    kept = [each["hexcode"] for each in there if each["hexcode"] not in held_out]
    assert 0 < len(held_out) < 10
    other = [emoji("1F3FB", "component"), emoji("E000", "extras-openmoji"), emoji("1F999", "animals-nature")]
    (folder / "openmoji.json").write_text(json.dumps(there + other))
    with zipfile.ZipFile(folder / "openmoji-72x72-color.zip", "w") as archive:
        for each in (*there, *other[:2]):  # there is no picture of the last
            damaged = each["hexcode"] == kept[0]
            archive.writestr(f"{each['hexcode']}.png", b"no picture" if damaged else png((255, 0, 0, 128)))

    absent = "test" if openmoji.is_held_out("1F999") else "train"
    with (
        pytest.warns(UserWarning, match=f"{kept[0]}.png in .* cannot be read and is left out"),
        pytest.warns(UserWarning, match=f"1 of .* emoji for {absent} have no picture in .* of another release"),
    ):
        train, test = (open_examples("openmoji", split) for split in ("train", "test"))

    assert len(train) == len(kept) - 1
    assert {train.classes[label] for label in train.labels} == {"objects"}
    assert train.load(torch.tensor([0])).inputs[0, :, 5, 5].tolist() == [255, 127, 127]
    assert len(test) == len(held_out)


def test_extras_are_learned_from_but_for_brands_and_what_looks_like_a_test_emoji(data: Path) -> None:
    folder = data / "pictures" / "openmoji"
    folder.mkdir(parents=True)
    star, black_star, logo, glacier = "2B50", "2605", "E040", "E0D0"
    assert openmoji.is_held_out(star)
    rows = [emoji(star, "travel-places"), emoji("1F30A", "travel-places"), emoji(black_star, "extras-unicode")]
    rows += [emoji(logo, "extras-openmoji") | {"subgroups": "brand"}, emoji(glacier, "extras-openmoji")]
    (folder / "openmoji.json").write_text(json.dumps(rows))
    with zipfile.ZipFile(folder / "openmoji-72x72-color.zip", "w") as archive:
        for each in rows:
            archive.writestr(f"{each['hexcode']}.png", png((255, 0, 0, 128)))

    def hexcodes(split: Split, *, extras: bool) -> list[str]:
        return [each.hexcode for each in openmoji.read_openmoji(folder, split, extras=extras)[2]]

    plain = hexcodes("train", extras=False)
    assert glacier not in plain
    assert hexcodes("train", extras=True) == [*plain, glacier]
    assert hexcodes("test", extras=True) == hexcodes("test", extras=False)


def test_a_table_that_is_none_is_one_line(data: Path) -> None:
    folder = data / "pictures" / "openmoji"
    folder.mkdir(parents=True)
    (folder / "openmoji-72x72-color.zip").write_bytes(b"")
    for contents in ("<html>", "{}", '[{"group": "objects"}]', "[1]"):
        (folder / "openmoji.json").write_text(contents)
        with pytest.raises(GessoError, match="openmoji"):
            open_examples("openmoji", "train")
