"""The five media: what their strokes are like, and how they mix with what they are laid on."""

from dataclasses import dataclass, replace

from gesso.arts.paint.strokes.art import Medium


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the strokes of a layer run.

    Attributes:
        turn: radians by which they are turned from the way that forms run.
        steady: how far around forms are looked at for that, in widths.
        hand: how much they slant as a right hand draws them, where no form is stronger.
        above: they go only where more absorbance than this is wanted.
    """

    turn: float = 0.0
    steady: float = 0.5
    hand: float = 0.02
    above: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A medium. Widths are of 2000 strokes, as shares of the picture's longer side.

    Attributes:
        ground: sRGB of what is painted on; None tones it with the picture's mean.
        covers: whether paint covers what is below it; else light passes through it, and absorbances add up.
        widths: of the strokes of each layer, from the first to the last.
        shares: of the strokes that are in each layer.
        everywhere: how many layers are spread evenly over the picture; the others go where they mend most.
        slender: the shortest and the longest stroke, in widths.
        corner: how round the ends are, 1 for fully.
        opacity: of a new stroke, the least and the most that it may become.
        soft: breadth of the edge of a stroke while it is optimised, as a share of its width.
        ink: the absorbance of the only colour there is, if there is only one.
        stop: a change of colour at which a stroke ends.
        manners: of each layer, or one for all.
        blend: strokes narrower than this are seen as tone.
        rim: how much darker the edge of a stroke is.
        bristle: how broad a bristle is, or a crumb of chalk, as a share of the longer side; 0 for none.
        densest: the most absorbance of a stroke of each layer, or one for all.
    """

    ground: tuple[float, float, float] | None = None
    covers: bool = True
    widths: tuple[float, ...]
    shares: tuple[float, ...] = (0.06, 0.10, 0.17, 0.26, 0.41)
    everywhere: int = 1
    slender: tuple[float, float]
    corner: float = 1.0
    opacity: tuple[float, float, float] = (1.0, 0.7, 1.0)
    soft: float = 0.3
    ink: tuple[float, float, float] | None = None
    stop: float = 0.09
    manners: tuple[Manner, ...] = (Manner(),)
    blend: float = 0.0
    rim: float = 0.0
    bristle: float = 0.0
    densest: tuple[float, ...] = (3.0,)


_HATCHING, _CONTOUR = Manner(steady=4.0, hand=0.25), Manner(steady=1.2, hand=0.0)

BRUSHES: dict[Medium, Brush] = {
    "oil": Brush(
        widths=(0.11, 0.058, 0.031, 0.016, 0.0085),
        slender=(1.6, 5.0),
        corner=0.6,
        opacity=(0.92, 0.8, 1.0),
        bristle=0.0028,
    ),
    "watercolour": Brush(
        ground=(0.985, 0.975, 0.95),
        covers=False,
        widths=(0.11, 0.058, 0.03, 0.016, 0.0085),
        slender=(1.6, 5.0),
        corner=0.5,
        soft=0.3,
        rim=0.25,
        stop=0.15,
        densest=(0.5, 0.8, 1.2, 1.8, 2.4),
    ),
    "pastel": Brush(
        widths=(0.06, 0.036, 0.022, 0.013, 0.008),
        shares=(0.12, 0.13, 0.18, 0.25, 0.32),
        slender=(2.2, 6.0),
        corner=0.4,
        opacity=(0.65, 0.4, 0.8),
        manners=(Manner(hand=0.15),),
        bristle=0.004,
    ),
    "pen": Brush(
        ground=(0.975, 0.965, 0.94),
        covers=False,
        widths=(0.003, 0.0028, 0.002, 0.0016),
        shares=(0.4, 0.16, 0.2, 0.24),
        everywhere=0,
        slender=(7.0, 30.0),
        soft=0.8,
        ink=(2.2, 2.3, 2.4),
        stop=0.2,
        manners=(_HATCHING, replace(_HATCHING, turn=0.9, above=0.6), _CONTOUR, _CONTOUR),
        blend=0.006,
    ),
    "points": Brush(
        widths=(0.22, 0.028, 0.02, 0.013, 0.0075),
        shares=(0.04, 0.46, 0.16, 0.16, 0.18),
        everywhere=2,
        slender=(1.0, 1.0),
        opacity=(0.95, 0.9, 1.0),
    ),
}
