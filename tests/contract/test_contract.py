"""What every art keeps to: found through the registry, so that an art is tested the moment its folder exists."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_runs import TINY, train, write_data

import gesso
from conftest import OWN, subject_of
from gesso.core import pictures, registry, suffixes, weights
from gesso.core.declaration import Art, Settings, check
from gesso.core.errors import GessoError
from gesso.core.make import make
from gesso.core.remake import find_inputs, remake
from gesso.core.work import inputs_in, read_recipe
from gesso.faces.cli import main
from gesso.faces.making import Making, Sorting
from gesso.faces.options import item_type

pytestmark = pytest.mark.usefixtures("plugin")

MEGABYTES = 12  # of models that an art may ship


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with a model of every art that trains but ships none: arts make works with what there is."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("training"))
        write_data()
        for key in OWN:
            art = registry.find(key)
            if art.training and not art.models:
                name = f"{key.replace('/', '-')}-tiny"
                run = Path("runs") / name
                train(art, check(art.training, {**TINY[key][0], "steps": 30, "save_every": 30}), run)
                (home / "models").mkdir(exist_ok=True)
                (run / "model").rename(home / "models" / name)
    return home


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made on this machine before the tests plays no part in them."""
    monkeypatch.setenv("GESSO_HOME", str(home))


@pytest.fixture
def settings(art: Art, photo: Path) -> Settings:
    """The fewest settings that make a work."""
    return check(art.settings, subject_of(art, photo))


def call(art: Art) -> Callable[..., Any]:
    """The art's Python call."""
    found = getattr(gesso, art.name)
    return getattr(found, art.method) if art.method else found


# The declaration


def test_all_that_can_be_told_is_explained(art: Art) -> None:
    classes = [art.settings, art.training, art.evaluation, *(action.settings for action in art.actions)]
    for settings in classes:
        for name, field in settings.model_fields.items() if settings else ():
            assert field.description, f"{name} needs a description in its Field"
            assert not field.description.endswith("."), f"{name}: a fragment, not a sentence"
    assert art.title
    assert art.title[0].islower()


def test_every_setting_can_be_typed(art: Art) -> None:
    classes = [art.settings, art.training, art.evaluation, *(action.settings for action in art.actions)]
    for settings in classes:
        for name, field in settings.model_fields.items() if settings else ():
            kind, _ = item_type(field.annotation)
            if get_origin(kind) is Literal:
                assert all(isinstance(choice, str) for choice in get_args(kind)), f"{name}: choices are words"
            else:
                assert isinstance(kind, type), f"{name}: {kind} has no form on a command line"


def test_names_mean_one_thing(art: Art) -> None:
    fields = art.settings.model_fields
    assert not fields.keys() & Making.model_fields.keys(), "the command's own options have these names"
    assert art.subject is None or art.subject in fields
    assert art.label is None or art.label in fields
    for action in art.actions:
        assert action.name in action.settings.model_fields
        assert action.name not in fields
        assert not Sorting.model_fields.keys() & action.settings.model_fields.keys()
        assert action.name in getattr(call(art), action.name).__doc__
    assert not Sorting.model_fields.keys() & fields.keys()
    assert art.table or not art.sorted_by, "what sorts a batch is a column of its table"


def test_settings_come_back_from_json(art: Art, settings: Settings) -> None:
    plain = settings.model_dump(mode="json")
    again = check(art.settings, find_inputs(json.loads(json.dumps(plain)), (Path.cwd(),)))
    assert again.model_dump(mode="json") == plain
    assert art.settings.model_json_schema()["properties"].keys() == art.settings.model_fields.keys()


def test_settings_are_frozen_and_refuse_what_they_do_not_know(art: Art, settings: Settings) -> None:
    name = next(iter(art.settings.model_fields))
    with pytest.raises(ValueError, match="frozen"):
        setattr(settings, name, None)
    with pytest.raises(GessoError, match="there is no such setting"):
        check(art.settings, {**dict(settings), "no_such_thing": 1})


# Works


def test_a_seed_gives_the_same_bytes(art: Art, settings: Settings) -> None:
    first, again = (make(art, settings, seed=7) for _ in range(2))
    assert [work.data for work in first] == [work.data for work in again]


def test_the_recipe_in_the_file_remakes_the_file(art: Art, settings: Settings, tmp_path: Path) -> None:
    path = make(art, settings, seed=7)[0].save(tmp_path / "work")
    recipe = read_recipe(path)
    assert recipe.key == art.key
    assert recipe.inputs == tuple(inputs_in(recipe.settings))
    assert str(tmp_path) not in recipe.to_json()
    assert str(remake(path)) == "identical"


