"""English verse: lines that scan and rhyme, by whatever letters a writer is drawn to."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from test_write import writer

from gesso.arts.write.english.check import judged, rhyming, scanning
from gesso.arts.write.english.lexicon import EnglishLexicon, read_lexicon
from gesso.arts.write.english.writing import Wish, verses
from gesso.arts.write.tokens import characters
from gesso.core import places
from gesso.core.errors import GessoError
from gesso.core.seeds import generator
from gesso.pipeline.data.registry import find, is_here

# Words that rhyme by made-up sounds, and words of two syllables with either stress.
SOUNDS = ("EY", "IY", "AY", "OW", "UW", "AE", "EH")
ONSETS = "bcdfglmnprst"
SAID = [f"{onset}{vowel.lower()}l {onset.upper()} {vowel}1 L" for vowel in SOUNDS for onset in ONSETS]
LONGER = [
    "meadow M EH1 D OW0",
    "river R IH1 V ER0",
    "away AH0 W EY1",
    "behold B IH0 HH OW1 L D",
    "gentle JH EH1 N T AH0 L",
]
LETTERS = characters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ '\n.,;:?!")

HERE = is_here(find("cmudict"), places.data()) and is_here(find("tinyshakespeare"), places.data())


@pytest.fixture
def lexicon(tmp_path: Path) -> EnglishLexicon:
    (tmp_path / "cmudict.dict").write_text("\n".join([*SAID, *LONGER]) + "\n")
    text = " ".join(line.split()[0] for line in [*SAID, *LONGER]) + ".\n"
    return read_lexicon(tmp_path / "cmudict.dict", text * 3)


def faults(lines: Sequence[str], lexicon: EnglishLexicon, form: str = "sonnet") -> list[str]:
    return [fault for line in judged(lines, lexicon, form) for fault in line.faults]  # pyright: ignore[reportArgumentType]


def test_a_lexicon_comes_back_from_its_json(lexicon: EnglishLexicon) -> None:
    again = EnglishLexicon.model_validate_json(lexicon.model_dump_json())
    assert again == lexicon
    assert [reading.stresses for reading in again.readings["away"]] == ["01"]
    assert [reading.stresses for reading in again.readings["river"]] == ["10"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_sonnet_scans_and_rhymes_whatever_the_writer_would_like(lexicon: EnglishLexicon, seed: int) -> None:
    model = writer(LETTERS, context=256)
    poem = list(verses(model, lexicon, Wish(tries=1), generator(seed), ()))
    assert len(poem) == 14
    assert faults(poem, lexicon) == []
    assert poem[-1].endswith(".")
    assert all(line[0].isupper() for line in poem)
    assert list(verses(model, lexicon, Wish(tries=1), generator(seed), ())) == poem


def test_letters_and_a_first_line_that_are_given_are_kept(lexicon: EnglishLexicon) -> None:
    model = writer(LETTERS, context=256)
    wish = Wish(form="blank", lines=5, acrostic="grand", tries=1)
    poem = list(verses(model, lexicon, wish, generator(1), ()))
    assert "".join(line[0] for line in poem) == "GRAND"
    assert faults(poem, lexicon, "blank") == []
    poem = list(verses(model, lexicon, Wish(begin="Away behold a gentle river bayl", tries=1), generator(1), ()))
    assert poem[0] == "Away behold a gentle river bayl"
    assert rhyming(poem[0], poem[2], lexicon)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(acrostic="X"), "no line of this writer begins with X"),
        (Wish(acrostic="G" * 15), "15 letters for 14 lines"),
        (Wish(begin="..."), "has no word"),
        (Wish(begin="Behold", acrostic="G"), "does not begin with G"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(lexicon: EnglishLexicon, wish: Wish, said: str) -> None:
    with pytest.raises(GessoError, match=said):
        list(verses(writer(LETTERS, context=256), lexicon, wish, generator(0), ()))


@pytest.mark.skipif(not HERE, reason="the dictionary and the plays are not on this machine")
def test_famous_lines_scan_and_a_line_of_prose_does_not() -> None:
    text = (places.data() / "text/tinyshakespeare.txt").read_text()
    lexicon = read_lexicon(places.data() / "text/cmudict/cmudict.dict", text)
    verse = ["But soft, what light through yonder window breaks?", "A horse, a horse, my kingdom for a horse!"]
    assert scanning(verse, lexicon) == (2, 2)
    assert scanning(["Give me the letters of my father and mother"], lexicon)[0] == 0
    assert rhyming(
        "So long as men can breathe or eyes can see", "So long lives this, and this gives life to thee", lexicon
    )
