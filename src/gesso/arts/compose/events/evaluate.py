"""How well a network foresees music that it was not trained on, in nats for each note; and what its own is like."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.compose.art import Compose, ComposeEvaluation
from gesso.arts.compose.events.build import Events, load_events
from gesso.arts.compose.events.generate import composed
from gesso.arts.compose.events.notes import Piece, Rows, piece_of
from gesso.arts.compose.events.prepare import all_rows, in_chunks
from gesso.arts.compose.events.statistics import longest_copy, statistics
from gesso.arts.compose.folder import PER_PART, folder_of, read_folder
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.weights import Model

NUMBERS = ("gap", "pitch", "length")


def nats(model: Events, batch: Rows, generator: Generator | None = None) -> dict[str, Tensor]:
    """-log p of when each note begins, of its pitch and of its length, in nats: (B, T) each, 0 where none is asked."""
    found: dict[str, Tensor] = {}
    for name, logits in zip(NUMBERS, model(batch, generator), strict=True):
        target = torch.where(batch.there, getattr(batch, name), -1)
        found[name] = F.cross_entropy(logits.transpose(1, 2), target, reduction="none", ignore_index=-1)
    return found


def notes_in(batch: Rows) -> Tensor:
    """How many notes are asked for in a batch."""
    return (batch.there & (batch.pitch >= 0)).sum()


@torch.no_grad()
def surprise(model: Events, batches: Iterable[Rows], device: torch.device) -> dict[str, float]:
    """-log p of a note in nats, in the mean of all, and the parts of it; that a piece is over counts among them."""
    total: dict[str, float] = dict.fromkeys(NUMBERS, 0.0)
    count = 0
    for batch in batches:
        there = Rows(*(x.to(device) for x in batch))
        for name, x in nats(model, there).items():
            total[name] += float(x.cpu().double().sum())
        count += int(notes_in(batch))
    parts = {f"nats_per_note_{name}": value / count for name, value in total.items()}
    return {"nats_per_note": sum(parts.values()), **parts}


def evaluate(found: Model, settings: ComposeEvaluation, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate compose` on every tenth file, of which nothing is told but the metre.

    nats_per_note: -log p of all that a note is, given those before it; nats_per_note_gap, _pitch and _length: its
    parts. With `pieces`, what as many composed pieces of 16 bars are like, by the names of `statistics.Statistics`, and
    as data_… what the held-out ones are like; copied_notes is the longest run that a piece has from one of those
    learned, in the middle of all, and copied_notes_most of all.

    Raises GessoError when the data are not there, or nothing is held out.
    """
    model = load_events(found.path, device)
    data = settings.data or found.configuration["data"]
    parts = read_folder(folder_of(data), model.configuration.kind).split()
    pieces = [piece_of(score, model.configuration.kind) for score in parts["test"]]
    tested = all_rows(pieces, model.configuration)
    if not tested:
        raise GessoError(f"nothing of {data} is held out: give a folder of {PER_PART} files or more")
    progress.stage("foreseeing")
    metrics = {name: round(value, 4) for name, value in surprise(model, in_chunks(tested), device).items()}
    if settings.pieces:
        wish = check(Compose, settings.model_dump(include={"temperature", "top_p"}))
        scores = [composed(model, wish, generator(0, "piece", number), progress) for number in range(settings.pieces)]
        progress.stage("comparing")
        invented = [piece_of(score, model.configuration.kind) for score in scores]
        learned = [piece_of(score, model.configuration.kind) for score in parts["train"]]
        metrics |= _likeness("", invented, learned) | _likeness("data_", pieces, learned)
    return {
        "model": found.name,
        "data": f"{data}, {len(pieces)} held out, {model.configuration.kind}",
        "metrics": metrics,
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def _likeness(prefix: str, pieces: Sequence[Piece], learned: Sequence[Piece]) -> dict[str, float]:
    copies = [longest_copy(piece, learned) for piece in pieces]
    said = statistics(pieces)._asdict()
    said |= {"copied_notes": float(np.median(copies)), "copied_notes_most": float(max(copies))}
    return {f"{prefix}{name}": round(value, 4) for name, value in said.items()}
