"""Texts to learn from: named, files of one's own, or folders of them. No torch."""

from collections.abc import Sequence
from pathlib import Path

from gesso.arts.write.english.sonnets import read_sonnets
from gesso.core import places
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.files import open_file
from gesso.pipeline.data.registry import DATASETS, require

NAMED = ("tinyshakespeare", "sonnets")
SUFFIXES = (".txt", ".md")
LEARNED = 0.9
"""The share of each text that is learned from, from its beginning on; the rest is for measuring."""

LARGEST = 500_000_000
"""Bytes of the texts of a folder that are read."""


def read_corpus(data: Sequence[str]) -> tuple[str, str]:
    """The part of texts that is learned from, and the part that is held out.

    What is named twice is twice in the first part, and once in the second.

    Raises GessoError when there is no text, or what is there is none.
    """
    parts = {source: _parts(source) for source in data}
    learned = "\n".join(text for source in data for text, _ in parts[source])
    held_out = "\n".join(text for found in parts.values() for _, text in found)
    return learned, held_out


def _parts(source: str) -> list[tuple[str, str]]:
    """Of each text the part that is learned from, and the rest."""
    for dataset in DATASETS:
        if dataset.name == source:
            if source not in NAMED:
                raise GessoError(f"{source} is no text to go on with: there are {', '.join(NAMED)}, or files of yours")
            require(dataset, places.data())
            file = places.data() / dataset.sources[0].path
            return [read_sonnets(file) if source == "sonnets" else _parted(_read(file))]
    return [_parted(text) for text in _texts(source)]


def _parted(text: str) -> tuple[str, str]:
    at = int(LEARNED * len(text))
    return text[:at], text[at:]


def _texts(source: str) -> list[str]:
    path = Path(source).expanduser()
    if not path.exists():
        near = nearest(source, [each.name for each in DATASETS if each.kind == "text"])
        raise GessoError(f"{source} is neither a data set of texts nor a file or a folder{near}")
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise GessoError(f"there are no texts in {source}; looked for {', '.join(SUFFIXES)}")
    if sum(file.stat().st_size for file in files) > LARGEST:
        raise GessoError(f"the texts in {source} have more than {LARGEST // 10**6} MB: give fewer")
    return [_read(file) for file in files]


def _read(file: Path) -> str:
    with open_file(file) as opened:
        data = opened.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GessoError(
            f"{file} is not text in UTF-8 ({error.reason} at byte {error.start}): save it as such"
        ) from None
    if "\0" in text:
        raise GessoError(f"{file} is no text: there are zero bytes in it")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise GessoError(f"{file} is empty: give a text to learn from")
    return text
