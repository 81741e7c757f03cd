"""Folders of a person's own pictures: splits, damage, worker processes, and what is not there."""

import warnings
from pathlib import Path

import pytest
import torch
from data_files import write_classes
from PIL import Image

from gesso.core.errors import GessoError
from gesso.pipeline.data.examples import Folder, InMemory, Skips, batches, open_examples
from gesso.pipeline.data.folder import square
from gesso.pipeline.data.listing import list_classes
from gesso.pipeline.data.loading import first_of, in_memory, load_or_next


def colours(inputs: torch.Tensor) -> list[list[int]]:
    """Class and number of pictures, as `write_classes` painted them."""
    assert inputs.dtype == torch.uint8
    assert inputs.shape[1:] == (3, 16, 16)
    return [[int(x[0, 8, 8]) // 40, int(x[1, 8, 8])] for x in inputs]


def folder_of(path: Path, split: str = "train") -> Folder:
    examples = open_examples(str(path), split, size=16)  # pyright: ignore[reportArgumentType]
    assert isinstance(examples, Folder)
    return examples


# Splits


def test_every_fifth_of_a_class_is_held_out(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "set", {"cat": 11, "dog": 5, "eel": 3})
    train, test = folder_of(folder), folder_of(folder, "test")
    assert train.classes == test.classes == ("cat", "dog", "eel")
    assert colours(test.load(torch.arange(3)).inputs) == [[0, 4], [0, 9], [1, 4]]
    assert len(train) + len(test) == 19
    assert not set(train.names) & set(test.names)
    assert torch.bincount(train.labels).tolist() == [9, 4, 3]


@pytest.mark.parametrize("held_out", ["test", "val"])
def test_folders_for_training_and_testing_are_used(tmp_path: Path, held_out: str) -> None:
    write_classes(tmp_path / "train", {"cat": 6, "dog": 7})
    write_classes(tmp_path / held_out, {"dog": 2})
    assert len(folder_of(tmp_path)) == 13
    test = folder_of(tmp_path, "test")
    assert test.classes == ("cat", "dog")
    assert test.labels.tolist() == [1, 1]


def test_pictures_are_found_at_any_depth_and_hidden_ones_are_not(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 5})
    write_classes(tmp_path / "cat", {"more": 1, ".thumbs": 1})
    (tmp_path / ".git").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("a cat")
    (tmp_path / "cat" / "LOUD.JPG").write_bytes((tmp_path / "cat" / "000.png").read_bytes())
    listing = list_classes(tmp_path, "train")
    assert listing.classes == ("cat",)
    assert [name.removeprefix("cat/") for name in listing.names] == [
        *("000.png", "001.png", "002.png", "003.png"),
        *("LOUD.JPG", "more/000.png"),  # 004.png, the fifth, is held out
    ]


def test_loose_files_beside_the_classes_are_told(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 6})
    (tmp_path / "loose.png").write_bytes((tmp_path / "cat" / "000.png").read_bytes())
    with pytest.warns(UserWarning, match="1 files that lie in"):
        assert len(folder_of(tmp_path)) == 5


@pytest.mark.parametrize(
    ("made", "line"),
    [
        ([], "it is empty"),
        (["one.png"], "its 1 files belong to no class"),
        (["cat/one.png", "dog/"], "dog has no pictures or sounds"),
        (["cat/one.png", "dog/read.txt"], "dog has no pictures or sounds"),
        (["cat/one.png", "dog/one.wav"], "pictures and sounds"),
        (["train/cat/one.png", "test/dog/one.png"], "has the class dog"),
        (["train/cat/one.png", "test/"], "it is empty"),
        (["train/cat/one.png", "test/cat/one.wav"], "keep one kind"),
        (["cat/one.png", "dog/one.png"], "nothing in .* is held out"),
    ],
)
def test_what_is_no_folder_of_classes_is_one_line(tmp_path: Path, made: list[str], line: str) -> None:
    for name in made:
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    with pytest.raises(GessoError, match=line) as told:
        open_examples(str(tmp_path), "test")
    assert "\n" not in str(told.value)


