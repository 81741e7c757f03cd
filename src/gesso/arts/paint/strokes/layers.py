"""From broad strokes to fine ones: how many, how broad, and at what resolution they are worked out."""

from dataclasses import dataclass

from gesso.arts.paint.strokes.brushes import Brush, Manner

USUAL = 2000  # strokes that the widths of brushes are meant for
COARSEST, FINER, FINEST = 48, 448, 1024  # pixels of the longer side at which layers are worked
SEEN, LEAST_SEEN = 5.5, 3.8  # pixels that a stroke is wide where it is worked out
PASSES = 3  # times that a layer looks anew at what is wrong


@dataclass(frozen=True)
class Layer:
    """Strokes that are placed together and optimised together.

    Attributes:
        width: of the strokes, as a share of the longer side.
        count: how many.
        resolution: pixels of the longer side at which they are worked out.
        manner: how they run.
        everywhere: whether they are to cover all of the picture.
        densest: the most absorbance that one of them has.
    """

    width: float
    count: int
    resolution: int
    manner: Manner
    everywhere: bool
    densest: float


def layers(brush: Brush, strokes: int, size: tuple[int, int], *, width: float, detail: float) -> list[Layer]:
    """The layers for so many strokes on a picture of `size` in pixels; their counts add up to `strokes`.

    Args:
        width: factor on the breadth of all strokes.
        detail: from 0 to 1, how much finer the last ones are.
    """
    area = min(size) / max(size)
    broadest, *_ = brush.widths
    scale = width * (USUAL * area / strokes) ** 0.4
    widths = [scale * broadest * (w / broadest) ** (0.25 + 1.5 * detail) for w in brush.widths]
    passes: list[tuple[int, float]] = []  # layer, share of all strokes
    for k, share in enumerate(brush.shares):
        # Washes that are laid over one another are judged one after the other.
        times = 1 if brush.covers and k < brush.everywhere else PASSES
        passes += [(k, share / times)] * times
    result: list[Layer] = []
    finest = FINER if brush.blend else min(FINEST, max(FINER, LEAST_SEEN / widths[-1]))
    finest = min(finest, max(COARSEST, max(size)))  # in a small picture there is no more to be seen
    done, due = 0, 0.0
    for k, share in passes:
        due += share * strokes
        count, done = round(due) - done, round(due)
        seen = max(widths[k], brush.blend)
        resolution = round(min(finest, max(COARSEST, SEEN / seen)))
        manner = brush.manners[min(k, len(brush.manners) - 1)]
        if count:
            densest = brush.densest[min(k, len(brush.densest) - 1)]
            result.append(Layer(widths[k], count, resolution, manner, k < brush.everywhere, densest))
    return result
