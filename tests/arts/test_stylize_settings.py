"""What `stylize` takes together, and what it does not."""

from typing import Any

import pytest
from tiny_stylize import picture

from gesso.arts.stylize.art import Stylize
from gesso.core.declaration import Refused, check


def settings(styles: int = 1, **values: Any) -> Stylize:
    """Settings with pictures for styles."""
    return check(
        Stylize, {"content": picture(8, 8), "style": [picture(8, 8, seed) for seed in range(styles)], **values}
    )


@pytest.mark.parametrize("name", ["weight", "mask"])
def test_there_is_one_for_each_style_or_none(name: str) -> None:
    one = 1.0 if name == "weight" else picture(8, 8)
    assert len(getattr(settings(2, **{name: [one, one]}), name)) == 2
    with pytest.raises(Refused, match=rf"^1 of --{name} for 2 of --style: give one for each style$"):
        settings(2, **{name: [one]})


@pytest.mark.parametrize("weights", [(-1, 2), (0, 0)])
def test_weights_that_mean_nothing_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(Refused, match=r"^--weight must not be negative, and one must be more than 0$"):
        settings(2, weight=weights)


def test_other_features_see_styles_in_pictures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(features="vgg.safetensors").features == "vgg.safetensors"
    # A style by name is kept as our own network sees it.
    monkeypatch.setattr("gesso.arts.stylize.names.known_as", lambda name: name)
    assert settings(style="monet").features == "gesso"
    for style in ("monet", (picture(8, 8), "monet")):
        with pytest.raises(Refused, match=r"^--features other than gesso take styles from pictures: name a file") as no:
            settings(style=style, features="vgg.safetensors")
        assert no.value.exit_code == 2
