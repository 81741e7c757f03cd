"""Works that are data: their recipe travels inside, and their differences are measured."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from test_work import RECIPE

from gesso.core.contents import Document, Drawing, document_difference
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
    with pytest.raises(GessoError, match="such works are written as json, png, not webp"):
        formats_of("webp", own)
    with pytest.raises(GessoError, match="pictures are written as png, jpg, jpeg, webp, tif, tiff, not json"):
        formats_of("png,json")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 8"><path d="M1 2L3.5 -4"/></svg>'


def drawing(svg: str = SVG, format: str = "SVG") -> Work:
    return Work(Drawing(svg, DRAWN, {"strokes": [[1, 2, 3.5, -4]]}, format), RECIPE)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".json"])
def test_a_drawing_carries_its_recipe_in_each_of_its_formats(tmp_path: Path, suffix: str) -> None:
    path = drawing().save(tmp_path / f"lines{suffix}")
    assert read_recipe(path) == RECIPE
    assert str(compare(path, [drawing()])) == "identical"


def test_the_shapes_of_a_drawing_stay_what_they_are(tmp_path: Path) -> None:
    path = drawing().save(tmp_path / "lines")
    assert path.name == "lines.svg"
    root = ElementTree.fromstring(path.read_text("utf-8"))
    assert [child.tag.rpartition("}")[2] for child in root] == ["metadata", "path"]
    assert drawing(format="PNG").suffix == ".png"


def test_drawings_are_compared_number_by_number(tmp_path: Path) -> None:
    path = drawing().save(tmp_path / "lines")
    moved = compare(path, [drawing(SVG.replace("3.5", "3.25"))])
    assert (moved.identical, moved.largest, moved.of) == (False, 0.25, "values")
    assert compare(path, [drawing(SVG.replace("L", "C"))]).largest == 1


def test_a_drawing_of_another_program_has_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "other.svg").write_text(SVG)
    with pytest.raises(GessoError, match="no recipe"):
        read_recipe(tmp_path / "other.svg")
    with pytest.raises(GessoError, match=r"none\.svg does not exist; check the name"):
        read_recipe(tmp_path / "none.svg")
