import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image
from pydantic import BaseModel, ValidationError

from gesso.core.errors import GessoError
from gesso.core.files import sha256
from gesso.core.media import Picture


class Settings(BaseModel):
    content: Picture
    mask: tuple[Picture, ...] = ()


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)


@pytest.fixture
def file(tmp_path: Path, pixels: NDArray[np.uint8]) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def refusal(**values: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(values)
    (error,) = raised.value.errors()
    line = str(error.get("ctx", {})["error"])
    assert "\n" not in line
    return line


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_by_its_name(kind: type[str] | type[Path], file: Path, pixels: NDArray[np.uint8]) -> None:
    picture = Settings.model_validate({"content": kind(file)}).content
    assert (picture.name, picture.path, picture.sha256) == ("photo.png", file, sha256(file))
    assert np.array_equal(picture.decode().rgb, pixels)


def test_a_file_under_the_home_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    assert Picture("~/photo.png").path == file


def test_a_file_is_not_kept_in_memory(file: Path) -> None:
    picture = Picture(file)
    assert picture.decode() is not picture.decode()


def in_memory(pixels: NDArray[np.uint8]) -> dict[str, object]:
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return {
        "PIL": Image.fromarray(pixels),
        "uint8": pixels,
        "float": pixels / 255,
        "tensor uint8": torch.from_numpy(planes),
        "tensor float": torch.from_numpy(planes / np.float32(255)),
        "tensor that is learned": torch.from_numpy(planes / np.float32(255)).requires_grad_(),
    }


@pytest.mark.parametrize("kind", in_memory(np.zeros((1, 1, 3), np.uint8)))
def test_a_picture_in_memory(kind: str, pixels: NDArray[np.uint8]) -> None:
    picture = Settings.model_validate({"content": in_memory(pixels)[kind]}).content
    assert picture.decode() is picture.decode()
    assert np.array_equal(picture.decode().rgb, pixels)
    assert (picture.name, picture.path) == ("picture", None)
    assert picture.sha256 == Picture(pixels).sha256


def test_grey_and_half_precision() -> None:
    grey = np.array([[0, 255]], np.uint8)
    expected = np.repeat(grey[:, :, None], 3, axis=2)
    for source in (grey, torch.from_numpy(grey), torch.from_numpy(grey)[None], torch.tensor([[0.0, 1.0]]).bfloat16()):
        assert np.array_equal(Picture(source).decode().rgb, expected)


def test_alpha_and_orientation_in_memory(pixels: NDArray[np.uint8]) -> None:
    with_alpha = np.dstack([pixels, pixels[:, :, 0]])
    for source in (with_alpha, Image.fromarray(with_alpha), torch.from_numpy(with_alpha).permute(2, 0, 1)):
        alpha = Picture(source).decode().alpha
        assert alpha is not None
        assert np.array_equal(alpha, pixels[:, :, 0])
    image = Image.fromarray(pixels)
    image.getexif()[ExifTags.Base.Orientation] = 8
    assert np.array_equal(Picture(image).decode().rgb, np.rot90(pixels))


def test_what_was_given_may_change_afterwards(pixels: NDArray[np.uint8]) -> None:
    picture, before = Picture(pixels), pixels.copy()
    pixels[:] = 0
    assert np.array_equal(picture.decode().rgb, before)


def test_other_pixels_or_another_shape_have_another_sum(pixels: NDArray[np.uint8]) -> None:
    sums = {Picture(a).sha256 for a in (pixels, pixels.reshape(9, 6, 3), pixels[:, ::-1], pixels[:, :, 0])}
    assert len(sums) == 4


def test_in_json_it_is_name_and_sum(file: Path, pixels: NDArray[np.uint8]) -> None:
    settings = Settings(content=Picture(file), mask=(Picture(pixels),))
    assert json.loads(settings.model_dump_json()) == {
        "content": {"file": "photo.png", "sha256": sha256(file)},
        "mask": [{"file": "picture", "sha256": Picture(pixels).sha256}],
    }
    assert settings.model_dump()["content"] is settings.content


def test_the_json_schema_calls_it_a_picture() -> None:
    assert Settings.model_json_schema()["properties"]["content"]["format"] == "picture"


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert refusal(content=tmp_path / "no.png") == f"{tmp_path / 'no.png'} does not exist; check the name"
    assert refusal(content=str(tmp_path)) == f"{tmp_path} is a folder, not a file; name a file in it"
    with pytest.raises(GessoError, match=r"no\.png does not exist"):
        Picture(tmp_path / "no.png")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (3, "int is not a picture; give a file's name, a PIL image, a numpy array or a torch tensor"),
        (None, "NoneType is not a picture"),
        (np.zeros((2, 2, 5), np.uint8), "an array of shape (2, 2, 5) is not a picture"),
        (torch.zeros(2, 3, 4, 4), "a tensor of shape (2, 3, 4, 4) is not a picture; give (3, H, W)"),
        (torch.zeros(6, 4, 3), "a tensor of shape (6, 4, 3) is not a picture"),
        (torch.full((3, 4, 4), 255.0), "run from 0 to 1, these from 255 to 255; rescale them"),
        (Image.fromarray(np.zeros((2, 2), np.float32)), "a PIL image of mode F has no known range"),
    ],
)
def test_what_is_no_picture(source: object, line: str) -> None:
    assert line in refusal(content=source)


def test_a_damaged_pil_image(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with Image.open(file) as image:
        assert "the PIL image cannot be loaded" in refusal(content=image)


def test_the_limit_comes_from_the_context(file: Path) -> None:
    settings = Settings.model_validate({"content": file}, context={"limit_megapixels": 1e-5})
    with pytest.raises(GessoError, match=r"claims 9 x 6 pixels, .* above the limit of 1e-05"):
        settings.content.decode()
    assert Picture(file, limit_megapixels=1).decode().size == (9, 6)


def test_declaring_a_picture_imports_no_library_of_pictures() -> None:
    code = "import sys, gesso.core.media; print(*sorted({'PIL', 'numpy', 'torch'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
