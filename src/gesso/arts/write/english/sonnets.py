"""The sonnets of Project Gutenberg that deepspeare gathered (Lau et al. 2018), as people write them. No torch."""

import re
import tarfile
import unicodedata
import zlib
from pathlib import Path

from gesso.core.errors import GessoError

SPOKEN = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": "", "”": "", '"': "", "—": "--", "æ": "ae", "œ": "oe"})
"""Quotation marks of one kind, which are apostrophes more often than not, and of two, which say who speaks."""

NAMES = "(?:god|christ|jove|cupid|venus|diana|phoebus|apollo|england|italy|rome|greece|troy)"
"""Of the names, which have lost their capitals, those that occur most often."""

CLIPPED = r"th|thro|tho|o|i|an|wi|nor"
"""Words whose end is left out before a space."""


def read_sonnets(archive: Path) -> tuple[str, str]:
    """The sonnets to learn from, and those for validation, an empty line after each; those for testing stay closed.

    Learned from is none that comes twice, nor any that has half or more of its lines in common with one for validation.

    Raises GessoError when the archive cannot be read.
    """
    try:
        with tarfile.open(archive) as opened:
            learned, held_out = (_sonnets(opened, f"sonnet_{part}.txt") for part in ("train", "valid"))
    except (OSError, EOFError, KeyError, UnicodeDecodeError, tarfile.TarError, zlib.error) as error:
        raise GessoError(
            f"{archive} does not hold the sonnets ({error}): remove it, and gesso data get sonnets fetches it anew"
        ) from None
    known = {line for sonnet in held_out for line in sonnet}
    learned = [sonnet for sonnet in learned if 2 * sum(line in known for line in sonnet) < len(sonnet)]
    return _together(learned), _together(held_out)


def _sonnets(archive: tarfile.TarFile, name: str) -> list[tuple[str, ...]]:
    """The lines of each, once."""
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(f"{name} is no file")
    found = [
        tuple(line for verse in said.split("<eos>") if (line := as_written(verse)))
        for said in member.read().decode("utf-8").splitlines()
    ]
    return list(dict.fromkeys(found))


def _together(sonnets: list[tuple[str, ...]]) -> str:
    return "\n\n".join(map("\n".join, sonnets)) + "\n"


def as_written(verse: str) -> str:
    """A line whose words and marks stand apart, all in lower case, as it is printed, in the letters of the keyboard."""
    said = unicodedata.normalize("NFKD", verse.translate(SPOKEN))
    said = re.sub(r"[^a-z ,.;:!?'&-]", "", said)
    said = re.sub(r"(?<=[a-z]) ' (?=(?:s|d|er|en|ll|m|re|st|t|ve)\b)", "'", said)  # the mark alone between two halves
    said = re.sub(rf"\b({CLIPPED}) ' ", r"\1' ", said)
    said = re.sub(r"(?<=[a-z]) (?=n't|'(?:s|d|ll|ve|re|m|t|st)\b)", "", said)
    said = re.sub(r"(?:^|(?<= ))' (?=(?:tis|twas|twere|twill|twould|mid|scape|gainst|neath|em)\b)", "'", said)
    said = re.sub(r"(?:^|(?<= ))'(?= |$)", "", said)  # a quotation, which is not told from the rest
    said = re.sub(r" +(?=[,.;:!?])", "", " ".join(said.split()))
    said = re.sub(r" ?--+ ?", "--", said).strip("- ")
    said = re.sub(rf"\b(?:[io]\b(?!')|{NAMES}\b)|(?<=[.?!] )[a-z]|^[^a-z]*[a-z]", _capital, said)
    return re.sub(r"\bi\b(?='(?:m|ll|d|ve)\b)", "I", said)


def _capital(found: re.Match[str]) -> str:
    return re.sub("[a-z]", lambda first: first.group().upper(), found.group(), count=1)
