"""The table of a batch, and its inputs sorted into folders: safe to open, and nothing is lost."""

import csv
from pathlib import Path

import pytest

from gesso.faces.table import Sorted, write_table


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_has_the_columns_of_all_rows_and_any_script(tmp_path: Path) -> None:
    rows = [{"file": "山.jpg", "known": True, "share": 0.5}, {"file": 'a, "b"\n.jpg', "label": "花"}]
    path = write_table(tmp_path / "answers.csv", rows)
    first, second = read(path)
    assert first == {"file": "山.jpg", "known": "true", "share": "0.5", "label": ""}
    assert second == {"file": 'a, "b"\n.jpg', "known": "", "share": "", "label": "花"}


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x.jpg", "-x.jpg", "@x.jpg", "\t=x.jpg"])
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    path = write_table(tmp_path / "answers.csv", [{"file": name, "gap": -1.5}])
    assert read(path) == [{"file": f"'{name}", "gap": "-1.5"}]


def test_a_name_that_is_no_text_is_written_too(tmp_path: Path) -> None:
    path = write_table(tmp_path / "answers.csv", [{"file": "\udcff.jpg"}])
    assert read(path) == [{"file": "\\udcff.jpg"}]


def test_another_table_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    wanted = tmp_path / "answers.csv"
    assert write_table(wanted, [{"a": 1}]) == wanted
    assert write_table(wanted, [{"a": 1}]) == wanted
    assert write_table(wanted, [{"a": 2}]) == tmp_path / "answers-2.csv"
    assert read(wanted) == [{"a": "1"}]
    assert write_table(wanted, [{"a": 3}], overwrite=True) == wanted
    assert read(wanted) == [{"a": "3"}]


@pytest.mark.parametrize("label", ["../../etc", "a/b", "..", "C:\\x", "NUL", "com1.txt", " ", "x" * 300, "a\0b", "."])
def test_any_label_is_a_folder_inside(label: str, tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(b"a")
    copy = Sorted(tmp_path / "out").copy(source, label)
    assert copy.read_bytes() == b"a"
    assert copy.resolve().parent.parent == (tmp_path / "out").resolve()
    assert copy.parent.name.casefold() not in ("nul", "com1.txt")
    assert source.exists()


def test_every_label_has_its_own_folder(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(b"a")
    shelves = Sorted(tmp_path / "out")
    labels = ["", "unknown", "Unknown", "a/b", "a:b", "A-b", "cat", "Cat"]
    folders = [shelves.copy(source, label).parent.name for label in labels]
    assert folders[0] == "unknown"
    assert folders[6] == "cat"
    assert len({name.casefold() for name in folders}) == len(labels)
    assert shelves.copy(source, "a:b").parent.name == folders[4]


def test_a_copy_replaces_nothing_and_comes_once(tmp_path: Path) -> None:
    shelves = Sorted(tmp_path / "out")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(folder.encode())
    assert shelves.copy(tmp_path / "one/a.jpg", "cat").name == "a.jpg"
    assert shelves.copy(tmp_path / "one/a.jpg", "cat").name == "a.jpg"
    assert shelves.copy(tmp_path / "two/a.jpg", "cat").name == "a-2.jpg"
    assert sorted(path.read_bytes() for path in (tmp_path / "out/cat").iterdir()) == [b"one", b"two"]
