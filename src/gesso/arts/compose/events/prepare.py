"""Pieces -> batches: parts of them, in another key each time, of which more or less is told."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.compose.art import ComposeTraining
from gesso.arts.compose.events.build import Configuration
from gesso.arts.compose.events.notes import CLASSES, HIGH, LOW, UNTOLD, Form, Piece, Rows, bar_of, piece_of, rows
from gesso.arts.compose.folder import Found
from gesso.pipeline.turns import Turn

SHIFTS = tuple(range(-5, 7))
CHUNK = 16
FEWEST_STEPS = 600
"""Of a few pieces too there are so many steps: the weights that are kept are those of the best."""


def form_of(piece: Piece, configuration: Configuration) -> Form | None:
    """The form of a piece, of which everything is told; None if its metre was not learned."""
    metres = [(beats, unit) for beats, unit, _ in configuration.metres]
    mine = (piece.metre.beats, piece.metre.unit)
    if mine not in metres:
        return None
    return Form(metres.index(mine), bar_of(piece.metre), piece.key.tonic, int(piece.key.minor), piece.bars)


def untold(form: Form) -> Form:
    """The form with nothing told but the metre."""
    return form._replace(tonic=CLASSES, mode=2, bars=UNTOLD)


class Pieces:
    """The pieces to learn from, and those for validation.

    Attributes:
        configuration: of a network that learns from them.
    """

    def __init__(self, settings: ComposeTraining, found: Found):
        parts = found.split()
        self.settings = settings
        self.training = [piece_of(score, found.kind) for score in parts["train"]]
        programs = Counter(part.program for score in parts["train"] for part in score.parts if part.notes)
        metres = Counter((piece.metre.beats, piece.metre.unit) for piece in self.training)
        keys = Counter((piece.key.fifths, piece.key.minor) for piece in self.training)
        pitches = torch.cat([piece.notes.pitch for piece in self.training]) + LOW
        self.configuration = Configuration(
            kind=found.kind,
            lowest=int(pitches.min()),
            highest=int(pitches.max()),
            metres=tuple((*metre, count) for metre, count in metres.most_common()),
            keys=tuple((*key, count) for key, count in keys.most_common()),
            tempo=round(median(score.tempo for score in parts["train"])),
            program=programs.most_common(1)[0][0],
            **settings.model_dump(include={"width", "heads", "layers", "dropout", "deafness", "window"}),
        )
        self.validation = all_rows([piece_of(score, found.kind) for score in parts["valid"]], self.configuration)
        self.forms = [form_of(piece, self.configuration) for piece in self.training]
        self.lengths = [len(piece.notes.onset) for piece in self.training]

    @property
    def steps(self) -> int:
        """How many steps it takes to go through the pieces as often as is asked for."""
        notes = sum(self.lengths)
        heard = self.settings.batch * sum(length * min(length, self.settings.window) for length in self.lengths)
        wanted = -(-self.settings.passes * notes**2 // heard)  # heard / notes are heard in a step
        return min(self.settings.steps, max(FEWEST_STEPS, wanted))

    def draw(self, turn: Turn) -> Rows:
        """The windows of `turn`, a function of its generator's state alone; longer pieces give more of them."""
        count = self.settings.batch // turn.parts
        lengths = torch.tensor(self.lengths, dtype=torch.float)
        chosen = lengths.multinomial(count, replacement=True, generator=turn.generator)
        return stacked([self._window(number, turn.generator) for number in chosen.tolist()])

    def _window(self, number: int, source: Generator) -> Rows:
        piece, form = self.training[number], self.forms[number]
        assert form is not None, "metres are those of these pieces"
        low, high = int(piece.notes.pitch.min()) + LOW, int(piece.notes.pitch.max()) + LOW
        least, most = min(low, self.configuration.lowest - 2), max(high, self.configuration.highest + 2)
        shifts = [s for s in SHIFTS if max(least, LOW) <= low + s and high + s <= min(most, HIGH)] or [0]
        shift = shifts[int(torch.randint(len(shifts), (1,), generator=source))]
        chance = torch.rand(3, generator=source).tolist()
        told, silent = form.shifted(shift), untold(form)
        if chance[0] < 0.3:
            told = told._replace(tonic=silent.tonic, mode=silent.mode)
        if chance[1] < 0.3:
            told = told._replace(bars=silent.bars)
        whole = rows(piece.notes._replace(pitch=piece.notes.pitch + shift), told)
        count, window = len(whole.gap), self.settings.window
        # Windows that would begin before the piece or end after it are moved, so that beginnings and ends are common.
        start = max(0, min(int(chance[2] * count) - window // 2, count - window))
        return Rows(*(x[start : start + window] for x in whole))


def stacked(pieces: Sequence[Rows]) -> Rows:
    """Rows (T, …) of several pieces as a batch (B, T, …); after the shorter ones there is nothing."""
    longest = max(len(piece.gap) for piece in pieces)

    def padded(x: Tensor) -> Tensor:
        return F.pad(x, (*(0, 0) * (x.ndim - 1), 0, longest - len(x)))

    batch = Rows(*(torch.stack([padded(x) for x in column]) for column in zip(*pieces, strict=True)))
    return batch._replace(bar=batch.bar.clamp(min=1))


def all_rows(pieces: Sequence[Piece], configuration: Configuration) -> list[Rows]:
    """The rows of pieces in metres that were learned, nothing else told, in windows half of which was heard before."""
    window, found = configuration.window, list[Rows]()
    for piece in pieces:
        form = form_of(piece, configuration)
        if form is None:
            continue
        whole = rows(piece.notes, untold(form))
        for start in range(0, max(1, len(whole.gap) - window // 2), window // 2):
            part = Rows(*(x[start : start + window] for x in whole))
            asked = part.there.clone()
            asked[: window // 2 if start else 0] = False
            found.append(part._replace(there=asked))
    return found


def in_chunks(pieces: Sequence[Rows]) -> list[Rows]:
    """Batches of pieces, those of about one length together."""
    ordered = sorted(pieces, key=lambda piece: len(piece.gap))
    return [stacked(ordered[at : at + CHUNK]) for at in range(0, len(ordered), CHUNK)]
