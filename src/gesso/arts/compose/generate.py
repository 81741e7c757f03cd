"""Settings -> pieces of music, in four voices or of the kind that a model has learned."""

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from gesso.arts.compose import notes, plan
from gesso.arts.compose.art import Compose
from gesso.arts.compose.build import Composer, load_composer
from gesso.arts.compose.events import generate as events
from gesso.arts.compose.events.build import load_events
from gesso.arts.compose.folder import Kind
from gesso.arts.compose.frames import VOICES, pitches
from gesso.arts.compose.phrases import BEAT
from gesso.arts.compose.plan import Form
from gesso.arts.compose.rules import Rules
from gesso.arts.compose.search import Plan, Taste, search
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.music.keys import key_named, key_on
from gesso.core.music.piece import RATE, Piece
from gesso.core.music.reading import top_line
from gesso.core.progress import Progress
from gesso.core.render.performance import Expression, with_tempi
from gesso.core.render.sampler import rendered_with
from gesso.core.render.sound import PROGRAMS, rendered
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score
from gesso.core.seeds import generator
from gesso.core.work import ModelRef, Output

PACKAGE = "gesso.arts.compose"
TEMPO = 76.0
"""Quarters in a minute, where no tempo is asked for and no music given."""

USUAL = (0, 2, 3, 5, 7, 9, 10)
"""The tonics that a key is drawn from when none is asked for: those that suit the ranges of voices."""


