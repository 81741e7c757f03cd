"""Works that are data: their recipe travels inside, and their differences are measured."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_work import RECIPE

from gesso.core.contents import Document, document_difference
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster
from gesso.core.remake import compare
from gesso.core.work import Work, read_recipe
from gesso.faces.naming import Names, formats_of

DRAWN = Raster(np.full((8, 12, 3), 90, np.uint8))


def work(picture: Raster | None = DRAWN, **data: object) -> Work:
    return Work(Document({"labels": [{"label": "七", "share": 0.75}], **data}, picture), RECIPE)


def test_the_recipe_travels_beside_the_work(tmp_path: Path) -> None:
    path = work().save(tmp_path / "digit")
    assert path.name == "digit.json"
    assert json.loads(path.read_bytes())["work"] == {"labels": [{"label": "七", "share": 0.75}]}
    assert read_recipe(path) == RECIPE


def test_its_picture_is_a_rendering_with_the_same_recipe(tmp_path: Path) -> None:
    path = work().save(tmp_path / "digit.png")
    assert read_recipe(path) == RECIPE
    assert str(compare(path, [work()])) == "identical"


def test_what_is_not_drawn_is_not_written_as_a_picture(tmp_path: Path) -> None:
    plain = work(None)
    with pytest.raises(GessoError, match=r"written as \.json, not \.png"):
        plain.save(tmp_path / "digit.png")
    with pytest.raises(GessoError, match="nothing to see"):
        _ = plain.raster
    assert "七" in plain._repr_html_()  # pyright: ignore[reportPrivateUsage] -- as a notebook calls it
    assert work()._repr_html_().startswith("<figure><img")  # pyright: ignore[reportPrivateUsage] -- the same


def test_documents_are_compared_value_by_value(tmp_path: Path) -> None:
    path = work(score=2, known=True).save(tmp_path / "digit")
    assert str(compare(path, [work(score=2, known=True)])) == "identical"
    verdict = compare(path, [work(score=2.5, known=True)])
    assert (verdict.identical, verdict.largest, verdict.differing) == (False, 0.5, 0.25)
    assert str(verdict) == "largest difference 0.5, in 25.00% of the values"
    assert compare(path, [work(score=2, known=False)]).largest == 1
    assert compare(path, [work(score=2)]).largest == 1


def test_numbers_that_json_has_not_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        _ = work(score=float("nan")).data


def test_what_is_no_document_is_not_compared() -> None:
    with pytest.raises(GessoError, match="no document"):
        document_difference(b"[1]", b"{}")


def test_files_of_an_art_of_documents_are_named_by_its_formats(tmp_path: Path) -> None:
    own = ("JSON", "PNG")
    names = Names(str(tmp_path), 1, (), own=own)
    assert names.plan("photo", Path("photo.jpg")) == tmp_path / "photo.json"
    both = Names(str(tmp_path), 1, formats_of("json,png", own), own=own)
    assert both.files(both.plan("photo", None)) == [tmp_path / "photo.json", tmp_path / "photo.png"]
    with pytest.raises(GessoError, match=r"\.webp"):
        formats_of("webp", own)
    with pytest.raises(GessoError, match="pictures are written as"):
        formats_of("json")
