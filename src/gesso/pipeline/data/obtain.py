"""Getting a data set: every file of it fetched, checked and brought into the form that is read."""

from pathlib import Path

from gesso.core.errors import GessoError
from gesso.core.files import atomic_bytes
from gesso.core.progress import Progress
from gesso.pipeline.data.fetch import fetch
from gesso.pipeline.data.registry import Dataset, Source, by_hand, is_here
from gesso.pipeline.data.unpack import unpack


def get(dataset: Dataset, root: Path, progress: Progress, *, pause: float = 1.0) -> list[str]:
    """Fetch what is missing of a data set to the data folder `root`; return what a person should know of it.

    What lies there already is neither fetched nor looked into: `check` does that.

    Args:
        pause: as in `fetch`.

    Raises:
        GessoError: it cannot be fetched or is not what it should be; what came whole is kept.
    """
    if is_here(dataset, root):
        return []
    if not dataset.sources:
        raise GessoError(by_hand(dataset, root))
    said: list[str] = []
    for source in dataset.sources:
        target = root / source.path
        if not target.is_file():
            found = fetch(source, target, progress, pause=pause)
            if source.sha256 is None:
                said.append(_unknown(source, target, found))
    if dataset.conversion:
        archive = root / dataset.sources[0].path
        unpack(archive, dataset.conversion, root, progress)
        archive.unlink()
    return said


def recorded(file: Path) -> Path:
    """Where the checksum is kept that a file had when it was fetched, if none was known before."""
    return file.with_name(f"{file.name}.sha256")


def _unknown(source: Source, target: Path, found: str) -> str:
    """Keep the checksum of a file that had none; say so. Raises GessoError when an earlier fetch got another file."""
    record = recorded(target)
    if record.is_file():
        before = record.read_text("utf-8").split()[0]
        if before != found:
            target.unlink()
            raise GessoError(
                f"{source.url} has changed: its SHA-256 is {found}, and was {before}; it was removed. "
                f"Remove {record} to accept the new one"
            )
        return f"{target.name} has the SHA-256 that was recorded when it was first fetched"
    atomic_bytes(record, f"{found}  {target.name}\n".encode(), overwrite=True)
    return (
        f"{target.name} has no published checksum that is known: its SHA-256 is {found}, recorded in {record.name} "
        "for later checks"
    )
