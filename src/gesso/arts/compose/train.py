"""What a composer learns: every note that is not given, from those before it and from those that are."""

from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.compose.art import ComposeTraining
from gesso.arts.compose.build import Composer, Configuration, build
from gesso.arts.compose.evaluate import surprise
from gesso.arts.compose.events import train as events
from gesso.arts.compose.folder import read_folder
from gesso.arts.compose.prepare import Batch, Chorales, framed, in_chunks, read_parts
from gesso.core import devices, weights
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop
from gesso.pipeline.data.registry import DATASETS

DOUBTS = (0.9, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3)
"""What logits may be divided by."""

OF_PIECES = ("frames", "told", "grid", "given", "there")
"""The parts of a batch that each piece has its own of."""


def objective(model: Composer, batch: Batch, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean surprise of the members at notes that are not given, in nats; logged apart where some are given.

    Every member learns from pieces of its own.
    """
    members = len(model.members)
    losses: list[Tensor] = []
    for number in range(members):
        b = batch._replace(**{name: getattr(batch, name)[number::members] for name in OF_PIECES})
        hinted = model.hinted(b.frames, b.given, b.there, b.told, b.grid, generator) if b.hinted else None
        logits = model.of_one(number, b.frames, b.told, b.grid, hinted, generator)
        asked = b.there[..., None] & ~b.given
        losses.append(F.cross_entropy(logits[asked], b.frames[asked]))
    loss = torch.stack(losses).mean()
    name = "given" if batch.hinted else f"grid_{int(batch.grid[0])}"
    return loss, {name: loss.detach()}


def train(
    settings: ComposeTraining, run: Path, *, device: torch.device, progress: Progress, resume: bool = False
) -> weights.Model:
    """Train a composer in the folder `run`, and save it in `run`/model. The part for testing is never learned from.

    Of a folder of music it is said what it is taken for; what is not in four voices is learned note by note.
    """
    folder = Path(settings.data).expanduser()
    if settings.data in [dataset.name for dataset in DATASETS] or not folder.is_dir():
        parts = read_parts(settings.data)
    else:
        found = read_folder(folder, settings.kind)
        for line in found.told():
            progress.tell(line)
        if found.kind != "four-part":
            return events.train(settings, found, run, device=device, progress=progress, resume=resume)
        parts = framed(found)
    if settings.batch // settings.accumulate // devices.processes() < settings.members:
        raise GessoError(f"{settings.members} members need as many pieces each time, on each process: raise --batch")
    chorales = Chorales(settings, parts)
    sizes = {
        "members",
        "width",
        "heads",
        "layers",
        "inner",
        "depth",
        "encoder_width",
        "encoder_layers",
        "dropout",
        "deafness",
    }
    configuration = Configuration(ranges=chorales.ranges, **settings.model_dump(include=sizes))
    model = build(configuration)
    model.initialise(generator(settings.seed, "weights"))
    figures: dict[str, float] = {}

    def validate(average: Composer) -> dict[str, float]:
        found = surprise(average, in_chunks(chorales.validation), device)
        figures["nats_per_note_16th"] = found.nats / found.notes
        return figures

    average = loop.train(
        model,
        chorales.draw,
        objective,
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate if chorales.validation else None,
        methods=("hinted", "of_one"),
        resume=resume,
    )
    if chorales.validation:
        average.configuration = configuration.model_copy(update={"doubt": best_doubt(average, chorales, device)})
        validate(average)
    licences = [dataset.licence for dataset in DATASETS if dataset.name == settings.data] or ["as the data it heard"]
    saved = {
        "art": "compose",
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": licences,
    }
    measured = f"{figures['nats_per_note_16th']:.4f} nats a note in sixteenths" if figures else "not measured"
    card = (
        f"# {run.name}\n\nA composer in four voices, trained on {len(chorales.training)} pieces of {settings.data} "
        f"for {settings.steps} steps. On the {len(chorales.validation)} pieces for validation: {measured}.\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), saved, card)


def best_doubt(average: Composer, chorales: Chorales, device: torch.device) -> float:
    """What the logits have to be divided by for the pieces for validation to surprise least."""
    tried: dict[float, float] = {}
    for doubt in DOUBTS:
        average.configuration = average.configuration.model_copy(update={"doubt": doubt})
        tried[doubt] = surprise(average, in_chunks(chorales.validation), device).nats
    return min(tried, key=lambda doubt: tried[doubt])
