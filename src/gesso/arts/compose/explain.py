"""Why the notes of a piece are as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gesso.arts.compose import plan
from gesso.arts.compose.art import Compose
from gesso.arts.compose.build import load_composer
from gesso.arts.compose.frames import SILENT, UNKNOWN_KEY, UNTOLD, VOICES, symbols
from gesso.arts.compose.generate import PACKAGE, asked
from gesso.arts.compose.marking import GIVEN, Mark, marked
from gesso.arts.compose.notes import SIXTEENTH
from gesso.arts.compose.reasons import Music, Sung, foreseen, listened
from gesso.arts.compose.rules import UNCHOSEN, Allowed, Breach, Rules, breaches
from gesso.arts.compose.search import Plan, demands, following
from gesso.arts.compose.wording import Option, Reason, Words
from gesso.core import vectors, weights
from gesso.core.declaration import Settings
from gesso.core.errors import GessoError
from gesso.core.explanation import Explanation
from gesso.core.files import sha256
from gesso.core.likelihood import colour
from gesso.core.music.engraving import can_engrave, engrave, places
from gesso.core.music.piece import WIDTH
from gesso.core.music.reading import read_music
from gesso.core.progress import Progress
from gesso.core.scores import TICKS, Note, Score
from gesso.core.suffixes import MUSIC
from gesso.core.work import Recipe

LISTED = 10
"""Notes in the table of the least expected."""

OTHERS, HEARD = 3, 3
"""How many alternatives of a note are told, and how many of the notes that it listened to."""

FAINT = 0.1
"""What moves log p by fewer nats was not listened to."""

_GRID = TICKS // 8  # of the starts by which notes are named


def explain(
    path: Path,
    recipe: Recipe | None,
    settings: Settings | None,
    *,
    model: str | None,
    device: torch.device,
    progress: Progress,
) -> Explanation:
    """Each note of a piece in four voices: how likely it was, what it was preferred to, and what it listened to.

    The probability of a note is that of its pitch in the sixteenth in which it begins, as `reasons.foreseen` says, so
    that it is of when the voice moves as well as of where to. What a note listened to is as `reasons.listened` says.
    Of a piece without recipe and settings nothing is given and nothing told.

    Raises GessoError when the file holds no such piece, the model composes no such, or its notes are not those made.
    """
    if path.suffix.lower() not in MUSIC:
        raise GessoError(f"{path} holds no notes: name the .mid or the .musicxml of the same work")
    made_by = recipe.model if recipe else None
    found = weights.find(PACKAGE, model or (made_by.name if made_by else "chorales"))
    if (kind := found.configuration.get("kind", "four-part")) != "four-part":
        raise GessoError(f"{found.name} composes {kind} music; explained are chorales in four voices so far")
    score = read_music(path)
    score = replace(score, parts=tuple(part for part in score.parts if part.notes))
    pitches = plan.pitches_of(score, str(path))
    if pitches.shape[1] != VOICES:
        raise GessoError(f"{path}: only music in four voices is explained; parts with notes: {len(score.parts)}")
    composer = load_composer(found.path, device)
    ranges, order = composer.configuration.ranges, composer.configuration.order
    wanted, rules = None, Rules(ranges)
    if isinstance(settings, Compose):
        wanted, rules = _wanted(settings, ranges, score), Rules(ranges, settings.parallels)
    music = _untold(pitches) if wanted is None else _told(path, pitches, wanted)

    progress.stage("foreseeing")
    log_p = foreseen(composer, music)
    fixed = music.given if wanted is None else music.given | (wanted.sources >= 0)[:, None]  # given, or a phrase again
    reasons = [_reason(voice, note, music, fixed) for voice, part in enumerate(score.parts) for note in part.notes]
    sung = {at: reason.sung for at, reason in enumerate(reasons) if reason.sung}
    chosen = [at for at in sung if not reasons[at].given]
    progress.stage("listening", len(sung))
    numbers = list(sung)
    effects = listened(composer, music, list(sung.values()), [numbers.index(at) for at in chosen], progress.advance)
    for at, effect in zip(chosen, effects.unbind(1), strict=True):
        allowed = None if wanted is None else _allowed(sung[at], music, wanted, rules, order)
        reasons[at] = _weighed(reasons[at], sung[at], music, log_p, allowed, _loudest(effect, numbers))

    progress.stage("engraving")
    broken = breaches(pitches, ranges)
    words = Words(score, reasons)
    least = sorted(chosen, key=lambda at: reasons[at].probability or 0.0)[:LISTED]
    in_order = sorted(range(len(reasons)), key=lambda at: (reasons[at].note.start, reasons[at].voice))
    other = made_by is not None and made_by.sha256 != found.sha256
    return Explanation(
        headline=words.headline(least, broken, found.name),
        table=tuple(words.row(number, at) for number, at in enumerate(least, 1)),
        details={
            "file": path.name,
            "sha256": sha256(path),
            "model": {"name": found.name, "sha256": found.sha256},
            "rules": [words.breach(breach) for breach in broken],
            "notes": [words.everything(at) for at in in_order],
        },
        pictures=_pictures(score, reasons, broken, least, words),
        remarks=tuple(_remarks(wanted is None, other, len(reasons) - len(sung))),
    )


# What the composer knew


def _wanted(settings: Compose, ranges: Sequence[tuple[int, int]], score: Score) -> Plan:
    """The plan that the piece was composed by."""
    melody, begin, piece = (
        None if given is None else given.decode() for given in (settings.melody, settings.begin, settings.piece)
    )
    return asked(settings, ranges, lambda: score.key, melody=melody, begin=begin, piece=piece).plan


def _told(path: Path, pitches: NDArray[np.int64], wanted: Plan) -> Music:
    frames = torch.full_like(wanted.frames, SILENT)
    same = len(pitches) <= len(frames)
    if same:
        frames[: len(pitches)] = symbols(torch.from_numpy(pitches))
        same = bool((frames == wanted.frames)[wanted.given].all())
    if not same:
        raise GessoError(f"{path} is not as it was made: --art compose explains it as if it were someone else's")
    return Music(frames, wanted.given, wanted.told)


def _untold(pitches: NDArray[np.int64]) -> Music:
    frames = symbols(torch.from_numpy(pitches))
    told = torch.full((len(frames), 3), UNTOLD)
    told[:, 0] = UNKNOWN_KEY
    return Music(frames, torch.zeros_like(frames, dtype=torch.bool), told)


# What it made of it


def _reason(voice: int, note: Note, music: Music, fixed: Tensor) -> Reason:
    """The note as it stands in the frames, if it does."""
    start = round(note.start / SIXTEENTH)
    end = max(round(note.end / SIXTEENTH), start + 1)
    symbol = int(symbols(torch.tensor(note.pitch)))
    if start >= len(music.frames) or int(music.frames[start, voice]) != symbol:
        return Reason(voice, note)
    again = start > 0 and int(music.frames[start - 1, voice]) == symbol
    return Reason(voice, note, Sung(voice, start, end, symbol), bool(fixed[start, voice]), again)


def _allowed(note: Sung, music: Music, wanted: Plan, rules: Rules, order: Sequence[int]) -> Allowed:
    """Which symbols the voice was allowed to take."""
    t, earlier = note.start, order[: order.index(note.voice)]
    chosen = [
        int(symbol) if given or voice in earlier else UNCHOSEN
        for voice, (symbol, given) in enumerate(zip(music.frames[t], music.given[t], strict=True))
    ]
    before = music.frames[t - 1].tolist() if t else [SILENT] * VOICES
    held = before if t and bool(wanted.held[t]) else None
    near = [before, *following(wanted, music.frames, t)]
    return demands(rules, near, held, wanted.chords.get(t, ()))[0](note.voice, chosen)


def _weighed(
    reason: Reason,
    note: Sung,
    music: Music,
    log_p: Tensor,
    allowed: Allowed | None,
    heard: tuple[tuple[int, float], ...],
) -> Reason:
    """The reason with the note's probability, and the likeliest alternatives."""
    said = log_p[note.start, note.voice].exp()
    last = int(music.frames[note.start - 1, note.voice]) if note.start else None
    best = [symbol for symbol in said.topk(OTHERS + 1).indices.tolist() if symbol != note.symbol][:OTHERS]
    instead = tuple(
        Option(symbol, float(said[symbol]), symbol == last, allowed is None or bool(allowed[symbol])) for symbol in best
    )
    return replace(reason, probability=float(said[note.symbol]), instead=instead, heard=heard)


