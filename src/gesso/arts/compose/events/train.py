"""What a network learns: when the next note begins, its pitch, and how long it lasts."""

from pathlib import Path

import torch
from torch import Generator, Tensor

from gesso.arts.compose.art import Compose, ComposeTraining
from gesso.arts.compose.events.build import Events, build
from gesso.arts.compose.events.evaluate import nats, notes_in, surprise
from gesso.arts.compose.events.generate import composed
from gesso.arts.compose.events.notes import Rows
from gesso.arts.compose.events.prepare import Pieces, in_chunks
from gesso.arts.compose.folder import Found
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.music.roll import roll
from gesso.core.music.roll_pixels import roll_raster
from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline import loop
from gesso.pipeline.best import BEST, keep_if_better, kept

"""In a run's folder the weights that foresaw the pieces for validation best."""


def objective(model: Events, batch: Rows, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean surprise at a note in nats, and its parts."""
    notes = notes_in(batch)
    parts = {name: x.sum() / notes for name, x in nats(model, batch, generator).items()}
    return torch.stack(list(parts.values())).sum(), {name: x.detach() for name, x in parts.items()}


def train(
    settings: ComposeTraining,
    found: Found,
    run: Path,
    *,
    device: torch.device,
    progress: Progress,
    resume: bool = False,
) -> weights.Model:
    """Train on what was `found` in the folder `run`, and save the model in `run`/model.

    Of all weights that were looked at, those are kept that foresee the pieces for validation best: a few pieces are
    soon known by heart. The part for testing is never learned from.
    """
    pieces = Pieces(settings, found)
    settings = settings.model_copy(update={"steps": pieces.steps})
    model = build(pieces.configuration)
    model.initialise(generator(settings.seed, "weights"))
    held_out = in_chunks(pieces.validation)
    best = run / BEST

    def validate(average: Events) -> dict[str, float]:
        figures = surprise(average, held_out, device)
        keep_if_better(best, average, figures["nats_per_note"])
        return figures

    def sample(average: Events) -> Raster:
        wish = check(Compose, {"bars": 8})
        return roll_raster(roll(composed(average, wish, generator(settings.seed, "sample"), Progress(shown=False))))

    average = loop.train(
        model,
        pieces.draw,
        objective,
        settings,
        run,
        device=device,
        progress=progress,
        validate=validate if held_out else None,
        sample=sample,
        methods=("states",),
        resume=resume,
    )
    measured = "not measured"
    if best.exists():
        nats, tensors = kept(best)
        average.load_state_dict(tensors)
        measured = f"{nats:.4f} nats a note"
    saved = {
        "art": "compose",
        "kind": found.kind,
        "network": average.configuration.model_dump(mode="json"),
        "data": settings.data,
        "licences": ["as the data it heard"],
    }
    card = (
        f"# {run.name}\n\nA composer of {found.kind} music, trained on {len(pieces.training)} pieces of "
        f"{settings.data} for {settings.steps} steps. On the pieces for validation: {measured}.\n"
    )
    return weights.save(run / "model", run.name, average.state_dict(), saved, card)
