"""A score as sound, with an instrument bank of our own and nothing to install."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from gesso.core.errors import Usage
from gesso.core.render.convolution import convolved
from gesso.core.render.ensembles import choir, flute, strings
from gesso.core.render.instruments import DRAWS, Player, Seat, batched, chosen
from gesso.core.render.keyboards import Organ, Piano
from gesso.core.render.loudness import mastered
from gesso.core.render.performance import Expression, Floats, Notes, performance
from gesso.core.render.room import CHAMBER, CHURCH, HALL, Room, responses
from gesso.core.scores import Part, Score
from gesso.core.seeds import derive, generator

Maker = Callable[[Seat], Player]
Playing = tuple[Maker, Room, float]
"""What plays a part, in which room, and how far to the left and the right parts are."""

BANK: dict[str, Playing] = {
    "choir": (choir, CHURCH, 0.6),
    "organ": (Organ, CHURCH, 0.25),
    "strings": (strings, HALL, 0.6),
    "piano": (Piano, CHAMBER, 0.15),
    "flute": (flute, HALL, 0.5),
}
"""The instruments."""

LEAD = 0.15  # seconds of silence before the first note
RATES = (8000, 192_000)
LONGEST = 3600.0  # seconds
TOGETHER = 1 << 20  # samples of notes that are made at once: enough that calling torch costs little, and no more memory


def rendered(
    score: Score,
    *,
    instrument: str | None = None,
    rate: int = 44100,
    seed: int = 0,
    expression: Expression | None = None,
    lufs: float = -16.0,
    apart: bool = False,
) -> Tensor:
    """The sound of a score, float32 (2, n), with its room, at `lufs` and with no true peak over -1 dBFS.

    Args:
        instrument: one of BANK for all parts; None: each part by its General MIDI program.
        rate: samples in a second.
        seed: of the players; the same score, seed and number of threads give the same samples.
        expression: how it is played; None: with everything.
        apart: give what each part adds to it, (parts, 2, n).

    Raises:
        Usage: there is no such instrument or rate, or the score is too long.
    """
    return rendered_by(score, _by(instrument), rate=rate, seed=seed, expression=expression, lufs=lufs, apart=apart)


def rendered_by(
    score: Score,
    by: Callable[[Part], Playing],
    *,
    rate: int,
    seed: int,
    expression: Expression | None,
    lufs: float,
    apart: bool,
) -> Tensor:
    """The same by whatever plays each part."""
    sounds = _mixed(_rooms(score, by, rate, seed, expression, apart), rate, lufs)
    return sounds if apart else sounds.sum(0)


PROGRAMS = {"choir": 52, "organ": 19, "strings": 48, "piano": 0, "flute": 73}
"""General MIDI's number of each instrument of BANK, from 0."""


def of_program(program: int) -> str:
    """The instrument of BANK that is nearest to one of General MIDI's 128, counted from 0."""
    if program in (45, 46, 47):  # plucked strings and timpani
        return "piano"
    ends = ((16, "piano"), (24, "organ"), (40, "piano"), (52, "strings"), (55, "choir"), (64, "strings"))
    more = ((80, "flute"), (91, "strings"), (92, "choir"), (104, "strings"))
    return next((name for end, name in (*ends, *more) if program < end), "piano")


def _by(instrument: str | None) -> Callable[[Part], Playing]:
    if instrument is not None and instrument not in BANK:
        raise Usage(f"there is no instrument {instrument!r}; choose one of {', '.join(BANK)}")
    return lambda part: BANK[instrument or of_program(part.program)]


def _rooms(
    score: Score,
    by: Callable[[Part], Playing],
    rate: int,
    seed: int,
    expression: Expression | None,
    apart: bool,
) -> Tensor:
    """Sounds in their rooms, whose sum is the piece (stems, 2, n): each part's, or each room's, if not `apart`."""
    parts = performance(score, expression, seed=seed)
    n = math.ceil((LEAD + _checked(parts, rate) + 1) * rate)
    heights = [float(notes.pitch.mean()) if len(notes.pitch) else 0.0 for notes in parts]
    lowest = heights.index(min(heights)) if heights else 0
    dry: dict[tuple[Room, int], Tensor] = {}
    for number, (part, notes) in enumerate(zip(score.parts, parts, strict=True)):
        make, room, width = by(part)
        pan = width * (2 * number / (len(parts) - 1) - 1) if len(parts) > 1 else 0.0
        player = make(Seat(pan, heights[number], number == lowest, derive(seed, "part", number)))
        key = (room, number if apart else 0)
        dry[key] = dry.get(key, torch.zeros(2, n)) + _played(notes, player, rate, n, generator(seed, "notes", number))
    if not dry:
        return torch.zeros(1, 2, n)
    wet = [_in_room(room, sound, rate) for (room, _), sound in dry.items()]
    length = max(sound.shape[1] for sound in wet)
    return torch.stack([torch.nn.functional.pad(sound, (0, length - sound.shape[1])) for sound in wet])


def _checked(parts: Sequence[Notes], rate: int) -> float:
    """The second at which the last note is over.

    Raises Usage when there is no such rate, or the score is too long.
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise Usage(f"{rate} samples a second are not made; choose {RATES[0]} to {RATES[1]}, such as 44100")
    end = max((float(notes.offset.max()) for notes in parts if len(notes.offset)), default=0.0)
    if end > LONGEST:
        raise Usage(f"the score lasts {end / 60:.0f} minutes; up to {LONGEST / 60:.0f} are made into sound")
    return end


def _in_room(room: Room, x: Tensor, rate: int) -> Tensor:
    """A sound x (2, n) with what the room answers (2, n + m - 1)."""
    out = convolved(x, responses(room, rate))
    out[:, : x.shape[1]] += x
    return out


def _played(notes: Notes, player: Player, rate: int, n: int, draw: torch.Generator) -> Tensor:
    """The notes of a part (2, n), made in batches of notes that are about as long as each other."""
    out = torch.zeros(2, n)
    if not len(notes.onset):
        return out
    whole = batched(notes, torch.rand(len(notes.onset), player.players, DRAWS, generator=draw))
    starts = ((notes.onset + LEAD - player.early) * rate).round()
    samples = ((notes.offset - notes.onset + player.early + player.late) * rate).round()
    for numbers in _alike(samples):
        sounds = player.play(chosen(whole, torch.tensor(numbers)), rate)  # (N, 2, n)
        for number, sound in zip(numbers, sounds, strict=True):
            start = int(starts[number])
            fits = min(int(samples[number]), sound.shape[1], n - start)
            out[:, start : start + fits] += sound[:, :fits]
    return out


def _alike(samples: Floats) -> Iterator[list[int]]:
    """The numbers of the notes, in batches."""
    batch: list[int] = []
    for index in samples.argsort(kind="stable"):
        if batch and (len(batch) + 1) * samples[index] > TOGETHER:
            yield batch
            batch = []
        batch.append(int(index))
    yield batch


def _mixed(sounds: Tensor, rate: int, lufs: float) -> Tensor:
    """Sounds (stems, 2, n), all with the gain that their sum needs, until they have died away."""
    total = sounds.sum(0)
    gain = mastered(total, rate, lufs=lufs)
    heard = (total.abs().amax(0) * gain > 1e-4).nonzero()
    end = min(total.shape[1], int(heard[-1]) + 1) if len(heard) else round(LEAD * rate)
    fade = round(0.05 * rate)
    out = (sounds * gain)[..., :end]
    out[..., -fade:] *= torch.linspace(1, 0, min(fade, end))
    return out