def test_the_recipe_names_the_model_and_the_licences_of_its_data(art: Art, settings: Settings) -> None:
    recipe = make(art, settings)[0].recipe
    if art.models:
        assert recipe.model
        shipped = weights.shipped(art.package)[recipe.model.name]  # of several the one that knows the subject best
        assert (recipe.model.name, recipe.model.sha256) == (shipped.name, shipped.sha256)
        assert recipe.licences == shipped.licences
    else:
        assert (recipe.model is None) == (art.training is None)


def test_a_model_is_refused_where_nothing_is_learned(art: Art, settings: Settings) -> None:
    if art.training:
        pytest.skip("it has models")
    with pytest.raises(GessoError, match=f"{art.key.replace('/', ' ')} takes no model"):
        make(art, settings, model="kanji")


def test_command_line_and_python_give_the_same_bytes(art: Art, settings: Settings, photo: Path) -> None:
    subjects = list(subject_of(art, Path(photo.name)).values())
    assert main([*art.key.split("/"), *map(str, subjects), "--seed", "7", "--out", "made/", "--quiet"]) == 0
    works = call(art)(*subjects, seed=7)
    expected = [work.data for work in (works if isinstance(works, list) else [works])]
    assert sorted(path.read_bytes() for path in Path("made").iterdir()) == sorted(expected)


def test_nothing_is_fetched(art: Art, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert make(art, settings)


# Arts that work on a picture


@pytest.fixture
def on_pictures(art: Art) -> Art:
    """An art whose subject is a picture."""
    if not subject_of(art, Path()):
        pytest.skip("its subject is no picture")
    return art


def test_a_picture_may_come_in_every_form(on_pictures: Art, photo: Path) -> None:
    pixels = np.array(Image.open(photo))
    sources = [
        str(photo),
        photo,
        Image.open(photo),
        pixels,
        pixels.astype(np.float32) / 255,
        torch.from_numpy(pixels).permute(2, 0, 1) / 255,
    ]
    works = call(on_pictures)(sources, seed=1)
    assert len(works) == len(sources)
    for work in works[1:]:
        assert np.array_equal(work.raster.rgb, works[0].raster.rgb)


@pytest.mark.parametrize("size", [(1, 1), (300, 2), (3, 200), (17, 31)])
def test_every_size_is_worked_on_or_refused_in_a_line(
    on_pictures: Art, photo: Path, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", size, "salmon").save(photo)
    code = main([*on_pictures.key.split("/"), photo.name, "--out", "made/", "--format", "png"])
    said = capsys.readouterr()
    if code == 0:
        assert pictures.decode(Path(said.out.strip())).rgb.size
    else:
        assert (code, said.out, said.err.count("\n")) == (1, "", 1)


@pytest.fixture
def giving_pictures(on_pictures: Art) -> Art:
    """An art that makes pictures of pictures."""
    if on_pictures.formats:
        pytest.skip("its works are no pictures")
    return on_pictures


def test_transparency_is_kept(giving_pictures: Art, photo: Path) -> None:
    image = Image.open(photo)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(photo)
    work = call(giving_pictures)(photo)
    assert work.raster.alpha is not None
    assert work.raster.alpha.min() < 60 < 200 < work.raster.alpha.max()


@pytest.mark.parametrize("suffix", suffixes.PICTURES)
def test_the_format_of_the_input_is_kept(giving_pictures: Art, photo: Path, suffix: str) -> None:
    source = photo.with_suffix(suffix)
    Image.open(photo).save(source)
    assert call(giving_pictures)(source).raster.format == pictures.format_of(source)


# Models


@pytest.mark.parametrize("key", OWN)
def test_what_is_declared_is_what_ships(key: str) -> None:
    art = registry.find(key)
    assert set(art.models) == set(weights.shipped(art.package))


@pytest.mark.parametrize("name", sorted({key.partition("/")[0] for key in OWN}))
def test_the_models_that_all_methods_of_an_art_ship_are_small(name: str) -> None:
    packages = [registry.find(key).package for key in OWN if key.partition("/")[0] == name]
    models = [model for package in packages for model in weights.shipped(package).values()]
    assert sum(model.path.stat().st_size for model in models) < MEGABYTES * 1e6


@pytest.mark.parametrize("key", OWN)
def test_shipped_models_have_a_complete_card(key: str) -> None:
    for model in weights.shipped(registry.find(key).package).values():
        assert model.licences
        card = model.card
        assert card.startswith("# ")
        for licence in model.licences:
            assert licence in card, "the card names every licence of the data"
        assert "## Data" in card
        assert f"gesso evaluate {key}" in card, "the command that gives the figures"
        assert f"gesso train {key}" in card or f"gesso {key} --teach" in card, "the command that trains it again"
        assert re.search(r"\d (seconds|minutes|hours)", card), "how long the training took, and on what"
