"""What a painter learns: the velocity from noise to pictures, and in the last part of the training to leap."""

from pathlib import Path

import torch
from torch import Generator, Tensor

from gesso.arts.paint.image.art import PaintImageTraining
from gesso.arts.paint.image.build import Configuration, Painter, build, load_painter, numbered
from gesso.arts.paint.image.flow import flow_loss, leap_loss, paint
from gesso.arts.paint.image.judge import Judge
from gesso.arts.paint.image.models import find
from gesso.arts.paint.image.nearest import all_of, nearest, seen
from gesso.arts.paint.image.novelty import nearest_small, small
from gesso.arts.paint.image.prepare import HELD, MANY, Batch, Pictures, described, titles
from gesso.arts.paint.image.showing import laid_out, rasters
from gesso.core import files, weights
from gesso.core.errors import GessoError
from gesso.core.pictures import Raster, encode
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop
from gesso.pipeline.data.loading import Examples
from gesso.pipeline.data.registry import DATASETS

SAMPLED = 32  # pictures painted as it learns
PAINTED, COMPARED, ROW = 200, 4000, 12  # in the report: pictures painted, training pictures, and how many are shown
SHOWN = 96  # pixels of a side


def objective(model: Painter, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss to minimise and the figures to log.

    Of a batch from which leaps are learned they are so from every other picture, so from none where it is only one.
    """
    x, words, numbers = batch.pictures, batch.words, batch.augmented
    if not batch.leaps or len(x) < 2:
        return flow_loss(model, x, words, numbers, generator).mean(), {}
    flow = flow_loss(model, x[::2], words[::2], numbers[::2], generator).mean()
    leap = leap_loss(model, x[1::2], words[1::2], numbers[1::2], generator).mean()
    return (flow + leap) / 2, {"flow": flow, "leap": leap}


def train(
    settings: PaintImageTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a painter in the folder `run`, and save it in `run`/model.

    The test split is never learned from; at the end it is what the card's distances are compared with.
    """
    pictures = Pictures(settings)
    held = described(settings.data, "test", pictures.size, pictures.skips).examples  # now, lest it be missed at the end
    patch = settings.patch or (4 if pictures.size >= 64 else 2)
    model = build(
        Configuration(
            channels=pictures.channels,
            size=pictures.size,
            widths=settings.widths,
            blocks=settings.blocks,
            patch=patch,
            words=pictures.words,
            colors=pictures.colors,
            titles=titles(pictures.called, pictures.words),
            layout=settings.layout,
            shortened=settings.shorten > 0,
        )
    )
    model.initialise(generator(settings.seed, "weights"))
    if settings.start is not None:
        begin_with(model, settings.start)
    words = words_for(pictures, SAMPLED)

    def sample(painter: Painter) -> Raster:
        return laid_out(rasters(some(painter, words, device), SHOWN))

    average = loop.train(
        model,
        pictures.draw,
        objective,
        settings,
        run,
        device=device,
        progress=progress,
        sample=sample,
        skips=pictures.skips,
        resume=resume,
    )
    licences = [dataset.licence for dataset in DATASETS if dataset.name == settings.data] or ["as the data it saw"]
    state, network = average.state_dict(), average.configuration.model_dump(mode="json")
    if len(pictures.examples) <= MANY:
        state["learned"] = learned = to_keep_from(average, pictures, device)
        apart, _ = nearest_small(small(all_of(held, pictures.skips)), learned)
        network |= {"learned": len(learned), "apart": round(float(apart.median()), 4)}
    configuration = {
        "art": "paint/image",
        "network": network,
        "data": settings.data,
        "licences": licences,
    }
    card = (
        f"# {run.name}\n\nA painter of `gesso paint image`, trained on {len(pictures.examples)} pictures of "
        f"{settings.data} for {settings.steps} steps.\n"
    )
    # All that is painted hangs on what the network is told, which is small.
    in_bytes = [name for name, tensor in state.items() if tensor.ndim > 1 and not name.startswith("embed.")]
    model = weights.save(run / "model", run.name, state, configuration, card, in_bytes)
    copied = report(load_painter(model.path, device), pictures, held, run, device)
    files.atomic_bytes(model.path.with_suffix(".md"), f"{card}\n{copied}\n".encode(), overwrite=True)
    pictures.skips.sum_up()
    return model


@torch.no_grad()
def begin_with(model: Painter, name: str) -> None:
    """Give `model` the weights of the model called `name`, and of its words those that both know.

    What only one of the two has stays as it is: a layout, which depends on the size of the pictures.

    Raises GessoError when there is none by this name, or its network has another shape.
    """
    ours, theirs = model.configuration, load_painter(find(name).path, torch.device("cpu"))
    for field in ("channels", "widths", "blocks", "patch"):
        if (value := getattr(theirs.configuration, field)) != getattr(ours, field):
            raise GessoError(f"--start: {name} has {field} {value}, not {getattr(ours, field)}: ask for the same")
    known = {word: row for row, word in enumerate(theirs.configuration.words, 1)}
    for row, word in enumerate(ours.words, 1):
        if word in known:
            model.words.weight[row] = theirs.words.weight[known[word]]
    held = model.state_dict()
    alike = {k: x for k, x in theirs.state_dict().items() if k in held and x.shape == held[k].shape}
    model.load_state_dict({**held, **alike, "words.weight": model.words.weight})


def words_for(pictures: Pictures, count: int) -> Tensor:
    """What `count` training pictures are called, (N, L), or fewer if there are fewer."""
    chosen = torch.randperm(len(pictures.called), generator=generator(pictures.settings.seed, "samples"))[:count]
    return numbered([pictures.called[i] for i in chosen.tolist()], pictures.words)


def some(painter: Painter, words: Tensor, device: torch.device) -> Tensor:
    """A picture for each of the words (N, L): (N, C, S, S)."""
    c = painter.configuration
    noise = torch.randn((len(words), c.channels, c.size, c.size), generator=generator(0, "samples"))
    parts = zip(noise.split(SAMPLED), words.split(SAMPLED), strict=True)
    return torch.cat(
        [
            paint(painter, x.to(device), w.to(device), steps=16, guidance=None, novelty=1.0).clamp(-1, 1)
            for x, w in parts
        ]
    )


def to_keep_from(painter: Painter, pictures: Pictures, device: torch.device) -> Tensor:
    """What paintings are led away from, small, (N, D): the pictures that were learned from.

    Where most of these have a name of their own it is what the painter makes of each name by heart: such a model holds
    none of the pictures.
    """
    names = dict.fromkeys(pictures.called)
    if len(names) <= len(pictures.called) / 2:
        return small(all_of(pictures.examples, pictures.skips))
    return small(some(painter, numbered([*names], pictures.words), device).cpu())


def report(painter: Painter, pictures: Pictures, held: Examples, run: Path, device: torch.device) -> str:
    """Writes run/nearest.png, paintings above the training pictures that are nearest to them, and says what it shows.

    Under each painting of the first row stands the nearest in pixels, and under that the nearest to the eye of the
    perceptual network. A painter that copies has them nearer than the pictures `held` out from its training are.
    """
    judge = Judge(None, device)
    most = min(COMPARED, HELD // (4 * pictures.channels * pictures.size**2))
    learned = seen(all_of(pictures.examples, pictures.skips, most), judge)
    painted = seen(some(painter, words_for(pictures, PAINTED), device).cpu(), judge)
    found = nearest(painted, learned)
    rows = [
        painted.pixels[:ROW],
        *(learned.pixels[place[:ROW]] for place in (found.in_pixels[1], found.in_features[1])),
    ]
    sheet = laid_out(rasters(torch.cat(rows), SHOWN), len(rows[0]))
    files.atomic_bytes(run / "nearest.png", encode(sheet, "PNG"), overwrite=True)
    medians = [float(distances.median()) for distances, _ in found]
    others = [
        float(distances.median())
        for distances, _ in nearest(seen(all_of(held, pictures.skips, PAINTED), judge), learned)
    ]
    copies = all(ours < 0.8 * theirs for ours, theirs in zip(medians, others, strict=True))
    return (
        f"Median distance to the nearest training picture: of what it paints {medians[0]:.3f} in pixels and "
        f"{medians[1]:.3f} to the perceptual network, of held-out pictures {others[0]:.3f} and {others[1]:.3f}. "
        + ("It copies: give it more pictures, or fewer --steps." if copies else "It does not copy as a whole.")
        + " nearest.png in the run shows some paintings above what they are nearest to."
    )
