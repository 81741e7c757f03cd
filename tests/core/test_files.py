import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from conftest import largest_file
from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes, atomic_write, forget_unfinished, open_file, sha256


def test_writes_the_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    atomic_bytes(tmp_path / "a.bin", b"gesso")
    assert (tmp_path / "a.bin").read_bytes() == b"gesso"
    assert [file.name for file in tmp_path.iterdir()] == ["a.bin"]


def test_a_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    atomic_bytes(tmp_path / "atomic", b"")
    assert stat.S_IMODE((tmp_path / "atomic").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_never_overwrites_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    atomic_bytes(path, b"first")
    with pytest.raises(GessoError, match=r"a\.bin already exists; .*--overwrite"):
        atomic_bytes(path, b"second")
    assert path.read_bytes() == b"first"
    atomic_bytes(path, b"second", overwrite=True)
    assert path.read_bytes() == b"second"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with pytest.raises(GessoError, match="already exists"), atomic_write(path):
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_dangling_link_counts_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(GessoError, match="already exists"):
        atomic_bytes(tmp_path / "link", b"")


def test_nothing_is_seen_until_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with atomic_write(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("mishap", [KeyboardInterrupt, RuntimeError])
def test_what_fails_midway_leaves_the_old_file(tmp_path: Path, mishap: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(mishap), atomic_write(path, overwrite=True):
        raise mishap
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_grow_is_one_clear_line(tmp_path: Path) -> None:
    no_room = r"a\.bin cannot be written: no room for it"
    with pytest.raises(GessoError, match=no_room) as raised, largest_file(4096):
        atomic_bytes(tmp_path / "a.bin", bytes(10_000))
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"no room for it .* free some space"), atomic_write(tmp_path / "a.bin"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_half_written_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    with atomic_write(tmp_path / "deep" / "a.bin") as file:
        file.write(b"gesso")
        file.flush()
        left = next((tmp_path / "deep").iterdir())
        half = left.read_bytes()
    left.write_bytes(half)
    forget_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.bin"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"there is no folder .*missing; create it"):
        atomic_bytes(tmp_path / "missing" / "a.bin", b"")


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="it is a folder"):
        atomic_bytes(tmp_path, b"", overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_clear_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(GessoError, match=r"a\.bin cannot be written: permission denied"):
        atomic_bytes(tmp_path / "a.bin", b"")


def test_a_name_too_long_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match="cannot be written: file name too long"):
        atomic_bytes(tmp_path / ("a" * 300), b"")


def test_sha256_of_a_file_and_of_its_bytes(tmp_path: Path) -> None:
    data = b"gesso" * 100_000
    (tmp_path / "a.bin").write_bytes(data)
    assert sha256(tmp_path / "a.bin") == sha256(data) == hashlib.sha256(data).hexdigest()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(GessoError, match=r"no\.png does not exist"):
        open_file(tmp_path / "no.png")
    with pytest.raises(GessoError, match="is a folder, not a file"):
        sha256(tmp_path)
