"""From broad strokes to fine ones: how many, how broad, and at what resolution they are worked out."""

from dataclasses import dataclass

from gesso.arts.paint.strokes.brushes import Brush, Manner

USUAL = 2000  # strokes that the widths of brushes are meant for
FINEST, COARSEST = 448, 48  # pixels of the longer side at which layers are worked
SEEN = 5.5  # pixels that a stroke is wide where it is worked out
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
    """

    width: float
    count: int
    resolution: int
    manner: Manner
    everywhere: bool


def layers(brush: Brush, strokes: int, area: float, *, width: float, detail: float) -> list[Layer]:
    """The layers for so many strokes on a picture of `area`, that of a square being 1; their counts add up to it."""
    broadest, *_ = brush.widths
    scale = width * (USUAL * area / strokes) ** 0.4
    widths = [scale * broadest * (w / broadest) ** (0.25 + 1.5 * detail) for w in brush.widths]
    # The narrower, the more: but fewer than would cover all, for detail is not everywhere.
    shares = [brush.first, *(w**-0.7 for w in widths[1:])]
    rest = (1 - brush.first) / sum(shares[1:])
    passes: list[tuple[int, float]] = []  # layer, share of all strokes
    for k, share in enumerate(shares):
        # Washes that are laid over one another are judged one after the other.
        times = PASSES if k or not brush.covers else 1
        passes += [(k, share * (rest if k else 1) / times)] * times
    result: list[Layer] = []
    done, due = 0, 0.0
    for k, share in passes:
        due += share * strokes
        count, done = round(due) - done, round(due)
        seen = max(widths[k], brush.blend)
        resolution = round(min(FINEST, max(COARSEST, SEEN / seen)))
        manner = brush.manners[min(k, len(brush.manners) - 1)]
        if count:
            result.append(Layer(widths[k], count, resolution, manner, everywhere=k == 0 and not brush.ink))
    return result
