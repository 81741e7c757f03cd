"""Settings -> patterns, painted tile by tile."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from gesso.arts.paint.pattern.art import Pattern
from gesso.arts.paint.pattern.color import linear_of, srgb_of
from gesso.arts.paint.pattern.fields import Fields
from gesso.arts.paint.pattern.finish import Finisher
from gesso.arts.paint.pattern.genome import Genome
from gesso.arts.paint.pattern.lineage import Parent, alone, child, genome_of, parent
from gesso.arts.paint.pattern.view import view_of
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.work import Output

_SAMPLES = 1 << 17  # of a tile, so that what is computed of it stays near the processor
_SEEDS = 1 << 63


@torch.no_grad()
def generate(
    settings: Pattern, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """`settings.count` patterns, of the seeds from `seed` on. Each has the settings that make it alone.

    Raises GessoError when a parent holds no recipe of a pattern, the genome is none, or a picture cannot be read.
    """
    settings = alone(settings)
    parents = [parent(picture) for picture in settings.parent]
    return list(progress.until_stopped(_patterns(settings, parents, seed, device, progress)))


def _patterns(
    settings: Pattern, parents: Sequence[Parent], seed: int, device: torch.device, progress: Progress
) -> Iterator[Output]:
    for number in range(settings.count):
        own_seed = (seed + number) % _SEEDS
        own = settings.model_copy(update={"count": 1})
        if parents:
            own = child(own, parents, own_seed)
        progress.stage(f"painting {number + 1} of {settings.count}" if settings.count > 1 else "painting", 1.0)
        picture = painted(genome_of(own, own_seed), own, device, progress)
        yield Output(Raster(picture), settings=own, seed=own_seed, whole=True)


def painted(genome: Genome, settings: Pattern, device: torch.device, progress: Progress) -> np.ndarray:
    """The pattern of a genome, (H, W, 3) uint8. Besides it no more than a tile is held."""
    (width, height), smooth = settings.size, settings.smooth
    fields = Fields(genome, view_of(settings), device)
    finisher = Finisher(genome, fields.steepness, settings.zoom, device)
    picture = np.empty((height, width, 3), np.uint8)
    side = max(16, int(_SAMPLES**0.5) // smooth)
    for top in range(0, height, side):
        for left in range(0, width, side):
            high, wide = min(side, height - top), min(side, width - left)
            samples = fields.samples(
                *(smooth * n for n in (left, top, wide, high)), size=(smooth * width, smooth * height)
            )
            light = linear_of(finisher(samples).flatten(1))  # light, not its sRGB code, is what adds up
            pixels = srgb_of(light.view(3, high, smooth, wide, smooth).mean((2, 4)))
            pixels = (pixels * 255).round_().to(torch.uint8).movedim(0, -1)
            picture[top : top + high, left : left + wide] = pixels.cpu().numpy()
            progress.advance(high * wide / (height * width))
    return picture
