"""Arts are found, not listed."""

import sys
import warnings
from pathlib import Path

import pytest

from gesso.core import registry
from gesso.core.errors import Usage


@pytest.fixture
def fresh_registry() -> object:
    registry.arts.cache_clear()
    yield
    registry.arts.cache_clear()


def install(folder: Path, name: str, declaration: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lays out a plugin as an installer does: a module, and a .dist-info that names its entry point."""
    (folder / f"{name}.py").write_text(declaration, "utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[gesso.arts]\n{name} = {name}:ART\n", "utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, name, raising=False)
    registry.arts.cache_clear()


DECLARATION = """
from gesso.core.declaration import Art, Settings
class Empty(Settings):
    "Nothing to tell."
ART = {art}
"""


def test_own_arts_are_found_by_scanning() -> None:
    stylize = registry.arts()["stylize"]
    assert (stylize.key, stylize.package) == ("stylize", "gesso.arts.stylize")


@pytest.mark.usefixtures("plugin")
def test_an_installed_plugin_is_an_art() -> None:
    art = registry.find("negative")
    assert art.has_step("generate")
    assert not art.has_step("train")


@pytest.mark.usefixtures("fresh_registry")
def test_an_art_may_have_several_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = (
        '(Art("knit", "knit a row", Empty, "knitting", "row"), Art("knit", "knit a sock", Empty, "knitting", "sock"))'
    )
    install(tmp_path, "knitting", DECLARATION.format(art=methods), monkeypatch)

    assert registry.find("knit/sock").title == "knit a sock"
    with pytest.raises(Usage, match="knit has several methods: say which of knit/row, knit/sock"):
        registry.find("knit")


@pytest.mark.usefixtures("fresh_registry")
@pytest.mark.parametrize(
    ("art", "why"),
    [
        ('Art("stylize", "another one", Empty, "squatter")', "the name is taken"),
        ('"no art at all"', "is not an Art"),
        ("undefined_name", "does not load"),
    ],
)
def test_a_bad_plugin_is_left_out_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, art: str, why: str
) -> None:
    install(tmp_path, "squatter", DECLARATION.format(art=art), monkeypatch)

    with pytest.warns(UserWarning, match=why):
        arts = registry.arts()

    assert arts["stylize"].package == "gesso.arts.stylize"
    assert not [each for each in arts.values() if each.package == "squatter"]


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(Usage, match="there is no art called 'stylise'; did you mean stylize"):
        registry.find("stylise")


def test_the_arts_that_ship_load_without_a_warning() -> None:
    registry.arts.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry.arts()