# Damage


@pytest.mark.filterwarnings("error")
def test_a_damaged_file_is_named_and_left_out_and_in_full_batches_the_next_of_its_class_stands_in(
    tmp_path: Path,
) -> None:
    folder = write_classes(tmp_path / "set", {"cat": 4, "dog": 4})
    train = folder_of(folder)
    cut = (folder / "cat" / "003.png").read_bytes()
    (folder / "cat" / "003.png").write_bytes(cut[:-20])
    (folder / "dog" / "001.png").write_text("not a picture")
    (folder / "dog" / "002.png").unlink()

    loaded = train.load(torch.tensor([3, 5, 4]))
    assert (colours(loaded.inputs), loaded.indices.tolist()) == ([[1, 0]], [4])
    assert loaded.skipped == (str(folder / "cat/003.png"), str(folder / "dog/001.png"))

    loaded = load_or_next(train, torch.tensor([3, 5, 4]))
    assert colours(loaded.inputs) == [[0, 0], [1, 3], [1, 0]]  # the last cat is followed by the first
    assert loaded.indices.tolist() == [0, 7, 4]
    among = torch.tensor([4, 3, 5, 2])
    assert load_or_next(train, torch.tensor([3, 5, 4]), among).indices.tolist() == [2, 4, 4]
    skips = Skips()
    with pytest.warns(UserWarning, match="is left out") as told:
        skips.note(loaded.skipped)
    skips.note(loaded.skipped)  # without a second warning, which would be an error
    names = [str(folder / name) for name in ("cat/003.png", "dog/001.png", "dog/002.png")]
    assert [str(each.message) for each in told] == [f"{name} cannot be read and is left out" for name in names]
    assert len(skips) == 3
    assert skips.summary() == f"3 files could not be read and were left out: {', '.join(names)}"


@pytest.mark.filterwarnings("ignore:.*cannot be read")
def test_a_class_without_a_readable_file_is_one_line(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "set", {"cat": 2, "dog": 2})
    train = folder_of(folder)
    for number in range(2):
        (folder / "dog" / f"00{number}.png").write_bytes(b"")
    assert len(load_or_next(train, torch.tensor([0, 1])).inputs) == 2
    with pytest.raises(GessoError, match=r"none of the 2 files of the class of .*dog/000\.png can be read"):
        load_or_next(train, torch.tensor([2]))
    assert in_memory(train, Skips()).labels.tolist() == [0, 0]
    for number in range(2):
        (folder / "cat" / f"00{number}.png").write_bytes(b"")
    for read in (first_of, lambda examples: in_memory(examples, Skips())):
        with pytest.raises(GessoError, match="none of the 4 files can be read"):
            read(train)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # where there is one processor
@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_worker_processes_load_the_same_and_report_what_they_skip(tmp_path: Path, start: str) -> None:
    folder = write_classes(tmp_path / "set", {"cat": 6, "dog": 6})
    train = folder_of(folder)
    (folder / "dog" / "001.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    order = list(torch.randperm(len(train), generator=torch.Generator().manual_seed(0)).split(3))

    here = list(batches(train, order))
    there = list(batches(train, order, workers=2, start=start))

    assert len(here) == len(there) == 4
    for ours, theirs in zip(here, there, strict=True):
        assert torch.equal(ours.inputs, theirs.inputs)
        assert torch.equal(ours.indices, theirs.indices)
        assert ours.skipped == theirs.skipped
    assert sum(len(batch.skipped) for batch in there) == 1


# Sizes


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (3, 3), (1, 1), (900, 2), (64, 64)])
def test_any_shape_becomes_a_square(tmp_path: Path, size: tuple[int, int]) -> None:
    from gesso.core.pictures import decode

    Image.new("RGB", size, "red").save(tmp_path / "picture.png")
    raster = decode(tmp_path / "picture.png")
    cropped, padded = square(raster, 32, "crop"), square(raster, 32, "pad")
    assert cropped.shape == padded.shape == (3, 32, 32)
    assert (cropped == torch.tensor([255, 0, 0])[:, None, None]).all()
    white = (padded == 255).all(0).sum().item()
    assert white == 32 * 32 - max(1, round(32 * size[0] / max(size))) * max(1, round(32 * size[1] / max(size)))


