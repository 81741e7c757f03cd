"""What settings do not take is one line, and its exit code is that of what the line says."""

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from gesso.core.declaration import Refused, Settings, check
from gesso.core.media import Picture

pytestmark = pytest.mark.usefixtures("photo")


class Collage(Settings):
    """Pictures side by side."""

    pictures: tuple[Picture, ...] = Field(min_length=1)
    frame: Picture | Literal["none"] = "none"
    amount: float = Field(1.0, le=1)


def refusal(**values: Any) -> Refused:
    with pytest.raises(Refused) as raised:
        check(Collage, values)
    assert "\n" not in str(raised.value)
    return raised.value


def test_what_is_right_is_taken() -> None:
    assert check(Collage, {"pictures": "photo.png", "frame": "none"}).pictures[0].name == "photo.png"


@pytest.mark.parametrize(
    ("values", "fields", "line"),
    [
        # pydantic also finds too few pictures then,
        ({"pictures": "gone.png"}, ("pictures",), "pictures: gone.png does not exist; check the name"),
        # and here that the picture is not the word "none": neither is said, and neither counts.
        ({"pictures": "photo.png", "frame": "gone.png"}, ("frame",), "frame: gone.png does not exist; check the name"),
        (
            {"pictures": ("photo.png", "gone.png"), "frame": "lost.png"},
            ("pictures", "frame"),
            "pictures: gone.png does not exist; check the name; frame: lost.png does not exist; check the name",
        ),
    ],
)
def test_a_file_that_is_missing_is_exit_1(values: dict[str, Any], fields: tuple[str, ...], line: str) -> None:
    refused = refusal(**values)
    assert (str(refused), refused.fields, refused.exit_code) == (line, fields, 1)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, ("pictures",)),
        ({"pictures": ()}, ("pictures",)),
        ({"pictures": "photo.png", "amount": 2}, ("amount",)),
        ({"pictures": "gone.png", "amount": 2}, ("pictures", "amount")),
    ],
)
def test_what_cannot_be_meant_is_exit_2_even_beside_a_file_that_is_missing(
    values: dict[str, Any], fields: tuple[str, ...]
) -> None:
    refused = refusal(**values)
    assert (refused.fields, refused.exit_code) == (fields, 2)


def test_a_face_spells_the_settings_its_own_way(photo: Path) -> None:
    with pytest.raises(Refused, match=r"^--amount: 2 is more than 1, the most it may be$"):
        check(Collage, {"pictures": photo, "amount": 2}, spell=lambda name: f"--{name}")
