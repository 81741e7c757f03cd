"""The five media: what their strokes are like, and how they mix with what they are laid on."""

from dataclasses import dataclass

from gesso.arts.paint.strokes.art import Medium


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A medium. Widths are of 2000 strokes, as shares of the picture's longer side.

    Attributes:
        ground: sRGB of what is painted on; None tones it with the picture's mean.
        covers: whether paint covers what is below it; else light passes through it, and absorbances add up.
        widths: of the first strokes and of the last ones.
        layers: how many widths there are from the first to the last.
        first: share of the strokes that are in the first layer.
        slender: the shortest and the longest stroke, in widths.
        corner: how round the ends are, 1 for fully.
        opacity: of a new stroke, the least and the most that it may become.
        soft: breadth of the edge of a stroke while it is optimised, as a share of its width.
        ink: the absorbance of the only colour there is, if there is only one.
        turns: radians by which the strokes of each layer are turned from the way that forms run.
        blend: strokes narrower than this are seen as tone.
        rim: how much darker the edge of a stroke is.
    """

    ground: tuple[float, float, float] | None = None
    covers: bool = True
    widths: tuple[float, float]
    layers: int = 5
    first: float = 0.06
    slender: tuple[float, float]
    corner: float = 1.0
    opacity: tuple[float, float, float] = (1.0, 0.7, 1.0)
    soft: float = 0.3
    ink: tuple[float, float, float] | None = None
    turns: tuple[float, ...] = ()
    blend: float = 0.0
    rim: float = 0.0


BRUSHES: dict[Medium, Brush] = {
    "oil": Brush(widths=(0.11, 0.0085), slender=(1.6, 5.0), corner=0.6, opacity=(0.92, 0.8, 1.0)),
    "watercolour": Brush(
        ground=(0.985, 0.975, 0.95), covers=False, widths=(0.16, 0.011), slender=(1.2, 4.0), soft=0.2, rim=0.5
    ),
    "pastel": Brush(
        ground=(0.66, 0.60, 0.53),
        widths=(0.07, 0.0085),
        first=0.1,
        slender=(2.5, 7.0),
        corner=0.4,
        opacity=(0.8, 0.6, 0.92),
    ),
    "pen": Brush(
        ground=(0.975, 0.965, 0.94),
        covers=False,
        widths=(0.0028, 0.002),
        layers=3,
        first=0.45,
        slender=(10.0, 34.0),
        soft=0.8,
        ink=(2.2, 2.3, 2.4),
        turns=(0.0, 1.0, 0.0),
        blend=0.009,
    ),
    "points": Brush(widths=(0.034, 0.0075), first=0.22, slender=(1.0, 1.0), opacity=(0.95, 0.9, 1.0)),
}
