"""Patterns bred from others: alike, never the same, and made again without their family."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gesso
from conftest import write_picture
from gesso.arts.paint.pattern.genome import GENES, SHAPES, Genome, bred, drawn
from gesso.core.errors import GessoError
from gesso.core.files import sha256
from gesso.core.remake import remake
from gesso.core.seeds import generator
from gesso.core.work import read_recipe
from gesso.faces.cli import main


@pytest.fixture(autouse=True)
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two patterns."""
    monkeypatch.chdir(tmp_path)
    gesso.paint.pattern(seed=1, width=48, palette="ember", finish="print").save("mother")
    gesso.paint.pattern(seed=2, width=48, palette="glacier", finish="silk").save("father.jpg")
    return tmp_path


def pixels(path: str) -> np.ndarray:
    return np.array(Image.open(path)).astype(int)


def test_a_genome_comes_back_from_its_text() -> None:
    genome = drawn(generator(0))
    assert Genome.from_text(genome.model_dump_json()) == genome
    assert sorted(name for names in GENES.values() for name in names) == sorted(Genome.model_fields)


@pytest.mark.parametrize("text", ["", "{}", "7", drawn(generator(0)).model_dump_json().replace("[[", "[[1.0,", 1)])
def test_what_is_no_genome_is_refused_in_a_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "pattern", f"--genome={text}", "--width", "16"]) == 1
    said = capsys.readouterr().err
    assert "is no genome" in said
    assert said.count("\n") == 1


def test_without_mutation_every_gene_is_a_parents() -> None:
    parents = [drawn(generator(seed)) for seed in range(2)]
    for seed in range(8):
        child = bred(parents, 0, generator(seed))
        donors = [
            {number for number, each in enumerate(parents) if all(getattr(each, n) == getattr(child, n) for n in names)}
            for names in GENES.values()
        ]
        assert all(donors)
        assert set.union(*donors) == {0, 1}, "both have a part in it"
    assert bred(parents[:1], 0, generator(0)) == parents[0]


@pytest.mark.parametrize("mutation", [0.1, 0.5, 1.0])
def test_weights_move_as_far_as_mutation_says(mutation: float) -> None:
    parent = drawn(generator(3))
    child = bred([parent], mutation, generator(4))
    for name in SHAPES:
        before, after = (np.array(getattr(genome, name)) for genome in (parent, child))
        moved = np.sqrt(np.square(after - before).mean() / np.square(before).mean())
        assert 0.1 * mutation < moved < 1.2 * mutation


def test_a_child_is_nearer_to_its_parent_the_less_it_mutates() -> None:
    parent = pixels("mother.png")
    differences = []
    for mutation in (0, 0.03, 0.1):
        works = gesso.paint.pattern(parent="mother.png", mutation=mutation, width=48, count=8)
        differences.append(float(np.mean([np.abs(work.raster.rgb - parent).mean() for work in works])))
    strangers = gesso.paint.pattern(seed=50, width=48, palette="ember", finish="print", count=8)
    differences.append(float(np.mean([np.abs(work.raster.rgb - parent).mean() for work in strangers])))
    assert differences[0] == 0
    assert differences == sorted(differences)


def test_a_child_has_its_colours_from_one_parent_and_its_form_from_another() -> None:
    for seed in range(4):
        work = gesso.paint.pattern(parent=["mother.png", "father.jpg"], mutation=0, seed=seed, width=32)
        child = Genome.from_text(work.recipe.settings["genome"])
        mother, father = (
            Genome.from_text(gesso.paint.pattern(parent=p, mutation=0, width=16).recipe.settings["genome"])
            for p in ("mother.png", "father.jpg")
        )
        assert {child.form_1, child.colors} in ({mother.form_1, father.colors}, {father.form_1, mother.colors})


