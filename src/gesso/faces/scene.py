"""A scene drawn by arithmetic, to show styles on: sky, sun, hills, water, a tree and a house."""

import numpy as np

from gesso.core.pictures import Raster


def draw_scene(width: int, height: int) -> Raster:
    """The scene at `width` x `height` pixels, the same every time."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height  # both 0..1, y downwards
    horizon = 0.6
    picture = _between((0.36, 0.55, 0.82), (0.97, 0.84, 0.66), y / horizon)
    sun = np.hypot((x - 0.72) * width / height, y - 0.3)
    picture = _over(picture, (1.0, 0.92, 0.7), np.exp(-((sun / 0.2) ** 2)))
    picture = _over(picture, (1.0, 0.97, 0.85), _inside(0.07 - sun, height))
    for waves, level, color in (
        ((3, 7, 13), 0.45, (0.45, 0.5, 0.66)),
        ((2, 5, 11), 0.52, (0.3, 0.42, 0.46)),
        ((4, 9, 17), 0.58, (0.22, 0.36, 0.25)),
    ):
        ridge = level + sum(np.sin(w * 2.1 * x + w) * 0.12 / w for w in waves)
        picture = _over(picture, color, _inside(y - ridge, height))
    water = _between((0.6, 0.66, 0.72), (0.12, 0.24, 0.38), (y - horizon) / (1 - horizon))
    ripples = np.sin(90 * (y - horizon) / (y + 0.05) + 6 * np.sin(9 * x)) * 0.06
    glitter = np.exp(-(((x - 0.72) / (0.03 + 0.25 * np.maximum(y - horizon, 0))) ** 2)) * (0.5 + 6 * ripples)
    water = _over(water + ripples[..., None], (1.0, 0.9, 0.68), glitter.clip(0, 1))
    picture = _mixed(picture, water, _inside(y - horizon, height))
    bank = 0.86 - 0.22 * np.exp(-(((x - 0.1) / 0.3) ** 2)) + 0.01 * np.sin(40 * x)
    grass = (
        _between((0.36, 0.5, 0.2), (0.18, 0.28, 0.12), (y - bank) * 4) + (np.sin(300 * x + 90 * y) * 0.03)[..., None]
    )
    picture = _mixed(picture, grass, _inside(y - bank, height))
    wall = np.minimum(np.minimum(x - 0.1, 0.26 - x), np.minimum(y - 0.5, 0.68 - y))
    picture = _over(picture, (0.86, 0.78, 0.68), _inside(wall, height))
    roof = np.minimum(y - 0.4 - np.abs(x - 0.18) * 1.1, 0.51 - y)
    picture = _over(picture, (0.62, 0.2, 0.16), _inside(roof, height))
    for left in (0.125, 0.2):
        pane = np.minimum(np.minimum(x - left, left + 0.035 - x), np.minimum(y - 0.55, 0.62 - y))
        picture = _over(picture, (0.2, 0.22, 0.3), _inside(pane, height))
    trunk = 0.012 + 0.01 * y - np.abs(x - 0.4 - 0.01 * np.sin(12 * y))
    picture = _over(picture, (0.26, 0.17, 0.12), _inside(np.minimum(trunk, np.minimum(y - 0.4, 0.8 - y)), height))
    for cx, cy, r, color in (
        (0.4, 0.34, 0.13, (0.2, 0.34, 0.14)), (0.35, 0.42, 0.09, (0.16, 0.29, 0.12)),
        (0.45, 0.4, 0.1, (0.27, 0.42, 0.16))
    ):  # fmt: skip
        leaf = np.sin(70 * x + 20 * y) * np.sin(60 * y - 15 * x) * 0.02
        crown = r + leaf - np.hypot((x - cx) * width / height, y - cy)
        picture = _over(picture, color, _inside(crown, height))
    return Raster(np.rint(picture.clip(0, 1) * 255).astype(np.uint8))


def _inside(distance: np.ndarray, height: int) -> np.ndarray:
    """1 where `distance` is positive, 0 where negative, smooth over a pixel."""
    return (distance * height + 0.5).clip(0, 1)


def _between(start: tuple[float, ...], end: tuple[float, ...], share: np.ndarray) -> np.ndarray:
    return _mixed(np.array(start, np.float32), np.array(end, np.float32), share.clip(0, 1))


def _over(picture: np.ndarray, color: tuple[float, ...], share: np.ndarray) -> np.ndarray:
    return _mixed(picture, np.array(color, np.float32), share)


def _mixed(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    return below + (above - below) * share[..., None]
