"""Fetching: what a person with a bad line, a full disk or a changed server gets. The server is on this machine."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from data_files import cifar_records
from data_server import Server, serving

from conftest import largest_file
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.pipeline.data.fetch import fetch
from gesso.pipeline.data.obtain import get
from gesso.pipeline.data.registry import DATASETS, Dataset, Source, Unpack, is_here

pytestmark = pytest.mark.fast

BODY = bytes(range(256)) * 4000  # 1 MB
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        running.files["/file"] = BODY
        yield running


def fetched(server: Server, target: Path, *, sha256: str | None = SHA256, size: int | None = len(BODY)) -> str:
    return fetch(Source(f"{server.url}/file", "file", sha256, size), target, Progress(shown=False), pause=0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_leaves_nothing_beside_it(server: Server, tmp_path: Path) -> None:
    assert fetched(server, tmp_path / "new" / "file") == SHA256
    assert (tmp_path / "new" / "file").read_bytes() == BODY
    assert names(tmp_path / "new") == ["file"]


def test_a_broken_connection_is_taken_up_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.break_after = [300_000, 200_000]
    assert fetched(server, tmp_path / "file") == SHA256
    assert [asked.get("range") for asked in server.asked] == [None, "bytes=300000-", "bytes=500000-"]
    assert server.asked[1]["if-range"] == '"one"'


def test_a_later_fetch_goes_on_from_the_part(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(BODY[:1234])
    assert fetched(server, tmp_path / "file") == SHA256
    assert [asked.get("range") for asked in server.asked] == ["bytes=1234-"]


def test_a_server_without_ranges_sends_the_file_again(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    server.break_after = [300_000]
    assert fetched(server, tmp_path / "file") == SHA256
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_part_of_another_version_is_not_mixed_with_this_one(server: Server, tmp_path: Path) -> None:
    server.break_after = [1000] * 5
    server.files["/file"] = b"old" * len(BODY)
    with pytest.raises(GessoError, match="cannot be fetched"):
        server.break_after = [1000, 0, 0, 0, 0, 0]
        fetched(server, tmp_path / "file", sha256=None, size=None)
    assert (tmp_path / "file.part").stat().st_size == 1000

    server.break_after = []
    server.files["/file"], server.tag = BODY, '"two"'
    assert fetched(server, tmp_path / "file", sha256=None, size=None) == SHA256


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(BODY + b"more")
    assert fetched(server, tmp_path / "file", size=None) == SHA256
    assert [asked.get("range") for asked in server.asked] == [f"bytes={len(BODY) + 4}-", None]


def test_wrong_bytes_are_removed_and_told(server: Server, tmp_path: Path) -> None:
    server.files["/file"] = BODY[:-1] + b"!"
    with pytest.raises(GessoError, match="SHA-256") as told:
        fetched(server, tmp_path / "file")
    assert SHA256 in str(told.value)
    assert "\n" not in str(told.value)
    assert names(tmp_path) == []


def test_another_size_is_refused_before_it_is_fetched(server: Server, tmp_path: Path) -> None:
    server.files["/file"] = BODY * 2
    with pytest.raises(GessoError, match=f"{2 * len(BODY)} bytes instead of {len(BODY)}"):
        fetched(server, tmp_path / "file")
    assert names(tmp_path) == []


def test_a_server_that_is_busy_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    assert fetched(server, tmp_path / "file") == SHA256
    assert len(server.asked) == 3


def test_a_file_that_is_not_there_is_told_at_once(server: Server, tmp_path: Path) -> None:
    del server.files["/file"]
    with pytest.raises(GessoError, match="answers 404"):
        fetched(server, tmp_path / "file")
    assert len(server.asked) == 1


def test_a_server_that_breaks_off_for_ever_is_given_up_and_the_part_kept(server: Server, tmp_path: Path) -> None:
    server.break_after = [400_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(GessoError, match=r"0\.4 MB that came are kept"):
        fetched(server, tmp_path / "file")
    assert names(tmp_path) == ["file.part", "file.part.mark"]
    assert (tmp_path / "file.part").read_bytes() == BODY[:400_000]


def test_no_server_is_one_line_with_the_address(tmp_path: Path) -> None:
    with serving() as gone:
        pass
    with pytest.raises(GessoError, match="cannot be fetched: connection refused") as told:
        fetched(gone, tmp_path / "file")
    assert gone.url in str(told.value)


def test_a_full_disk_keeps_the_part_and_says_so(server: Server, tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="free some space"), largest_file(300_000):
        fetched(server, tmp_path / "file")
    assert 0 < (tmp_path / "file.part").stat().st_size <= 300_000
    assert fetched(server, tmp_path / "file") == SHA256


STOPPED = """
import sys
from pathlib import Path
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.pipeline.data.fetch import fetch
from gesso.pipeline.data.registry import Source
try:
    fetch(Source(sys.argv[1], "file", None, None), Path(sys.argv[2]), Progress(shown=False), pause=60)
except GessoError as error:
    print(error, error.exit_code)
