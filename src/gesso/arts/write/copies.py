"""What a writer has learned by heart: the longest runs of characters that its texts and a corpus have in common."""

from typing import NamedTuple

SHORTEST = 12
"""Characters that a run must have to be told."""


class Copy(NamedTuple):
    """A run of a text that stands in a corpus word for word: where it begins in the text, and what it is."""

    start: int
    text: str


def longest_copies(text: str, corpus: str, most: int = 5, shortest: int = SHORTEST) -> list[Copy]:
    """The longest runs of `text` that are in `corpus`, none inside another, the longest first."""
    runs: list[Copy] = []
    end = 0  # of the run that was found last
    for start in range(len(text)):
        length = max(end - start, shortest)  # shorter ones are inside it
        if text[start : start + length] not in corpus or start + length > len(text):
            continue
        while start + length < len(text) and text[start : start + length + 1] in corpus:
            length += 1
        if start + length > end:
            end = start + length
            runs.append(Copy(start, text[start:end]))
    return sorted(runs, key=lambda run: -len(run.text))[:most]
