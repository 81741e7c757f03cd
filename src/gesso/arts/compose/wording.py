"""What is said of the notes of a piece, in words and as plain JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from gesso.arts.compose.frames import LOW, SILENT
from gesso.arts.compose.notes import SIXTEENTH
from gesso.arts.compose.reasons import Sung
from gesso.arts.compose.rules import Breach
from gesso.core.music.notation import bars_of
from gesso.core.music.spelling import Speller
from gesso.core.scores import TICKS, Note, Score


class Option(NamedTuple):
    """What a voice could have sung instead: a symbol, whether it is the note before held on, and whether the rules
    allowed it."""

    symbol: int
    probability: float
    held: bool
    allowed: bool


@dataclass(frozen=True)
class Reason:
    """Why a note is as it is.

    Attributes:
        sung: the note in frames; None if it is too short to be heard by the composer.
        given: whether it was given, or is of a phrase that returns, and so not chosen.
        again: whether it is the note before struck again, which for the composer goes on.
        probability: what the composer gave it, before temperature, top-p and rules; None where it did not choose.
        instead: the likeliest alternatives.
        heard: the numbers of the notes that it listened to, and by how many nats each raised log p.
    """

    voice: int
    note: Note
    sung: Sung | None = None
    given: bool = False
    again: bool = False
    probability: float | None = None
    instead: tuple[Option, ...] = ()
    heard: tuple[tuple[int, float], ...] = ()


def percent(probability: float) -> str:
    """A probability for people: two digits, or that it is tiny."""
    share = 100 * probability
    if share < 0.01:
        return "under 0.01%"
    return f"{share:.0f}%" if share >= 9.95 else f"{share:.2g}%"


class Words:
    """Tells of the notes of a score, by their numbers in `reasons`."""

    def __init__(self, score: Score, reasons: Sequence[Reason]) -> None:
        self._score, self._reasons = score, reasons
        self._spell, self._bars = Speller(score), bars_of(score)
        self._unit = 4 * TICKS // score.metre.unit

    def place(self, tick: int) -> tuple[int, float]:
        """The bar, 0 for a pickup, and the beat, from 1."""
        number, bar = next((n, bar) for n, bar in enumerate(self._bars) if tick < bar.end or bar is self._bars[-1])
        return number + (0 if self._bars[0].short else 1), round((tick - bar.origin) / self._unit + 1, 3)

    def name(self, note: Note) -> str:
        """The name of a pitch, such as F#4."""
        name = self._spell(note)
        return f"{name.step}{'#' * name.alter}{'b' * -name.alter}{name.octave}"

    def voice(self, number: int) -> str:
        """The name of a voice."""
        return self._score.parts[number].name

    def option(self, reason: Reason, option: Option) -> str:
        """What could have been sung instead: "G4", "G4 held" or "a rest"."""
        if option.symbol == SILENT:
            return "a rest"
        name = self.name(Note(reason.note.start, reason.note.length, option.symbol + LOW - 1))
        return f"{name} held" if option.held else name

    def where(self, at: int) -> str:
        """A note and its place: "Alto F#4, bar 3, beat 2"."""
        reason = self._reasons[at]
        bar, beat = self.place(reason.note.start)
        return f"{self.voice(reason.voice)} {self.name(reason.note)}, bar {bar}, beat {beat:g}"

    def instead(self, reason: Reason) -> str:
        """The alternatives in a line."""
        return ", ".join(
            f"{self.option(reason, each)} {percent(each.probability)}{'' if each.allowed else ' (forbidden)'}"
            for each in reason.instead
        )

    def title(self, at: int) -> str:
        """All of a note in a few lines."""
        reason = self._reasons[at]
        lines = [self.where(at)]
        if reason.given:
            lines.append("given")
        elif reason.probability is None:
            lines.append("too short for a grid of sixteenths")
        else:
            lines[0] += f": {percent(reason.probability)}" + (", struck again" if reason.again else "")
            lines.append(f"instead of {self.instead(reason)}")
            for sign, word in ((1, "for it"), (-1, "against it")):
                heard = [self.where(one) for one, nats in reason.heard if nats * sign > 0]
                if heard:
                    lines.append(f"{word}: {'; '.join(heard)}")
        return "\n".join(lines)

    def row(self, number: int, at: int) -> dict[str, Any]:
        """A note in the table of the least expected."""
        reason = self._reasons[at]
        bar, beat = self.place(reason.note.start)
        return {
            "": number,
            "bar": bar,
            "beat": beat,
            "voice": self.voice(reason.voice),
            "note": self.name(reason.note),
            "probability": percent(reason.probability or 0.0),
            "instead of": self.instead(reason),
        }

    def breach(self, breach: Breach) -> dict[str, Any]:
        """A broken rule as plain JSON."""
        bar, beat = self.place(breach.frame * SIXTEENTH)
        return {"rule": breach.rule, "bar": bar, "beat": beat, "voices": [self.voice(each) for each in breach.voices]}

    def everything(self, at: int) -> dict[str, Any]:
        """All that is known of a note, as plain JSON."""
        reason = self._reasons[at]
        return self._which(at) | {
            "given": reason.given,
            "struck_again": reason.again,
            "probability": reason.probability,
            "instead": [
                {"note": self.option(reason, each), "probability": each.probability, "allowed": each.allowed}
                for each in reason.instead
            ],
            "listened_to": [{**self._which(one), "nats": round(nats, 3)} for one, nats in reason.heard],
        }

    def _which(self, at: int) -> dict[str, Any]:
        reason = self._reasons[at]
        bar, beat = self.place(reason.note.start)
        return {"voice": self.voice(reason.voice), "note": self.name(reason.note), "bar": bar, "beat": beat}

    def headline(self, least: Sequence[int], broken: Sequence[Breach], model: str) -> str:
        """The gist in a sentence or two."""
        chosen = [reason.probability for reason in self._reasons if reason.probability is not None]
        given = sum(reason.given for reason in self._reasons)
        said = [f"{given} notes were given." if given else ""]
        if chosen:
            said.append(
                f"Half of the {len(chosen)} {'other ' if given else ''}notes had at least {percent(median(chosen))} of "
                f"the probability by {model}; the least expected is {self.where(least[0])}."
            )
        kinds = {rule: sum(each.rule == rule for each in broken) for rule in sorted({each.rule for each in broken})}
        counted = ", ".join(f"{rule} {number}" for rule, number in kinds.items())
        said.append(f"Rules broken: {counted}." if counted else "No rule is broken.")
        return " ".join(part for part in said if part)