"""


def test_ctrl_c_keeps_what_came(server: Server, tmp_path: Path) -> None:
    server.break_after = [500_000]  # and then the process waits a minute before it asks again
    words = [sys.executable, "-c", STOPPED, f"{server.url}/file", str(tmp_path / "file")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        part = tmp_path / "file.part"
        until = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size == 500_000) and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGINT)
        said, _ = running.communicate(timeout=30)
    assert said == "stopped: 0.5 MB of file are kept, the next get goes on 130\n"
    assert fetched(server, tmp_path / "file") == SHA256
    assert server.asked[-1]["range"] == "bytes=500000-"


# Whole data sets


def tar(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin.link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return file.getvalue()


def archived(server: Server, name: str, archive: bytes, rule: Unpack) -> Dataset:
    server.files[f"/{name}"] = archive
    source = Source(f"{server.url}/{name}", f"pictures/{name}", hashlib.sha256(archive).hexdigest(), len(archive))
    return Dataset("tiny", "", "pictures", "", "", rule.folder, (source,), rule)


def test_an_archive_gives_the_expected_files_and_no_other(server: Server, tmp_path: Path) -> None:
    batch = cifar_records(3, 0)
    archive = tar(
        {
            "cifar-10-batches-bin/data_batch_1.bin": batch,
            "cifar-10-batches-bin/readme.html": b"left there",
            "../../outside.bin": b"evil",
            "/absolute.bin": b"evil",
        }
    )
    known = (("data_batch_1.bin", hashlib.sha256(batch).hexdigest()),)
    rule = Unpack(r".*?((?:data_batch_[1-5]|outside)\.bin)", "pictures/tiny", 100_000, known)
    dataset = archived(server, "tiny.tar.gz", archive, rule)
    root = tmp_path / "data"

    assert not is_here(dataset, root)
    assert get(dataset, root, Progress(shown=False)) == []

    assert is_here(dataset, root)
    assert (root / "pictures/tiny/data_batch_1.bin").read_bytes() == batch
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    # A name that leads outside ends inside, and the archive is gone.
    assert files == ["data/pictures/tiny/data_batch_1.bin", "data/pictures/tiny/outside.bin"]

    asked = len(server.asked)
    get(dataset, root, Progress(shown=False))
    assert len(server.asked) == asked  # what is here is not fetched again


@pytest.mark.parametrize(
    ("member", "line"),
    [("cifar-10-batches-bin/other.bin", "does not hold data_batch_1.bin"), ("x/data_batch_1.bin", "SHA-256")],
)
def test_an_archive_with_other_files_is_refused(server: Server, tmp_path: Path, member: str, line: str) -> None:
    rule = Unpack(r"[^/]+/(\w+\.bin)", "pictures/tiny", 100_000, (("data_batch_1.bin", "0" * 64),))
    dataset = archived(server, "tiny.tar.gz", tar({member: b"other"}), rule)
    with pytest.raises(GessoError, match=line):
        get(dataset, tmp_path, Progress(shown=False))
    assert not is_here(dataset, tmp_path)


def test_a_member_that_is_too_large_is_refused(server: Server, tmp_path: Path) -> None:
    rule = Unpack(r"x/(\w+\.bin)", "pictures/tiny", 99)
    dataset = archived(server, "tiny.tar.gz", tar({"x/a.bin": bytes(100)}), rule)
    with pytest.raises(GessoError, match="100 bytes, more than the 99"):
        get(dataset, tmp_path, Progress(shown=False))


def test_esc10_becomes_class_folders(server: Server, tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ESC-10-master/001 - Dog bark/1-100032-A.ogg", b"woof")
        archive.writestr("ESC-10-master/010 - Fire crackling/5-4-A.ogg", b"crackle")
        archive.writestr("ESC-10-master/001 - Dog bark/../../../1-1-A.ogg", b"evil")
        archive.writestr("ESC-10-master/README.md", b"read me")
    server.files["/master.zip"] = file.getvalue()
    (esc10,) = (dataset for dataset in DATASETS if dataset.name == "esc10")
    source = Source(f"{server.url}/master.zip", esc10.sources[0].path, None, None)
    dataset = Dataset("esc10", "", "sounds", "", "", esc10.folder, (source,), esc10.conversion)

    (said,) = get(dataset, tmp_path, Progress(shown=False))

    assert hashlib.sha256(file.getvalue()).hexdigest() in said
    assert "no published checksum" in said
    audio = tmp_path / "audio" / "esc10"
    assert sorted(str(path.relative_to(audio)) for path in audio.rglob("*.*")) == [
        "001_-_Dog_bark/1-100032-A.ogg",
        "010_-_Fire_crackling/5-4-A.ogg",
    ]


def test_a_recorded_checksum_catches_a_file_that_changed(server: Server, tmp_path: Path) -> None:
    source = Source(f"{server.url}/file", "pictures/tiny/file", None, None)
    dataset = Dataset("tiny", "", "pictures", "", "", "pictures/tiny", (source,))
    target = tmp_path / "pictures" / "tiny" / "file"
    get(dataset, tmp_path, Progress(shown=False))
    assert target.with_name("file.sha256").read_text() == f"{SHA256}  file\n"

    target.unlink()
    assert get(dataset, tmp_path, Progress(shown=False)) == [
        "file has the SHA-256 that was recorded when it was first fetched"
    ]
    target.unlink()
    server.files["/file"] = b"changed"
    with pytest.raises(GessoError, match="has changed"):
        get(dataset, tmp_path, Progress(shown=False))
    assert not target.exists()


def test_the_registry_is_well_formed() -> None:
    for dataset in DATASETS:
        for source in dataset.sources:
            assert source.url.startswith("https://"), source
            assert source.sha256 is None or (len(source.sha256) == 64 and source.size), source
            assert not Path(source.path).is_absolute()
            assert ".." not in source.path
