"""Making a work again from the recipe inside it, and saying how alike the two are."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from gesso.core import contents, files, pictures, registry
from gesso.core.declaration import Settings, check
from gesso.core.errors import GessoError
from gesso.core.make import make
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.work import Recipe, Work, read_recipe


@dataclass(frozen=True)
class Verdict:
    """How alike a work and its remake are.

    Attributes:
        identical: whether the two files are the same, byte for byte.
        largest: the largest difference: of any channel of any pixel in 1/255, of any number of a document or of a
            drawing, or of any sample of a sound, full scale being 1; of music and of texts, the number of notes or of
            characters that differ.
        differing: the share of pixels, values, samples, notes or characters that differ at all, 0..1.
        circumstances: what is not as it was when the work was made, a line each.
        of: what is compared, "pixels", "values", "samples", "notes" or "characters".
    """

    identical: bool
    largest: float
    differing: float
    circumstances: tuple[str, ...]
    of: str = "pixels"

    def __str__(self) -> str:
        if self.identical:
            return "identical"
        if self.largest == 0:
            return f"identical {self.of}; the files differ in what else they hold"
        if self.of in ("notes", "characters"):
            return f"{self.of} that differ: {self.largest:.0f}, {self.differing:.2%} of all"
        unit = "/255" if self.of == "pixels" else ""
        return f"largest difference {self.largest:.4g}{unit}, in {self.differing:.2%} of the {self.of}"


def remake(
    path: Path,
    inputs: Sequence[Path] = (),
    *,
    device: str | None = None,
    limit_megapixels: float | None = None,
    progress: Progress | None = None,
    model: str | None = None,
) -> Verdict:
    """Makes the work in a file again and compares.

    Args:
        inputs: folders to look for the inputs in, before those of the work and the current one.
        device: where to compute; by default where the work was made, if that is here.
        model: the model to make it with; that which the recipe names if not given.

    Raises:
        GessoError: there is no recipe, an input is not found or has changed, or the pictures differ in size.
    """
    recipe = read_recipe(path)
    art = registry.find(recipe.key)
    settings = restore(
        art.settings, recipe.settings, [*inputs, path.absolute().parent, Path.cwd()], limit_megapixels=limit_megapixels
    )
    works = make(
        art,
        settings,
        seed=recipe.seed,
        device=device or _device(recipe),
        model=model or (recipe.model.name if recipe.model else None),
        threads=recipe.threads,
        progress=progress,
    )
    return compare(path, works, limit_megapixels=limit_megapixels or pictures.LIMIT_MEGAPIXELS)


def compare(path: Path, works: Iterable[Work], *, limit_megapixels: float = pictures.LIMIT_MEGAPIXELS) -> Verdict:
    """How alike the file and the likest of `works` are: a method may make several works from one recipe."""
    old, recipe = path.read_bytes(), read_recipe(path)
    format = contents.format_of(path, tuple(contents.suffixes.values()))
    verdicts: list[Verdict] = []
    unlike: GessoError | None = None
    whole = list(works)
    for work in itertools.chain(whole, (stem for each in whole for stem in each.stems.values())):
        if format not in work.content.formats:
            continue
        new = work.encode(format)
        try:
            of, largest, differing = _alike(old, new, format, limit_megapixels)
        except GessoError as error:  # another one may be like it
            unlike = error
            continue
        verdicts.append(Verdict(new == old, largest, differing, tuple(changes(recipe, work.recipe)), of))
        if new == old:
            break
    if not verdicts:
        raise unlike or GessoError(f"{path}: {recipe.key} made nothing from its recipe")
    return min(verdicts, key=lambda verdict: (not verdict.identical, verdict.largest, verdict.differing))


def _alike(old: bytes, new: bytes, format: str, limit_megapixels: float) -> tuple[str, float, float]:
    """What two files of a format are compared by, the largest difference and the share that differ."""
    if format in contents.PICTURES:
        if old == new:
            return "pixels", 0, 0.0
        before, after = (pictures.decode(file, limit_megapixels=limit_megapixels) for file in (old, new))
        return "pixels", *difference(before, after)
    if format in contents.SOUNDS:
        from gesso.core.sound_files import sound_difference

        return "samples", *((0.0, 0.0) if old == new else sound_difference(old, new))
    if format in ("MIDI", "MUSICXML"):
        from gesso.core.music.reading import music_difference

        return "notes", *((0.0, 0.0) if old == new else music_difference(old, new, format))
    if format == "TXT":
        from gesso.core.texts import text_difference

        return "characters", *((0.0, 0.0) if old == new else text_difference(old, new))
    alike = contents.drawing_difference if format == "SVG" else contents.document_difference
    return "values", *((0.0, 0.0) if old == new else alike(old, new))


def difference(one: Raster, other: Raster) -> tuple[int, float]:
    """The largest difference of two pictures in 1/255, and the share of pixels that differ; alpha counts too."""
    if one.rgb.shape != other.rgb.shape:
        sizes = " and ".join(f"{raster.rgb.shape[1]}x{raster.rgb.shape[0]}" for raster in (one, other))
        raise GessoError(f"the work and its remake differ in size: {sizes}")
    gap = np.abs(one.rgb.astype(np.int16) - other.rgb).max(axis=2)
    if one.alpha is not None or other.alpha is not None:
        gap = np.maximum(gap, np.abs(_alpha(one).astype(np.int16) - _alpha(other)))
    return int(gap.max()), float((gap > 0).mean())


def _alpha(raster: Raster) -> np.ndarray:
    return np.full(raster.rgb.shape[:2], 255, np.uint8) if raster.alpha is None else raster.alpha


def changes(before: Recipe, now: Recipe) -> list[str]:
    """What is not as it was: versions, device, threads, model."""
    lines: list[str] = []
    for name in sorted(before.versions.keys() | now.versions.keys()):
        was, is_now = before.versions.get(name, "none"), now.versions.get(name, "none")
        if was != is_now:
            lines.append(f"{name} was {was}, is {is_now}")
    if before.device != now.device:
        lines.append(f"made on {before.device}, remade on {now.device}")
    if before.threads != now.threads:
        lines.append(f"made on {before.threads} threads, remade on {now.threads}")
    if before.model != now.model:
        lines.append(f"the model {before.model.name if before.model else 'none'} is not the same as it was")
    if before.stopped:
        lines.append("the work was stopped by hand before its end")
    return lines


def restore(
    settings: type[Settings],
    plain: dict[str, Any],
    folders: Iterable[Path],
    *,
    limit_megapixels: float | None = None,
) -> Settings:
    """The settings of a recipe, with its inputs found in `folders` by name and content.

    Raises:
        GessoError: an input is not found, or has changed.
    """
    found = find_inputs(plain, tuple(dict.fromkeys(folders)))
    return check(settings, found, context={"limit_megapixels": limit_megapixels} if limit_megapixels else None)


def find_inputs(plain: Any, folders: tuple[Path, ...]) -> Any:
    """`plain` with every {"file", "sha256"} in it replaced by the path of that file."""
    if isinstance(plain, list):
        return [find_inputs(value, folders) for value in cast("list[Any]", plain)]
    if not isinstance(plain, dict):
        return plain
    named = cast("dict[str, Any]", plain)
    if named.keys() == {"file", "sha256"}:
        return _find(named["file"], named["sha256"], folders)
    return {name: find_inputs(value, folders) for name, value in named.items()}


def _find(name: str, sha256: str, folders: tuple[Path, ...]) -> Path:
    # A recipe may come from a stranger: its file names must not lead out of the folders.
    candidates = [folder / Path(name).name for folder in folders]
    present = [path for path in candidates if path.is_file()]
    for path in present:
        if files.sha256(path) == sha256:
            return path
    if present:
        raise GessoError(f"{present[0]} is not the {name} that the work was made from; name its folder with --inputs")
    if name in ("picture", "music"):
        raise GessoError(f"it was made from {name} in memory, which is in no file: it cannot be made again")
    looked = ", ".join(str(folder) for folder in folders)
    raise GessoError(f"the input {name} is not in {looked}; name its folder with --inputs")


def _device(recipe: Recipe) -> str:
    """The kind of device the work was made on, if it is here."""
    import torch

    kind = recipe.device.split()[0]
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return kind if here.get(kind) else "auto"
