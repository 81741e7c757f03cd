"""How samples become colours: lit silk, cut paper, flat print, lines, or mist."""

import math

import torch
from torch import Tensor

from gesso.arts.paint.pattern.color import parsed, scale_of
from gesso.arts.paint.pattern.fields import Samples
from gesso.arts.paint.pattern.genome import Genome

_ENTRIES = 1024
_OWN = (0.22, 0.93, 0.13)  # least and most lightness, and the chroma, of colours that the network makes


class Finisher:
    """Paints samples with the colours and in the finish of a genome.

    Args:
        steepness: the mean slope of the form, by which the number of levels is chosen.
        zoom: how near the picture is. From 4 on each doubling parts every level in two, and halves shadows and lines.
    """

    def __init__(self, genome: Genome, steepness: float, zoom: float, device: torch.device) -> None:
        self.kind, self.amount, self.steepness = genome.finish, genome.amount, steepness
        self.parts = 2 ** max(0, int(math.log2(zoom)) - 1)
        self.own = not genome.colors
        self.hue = math.pi * genome.foci[0][0] * 1.25  # any number will do that is the genome's
        least, most, _ = _OWN
        greys = torch.tensor([[least, 0.0, 0.0], [(least + most) / 2, 0.0, 0.0], [most, 0.0, 0.0]])
        self.stops = (greys if self.own else parsed(genome.colors)).to(device)  # (N, 3)
        self.scale = scale_of(self.stops, _ENTRIES)
        by_lightness = self.stops[self.stops[:, 0].argsort()]
        self.light = by_lightness[-1][:, None, None]
        self.ground = by_lightness[-1 if genome.ground == "light" else 0]
        apart = (self.stops[:, 0] - self.ground[0]).abs()
        self.inks = scale_of(self.stops[apart >= min(0.3, float(apart.max()))], _ENTRIES)

    def __call__(self, samples: Samples) -> Tensor:
        """OKLab colours (3, H, W) of samples."""
        finishes = {
            "silk": self.silk,
            "paper": self.paper,
            "print": self.print,
            "lines": self.lines,
            "mist": self.mist,
        }
        return finishes[self.kind](samples)

    def silk(self, samples: Samples) -> Tensor:
        """Folds along the form, lit from one side."""
        form, accents, slope, lit, _ = samples
        folds = 2 * math.pi * self._levels(7, 12)
        rise = 0.05 / self.parts * folds * (folds * form + 2 * accents[1]).cos_()
        shade = rise * lit / (1 + (rise * slope).square()).sqrt()
        lab = self._at(0.5 + 0.85 * (form - 0.5) + 0.25 * accents[0], accents)
        lab[0] += 0.13 * shade + 0.1 * shade.clamp_min(0) ** 4
        lab[1:] *= 1 - 0.25 * shade.abs()
        return lab

    def paper(self, samples: Samples) -> Tensor:
        """Sheets cut along the form, each throwing a shadow on the one below."""
        form, accents, slope, lit, _ = samples
        sheets = self._levels(5, 12)
        sheet, part = _level(sheets * form, sheets)
        steep = sheets * slope / self.parts + 1e-4
        toward = lit / (slope + 1e-4)
        shadow = (-(1 - part) / (steep * 0.045 * (1 - 0.7 * toward))).exp() * (sheet < sheets - 1)
        rim = (-part / (steep * 0.006)).exp() * (sheet > 0) * (0.5 + 0.5 * toward)
        lab = self._at((sheet + 0.5) / sheets + 0.1 * accents[0], accents)
        lab[0] = lab[0] * (1 - 0.42 * shadow) + 0.05 * rim + 0.03 * (part - 0.5)
        lab[1:] *= 1 - 0.2 * shadow
        return lab

    def print(self, samples: Samples) -> Tensor:
        """Flat stripes along the form, through the colours and back."""
        form, accents = samples[:2]
        last = len(self.stops) - 1
        stripe = (self._levels(11, 28) * form + 1.2 * accents[1]).floor() % (2 * last)
        return self._at(1 - (stripe / last - 1).abs(), accents)

    def lines(self, samples: Samples) -> Tensor:
        """Contours of the form on a ground, as wide in the steep as in the flat until they would touch."""
        form, accents, slope, _, length = samples
        count = self._levels(22, 42)
        spacing = 1 / (count * slope + 1e-4)
        away = (count * form - (count * form).round()).abs() * spacing
        width = torch.minimum(0.0065 / self.parts * (1 + 0.7 * accents[1]), 0.22 * spacing)
        covered = ((width - away) / length + 0.5).clamp(0, 1)  # a share, for a line may be thinner than a sample
        ink = self._at(0.5 + 0.55 * (form - 0.5) + 0.3 * accents[0], accents, self.inks)
        ground = self.ground[:, None, None].lerp(self._at(form, accents), 0.12)
        return ground.lerp(ink, covered)

    def mist(self, samples: Samples) -> Tensor:
        """Veils with one sharp edge each, fading into the haze before the next."""
        form, accents = samples[:2]
        veils = self._levels(7, 12)
        veil, part = _level(veils * form + 0.5 * accents[1], veils)
        place = (veil + 0.5) / veils + 0.12 * accents[0]
        haze = self._at(0.6 * place + 0.4 * (1 - veil / veils), accents).lerp(self.light, 0.25)
        return self._at(place, accents).lerp(haze, 0.85 * part**1.5)

    def _levels(self, least: int, most: int) -> int:
        """How many levels, fewer where the form is steep already."""
        levels = max(least, round((least + (most - least) * self.amount) * min(1.0, 1.1 / self.steepness)))
        return levels * self.parts

    def _at(self, place: Tensor, accents: Tensor, scale: Tensor | None = None) -> Tensor:
        """The colours (3, H, W) of the scale at `place` (H, W), the ends where that is not in [0, 1]."""
        index = (place * (_ENTRIES - 1)).round_().clamp_(0, _ENTRIES - 1).int()
        lab = (self.scale if scale is None else scale)[index].movedim(-1, 0)
        if self.own:  # the hue turns with the accents, slowly; the dark and the light are calm
            hue = self.hue + 1.1 * accents[0] + 0.9 * place
            chroma = _OWN[2] * (0.35 + 0.65 * (math.pi * place.clamp(0, 1)).sin()) * (0.8 + 0.2 * accents[1])
            lab[1:] = torch.stack([chroma * hue.cos(), chroma * hue.sin()])
        return lab


def _level(place: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """The level, 0 to `levels` - 1, that `place` is in, and how far in, 0..1."""
    place = place.clamp(0, levels - 1e-3)
    level = place.floor()
    return level, place - level
