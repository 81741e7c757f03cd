"""An automaton over letters that lets a line of verse become nothing but a line in metre, and always one.

What it keeps of a line that is begun is where the word at hand may have begun, as syllables before it, for all the
readings of the words before: so a letter is allowed when one of the readings can still be brought to an end.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from gesso.arts.write.english.trie import CAPITAL, PLAIN, Ends, Trie, led, ways
from gesso.core.errors import GessoError

STOPS = ".?!"
PAUSES = ",;:"
ENDS = ("", *PAUSES, *STOPS)
"""What may end a line: "" means that nothing does."""


@dataclass(frozen=True)
class Line:
    """What one line has to become.

    Attributes:
        finals: the words, by their numbers, that may end it, and the places, as bits, from which each does.
        within: punctuation that may stand inside.
        after: of `ENDS` what may end it.
        initial: the letter that it begins with, if that is given.
    """

    trie: Trie
    finals: dict[int, int]
    within: str = PAUSES + "?!"
    after: tuple[str, ...] = ENDS
    initial: str | None = None
    ends: Ends = field(init=False)
    short: int = field(init=False)

    def __post_init__(self) -> None:
        ends = self.trie.ends(self.finals)
        latest = ends[PLAIN].bit_length() - 1  # fillers of one syllable lead to it from anywhere before
        object.__setattr__(self, "ends", ends)
        object.__setattr__(self, "short", (2 << latest) - 1 if latest >= 0 else 0)
        first = CAPITAL if self.initial is None else self.trie.children(CAPITAL).get(self.initial)
        if first is None or not self.alive(first, 1, -1):
            with_it = f" that begins with {self.initial}" if self.initial else ""
            raise GessoError(f"the words that this writer knows give no line{with_it} to this rhyme: ask for another")

    def alive(self, node: int, places: int, banned: int) -> bool:
        """Whether a word at or below a node, other than the word `banned`, fits one of the `places` it may begin at."""
        trie = self.trie
        if not (self.ends[node] & places or trie[node].through & ways(places, self.short)):
            return False
        if banned < 0 or not trie.holds(node, banned):
            return True
        number = trie[node].terminal
        if number >= 0 and number != banned and any(self.completed(number, places)):
            return True
        return any(self.alive(child, places, banned) for child in trie.children(node).values())

    def completed(self, number: int, places: int) -> tuple[int, bool]:
        """Where the next word may begin after one that began at one of `places`, and whether the line may end."""
        onward = led(self.trie.words[number].within, places) & self.short
        return onward, bool(self.finals.get(number, 0) & places)


class State(NamedTuple):
    """How far a line is written.

    Attributes:
        node: of the letters of the word at hand; -1 after punctuation, -2 when the line is at its end.
        places: where that word may begin, as bits; after punctuation, where the next may.
        over: after punctuation, whether the line may end.
        capital: after punctuation, whether the next word has a capital.
        last: the word before, which is not to be said twice; -1 if it may be.
    """

    node: int = CAPITAL
    places: int = 1
    over: bool = False
    capital: bool = False
    last: int = -1


AFTER, DONE = -1, -2


def following(state: State, line: Line) -> list[str]:
    """The characters that may come next: at least one, unless the line is at its end."""
    node, places, over, _, last = state
    if node == DONE:
        return []
    if node == AFTER:
        return [" "] * (places > 0) + ["\n"] * over
    trie = line.trie
    letters = [
        letter
        for letter, child in trie.children(node).items()
        if line.alive(child, places, last) and (node != CAPITAL or places != 1 or line.initial in (None, letter))
    ]
    number = trie[node].terminal
    if number >= 0 and number != last:
        onward, over = line.completed(number, places)
        if onward:
            letters += [" ", *line.within]
        if over:
            letters += [mark or "\n" for mark in line.after]
    return list(dict.fromkeys(letters))


def stepped(state: State, character: str, line: Line) -> State:
    """The state after a character that may follow."""
    node, places, _, capital, last = state
    if character == "\n":
        return State(DONE)
    if node != AFTER:
        child = line.trie.children(node).get(character)
        if child is not None:
            return State(child, places, last=last)
        last = line.trie[node].terminal
        places, over = line.completed(last, places)
        if character != " ":
            inside = places if character in line.within else 0
            return State(AFTER, inside, over and character in line.after, character in STOPS, last)
    root = CAPITAL if capital and node == AFTER else PLAIN
    kept = last if line.alive(root, places, last) else -1
    return State(root, places, last=kept)
