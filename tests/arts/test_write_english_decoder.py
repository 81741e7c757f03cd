"""The automaton of English lines: no letters that it lets through lead to a dead end or out of metre."""

import random
from collections.abc import Callable, Sequence

import pytest

from gesso.arts.write.english.check import judged
from gesso.arts.write.english.decoder import DONE, Line, State, following, stepped
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.english.metre import stands
from gesso.arts.write.english.rhymes import Rhymes
from gesso.arts.write.english.trie import CAPITAL, Trie
from gesso.arts.write.english.writing import SONNET, last_word
from gesso.core.errors import GessoError

# Words of one syllable that rhyme by seven vowels, and longer ones with every stress.
RHYMING = {f"{onset}{vowel.lower()}l": f"1 {onset.upper()} {vowel} L" for vowel in "AEIOUWY" for onset in "bcdfglm"}
OTHERS = {
    "a": "1 - AH",
    "the": "1 DH AH",
    "of": "1 - AH V",
    "I": "1 - AY",
    "God": "1 G AA D",
    "'tis": "1 T IH Z",
    "o'er": "1 - AO R",
    "heaven": "10 HH EH V AH N|1 HH EH V N",
    "seven": "10 S EH V AH N|1 S EH V N",
    "leaven": "10 L EH V AH N",
    "away": "01 W EY",
    "majesty": "100 T IY",
    "revelation": "2010 L EY SH AH N",
    "midnight": "12 - -",
    "interminability": "1010010 - -",
}
LEXICON = EnglishLexicon(words=RHYMING | OTHERS)
RHYMES = Rhymes(Trie(LEXICON))

Taste = Callable[[random.Random, list[str]], str]


def anything(source: random.Random, letters: list[str]) -> str:
    return source.choice(letters)


def haste(source: random.Random, letters: list[str]) -> str:
    """Ends words, sentences and lines as soon as it may."""
    return next((letter for letter in "\n.!?, " if letter in letters), letters[-1])


def long_words(source: random.Random, letters: list[str]) -> str:
    """Never ends what can go on."""
    return next((letter for letter in letters if letter.isalpha()), source.choice(letters))


def marks(source: random.Random, letters: list[str]) -> str:
    return source.choice([letter for letter in letters if not letter.isalpha()] or letters)


def walked(line: Line, source: random.Random, taste: Taste) -> str:
    state, text = State(), ""
    while state.node != DONE:
        letters = following(state, line)
        assert letters, text
        assert len(letters) == len(set(letters))
        text += taste(source, letters)
        state = stepped(state, text[-1], line)
        assert len(text) < 200
    return text.removesuffix("\n")


def faults(lines: Sequence[str]) -> list[str]:
    return [f"{each.line}: {fault}" for each in judged(lines, LEXICON, "sonnet") for fault in each.faults]


@pytest.mark.parametrize("taste", [anything, haste, long_words, marks])
def test_every_walk_ends_as_a_sonnet(taste: Taste) -> None:
    source = random.Random(7)
    for _ in range(12):
        initials = [source.choice(["B", "D", "H", "I", "G", "M", None]) for _ in SONNET]
        lines: list[str] = []
        used: set[int] = set()
        for at, letter in enumerate(SONNET):
            first = SONNET.index(letter)
            ends = RHYMES.asking(used) if first == at else RHYMES.answering(last_word(lines[first]), used)
            lines.append(walked(Line(RHYMES.trie, ends, initial=initials[at]), source, taste))
            used.add(RHYMES.trie.numbers[last_word(lines[-1])])
        assert faults(lines) == []
        for line, initial in zip(lines, initials, strict=True):
            assert line.lstrip("'")[0].isupper()
            assert initial is None or line.startswith(initial)
            assert "midnight" not in line.lower().split()[-1]
            assert not set(line.split()) & {"i", "god", "O'Er"}


def test_a_line_ends_with_the_marks_that_are_asked_for() -> None:
    source = random.Random(1)
    lines = [walked(Line(RHYMES.trie, RHYMES.any(set()), after=(".",)), source, anything) for _ in range(20)]
    assert all(line.endswith(".") for line in lines)


def test_a_line_that_cannot_be_is_refused() -> None:
    with pytest.raises(GessoError, match="begins with Q"):
        Line(RHYMES.trie, RHYMES.any(set()), initial="Q")
    with pytest.raises(GessoError, match="no rhyme for 'away'"):
        RHYMES.answering("away", set())
    with pytest.raises(GessoError, match="fewer than 8 words of one syllable"):
        Trie(EnglishLexicon(words={"of": "1 - AH V", "bal": "1 B A L"}))


def test_a_rhyme_has_another_consonant_and_leaves_out_what_was_used() -> None:
    words, numbers = RHYMES.trie.words, RHYMES.trie.numbers
    assert {words[number].text for number in RHYMES.answering("heaven", set())} == {"seven", "leaven"}
    assert {words[number].text for number in RHYMES.answering("heaven", {numbers["seven"]})} == {"leaven"}
    spent = RHYMES.asking({numbers["bal"]})
    assert "cal" not in {words[number].text for number in spent}
    assert "cel" in {words[number].text for number in spent}


@pytest.mark.parametrize(
    ("stresses", "starts"),
    [
        ("01", [0, 2, 4, 6, 8]),  # away
        ("10", [0, 1, 3, 5, 7, 9]),  # heaven: turned round in the first foot, or with an eleventh syllable
        ("100", [0, 1, 3, 5, 7]),  # majesty
        ("2010", [1, 3, 5, 7]),  # revelation; its main stress is not the line's first
        ("12", [1, 3, 5, 7]),  # midnight
    ],
)
def test_main_stresses_stand_on_strong_places(stresses: str, starts: list[int]) -> None:
    assert [start for start, _ in stands(stresses)] == starts


def test_articles_stand_on_weak_places_alone() -> None:
    assert [start for start, _ in stands("1", light=True)] == [0, 2, 4, 6, 8]


def test_what_is_wrong_with_lines_is_said() -> None:
    lines = ["Bal cal dal fal gal lal mal bel cel del", "Bal cal", "Away zounds bal", "Heaven the midnight"]
    assert [each.faults for each in judged(lines, LEXICON, "blank")] == [
        (),
        ("2 syllables",),
        ("unknown: zounds",),
        ("5 syllables",),
    ]
    same = ["Bal cal dal fal gal lal mal bel cel del"] * 2
    assert judged(same, LEXICON, "blank")[1].faults == ("ends with 'del' as line 1 does", "says line 1 again")
    turned = judged(["Bal heaven cal dal fal gal lal mal away"], LEXICON, "blank")[0]
    assert (turned.scans, turned.syllables) == (True, 10)
    assert judged(["Bal cal heaven dal fal gal lal mal leaven"], LEXICON, "blank")[0].faults


def test_words_that_are_spelt_alike_at_the_beginning_of_a_line_are_one_way() -> None:
    trie = Trie(EnglishLexicon(words=RHYMING | OTHERS | {"i'm": "1 - AY M", "I'm": "1 - AY M"}))
    node = CAPITAL
    for letter in "I'm":
        node = trie.children(node)[letter]
    assert trie[node].terminal >= 0
    assert not trie.children(node)
