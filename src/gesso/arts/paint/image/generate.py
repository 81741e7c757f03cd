"""Settings -> pictures: out of noise, like a picture, into the gaps of one, or on the way from one to another."""

import warnings
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gesso.arts.paint.image.art import SHORTENED, PaintImage
from gesso.arts.paint.image.build import Configuration, Painter, load_painter, numbered, understood, words_in
from gesso.arts.paint.image.flow import mixed, paint, unpaint
from gesso.arts.paint.image.given import Gap, gap_in, taken_in
from gesso.arts.paint.image.models import find
from gesso.arts.paint.image.recolor import in_color
from gesso.arts.paint.image.showing import laid_out, rasters
from gesso.core.errors import GessoError
from gesso.core.pictures import LIMIT_MEGAPIXELS
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.work import ModelRef, Output

AT_ONCE = 64  # pictures that are painted together
ENLARGED = 8  # pictures of 512 pixels that are enlarged together; of larger ones as many pixels, or one
FEW, MANY = 4, 50  # steps, where no number is given
ON_STRIP = 9  # pictures of a strip, where one is asked for
SMALL, LARGE = 128, 512  # pixels of a side, where none are given: on a sheet or a strip, and alone


def generate(
    settings: PaintImage, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """Each picture a work, or one sheet or strip of them all. The noise of each is a function of seed and number alone.

    Raises GessoError when there is no model, it does not know a word, or a picture cannot be read.
    """
    used = find(model, words_in(settings.words or ""))
    painter = load_painter(used.path, device)
    words = understood(settings.words, painter.configuration, used.name)
    if settings.words is None and settings.like is None and not settings.between:
        words = any_words(painter.configuration, settings.count, seed)
    words = words.to(device)
    together = settings.sheet or bool(settings.between)
    gap = None
    if settings.mask is not None and settings.like is not None:
        side = settings.size or (SMALL if together else None)
        gap = gap_in(settings.like.decode(), settings.mask.decode(), side)
    size = settings.size or (SMALL if together else LARGE)
    count = on_strip(settings) if settings.between else settings.count
    if together and count * size**2 > LIMIT_MEGAPIXELS * 1e6:
        raise GessoError(f"a sheet of {count} pictures of {size} x {size} is too large: lower --size or --count")
    if settings.transparent and painter.configuration.channels == 3:
        raise GessoError(f"{used.name} paints the ground of its pictures too: leave out --transparent")
    for warning in in_vain(settings, painter, used.name):
        warnings.warn(warning, stacklevel=2)
    if settings.between:
        x = between(painter, settings, words, device, progress)
    else:
        x = from_noise(painter, settings, words, gap, seed, device, progress)
    side = size if gap is None else min(gap.whole.size)
    at_once = min(ENLARGED, max(1, ENLARGED * LARGE**2 // side**2))
    pictures = [each for part in x.split(at_once) for each in rasters(part, side, transparent=settings.transparent)]
    if gap is not None:
        pictures = [gap.filled(picture) for picture in pictures]
    if together:
        pictures = [laid_out(pictures, len(pictures) if settings.between and not settings.sheet else None)]
    model_used = ModelRef(name=used.name, sha256=used.sha256)
    return [Output(picture, model_used, used.licences, whole=not together) for picture in pictures]


def in_vain(settings: PaintImage, painter: Painter, name: str) -> Iterator[str]:
    """What is said of settings that change nothing beside the others, or of the painter called `name`."""
    if settings.strength != PaintImage.model_fields["strength"].default:
        if settings.mask is not None:
            yield "--strength changes nothing where a --mask says what is repainted"
        elif settings.like is None:
            yield "--strength changes nothing without --like"
    if settings.between and settings.guidance is not None:
        yield "--guidance changes nothing of a strip"
    if settings.novelty != PaintImage.model_fields["novelty"].default:
        if settings.like is not None or settings.between:
            yield "--novelty changes nothing where a picture is given"
        elif painter.learned is None:
            yield f"--novelty changes nothing: {name} keeps none of what it learned from"
        elif settings.steps == 1:
            yield "--novelty changes nothing in one step"


def on_strip(settings: PaintImage) -> int:
    """How many pictures a strip has: one that leads from one picture to another has more than these two."""
    return settings.count if settings.count > 1 else ON_STRIP


def from_noise(
    painter: Painter,
    settings: PaintImage,
    words: Tensor,
    gap: Gap | None,
    seed: int,
    device: torch.device,
    progress: Progress,
) -> Tensor:
    """`settings.count` pictures (N, C, S, S) in [-1, 1]: new ones, or from a picture, or to fill its gap."""
    c = painter.configuration
    steps = settings.steps or (MANY if settings.like else FEW)
    noise = torch.stack(
        [
            torch.randn((c.channels, c.size, c.size), generator=generator(seed, "noise", i))
            for i in range(settings.count)
        ]
    ).to(device)
    given = mask = None
    if gap is not None:
        given, mask = taken_in(gap.square(), c).to(device), gap.square_mask(c.size).to(device)
    elif settings.like is not None:
        given = taken_in(settings.like.decode(), c).to(device)
    start = 0.0
    if given is not None and mask is None:
        if settings.strength == 0:
            return given.expand_as(noise)
        start = begun_at(settings.strength, steps, leaping=c.shortened and steps in SHORTENED)
    parts = list(zip(noise.split(AT_ONCE), words.expand(settings.count, -1).split(AT_ONCE), strict=True))
    progress.stage("painting", len(parts) * max(1, round(steps * (1 - start))))

    def painted(part: Tensor, said: Tensor) -> Tensor:
        return paint(
            painter,
            part if given is None or mask is not None else mixed(given, part, part.new_full((len(part),), start)),
            said,
            steps=steps,
            guidance=settings.guidance,
            novelty=settings.novelty if given is None else 0.0,
            start=start,
            after=None if mask is None or given is None else keeping(given, part, mask),
            progress=progress.advance,
        )

    return torch.cat(list(progress.until_stopped(painted(part, said) for part, said in parts)))


def begun_at(strength: float, steps: int, *, leaping: bool) -> float:
    """The time from which a picture is painted anew; if `leaping`, one to which a whole number of leaps leads.

    Raises GessoError when so few steps would leave nothing of the picture.
    """
    kept = (1 - strength) * steps
    if leaping and strength < 1:
        kept = max(1, round(kept))
    start = min(kept, steps - 1) / steps
    if start == 0 and strength < 1:
        raise GessoError(f"{steps} --steps at --strength {strength:g} leave nothing of the picture: choose more steps")
    return start


def any_words(c: Configuration, count: int, seed: int) -> Tensor:
    """What one of the pictures it has learned from is called, in a colour if it learned any, for each of `count`.

    Numbers of words (count, L); 0 if it has no words.
    """
    titles = c.titles or c.words
    if not titles:
        return torch.zeros(count, 1, dtype=torch.int64)

    def one_of(many: Sequence[str], draw: Generator) -> str:
        return many[int(torch.randint(len(many), (1,), generator=draw))]

    draws = [generator(seed, "words", i) for i in range(count)]
    names = [words_in(one_of(titles, draw)) for draw in draws]
    colors = [one_of(c.colors, draw) if c.colors else "" for draw in draws]
    return numbered([in_color(name, color) for name, color in zip(names, colors, strict=True)], c.words)


def keeping(given: Tensor, noise: Tensor, mask: Tensor) -> Callable[[Tensor, float], Tensor]:
    """What puts back at each time what is to stay, where the mask (1, 1, S, S) is 0 (Lugmayr et al. 2022)."""

    def after(x: Tensor, t: float) -> Tensor:
        return torch.lerp(mixed(given, noise, noise.new_full((len(noise),), t)), x, mask)

    return after


def between(painter: Painter, settings: PaintImage, words: Tensor, device: torch.device, progress: Progress) -> Tensor:
    """Pictures (N, C, S, S) from the one given to the other: along the great circle between the noise of the two."""
    steps, count = settings.steps or MANY, on_strip(settings)
    progress.stage("finding the noise of both", 1)
    ends = torch.cat([taken_in(picture.decode(), painter.configuration) for picture in settings.between]).to(device)
    one, other = unpaint(painter, ends, words.expand(2, -1), steps=steps).split(1)
    shares = torch.linspace(0, 1, count, device=device)[:, None, None, None]
    angle = F.cosine_similarity(one.flatten(1), other.flatten(1)).clamp(-1, 1).acos()
    noise = (((1 - shares) * angle).sin() * one + (shares * angle).sin() * other) / angle.sin().clamp(min=1e-6)
    parts = list(zip(noise.split(AT_ONCE), words.expand(count, -1).split(AT_ONCE), strict=True))
    progress.stage("painting", len(parts) * steps)
    return torch.cat([paint(painter, x, said, steps=steps, progress=progress.advance) for x, said in parts])