def generate(
    settings: Compose, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """As many pieces as `settings` ask for, each a work.

    Raises GessoError when the model is not there, or what is given cannot be composed with.
    """
    found = weights.find(PACKAGE, model or "chorales")
    kind: Kind = found.configuration.get("kind", "four-part")
    if kind == "four-part":
        compose = _in_four_voices(found, settings, device, progress)
    else:
        compose = _of_events(found, kind, settings, device, progress)
    used = ModelRef(name=found.name, sha256=found.sha256)

    font = None if settings.soundfont is None else settings.soundfont.decode()
    play = rendered if font is None else functools.partial(rendered_with, font=font)
    expression = Expression() if settings.expression else Expression(ritardando=False, breath=False)

    def sound(score: Score) -> NDArray[np.float32]:
        asked = {"instrument": settings.instrument, "expression": expression, "apart": settings.stems}
        return play(score, rate=RATE, seed=seed, **asked).numpy()

    closed = settings.closed and kind == "four-part"
    scores = (compose(generator(seed, "piece", number)) for number in range(settings.count))
    outputs: list[Output] = []
    for score in progress.until_stopped(scores):
        if settings.instrument:
            program = PROGRAMS[settings.instrument]
            score = replace(score, parts=tuple(replace(part, program=program) for part in score.parts))
        score = with_tempi(score, expression)
        piece = Piece(score, settings.drawn, closed, sound, stems=settings.stems)
        outputs.append(Output(piece, used, found.licences, whole=True))
    return outputs


def _in_four_voices(
    found: weights.Model, settings: Compose, device: torch.device, progress: Progress
) -> Callable[[Generator], Score]:
    composer = load_composer(found.path, device)
    melody, begin, piece = (
        None if given is None else given.decode() for given in (settings.melody, settings.begin, settings.piece)
    )
    return lambda source: composed(composer, settings, source, progress, melody=melody, begin=begin, piece=piece)


def _of_events(
    found: weights.Model, kind: Kind, settings: Compose, device: torch.device, progress: Progress
) -> Callable[[Generator], Score]:
    """Raises GessoError for what can be asked of a composer in four voices alone."""
    for name in ("melody", "piece", "phrase", "form"):
        if getattr(settings, name) is not None:
            raise GessoError(f"{found.name} composes {kind} music and knows no --{name}: --model chorales does")
    network = load_events(found.path, device)
    begin = None if settings.begin is None else barred(settings.begin.decode(), settings)
    key = asked_key(settings)
    return lambda source: events.composed(network, settings, source, progress, begin=begin, key=key)


def composed(
    composer: Composer,
    settings: Compose,
    source: Generator,
    progress: Progress,
    *,
    melody: Score | None = None,
    begin: Score | None = None,
    piece: Score | None = None,
) -> Score:
    """A piece.

    Args:
        melody: the highest voice, which is kept note for note.
        begin: how the piece begins: in four voices, or its melody alone.
        piece: music in four voices of which `settings.infill` is composed anew.
    """
    wanted = asked(
        settings,
        composer.configuration.ranges,
        lambda: _drawn_key(settings, source),
        melody=melody,
        begin=begin,
        piece=piece,
    )
    form = wanted.form
    progress.stage("composing", form.frames)
    rules = Rules(composer.configuration.ranges, settings.parallels)
    taste = Taste(settings.temperature, settings.top_p)
    found = search(composer, wanted.plan, rules, taste, source, progress.advance)
    if found.relaxed:
        bar = form.metre.ticks // notes.SIXTEENTH
        bars = sorted({max(1, (frame - form.pickup) // bar + 1) for frame in found.relaxed})
        where = ", ".join(map(str, bars))
        which = "rest at the ends of phrases, no parallels, no crossing"
        warnings.warn(f"not every rule could be kept in bars {where}: {which}", stacklevel=2)
    sounding = pitches(found.frames).numpy()
    if wanted.given and melody is not None:  # voices end with it, and not with the quarter that it ends in
        sounding = sounding[: -(-wanted.given.whole[0][-1].end // notes.SIXTEENTH)]
    score = notes.score(
        sounding,
        tempo=settings.tempo or TEMPO,
        key=form.key,
        metre=form.metre,
        pickup=form.pickup,
        ends=(*form.ends[:-1], len(sounding)),
        given=wanted.given,
    )
    if (music := melody or piece or begin) is not None:
        score = replace(score, title=music.title, text=music.text)
        if settings.tempo is None:  # a beginning may slow down to its end, and what follows would stay slow
            score = replace(score, tempo=music.tempo, tempi=() if music is begin else music.tempi)
    return score if melody else _played_as(score, piece or begin)


def _played_as(score: Score, given: Score | None) -> Score:
    """The score with the names and the instruments of music that is given in four voices."""
    theirs = [part for part in given.parts if part.notes] if given else []
    if len(theirs) != VOICES:
        return score
    parts = (Part(their.name, their.program, own.notes) for own, their in zip(score.parts, theirs, strict=True))
    return replace(score, parts=tuple(parts))


class Asked(NamedTuple):
    """What is asked of a piece: how it is laid out, the plan it has to keep to, and how what is given is struck."""

    form: Form
    plan: Plan
    given: notes.Given | None


def asked(
    settings: Compose,
    ranges: Sequence[tuple[int, int]],
    key: Callable[[], Key],
    *,
    melody: Score | None = None,
    begin: Score | None = None,
    piece: Score | None = None,
) -> Asked:
    """What `settings` ask of a piece; for what may be given see `composed`.

    Args:
        ranges: the lowest and the highest pitch of each voice.
        key: that of a piece of which no key is asked and no music is given.
    """
    given: NDArray[np.int64] | None = None
    keep: NDArray[np.bool_] | None = None
    usual = Compose.model_fields
    if (melody or piece) and (settings.phrase or settings.bars != usual["bars"].default):
        warnings.warn("--bars and --phrase change nothing: the music that is given says how long all is", stacklevel=2)
    if settings.transpose and not melody:
        warnings.warn("--transpose changes nothing without a --melody", stacklevel=2)
    melody, begin, piece = (score and _in_sixteenths(barred(score, settings)) for score in (melody, begin, piece))
    if melody is not None:
        melody = notes.transposed(replace(melody, parts=(Part("melody", 0, top_line(melody)),)), settings.transpose)
        given = plan.as_voices(plan.pitches_of(melody, "the melody"))
        low, high = ranges[0]
        plan.fits(melody.parts[0].notes, low - SLACK, high + SLACK, "the melody")
        form = _form_of(given[:, :1], melody, settings)
        keep = np.zeros(given.shape, dtype=np.bool_)
        keep[:, 0] = True
    elif piece is not None:
        given = plan.pitches_of(piece, "the piece")
        if given.shape[1] != VOICES:
            raise GessoError(f"the piece has {len(piece.parts)} parts with notes: give one with four")
        form = _form_of(given, piece, settings)
        keep = ~plan.anew(settings.infill, form)
    elif begin is not None:
        given = plan.as_voices(plan.pitches_of(begin, "the beginning"))
        found = asked_key(settings) or plan.key_in(begin, given, settings.minor)
        form = plan.laid_out(found, begin.metre, settings.bars, settings.phrase, begin.pickup // notes.SIXTEENTH)
        if len(given) >= form.frames:
            raise GessoError(
                f"the beginning is as long as the piece is to be: ask for more --bars than {settings.bars}"
            )
        form = plan.going_on(form, begin, given)
        keep = given >= 0
        voices = _voices(begin)
        end = max(note.end for voice in voices for note in voice)
        keep[: -(-end // notes.SIXTEENTH), : len(voices)] = True  # its rests too
    else:
        found = asked_key(settings) or key()
        pickup = 1 if settings.pickup is None else settings.pickup
        form = plan.laid_out(found, metre_of(settings), settings.bars, settings.phrase, pickup * BEAT, settings.form)
    music = melody or piece or begin
    struck = notes.given_in(_voices(music), _longer(keep, form.frames)) if music and keep is not None else None
    return Asked(form, plan.plan(form, given, keep), struck)


def _voices(score: Score) -> list[tuple[Note, ...]]:
    """The notes of a score's four voices, or of its highest one."""
    parts = [part.notes for part in score.parts if part.notes]
    return parts if len(parts) == VOICES else parts[:1]


def _longer(keep: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    return np.pad(keep, ((0, frames - len(keep)), (0, 0)))


SLACK = 3
"""Semitones by which a melody that is given may leave the soprano's range in the data."""


def _form_of(pitches: NDArray[np.int64], score: Score, settings: Compose) -> Form:
    key = asked_key(settings) or plan.key_in(score, pitches, settings.minor)
    return plan.found_in(score, pitches, key)


def asked_key(settings: Compose) -> Key | None:
    """The key that is asked for, if any."""
    return None if settings.key is None else key_named(settings.key, bool(settings.minor))


def _drawn_key(settings: Compose, source: Generator) -> Key:
    """A usual key, of the mode that is asked for, or major as often as minor."""
    tonic = USUAL[int(torch.randint(len(USUAL), (1,), generator=source))]
    minor = bool(torch.rand(1, generator=source) < 0.5)
    return key_on(tonic, minor if settings.minor is None else settings.minor)


def metre_of(settings: Compose) -> Metre:
    """The metre that is asked for. Raises GessoError for one that chorales are not in, or with too long a pickup."""
    name = settings.metre or "4/4"
    if name not in ("3/4", "4/4"):
        raise GessoError(f"--metre {name}: music in four voices is composed in 4/4 or 3/4")
    return barred(Score((), metre=_metre(name)), settings).metre


def barred(score: Score, settings: Compose) -> Score:
    """Music that is given, with the metre and the pickup that are asked for, if any, instead of what its file says.

    Raises GessoError when the pickup is a whole bar.
    """
    metre = _metre(settings.metre) if settings.metre else score.metre
    pickup = score.pickup % metre.ticks if settings.pickup is None else settings.pickup * TICKS
    if pickup >= metre.ticks:
        name = f"{metre.beats}/{metre.unit}"
        raise GessoError(f"a pickup of {settings.pickup} quarters is a whole bar of {name}: give fewer")
    return replace(score, metre=metre, pickup=pickup)


def _metre(name: str) -> Metre:
    beats, unit = map(int, name.split("/"))
    return Metre(beats, unit)


def _in_sixteenths(score: Score) -> Score:
    """The same score. Raises GessoError when its bar lines are not between sixteenths."""
    if score.metre.ticks % notes.SIXTEENTH or score.pickup % notes.SIXTEENTH:
        raise GessoError(
            f"bars of {score.metre.beats}/{score.metre.unit} after a pickup of {score.pickup / TICKS:.3g} quarters do "
            "not begin on sixteenths, on which voices move: say another --metre or --pickup"
        )
    return score
