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

    Raises GessoError when the archive cannot be read.
    """
    parts: list[str] = []
    try:
        with tarfile.open(archive) as opened:
            for name in ("sonnet_train.txt", "sonnet_valid.txt"):
                member = opened.extractfile(name)
                assert member is not None
                parts.append(member.read().decode("utf-8"))
    except (OSError, EOFError, KeyError, UnicodeDecodeError, tarfile.TarError, zlib.error, AssertionError) as error:
        raise GessoError(f"{archive} does not hold the sonnets ({error}): gesso data get sonnets fetches it") from None
    learned, held_out = ("\n\n".join(map(_sonnet, part.splitlines())) + "\n" for part in parts)
    return learned, held_out


def _sonnet(line: str) -> str:
    return "\n".join(written for verse in line.split("<eos>") if (written := as_written(verse)))


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
