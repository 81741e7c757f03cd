"""Where notes are in engraved music."""

import itertools

import pytest

from gesso.core.music.engraving import can_engrave, engrave, places
from gesso.core.scores import TICKS, Note, Part, Score

pytestmark = pytest.mark.skipif(not can_engrave(), reason="verovio engraves music")


def test_notes_that_have_names_are_found_again() -> None:
    """A scale in halves, whose last note is tied over the bar line, for so many bars that it takes two lines."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    tune = [Note(2 * TICKS * at, 2 * TICKS, scale[at % 8]) for at in range(48)]
    held = Note(tune[-1].end + TICKS, 4 * TICKS, 60)
    score = Score((Part("Tune", 0, (*tune, held)),))
    found = places(engrave(score, named=lambda part, note: f"n{part}-{note.start}"))
    spots = [found[f"n0-{note.start}"] for note in (*tune, held)]
    assert [spot.line for spot in spots] == sorted(spot.line for spot in spots)
    assert spots[-1].line > 0
    rising, following = spots[:8], spots[8]
    assert all(one.x < other.x and one.y > other.y for one, other in itertools.pairwise(rising))
    assert found[f"n0-{held.start}.{48 * 2 * TICKS + 4 * TICKS}"].y == spots[-1].y
    assert following.y == rising[0].y
    assert (rising[0].stem_up, rising[7].stem_up) == (True, False)
