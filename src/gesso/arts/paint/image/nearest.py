"""Does a painter copy? The training pictures that are nearest to what it paints, in pixels and as a judge sees them."""

from typing import NamedTuple

import torch
from torch import Tensor

from gesso.arts.paint.image.judge import Judge
from gesso.pipeline.data.loading import Examples, Skips

MOST = 20_000  # training pictures, at most, among which the nearest is looked for
CHUNK = 500


class Seen(NamedTuple):
    """Pictures in [-1, 1] as they are (N, C, S, S), and as a judge sees them (N, D)."""

    pixels: Tensor
    features: Tensor


class Nearest(NamedTuple):
    """Of each picture the distance to the nearest one, in pixels a root mean square, and its number: (N,) each."""

    in_pixels: tuple[Tensor, Tensor]
    in_features: tuple[Tensor, Tensor]


def seen(x: Tensor, judge: Judge) -> Seen:
    """Pictures x (N, C, S, S) in [-1, 1], with what the judge sees in them."""
    return Seen(x, judge.features(x))


def all_of(examples: Examples, skips: Skips, most: int = MOST) -> Tensor:
    """The pictures of a set, or of a large one `most` from all of it: (N, C, S, S) in [-1, 1].

    What cannot be read is left out, and noted in `skips`.
    """
    count = len(examples)
    chosen = torch.arange(count) if count <= most else torch.linspace(0, count - 1, most).long()
    loaded = [examples.load(part) for part in chosen.split(CHUNK)]
    skips.note(name for part in loaded for name in part.skipped)
    return torch.cat([part.inputs.float() / 127.5 - 1 for part in loaded if len(part.indices)])


def nearest(pictures: Seen, among: Seen) -> Nearest:
    """Which of `among` each picture is nearest to."""
    size = pictures.pixels[0].numel() ** 0.5
    distance, place = _nearest(pictures.pixels.flatten(1), among.pixels.flatten(1))
    return Nearest((distance / size, place), _nearest(pictures.features, among.features))


def _nearest(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    found = [torch.cdist(part, other).min(1) for part in one.split(CHUNK)]
    return torch.cat([each.values for each in found]), torch.cat([each.indices for each in found])