def _loudest(effect: Tensor, numbers: Sequence[int]) -> tuple[tuple[int, float], ...]:
    """The notes that moved log p the most, by their `numbers`."""
    best = effect.abs().topk(min(HEARD, len(effect))).indices.tolist()
    return tuple((numbers[one], float(effect[one])) for one in best if abs(float(effect[one])) >= FAINT)


def _remarks(stranger: bool, other: bool, short: int) -> Iterator[str]:
    if stranger:
        yield "Nothing is known of what was asked of this piece: key, phrases and length were left open."
    if other:
        yield "The model is not the one that made it, and would not have made it so."
    if short:
        yield f"{short} notes are too short for a grid of sixteenths, and are left black."
    if not can_engrave():
        yield "The score is not drawn, which needs pip install 'gesso[score,svg]'."


# What is drawn of it


def _pictures(
    score: Score, reasons: Sequence[Reason], broken: Sequence[Breach], least: Sequence[int], words: Words
) -> dict[str, bytes]:
    """The score with all of it, as SVG and as PNG where that can be had."""
    if not can_engrave():
        return {}
    names = [_name(reason.voice, reason.note) for reason in reasons]
    known = dict(zip(names, reasons, strict=True))
    sounding = _sounding(reasons)

    def ink(voice: int, note: Note) -> str | None:
        reason = known.get(_name(voice, note))
        if reason is None or reason.probability is None:
            return GIVEN if reason and reason.given else None
        return colour(reason.probability)

    def of(breach: Breach, frame: int) -> tuple[str, ...]:
        return tuple(names[at] if (at := sounding.get((voice, frame))) is not None else "" for voice in breach.voices)

    svg = engrave(score, colour=ink, named=_name)
    drawing = marked(
        svg,
        places(svg),
        {name: reason.probability for name, reason in known.items() if reason.probability is not None},
        [Mark(each.rule, of(each, each.frame), of(each, each.frame - 1)) for each in broken],
        {names[at]: number for number, at in enumerate(least, 1)},
        {name: words.title(at) for at, name in enumerate(names)},
        given=any(reason.given for reason in reasons),
    )
    found = {".svg": drawing.encode()}
    if vectors.can_rasterise():
        found[".png"] = vectors.rasterised(drawing, WIDTH).encode("PNG", recipe_json=None)
    return found


def _name(voice: int, note: Note) -> str:
    return f"n{voice}-{round(note.start / _GRID)}-{note.pitch}"


def _sounding(reasons: Sequence[Reason]) -> dict[tuple[int, int], int]:
    """The number of the note that a voice sounds in a frame."""
    return {
        (reason.voice, frame): at
        for at, reason in enumerate(reasons)
        if reason.sung
        for frame in range(reason.sung.start, reason.sung.end)
    }