def test_crop_takes_the_middle_and_transparency_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (300, 100), (0, 0, 255, 255))
    picture.paste((255, 0, 0, 255), (100, 0, 200, 100))
    picture.paste((0, 0, 0, 0), (100, 0, 200, 50))
    (tmp_path / "set" / "flag").mkdir(parents=True)
    for number in range(2):
        picture.save(tmp_path / "set" / "flag" / f"{number}.png")
    (x,) = folder_of(tmp_path / "set").load(torch.tensor([0])).inputs
    assert x[:, 3, 8].tolist() == [255, 255, 255]
    assert x[:, 13, 8].tolist() == [255, 0, 0]


def test_a_long_list_of_files_is_listed_without_being_read(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    for number in range(2000):
        (tmp_path / "cat" / f"{number:05}.jpg").touch()  # none of them could be decoded
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(folder_of(tmp_path)) == 1600


# Names


def test_an_absent_set_says_how_it_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    with pytest.raises(GessoError, match=r"mnist is not here: gesso data get mnist fetches it \(12 MB\) from http"):
        open_examples("mnist", "train")
    assert list(tmp_path.iterdir()) == []


def test_what_is_neither_a_name_nor_a_folder_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="fashion-mist is neither a data set nor a folder; did you mean fashion-mnist"):
        open_examples("fashion-mist", "train")
    with pytest.raises(GessoError, match="size 0 is too small"):
        open_examples("mnist", "train", size=0)


def test_inputs_and_labels_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="2 inputs but 3 labels"):
        InMemory(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64), ("a",))


# The Hugging Face Hub


def test_the_hub_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(GessoError, match=r"hf:user/name needs the library datasets: pip install 'gesso\[data\]'"):
        open_examples("hf:user/name", "train")


def test_a_data_set_in_the_hubs_form_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets", reason="the extra gesso[data] is not installed")
    folder = write_classes(tmp_path / "files", {"cat": 5, "dog": 5})
    rows = {"picture": [], "kind": []}
    for label, name in enumerate(("cat", "dog")):
        for path in sorted((folder / name).iterdir()):
            rows["picture"].append({"bytes": path.read_bytes(), "path": None})
            rows["kind"].append(label)
    rows["picture"][1]["bytes"] = b"damaged"
    features = datasets.Features({"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["cat", "dog"])})
    (tmp_path / "set").mkdir()
    import pyarrow.parquet  # pyright: ignore[reportMissingImports]  comes with datasets

    table = pyarrow.Table.from_pydict(rows, schema=features.arrow_schema)
    pyarrow.parquet.write_table(table, tmp_path / "set" / "train-00000-of-00001.parquet")

    train = open_examples(f"hf:{tmp_path / 'set'}", "train", size=16)
    test = open_examples(f"hf:{tmp_path / 'set'}", "test", size=16)

    assert train.classes == ("cat", "dog")
    assert train.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert test.labels.tolist() == [0, 1]
    loaded = train.load(torch.tensor([1, 4]))
    assert [name.endswith("row 1") for name in loaded.skipped] == [True]
    assert (loaded.inputs[:, 1, 8, 8].tolist(), loaded.indices.tolist()) == ([0], [4])
    with pytest.raises(GessoError, match="cannot be opened"):
        open_examples(f"hf:{tmp_path / 'nothing'}", "train")
