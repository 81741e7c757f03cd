"""Settings -> pictures: out of noise, like a picture, into the gaps of one, or on the way from one to another."""

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.arts.paint.image.art import SHORTENED, PaintImage
from gesso.arts.paint.image.build import Configuration, Painter, load_painter, numbered, understood, words_in
from gesso.arts.paint.image.flow import mixed, paint, unpaint
from gesso.arts.paint.image.models import find
from gesso.arts.paint.image.showing import laid_out, rasters, repainted
from gesso.core.errors import GessoError
from gesso.core.media import Picture
from gesso.core.pictures import LIMIT_MEGAPIXELS, Raster, on_white, resized
from gesso.core.progress import Progress
from gesso.core.rasters import to_tensor
from gesso.core.seeds import generator
from gesso.core.work import ModelRef, Output

AT_ONCE = 64  # pictures that are painted together
ENLARGED = 8  # pictures that are enlarged together
FEW, MANY = 4, 50  # steps, where no number is given


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
    size = settings.size or (128 if together else 512)
    if together and settings.count * size**2 > LIMIT_MEGAPIXELS * 1e6:
        raise GessoError(
            f"a sheet of {settings.count} pictures of {size} x {size} is too large: lower --size or --count"
        )
    if settings.transparent and painter.configuration.channels == 3:
        raise GessoError(f"{used.name} paints the ground of its pictures too: leave out --transparent")
    usual = PaintImage.model_fields
    if settings.mask is not None and settings.strength != usual["strength"].default:
        warnings.warn("--strength changes nothing where a --mask says what is repainted", stacklevel=2)
    if settings.between and settings.guidance != usual["guidance"].default:
        warnings.warn("--guidance changes nothing of a strip", stacklevel=2)
    if settings.between:
        x = between(painter, settings, words, device, progress)
    else:
        x = from_noise(painter, settings, words, seed, device, progress)
    parts = x.split(ENLARGED)
    pictures = [each for part in parts for each in rasters(part, size, transparent=settings.transparent)]
    if settings.mask is not None and settings.like is not None:
        original = original_of(settings.like, size, transparent=settings.transparent)
        mask = mask_of(settings.mask, settings.like, size)
        pictures = [repainted(picture, original, mask) for picture in pictures]
    if together:
        pictures = [laid_out(pictures, len(pictures) if settings.between and not settings.sheet else None)]
    model_used = ModelRef(name=used.name, sha256=used.sha256)
    return [Output(picture, model_used, used.licences, whole=not together) for picture in pictures]


def from_noise(
    painter: Painter, settings: PaintImage, words: Tensor, seed: int, device: torch.device, progress: Progress
) -> Tensor:
    """`settings.count` pictures (N, C, S, S) in [-1, 1]: new ones, or ones that begin from a picture."""
    c = painter.configuration
    steps = settings.steps or (MANY if settings.like else FEW)
    noise = torch.stack(
        [
            torch.randn((c.channels, c.size, c.size), generator=generator(seed, "noise", i))
            for i in range(settings.count)
        ]
    ).to(device)
    given = None if settings.like is None else taken_in(settings.like, c).to(device)
    mask = None
    if settings.mask is not None and settings.like is not None:
        mask = mask_of(settings.mask, settings.like, c.size).to(device)
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
    """What one of the pictures it has learned from is called, for each of `count`: (count, L); 0 if it has no words."""
    titles = c.titles or c.words
    if not titles:
        return torch.zeros(count, 1, dtype=torch.int64)
    drawn = [int(torch.randint(len(titles), (1,), generator=generator(seed, "words", i))) for i in range(count)]
    return numbered([words_in(titles[i]) for i in drawn], c.words)


def keeping(given: Tensor, noise: Tensor, mask: Tensor) -> Callable[[Tensor, float], Tensor]:
    """What puts back at each time what is to stay, where the mask (1, 1, S, S) is 0 (Lugmayr et al. 2022)."""

    def after(x: Tensor, t: float) -> Tensor:
        return torch.lerp(mixed(given, noise, noise.new_full((len(noise),), t)), x, mask)

    return after


def between(painter: Painter, settings: PaintImage, words: Tensor, device: torch.device, progress: Progress) -> Tensor:
    """Pictures (N, C, S, S) from the one given to the other: along the great circle between the noise of the two."""
    steps, count = settings.steps or MANY, max(settings.count, 2)
    progress.stage("finding the noise of both", 1)
    ends = torch.cat([taken_in(picture, painter.configuration) for picture in settings.between]).to(device)
    one, other = unpaint(painter, ends, words.expand(2, -1), steps=steps).split(1)
    shares = torch.linspace(0, 1, count, device=device)[:, None, None, None]
    angle = F.cosine_similarity(one.flatten(1), other.flatten(1)).clamp(-1, 1).acos()
    noise = (((1 - shares) * angle).sin() * one + (shares * angle).sin() * other) / angle.sin().clamp(min=1e-6)
    parts = list(zip(noise.split(AT_ONCE), words.expand(count, -1).split(AT_ONCE), strict=True))
    progress.stage("painting", len(parts) * steps)
    return torch.cat([paint(painter, x, said, steps=steps, progress=progress.advance) for x, said in parts])


def taken_in(picture: Picture, c: Configuration) -> Tensor:
    """A picture as the model knows pictures, (1, C, S, S) in [-1, 1]: its middle square, of ink the darkness."""
    raster = picture.decode()
    x = to_tensor(raster.rgb)  # (1, 3, H, W)
    opacity = torch.ones_like(x[:, :1])
    if raster.alpha is not None:
        opacity = torch.as_tensor(raster.alpha)[None, None].float() / 255
        x = x * opacity + 1 - opacity
    if c.channels == 1:
        x = 1 - x.mean(1, keepdim=True)
    elif c.channels == 4:
        if raster.alpha is None:
            opacity = (x.amin(1, keepdim=True) < 0.98).float()  # white paper is no part of it
        x = torch.cat([x, opacity], 1)
    return squared(x, c.size) * 2 - 1


def mask_of(mask: Picture, like: Picture, size: int) -> Tensor:
    """A mask of a picture, (1, 1, size, size) in [0, 1]: 1 where it is white and opaque.

    A square one is of the picture's middle square, any other of all of it.
    """
    raster = mask.decode()
    x = to_tensor(raster.rgb).mean(1, keepdim=True)
    if raster.alpha is not None:
        x = x * torch.as_tensor(raster.alpha)[None, None].float() / 255
    if x.shape[2] != x.shape[3]:
        width, height = like.decode().size
        x = F.interpolate(x, (height, width), mode="nearest-exact")
    times = -(-size // min(x.shape[2:]))
    x = x.repeat_interleave(times, 2).repeat_interleave(times, 3)  # so that enlarging keeps its edges sharp
    return squared(x, size)


def original_of(picture: Picture, size: int, *, transparent: bool) -> Raster:
    """The middle square of a picture at size x size, on white unless `transparent`."""
    raster = picture.decode()
    side = min(raster.size)
    left, top = ((length - side) // 2 for length in raster.size)
    window = slice(top, top + side), slice(left, left + side)
    rgb, alpha = (raster.rgb, raster.alpha) if transparent else (on_white(raster), None)
    return resized(Raster(rgb[window], None if alpha is None else alpha[window]), (size, size))


def squared(x: Tensor, size: int) -> Tensor:
    """The middle square of x (1, C, H, W), at size x size."""
    side = min(x.shape[2:])
    top, left = ((length - side) // 2 for length in x.shape[2:])
    x = x[:, :, top : top + side, left : left + side]
    return F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)
