"""How near the style, how far from the photograph: the two distances of style transfer, on held-out pairs."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from gesso.arts.stylize.art import Stylize, StylizeEvaluation
from gesso.arts.stylize.build import Painter, load_painter
from gesso.arts.stylize.distances import content_distance, style_distance
from gesso.arts.stylize.fine import refine
from gesso.arts.stylize.prepare import held_out
from gesso.arts.stylize.styles import layer_statistics
from gesso.core import weights
from gesso.core.pictures import decode
from gesso.core.places import data
from gesso.core.progress import Progress
from gesso.core.rasters import fitted, to_tensor
from gesso.networks import feature_models
from gesso.networks.features import Features

JUDGED_SIDE = 512
FINE_STEPS: int = Stylize.model_fields["steps"].default


def judged(file: Path) -> Tensor:
    """The picture in `file` as judges see it: its longer side at 512."""
    return to_tensor(fitted(decode(file), JUDGED_SIDE).rgb)


@torch.no_grad()
def distances(
    paint: Callable[[Tensor, Tensor], Tensor],
    content: Sequence[Path],
    style: Sequence[Path],
    judge: Features,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Mean distances over all pairs of `content` and `style`: style_distance and content_distance.

    `paint(content, style)` makes a picture (1, 3, H, W) of two, all at the size at which they are judged.
    """
    device = next(judge.parameters()).device
    styles = [(x, judge(x)) for x in (judged(file).to(device) for file in style)]
    found: list[Tensor] = []
    for photograph in (judged(file).to(device) for file in content):
        of_content = judge(photograph)
        for painting, of_painting in styles:
            of_result = judge(paint(photograph, painting).clamp(0, 1))
            pair = style_distance(of_result, of_painting), content_distance(of_result, of_content)
            found.append(torch.cat(pair))
            if progress is not None:
                progress.advance()
    style_gap, content_gap = torch.stack(found).mean(0).tolist()
    return {"style_distance": style_gap, "content_distance": content_gap}


def painted_with(model: Painter, seed: int = 0) -> Callable[[Tensor, Tensor], Tensor]:
    """`paint` for `distances` by the network alone."""

    def paint(content: Tensor, style: Tensor) -> Tensor:
        height, width = content.shape[2:]
        noise = model.noise(height, width, Generator().manual_seed(seed)).to(content.device)
        return model(content, model.encode(style), noise)[0]

    return paint


def evaluate(settings: StylizeEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate stylize`: both distances and the seconds that a picture of 512x512 takes."""
    model = weights.find("gesso.arts.stylize", settings.model)
    painter = load_painter(model.path, device)
    judge = feature_models.load(settings.judge, device)
    photographs = settings.content or (data() / "pictures" / "photos" / "gb82",)
    paintings = settings.data or (data() / "pictures" / "paintings",)
    content, style = held_out(photographs, paintings)
    paint = painted_with(painter)
    if settings.engine == "fine":
        paint = refined_with(paint, feature_models.load("gesso", device), progress)
    progress.stage("pairs", len(content) * len(style))
    metrics = distances(paint, content, style, judge, progress)
    square = torch.rand(1, 3, 512, 512, generator=Generator().manual_seed(0)).to(device)
    paint(square, square)  # the first call chooses algorithms
    started = time.perf_counter()
    paint(square, square)
    metrics["seconds_512"] = time.perf_counter() - started
    return {
        "model": model.name,
        "data": f"{len(content)} photographs x {len(style)} paintings",
        "judge": settings.judge if settings.judge == "gesso" else Path(settings.judge).name,
        "metrics": {name: round(value, 5) for name, value in metrics.items()},
        "parameters": sum(p.numel() for p in painter.parameters()),
    }


def refined_with(
    paint: Callable[[Tensor, Tensor], Tensor], features: Features, progress: Progress
) -> Callable[[Tensor, Tensor], Tensor]:
    """`paint` followed by the optimisation of `fine`."""

    def refined(content: Tensor, style: Tensor) -> Tensor:
        start = paint(content, style).clamp(0, 1)
        target = layer_statistics(style, features)
        with torch.enable_grad():
            result = refine(start, content, target, features, steps=FINE_STEPS, progress=progress)
        if progress.interrupted:  # its distances would be those of something else
            raise KeyboardInterrupt
        return result

    return refined
