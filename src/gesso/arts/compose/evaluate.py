"""How well a composer foresees chorales that it was not trained on, in nats for each note."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gesso.arts.compose.art import Compose, ComposeEvaluation
from gesso.arts.compose.build import Composer, load_composer
from gesso.arts.compose.events import evaluate as events
from gesso.arts.compose.folder import PER_PART
from gesso.arts.compose.frames import GRIDS, VOICES
from gesso.arts.compose.generate import composed
from gesso.arts.compose.notes import frames_of
from gesso.arts.compose.prepare import Batch, Chorale, chorale, in_chunks, in_key, read_parts
from gesso.arts.compose.statistics import Frames, longest_copy, statistics
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.metrics import Estimate, bootstrap

PACKAGE = "gesso.arts.compose"
NEAREST = (0, 1, -1, 2, -2, 3, -3)
"""Semitones up and down, the least first."""

NAMES = dict(zip(GRIDS, ("16th", "8th", "quarter"), strict=True))


class Surprise(NamedTuple):
    """-log p of all notes of some pieces, in nats, how many notes they are, and the same of those that are changed.

    A note is one voice in one frame. It is changed when its voice sounded another, or none, in the frame before, or
    there is none before. `each` has the same four of every piece, (N, 4).
    """

    nats: float
    notes: int
    changed_nats: float
    changed: int
    each: Tensor

    def mean(self, *, changed: bool = False) -> Estimate:
        """Nats a note, or a changed one, with their interval, the pieces being a sample of such pieces."""
        nats, notes = self.each[:, 2:].T if changed else self.each[:, :2].T
        return bootstrap(nats, generator(0, "bootstrap"), counts=notes)


def nats(model: Composer, batch: Batch) -> Tensor:
    """-log p of each note of a batch, in nats: (B, T, 4)."""
    b = batch
    hinted = model.hinted(b.frames, b.given, b.there, b.told, b.grid) if b.hinted else None
    logits = model(b.frames, b.told, b.grid, hinted)
    return F.cross_entropy(logits.flatten(0, 2), b.frames.flatten(), reduction="none").view_as(b.frames)


@torch.no_grad()
def surprise(model: Composer, batches: Iterable[Batch], device: torch.device, keys: Sequence[int] = (0,)) -> Surprise:
    """How much the notes of batches that are not given surprise a composer that knows those before, and those given.

    With several `keys`, semitones by which a piece is transposed, it foresees each note in all of them, and means the
    average of its probabilities.
    """
    rows: list[Tensor] = []
    for batch in batches:
        there = Batch(*(x.to(device) for x in batch))
        said = torch.stack([nats(model, in_key(there, key)) for key in keys]).cpu().double()
        found = math.log(len(keys)) - (-said).logsumexp(0)
        asked = batch.there[..., None] & ~batch.given
        moved = F.pad(batch.frames[:, 1:] != batch.frames[:, :-1], (0, 0, 1, 0), value=True) & asked
        rows.append(torch.stack([x.double().sum((1, 2)) for x in (found * asked, asked, found * moved, moved)], 1))
    each = torch.cat(rows)
    total, notes, changed_nats, changed = each.sum(0).tolist()
    return Surprise(total, int(notes), changed_nats, int(changed), each)


def evaluate(settings: ComposeEvaluation, *, device: torch.device, progress: Progress) -> dict[str, Any]:
    """The figures of `gesso evaluate compose` on the test part.

    nats_per_note_16th, _8th, _quarter: -log p of the notes on that grid given those before, in nats, over the notes; a
    note is one voice in one frame, silence too. Coarser grids are every second and every fourth frame of the finest.
    nats_per_frame_quarter: the same over the frames. nats_per_changed_note_16th: over those notes alone that are not
    the note before held on. Nothing is told of key, phrases or length. nats_per_note_harmonised: over the three lower
    voices in sixteenths, the highest being given from beginning to end. With more than one of `keys`,
    nats_per_note_16th_averaged: as the first, with probabilities that are averaged over transpositions of the piece.
    Each with its 95 % interval, as nats_per_note_16th_ci.

    With `pieces`, what composed pieces of 16 bars are like, by the names of `statistics.Statistics`, and as data_… what
    the test part is like. copied_bars is the longest run that a piece has from the part to learn from, in bars, in the
    middle of all pieces, and copied_bars_most of all; data_… of the test part, which copies nothing.

    For models of monophonic and of piano music see `events.evaluate`.

    Raises GessoError when the model or the data are not there.
    """
    found = weights.find(PACKAGE, settings.model)
    if found.configuration.get("kind", "four-part") != "four-part":
        return events.evaluate(found, settings, device, progress)
    composer = load_composer(found.path, device)
    data = settings.data or found.configuration["data"]
    parts = read_parts(data)
    if not parts["test"]:
        raise GessoError(f"nothing of {data} is held out: give a folder of {PER_PART} files or more")
    pieces = [chorale(piece) for piece in parts["test"]]
    metrics = figures(composer, pieces, device, progress)
    if settings.keys > 1:
        found_in_keys = surprise(composer, in_chunks(pieces), device, NEAREST[: settings.keys])
        metrics |= found_in_keys.mean().figures("nats_per_note_16th_averaged", 4)
    if settings.pieces:
        wish = check(Compose, settings.model_dump(include={"temperature", "top_p"}))
        invented = [
            frames_of(composed(composer, wish, generator(0, "piece", number), progress))
            for number in range(settings.pieces)
        ]
        progress.stage("comparing")
        for prefix, music in (("", invented), ("data_", [piece.astype(np.int64) for piece in parts["test"]])):
            metrics |= _likeness(prefix, music, [piece.astype(np.int64) for piece in parts["train"]])
    return {
        "model": found.name,
        "data": f"{data}, {len(pieces)} test pieces",
        "metrics": metrics,
        "parameters": sum(p.numel() for p in composer.parameters()),
    }


def _likeness(prefix: str, pieces: Sequence[Frames], learned: Sequence[Frames]) -> dict[str, float]:
    """What pieces are like, and how much of them is in those that were learned from."""
    copies = [longest_copy(piece, learned) for piece in pieces]
    said = statistics(pieces)._asdict() | {"copied_bars": float(np.median(copies)), "copied_bars_most": max(copies)}
    return {f"{prefix}{name}": round(value, 4) for name, value in said.items()}


def figures(composer: Composer, pieces: Sequence[Chorale], device: torch.device, progress: Progress) -> dict[str, Any]:
    """What a composer foresees of pieces, on every grid, with 95 % intervals."""
    metrics: dict[str, Any] = {}
    progress.stage("foreseeing", len(GRIDS))
    for grid in GRIDS:
        found = surprise(composer, in_chunks(pieces, grid), device)
        metrics |= found.mean().figures(f"nats_per_note_{NAMES[grid]}", 4)
        if grid == GRIDS[-1]:
            metrics |= Estimate(*(VOICES * nats for nats in found.mean())).figures("nats_per_frame_quarter", 4)
        if grid == GRIDS[0]:
            metrics |= found.mean(changed=True).figures("nats_per_changed_note_16th", 4)
        progress.advance()
    harmonised = surprise(composer, in_chunks(pieces, melody=True), device)
    return metrics | harmonised.mean().figures("nats_per_note_harmonised", 4)
