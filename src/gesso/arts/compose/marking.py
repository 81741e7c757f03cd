"""A score with its reasons: notes coloured by how likely they were, broken rules marked, a legend at the head."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from gesso.arts.compose.rules import ABOVE, BELOW, CROSSING, FIFTHS, OCTAVES
from gesso.core.likelihood import LEAST, colour, unlikeliness
from gesso.core.music.engraving import Place

GIVEN = "#9a9a9a"
SHOWN = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
"""The probabilities in the legend."""

_WIDTH, _LEFT = 840.0, 48.0
_HALO, _HEAD = 8.5, (3.9, 2.9)  # the radius of the largest halo, and those of a note's head in the legend
_HEIGHT, _ROW, _STEP = 62.0, 20.0, 52.0  # of the legend, of a line of marks in it, and from note to note
_STUB = 16.0  # how far the line of a parallel goes on to another line of music


class Mark(NamedTuple):
    """A broken rule in the score.

    Attributes:
        notes: the names of the notes that break it, one for each voice, the highest first.
        before: of parallels the notes that these follow.
    """

    rule: str
    notes: tuple[str, ...]
    before: tuple[str, ...] = ()


def marked(
    svg: str,
    places: Mapping[str, Place],
    probabilities: Mapping[str, float],
    marks: Sequence[Mark],
    numbers: Mapping[str, int],
    titles: Mapping[str, str],
    *,
    given: bool,
) -> str:
    """A drawing of `engrave`'s with all that is to be said of its notes, which have names.

    Args:
        places: where the notes are.
        probabilities: of those that were chosen.
        marks: the rules that are broken.
        numbers: those that stand beside the least expected ones.
        titles: what is said of each note when one points at it.
        given: whether there are notes that were given.
    """
    opening = re.match(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>\s*<rect [^>]*/>\n', svg)
    assert opening is not None
    music = _titled(svg[opening.end() : svg.rindex("</svg>")], titles)
    halos = [_halo(places[name], p) for name, p in probabilities.items() if name in places]
    drawn = _drawn(marks, places)
    drawn += [_number(places[name], number) for name, number in numbers.items() if name in places]
    legend = _legend({mark.rule for mark in marks}, given=given, numbered=len(numbers))
    height = float(opening[2]) + _HEIGHT + _ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" '
        "font-family=\"Georgia, 'Times New Roman', serif\">\n"
        f'<rect width="{_WIDTH:g}" height="{height:g}" fill="white"/>\n'
        f'{legend}\n<g transform="translate(0 {_HEIGHT + _ROW:g})">\n'
        + "\n".join(halos)
        + f"\n{music}"
        + "\n".join(drawn)
        + "\n</g>\n</svg>\n"
    )


def _titled(music: str, titles: Mapping[str, str]) -> str:
    """The music with what is said of each note, also where it is tied on."""

    def title(opening: re.Match[str]) -> str:
        said = titles.get(opening[1].partition(".")[0])
        return opening[0] if said is None else f"{opening[0]}<title>{escape(said)}</title>"

    return re.sub(r'<g id="([^"]*)" class="note"[^>]*>', title, music)


def _halo(place: Place, probability: float) -> str:
    """What surrounds a note, the wider the less likely it was; the colour is not the only thing that says so."""
    radius = _HALO * unlikeliness(probability)
    return (
        f'<circle cx="{place.x:.1f}" cy="{place.y:.1f}" r="{radius:.1f}" fill="{colour(probability)}" '
        'fill-opacity="0.22"/>'
    )


def _number(place: Place, number: int) -> str:
    y = place.y + (13 if place.stem_up else -6.5)  # away from the stem and its flags
    return (
        f'<text x="{place.x + 6.5:.1f}" y="{y:.1f}" font-size="8.5" stroke="white" stroke-width="2.4" '
        f'paint-order="stroke" stroke-linejoin="round">{number}</text>'
    )


def _drawn(marks: Sequence[Mark], places: Mapping[str, Place]) -> list[str]:
    """The marks: a badge at each note that breaks a rule, and from note to note the lines of parallels."""
    found: list[str] = []
    worn: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        parallel = mark.rule in (FIFTHS, OCTAVES)
        for voice, name in enumerate(mark.notes):
            if name not in places or (mark.rule in worn[name] and not parallel):
                continue
            worn[name].add(mark.rule)
            here = places[name]
            side = 1 if here.stem_up else -1  # away from the stem
            if parallel and mark.before[voice] in places:
                found += _parallel(mark.rule, _last(mark.before[voice], places), here, upper=voice == 0)
            else:
                found.append(_badge(mark.rule, here.x, here.y + side * 13 * len(worn[name])))
    return found


def _last(name: str, places: Mapping[str, Place]) -> Place:
    """Where a note is left: its last head, if others are tied to it."""
    heads = [place for other, place in places.items() if other == name or other.startswith(f"{name}.")]
    return max(heads, key=lambda place: (place.line, place.x))


def _parallel(rule: str, then: Place, here: Place, *, upper: bool) -> list[str]:
    """The line from a note to the next, or what of it is on either line of music, and its badge."""
    side = -10 if upper else 10
    if then.line != here.line:
        x, y = here.x - _STUB / 2, here.y + side
        ends = [(then.x + 6, then.y, then.x + _STUB, then.y), (here.x - _STUB, here.y, here.x - 6, here.y)]
    else:
        x, y = (then.x + here.x) / 2, (then.y + here.y) / 2 + side
        long = math.hypot(here.x - then.x, here.y - then.y) or 1.0
        dx, dy = 6 * (here.x - then.x) / long, 6 * (here.y - then.y) / long
        ends = [(then.x + dx, then.y + dy, here.x - dx, here.y - dy)]
    lines = [
        f'<path d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" stroke="{ink}" stroke-width="{wide}" stroke-linecap="round"/>'
        for a, b, c, d in ends
        for ink, wide in (("white", 4), ("black", 1.8))
    ]
    return [*lines, _badge(rule, x, y)]


def _badge(rule: str, x: float, y: float) -> str:
    """A black disc with the sign of a rule: 5, 8, a cross, or an arrow."""
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="black" stroke="white"/>'
    if rule in (FIFTHS, OCTAVES):
        digit = 5 if rule == FIFTHS else 8
        return (
            f'{disc}<text x="{x:.1f}" y="{y + 3.1:.1f}" font-size="9" fill="white" text-anchor="middle">{digit}</text>'
        )
    path = f"M{x - 2.3:.1f} {y - 2.3:.1f}l4.6 4.6m0 -4.6l-4.6 4.6"
    if rule != CROSSING:
        way = -1 if rule == ABOVE else 1
        path = f"M{x:.1f} {y - 3 * way:.1f}v{6 * way}m-2.4 {-2.4 * way}l2.4 {2.4 * way}l2.4 {-2.4 * way}"
    return f'{disc}<path d="{path}" stroke="white" stroke-width="1.5" stroke-linecap="round" fill="none"/>'


def _legend(rules: set[str], *, given: bool, numbered: int) -> str:
    """How likely which colour is, and what the marks mean."""
    parts = [f'<text x="{_LEFT:g}" y="30" font-size="13">How likely each note was</text>']
    x, y = _LEFT + 196, 26.0
    for probability in SHOWN:
        place = Place(x, y)
        parts.append(_halo(place, probability) + _head(place, colour(probability)))
        share = f"{probability:.0%}" if probability > LEAST else f"{LEAST:.0%} or less"
        parts.append(f'<text x="{x:g}" y="{y + 21:g}" font-size="9.5" text-anchor="middle">{share}</text>')
        x += _STEP
    if given:
        x += 24
        parts.append(_head(Place(x, y), GIVEN))
        parts.append(f'<text x="{x:g}" y="{y + 21:g}" font-size="9.5" text-anchor="middle">given</text>')
    x, y = _LEFT, _HEIGHT + 6
    if not rules:
        parts.append(f'<text x="{x:g}" y="{y:g}" font-size="10.5">No rule is broken.</text>')
        x += 110
    for rule in (FIFTHS, OCTAVES, CROSSING, ABOVE, BELOW):
        if rule in rules:
            parts.append(_badge(rule, x + 6, y - 3.6))
            parts.append(f'<text x="{x + 17:g}" y="{y:g}" font-size="10.5">{rule}</text>')
            x += 42 + 5.4 * len(rule)
    if numbered:
        parts.append(
            f'<text x="{_WIDTH - _LEFT:g}" y="{y:g}" font-size="10.5" text-anchor="end">1 to {numbered}: '
            "the least expected, as in the table</text>"
        )
    return "\n".join(parts)


def _head(place: Place, fill: str) -> str:
    wide, high = _HEAD
    return (
        f'<ellipse cx="{place.x:g}" cy="{place.y:g}" rx="{wide}" ry="{high}" fill="{fill}" '
        f'transform="rotate(-22 {place.x:g} {place.y:g})"/>'
    )