def test_breeding_is_a_function_of_parents_and_seed() -> None:
    def child(seed: int) -> np.ndarray:
        return gesso.paint.pattern(parent=["mother.png", "father.jpg"], seed=seed, width=32).raster.rgb

    assert np.array_equal(child(5), child(5))
    assert not np.array_equal(child(5), child(6))


def test_the_child_of_a_child_of_a_child_is_remade_without_its_family(family: Path) -> None:
    words = ["paint", "pattern", "--width", "32", "--quiet", "--parent"]
    assert main([*words, "mother.png", "--parent", "father.jpg", "--out", "child.png"]) == 0
    assert main([*words, "child.png", "--parent", "mother.png", "--out", "grandchild.webp"]) == 0
    assert main([*words, "grandchild.webp", "--out", "last.png", "--palette", "moss"]) == 0
    (family / "elsewhere").mkdir()
    for name in ("child.png", "grandchild.webp", "last.png"):
        moved = shutil.move(name, family / "elsewhere" / name)
        assert read_recipe(moved).inputs == ()
    parents = read_recipe(family / "elsewhere" / "child.png").settings["bred_from"]
    assert parents == [f"{name} {sha256(Path(name))}" for name in ("mother.png", "father.jpg")]
    for name in ("mother.png", "father.jpg"):
        Path(name).unlink()
    for name in ("child.png", "grandchild.webp", "last.png"):
        assert str(remake(family / "elsewhere" / name)) == "identical"


def test_several_children_differ_and_each_is_remade_alone() -> None:
    words = ["paint", "pattern", "--parent", "mother.png", "--parent", "father.jpg", "--count", "3"]
    assert main([*words, "--width", "32", "--out", "children/", "--quiet"]) == 0
    files = sorted(Path("children").iterdir())
    assert len({file.read_bytes() for file in files}) == 3
    assert all(json.loads(read_recipe(file).to_json())["settings"]["count"] == 1 for file in files)
    assert [str(remake(file)) for file in files] == ["identical"] * 3


def test_symmetry_is_inherited_unless_another_is_told() -> None:
    gesso.paint.pattern(seed=3, width=32, symmetry="kaleidoscope", order=5).save("flower")
    child = gesso.paint.pattern(parent="flower.png", width=32)
    assert (child.recipe.settings["symmetry"], child.recipe.settings["order"]) == ("kaleidoscope", 5)
    told = gesso.paint.pattern(parent="flower.png", width=32, symmetry="none")
    assert told.recipe.settings["symmetry"] == "none"
    turned = gesso.paint.pattern(parent="flower.png", width=32, order=7, mutation=0.2)
    assert (turned.recipe.settings["symmetry"], turned.recipe.settings["order"]) == ("kaleidoscope", 7)
    assert str(remake(turned.save("turned"))) == "identical"
    with pytest.raises(GessoError, match="--order 7 goes with"):
        gesso.paint.pattern(parent="mother.png", width=32, order=7)


def test_a_tile_cannot_be_inherited_by_what_is_zoomed(capsys: pytest.CaptureFixture[str]) -> None:
    gesso.paint.pattern(seed=3, width=32, tile=True).save("cloth")
    assert main(["paint", "pattern", "--parent", "cloth.png", "--zoom", "2", "--width", "32"]) == 2
    said = capsys.readouterr().err
    assert "leave out --zoom" in said
    assert said.count("\n") == 1


def test_parents_that_are_no_patterns_are_refused_in_a_line() -> None:
    write_picture(Path("photo.png"))
    with pytest.raises(GessoError, match=r"photo\.png: there is no recipe in it"):
        gesso.paint.pattern(parent="photo.png")
    with pytest.raises(GessoError, match="in memory"):
        gesso.paint.pattern(parent=Image.new("RGB", (8, 8)))
    gesso.stylize("photo.png").save("painted")
    with pytest.raises(GessoError, match=r"painted\.png was made by stylize"):
        gesso.paint.pattern(parent="painted.png")
    with pytest.raises(GessoError, match=r"absent\.png"):
        gesso.paint.pattern(parent="absent.png")
