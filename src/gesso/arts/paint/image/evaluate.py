"""How near a painter's pictures are to real ones that it never saw, and whether it copies those it did."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gesso.arts.paint.image.art import PaintImageEvaluation
from gesso.arts.paint.image.build import Painter, load_painter, numbered
from gesso.arts.paint.image.flow import paint
from gesso.arts.paint.image.generate import FEW, any_words
from gesso.arts.paint.image.judge import RECOGNISERS, Judge
from gesso.arts.paint.image.models import find
from gesso.arts.paint.image.nearest import Seen, all_of, nearest, seen
from gesso.arts.paint.image.prepare import described
from gesso.arts.paint.image.recolor import colors_of, recolored
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.distances import NEIGHBOURS, frechet_distance, precision_and_recall
from gesso.pipeline.metrics import Estimate, wilson

AT_ONCE = 125  # pictures that are painted together


def evaluate(settings: PaintImageEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate paint/image`, for each number of steps; the first has the plain names.

    frechet_distance, precision and recall between painted and held-out pictures, as the judge sees them; for data that
    a recogniser knows class_accuracy, how often it takes a painting for what was asked for, beside that of real
    pictures, with 95 % intervals; nearest_train and nearest_heldout, the median distance of a painting, and of a
    held-out picture, to the nearest training picture as the judge sees them, and in pixels. Where held-out pictures
    have names that the painter never learned, as emoji do, nearest_train is of these, or of their tags where it knows
    no word of a name; nearest_train_learned_names_4 is then the same of as many paintings of names that it did learn,
    in 4 steps: what it paints when it is not told what. If it learned colours these are in colours drawn at random, and
    color_accuracy_4 is how many have most of the one that they were asked for, color_accuracy_real how many of the
    training pictures have when they are recoloured.

    Raises GessoError when the model or the data are not there, or too little is held out.
    """
    found = find(settings.model)
    painter = load_painter(found.path, device)
    source, size = settings.data or found.configuration["data"], painter.configuration.size
    skips = Skips()
    real = described(source, "test", size, skips)
    if len(real.examples) <= NEIGHBOURS:
        count, least = len(real.examples), 5 * (NEIGHBOURS + 1)
        raise GessoError(f"{source} holds out {count} pictures, too few to compare with: give {least} in all or more")
    judge = Judge(source, device)
    chosen = torch.randperm(len(real.examples), generator=generator(0, "evaluation"))[: settings.count]
    loaded = real.examples.load(chosen)
    skips.note(loaded.skipped)
    chosen = loaded.indices
    held = seen(loaded.inputs.float() / 127.5 - 1, judge)
    if held.pixels.shape[1] != painter.configuration.channels:
        raise GessoError(f"{found.name} paints in other colours than those of {source}; choose other --data")
    learned = seen(all_of(described(source, "train", size, skips).examples, skips), judge)
    metrics: dict[str, float] = {}
    known = {*painter.configuration.words}
    names = [real.called[i] if known & {*real.called[i]} else real.said[i] for i in chosen.tolist()]
    words = numbered(names, painter.configuration.words)
    shares: dict[str, Any] = {}
    for number, steps in enumerate(settings.steps):
        painted = seen(_painted(painter, words, steps, settings, device, progress), judge)
        after = f"_{steps}" if number else ""
        precision, recall = precision_and_recall(painted.features, held.features)
        metrics[f"frechet_distance{after}"] = frechet_distance(painted.features, held.features)
        metrics |= {f"precision{after}": precision, f"recall{after}": recall}
        if source in RECOGNISERS:
            shares |= _right(judge, painted, real.examples.labels[chosen]).figures(f"class_accuracy{after}")
        metrics |= _distances(painted, learned, "nearest_train", after)
    if source in RECOGNISERS:
        shares |= _right(judge, held, real.examples.labels[chosen]).figures("class_accuracy_real")
    metrics |= _distances(held, learned, "nearest_heldout", "")
    if not {" ".join(name) for name in names} <= {*painter.configuration.titles, ""}:
        words = any_words(painter.configuration, len(chosen), seed=0)
        painted = seen(_painted(painter, words, FEW, settings, device, progress), judge)
        metrics |= _distances(painted, learned, "nearest_train_learned_names", f"_{FEW}")
        if painter.configuration.colors:
            asked = [painter.configuration.words[number - 1] for number in words[:, 0].tolist()]
            shares |= _as_asked(painted.pixels, asked).figures(f"color_accuracy_{FEW}")
            shares |= _as_asked(*recolored(learned.pixels, 1.0, generator(0, "colors"))).figures("color_accuracy_real")
    skips.sum_up()
    return {
        "model": found.name,
        "data": f"{source}, {len(chosen)} held-out pictures, {' '.join(map(str, settings.steps))} steps",
        "judge": judge.name,
        "metrics": {name: round(value, 5) for name, value in metrics.items()} | shares,
        "parameters": sum(p.numel() for p in painter.parameters()),
    }


def _painted(
    painter: Painter,
    words: Tensor,
    steps: int,
    settings: PaintImageEvaluation,
    device: torch.device,
    progress: Progress,
) -> Tensor:
    """A painting of each of the words (N, L): (N, C, S, S)."""
    c = painter.configuration
    noise = torch.randn((len(words), c.channels, c.size, c.size), generator=generator(0, "noise"))
    parts = list(zip(noise.split(AT_ONCE), words.split(AT_ONCE), strict=True))
    progress.stage(f"painting in {steps} steps", len(parts) * steps)
    painted = [
        paint(
            painter,
            x.to(device),
            w.to(device),
            steps=steps,
            guidance=settings.guidance,
            novelty=settings.novelty,
            progress=progress.advance,
        ).cpu()
        for x, w in parts
    ]
    return torch.cat(painted).clamp(-1, 1)


def _right(judge: Judge, pictures: Seen, labels: Tensor) -> Estimate:
    return wilson(int((judge.classes(pictures.features) == labels).sum()), len(labels))


def _as_asked(x: Tensor, colors: Sequence[str]) -> Estimate:
    return wilson(sum(color == asked != "" for color, asked in zip(colors_of(x), colors, strict=True)), len(colors))


def _distances(pictures: Seen, learned: Seen, name: str, after: str) -> dict[str, float]:
    found = nearest(pictures, learned)
    return {
        f"{name}{after}": float(found.in_features[0].median()),
        f"{name}_pixels{after}": float(found.in_pixels[0].median()),
    }
