"""How long a minute of four-part music takes to become sound, with each instrument of the bank.

python -m benchmarks.render
"""

import statistics
import time

import torch

from gesso.core.render.sound import BANK, rendered
from gesso.core.scores import TICKS, Note, Part, Score

RUNS = 3
RATE = 44100


def main() -> None:
    """Prints seconds of the processor and on the clock for a minute of sound, after one run that is not counted."""
    score = hymn()
    notes = sum(len(part.notes) for part in score.parts)
    print(f"{notes} notes of four parts, {RATE} Hz, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for instrument in BANK:
        processor: list[float] = []
        clock: list[float] = []
        for _ in range(RUNS + 1):
            process, wall = time.process_time(), time.perf_counter()
            minutes = rendered(score, instrument=instrument, rate=RATE).shape[1] / RATE / 60
            processor.append((time.process_time() - process) / minutes)
            clock.append((time.perf_counter() - wall) / minutes)
        print(
            f"{instrument}, a minute of music: {statistics.median(processor[1:]):.2f} s of the processor, "
            f"{statistics.median(clock[1:]):.2f} s on the clock",
            flush=True,
        )


def hymn() -> Score:
    """Twenty bars at 80 quarter notes in a minute: a minute of chords with moving inner voices."""
    chords = ((72, 67, 64, 48), (74, 67, 59, 55), (76, 67, 60, 57), (77, 69, 60, 53))
    parts: list[Part] = []
    for number, name in enumerate(("Soprano", "Alto", "Tenor", "Bass")):
        length = TICKS // 2 if number in (1, 2) else TICKS
        count = 80 * TICKS // length
        notes = (Note(i * length, length, chords[i * length // TICKS % 4][number] + 2 * (i % 2)) for i in range(count))
        parts.append(Part(name, 52, tuple(notes)))
    return Score(tuple(parts), tempo=80)


if __name__ == "__main__":
    main()
