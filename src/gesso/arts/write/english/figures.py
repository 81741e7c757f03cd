"""How well a writer's sonnets keep metre and rhyme, beside lines of people."""

from collections.abc import Sequence

from gesso.arts.write.art import Write
from gesso.arts.write.build import Writer
from gesso.arts.write.english.check import judged, scanning
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.english.writing import TEMPERATURE, Wish, verses
from gesso.arts.write.prose import taste
from gesso.core.declaration import check
from gesso.core.seeds import generator


def form_kept(writer: Writer, lexicon: EnglishLexicon, count: int, people: Sequence[str]) -> dict[str, float]:
    """The shares of lines in metre, of `count` sonnets of its own and of `people`, and of its own without any fault.

    Lines of people count where the lexicon knows all of their words.
    """
    rules = taste(check(Write, {}), TEMPERATURE)
    poems = [list(verses(writer, lexicon, Wish(), generator(0, "poem", n), rules)) for n in range(count)]
    lines = [line for poem in poems for line in judged(poem, lexicon, "sonnet")]
    scan, known = scanning(people, lexicon)
    return {
        "in_metre": sum(line.scans for line in lines) / len(lines),
        "faultless": sum(not line.faults for line in lines) / len(lines),
        "people_in_metre": scan / max(1, known),
    }
