"""Music as the network knows it: frames of four symbols, one for each voice, and what is to be heard of them.

A frame is a sixteenth, an eighth or a quarter long. Symbol 0 is silence, symbol n the pitch LOW - 1 + n of MIDI.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

LOW, HIGH = 31, 88
"""The lowest and the highest pitch there are symbols for: wider than any choir's, by some semitones."""

SILENT = 0
SYMBOLS = HIGH - LOW + 2
START = SYMBOLS
"""Stands in the frame before the first."""

VOICES = 4
PAIRS = tuple((high, low) for low in range(VOICES) for high in range(low))

GRIDS = (1, 2, 4)
"""The sixteenths that a frame may last."""

LEAP = 12  # the largest interval of a melody that is told from larger ones
LENGTHS = 20  # notes are told apart by their length up to 16 sixteenths, then up to 24, up to 32, and longer
CLASSES = 12
UNKNOWN_KEY = 24
BARS = 4  # of the first ones it is known which they are: to know it of all helps to know pieces by heart
FAR = 32  # what is farther away than as many quarters is far
UNTOLD = FAR + 1

FIELDS = (
    *((SYMBOLS + 1,) * VOICES),  # what each voice sounds
    *((CLASSES + 1,) * VOICES),  # as a step above the bass of the first frame
    *((2 * LEAP + 2,) * VOICES),  # the interval by which each voice came there
    *((LENGTHS,) * VOICES),  # and for how long it has been there
    *((CLASSES + 1,) * len(PAIRS)),  # the intervals between voices
    *(16, 12, BARS),  # where the next frame stands: in bars of 4/4, in bars of 3/4, from the beginning
    len(GRIDS),
    UNKNOWN_KEY + 1,  # what may be told: the key, as it is and as a step above the first bass, and
    UNKNOWN_KEY + 1,
    UNTOLD + 1,  # how many quarters are left of the phrase
    UNTOLD + 1,  # and of the piece
)
"""How many values each feature of `heard` has."""


def symbols(pitches: Tensor) -> Tensor:
    """MIDI pitches, -1 where a voice is silent -> symbols."""
    return torch.where(pitches < 0, SILENT, pitches - (LOW - 1))


def pitches(symbols: Tensor) -> Tensor:
    """Symbols -> MIDI pitches, -1 where a voice is silent."""
    return torch.where(symbols == SILENT, -1, symbols + (LOW - 1))


def begun(x: Tensor) -> Tensor:
    """Frames x (B, T, 4) -> the number of the frame in which the note that sounds began: (B, T, 4)."""
    moved = F.pad(x[:, 1:] != x[:, :-1], (0, 0, 1, 0), value=True)
    at = torch.arange(x.shape[1], device=x.device)[:, None]
    return torch.where(moved, at, 0).cummax(1).values


def lengths(frames: Tensor) -> Tensor:
    """Sixteenths -> which of LENGTHS they are, from 0."""
    fine = frames.clamp(max=16) - 1
    return torch.where(frames <= 16, fine, torch.where(frames <= 24, 16, torch.where(frames <= 32, 17, 18)))


def sounding(x: Tensor) -> Tensor:
    """Whether symbols are pitches."""
    return (x != SILENT) & (x != START)


def first_bass(x: Tensor) -> Tensor:
    """Frames (B, T, 4) -> the pitch class of the lowest voice that sounds in the first, or CLASSES: (B,)."""
    chord = x[:, 0]
    low = torch.where(sounding(chord), chord, SYMBOLS).amin(1)
    return torch.where(low == SYMBOLS, CLASSES, (low + LOW - 1) % CLASSES)


def classes(x: Tensor, above: Tensor) -> Tensor:
    """Symbols (B, ...) as steps above the pitch classes `above` (B,), CLASSES where either is unknown."""
    above = above.view(-1, *((1,) * (x.ndim - 1)))
    return torch.where(sounding(x) & (above != CLASSES), (x + LOW - 1 - above) % CLASSES, CLASSES)


def key_above(key: Tensor, above: Tensor) -> Tensor:
    """Keys (B, T), tonic + 12 if minor, with the tonic as a step above the pitch classes `above` (B,)."""
    known = (key != UNKNOWN_KEY) & (above[:, None] != CLASSES)
    return torch.where(known, (key - above[:, None]) % CLASSES + CLASSES * (key >= CLASSES), UNKNOWN_KEY)


def heard(x: Tensor, told: Tensor, grid: Tensor) -> Tensor:
    """What the network hears before each frame.

    Args:
        x: frames (B, T, 4).
        told: the key, and the quarters left of the phrase and of the piece, at each frame: (B, T, 3).
        grid: how many sixteenths a frame lasts: (B,).

    Returns:
        The features of FIELDS, (B, T, F), of which those at t tell nothing of frames from t on.
    """
    batch, frames, _ = x.shape
    start = begun(x)
    before = torch.where(start > 0, x.gather(1, (start - 1).clamp(min=0)), SILENT)
    leap = torch.where(sounding(x) & sounding(before), (x - before).clamp(-LEAP, LEAP) + LEAP, 2 * LEAP + 1)
    at = torch.arange(frames, device=x.device)
    held = lengths((at[:, None] - start + 1) * grid[:, None, None])
    bass = first_bass(x)
    known = bass[:, None].expand(batch, frames).clone()
    known[:, 0] = CLASSES  # before the first frame no one has heard its bass
    apart = torch.stack(
        [
            torch.where(sounding(x[..., u]) & sounding(x[..., v]), (x[..., u] - x[..., v]) % CLASSES, CLASSES)
            for u, v in PAIRS
        ],
        -1,
    )
    past = torch.cat([x, classes(x, bass), leap, held, apart], -1)[:, :-1]  # of each frame, for the one after it
    first = past.new_tensor(
        [START] * 4 + [CLASSES] * 4 + [2 * LEAP + 1] * 4 + [LENGTHS - 1] * 4 + [CLASSES] * len(PAIRS)
    )
    past = torch.cat([first.expand(batch, 1, -1), past], 1)
    place = at * grid[:, None]  # (B, T)
    key = told[..., 0]
    above = torch.where(known == CLASSES, UNKNOWN_KEY, key_above(key, bass))
    now = [
        place % 16,
        place % 12,
        (place // 16).clamp(max=BARS - 1),
        (grid[:, None] // 2).expand(-1, frames),
        key,
        above,
    ]
    return torch.cat([past, torch.stack(now, -1), told[..., 1:]], -1)
