"""Chorales -> batches: in another key each time, on grids of sixteenths, eighths and quarters, with notes given."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from gesso.arts.compose.art import ComposeTraining
from gesso.arts.compose.folder import Found, in_frames, read_folder
from gesso.arts.compose.frames import (
    CLASSES,
    FAR,
    HIGH,
    LOW,
    SILENT,
    UNKNOWN_KEY,
    UNTOLD,
    VOICES,
    pitches,
    symbols,
)
from gesso.arts.compose.given import at_random
from gesso.arts.compose.phrases import phrase_ends, quarters_left
from gesso.core import places
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.music.keys import key_of
from gesso.core.seeds import generator
from gesso.pipeline.data.chorales import CHORALES, Part, Piece, read_chorales
from gesso.pipeline.data.registry import DATASETS, require
from gesso.pipeline.turns import Turn

CHUNK = 8
KEYS = tuple(range(-6, 6))
BEYOND = 2
"""Semitones by which a piece that is transposed may leave the ranges of the voices."""


class Chorale(NamedTuple):
    """A piece: its symbols (T, 4), and what may be told of it at each frame (T, 3): key, quarters left of the phrase
    and of the piece."""

    symbols: Tensor
    told: Tensor


class Batch(NamedTuple):
    """Pieces of a batch.

    Attributes:
        frames: symbols (B, T, 4); pieces that are shorter are followed by silence.
        told: what is told of each frame (B, T, 3).
        grid: how many sixteenths a frame lasts (B,).
        given: the notes that are given (B, T, 4).
        there: which frames belong to a piece (B, T).
        hinted: whether notes may be given at all ().
    """

    frames: Tensor
    told: Tensor
    grid: Tensor
    given: Tensor
    there: Tensor
    hinted: Tensor


def chorale(piece: Piece) -> Chorale:
    """A piece in sixteenths as the composer knows it."""
    ends = np.array(phrase_ends(piece), dtype=np.int64)
    over = np.array([_next_move(piece, end) for end in ends], dtype=np.int64)
    key = key_of(piece)
    said = np.stack(
        [
            np.full(len(piece), key.tonic + CLASSES * key.minor),
            _bucket(quarters_left(len(piece), over - 1)),
            _bucket(quarters_left(len(piece), np.array([len(piece) - 1]))),
        ],
        axis=1,
    )
    return Chorale(symbols(torch.from_numpy(piece.astype(np.int64))), torch.from_numpy(said))


def _bucket(quarters: np.ndarray) -> np.ndarray:
    return np.where(quarters < 0, UNTOLD, np.minimum(quarters, FAR))


def _next_move(piece: Piece, frame: int) -> int:
    """The frame at which the chord of a frame is over."""
    moved = np.flatnonzero((piece[frame:] != piece[frame]).any(1))
    return frame + int(moved[0]) if len(moved) else len(piece)


def collated(pieces: Sequence[Chorale], grid: int = 1, given: Tensor | None = None) -> Batch:
    """A batch of pieces on a grid of so many sixteenths. `given` is of as many frames as the longest has there."""
    pieces = [Chorale(*(each[::grid] for each in piece)) for piece in pieces]
    longest = max(len(piece.symbols) for piece in pieces)
    pads = [longest - len(piece.symbols) for piece in pieces]
    frames = torch.stack([F.pad(p.symbols, (0, 0, 0, pad), value=SILENT) for p, pad in zip(pieces, pads, strict=True)])
    told = torch.stack([F.pad(p.told, (0, 0, 0, pad)) for p, pad in zip(pieces, pads, strict=True)])
    there = torch.arange(longest) < torch.tensor([len(piece.symbols) for piece in pieces])[:, None]
    none = torch.zeros(len(pieces), longest, VOICES, dtype=torch.bool)
    return Batch(
        frames,
        told,
        torch.full((len(pieces),), grid),
        none if given is None else given & there[..., None],
        there,
        torch.tensor(given is not None),
    )


def untold(piece: Chorale) -> Chorale:
    """The piece with nothing told of it."""
    told = torch.full_like(piece.told, UNTOLD)
    told[:, 0] = UNKNOWN_KEY
    return piece._replace(told=told)


def transposed(piece: Chorale, shift: int) -> Chorale:
    """The piece so many semitones higher."""
    x = torch.where(piece.symbols == SILENT, SILENT, piece.symbols + shift)
    key = piece.told[:, 0]
    told = piece.told.clone()
    told[:, 0] = torch.where(key == UNKNOWN_KEY, key, (key + shift) % CLASSES + CLASSES * (key >= CLASSES))
    return Chorale(x, told)


class Chorales:
    """The training pieces of a data set, and those for validation.

    Attributes:
        ranges: the lowest and the highest pitch of each voice.
    """

    def __init__(self, settings: ComposeTraining, parts: Mapping[Part, Sequence[Piece]]):
        self.settings = settings
        self.training = [chorale(piece) for piece in parts["train"]]
        self.validation = [chorale(piece) for piece in parts["valid"]]
        self.training *= -(-settings.batch // len(self.training))  # few pieces come several times, each in its key
        self.extent = _extent([piece.symbols for piece in self.training])
        self.ranges = tuple((int(low), int(high)) for low, high in pitches(self.extent))
        self.keys = [self._keys(piece) for piece in self.training]
        self.lengths = torch.tensor([len(piece.symbols) for piece in self.training])
        self._epoch, self._batches = -1, torch.empty(0, 0)

    def _keys(self, piece: Chorale) -> list[int]:
        low, high = _extent([piece.symbols]).unbind(1)
        least, most = self.extent.unbind(1)
        return [
            shift for shift in KEYS if bool(((low + shift >= least - BEYOND) & (high + shift <= most + BEYOND)).all())
        ]

    def draw(self, turn: Turn) -> Batch:
        """The pieces of `turn`, a function of its step and its generator's state alone."""
        epoch, at = divmod(turn.step, len(self.training) // self.settings.batch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._order(epoch)
        chosen = self._batches[at][turn.part :: turn.parts].tolist()
        # The same for all parts of a batch: gradients of several processes are averaged weight by weight.
        of_all = torch.rand(2, generator=generator(self.settings.seed, "task", turn.step)).tolist()
        grid = 2 if of_all[0] < self.settings.eighths else 4 if of_all[0] > 1 - self.settings.quarters else 1
        pieces = [self._varied(i, turn.generator) for i in chosen]
        given = None
        if of_all[1] < self.settings.given:
            lengths = [-(-len(piece.symbols) // grid) for piece in pieces]
            given = at_random(lengths, max(lengths), turn.generator)
        return collated(pieces, grid, given)

    def _varied(self, number: int, source: Generator) -> Chorale:
        """A piece in a key of its own, of which often nothing is told, else the one or the other thing."""
        keys = self.keys[number]
        piece = transposed(self.training[number], keys[int(torch.randint(len(keys), (1,), generator=source))])
        chance = torch.rand(4, generator=source)
        silent = untold(piece).told
        hidden = (chance[:3] < 0.5) | (chance[3] < 0.5)
        return piece._replace(told=torch.where(hidden, silent, piece.told))

    def _order(self, epoch: int) -> Tensor:
        """Whose turn it is in an epoch: (batches, B), pieces of about one length together."""
        source = generator(self.settings.seed, "epoch", epoch)
        size = self.settings.batch
        order = torch.randperm(len(self.training), generator=source)[: len(self.training) // size * size]
        about = self.lengths[order] * (1 + 0.15 * torch.rand(len(order), generator=source))
        batches = order[about.argsort(stable=True)].view(-1, size)
        return batches[torch.randperm(len(batches), generator=source)]


def _extent(pieces: Sequence[Tensor]) -> Tensor:
    """The lowest and the highest symbol of each voice that sounds: (4, 2)."""
    x = torch.cat(list(pieces))
    low = torch.where(x == SILENT, 127, x).amin(0)
    return torch.stack([low, x.amax(0)], 1)


def in_chunks(pieces: Sequence[Chorale], grid: int = 1, *, melody: bool = False) -> Iterable[Batch]:
    """Batches of pieces of which nothing is told, those of about one length together; of which the `melody` is given,
    or nothing."""
    ordered = sorted(map(untold, pieces), key=lambda each: len(each.symbols))
    for at in range(0, len(ordered), CHUNK):
        batch = collated(ordered[at : at + CHUNK], grid)
        if melody:
            batch.given[..., 0] = batch.there
            batch = batch._replace(hinted=torch.tensor(True))
        yield batch


def in_key(batch: Batch, shift: int) -> Batch:
    """A batch of which no key is told, so many semitones higher."""
    return batch._replace(frames=torch.where(batch.frames == SILENT, SILENT, batch.frames + shift))


def read_parts(source: str) -> dict[Part, list[Piece]]:
    """The pieces of a data set that has a name, of a file of time series, or of a folder of music in four voices.

    Raises GessoError when there are none.
    """
    for dataset in DATASETS:
        if dataset.name == source:
            if dataset.kind != "music":
                raise GessoError(f"{source} holds {dataset.kind}, not music: give jsb, or a folder of music")
            return read_chorales(require(dataset, places.data()) / CHORALES)
    path = Path(source).expanduser()
    if path.is_dir():
        return framed(read_folder(path, "four-part"))
    if not path.is_file():
        near = nearest(source, [each.name for each in DATASETS if each.kind == "music"])
        raise GessoError(f"{source} is no data set of music, no file and no folder{near}")
    found = read_chorales(path)
    for frames in (frames for pieces in found.values() for frames in pieces):
        if (sounding := frames[frames >= 0]).size and not LOW <= sounding.min() <= sounding.max() <= HIGH:
            reach = f"{sounding.min()} to {sounding.max()}"
            raise GessoError(f"{path.name} has a piece from {reach}, beyond {LOW} to {HIGH}: transpose it")
    return found


def framed(found: Found) -> dict[Part, list[Piece]]:
    """Music in four voices that was found in a folder, in frames of sixteenths."""
    return {part: [frames for score in scores for frames in in_frames(score)] for part, scores in found.split().items()}
