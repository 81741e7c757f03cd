"""What a recogniser said of a picture, as a row of a table."""

from typing import Any

SHOWN = ("", "second ", "third ")  # what stands before "label" and "probability"


def row(said: dict[str, Any]) -> dict[str, Any]:
    """The row of a work of `recognize`: known, label, probability, those of the next two labels, model, strangeness.

    What is unknown has no labels, and the cells are empty.
    """
    cells: dict[str, Any] = {"known": said["known"]}
    for place, which in enumerate(SHOWN):
        found = said["labels"][place] if place < len(said["labels"]) else {}
        cells |= {f"{which}label": found.get("label", ""), f"{which}probability": found.get("probability", "")}
    return cells | {"model": said["model"], "strangeness": said["strangeness"]}
