"""Regulated verse: schemes as they are known, rules that never lead into a dead end, and poems that keep them."""

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from gesso.arts.write.art import Write
from gesso.arts.write.build import Configuration, Writer, build
from gesso.arts.write.tokens import Tokens, characters
from gesso.arts.write.verse import writing
from gesso.arts.write.verse.check import judged, shares
from gesso.arts.write.verse.figures import under_rules
from gesso.arts.write.verse.forms import FORMS, Form, schemes
from gesso.arts.write.verse.generate import form_of, pen_of, poems, written
from gesso.arts.write.verse.lexicon import Book, Lexicon, read_lexicon
from gesso.arts.write.verse.poems import POEMS, Poem, read_poems, split
from gesso.arts.write.verse.rules import Rules, Wish, fitting
from gesso.arts.write.verse.writing import Pen
from gesso.core import places
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.registry import find, is_here

HERE = is_here(find("tang"), places.data())
needs_poems = pytest.mark.skipif(not HERE, reason="the poems are not on this machine")

SIGNS = "".join(map(chr, range(0x4E00, 0x4E00 + 480)))
TOKENS = characters(SIGNS)


def made_up() -> Book:
    """Every third character level, every third oblique, every third either; the level ones in eight groups."""
    level = [sign for number, sign in enumerate(SIGNS) if number % 3 != 1]
    oblique = [sign for number, sign in enumerate(SIGNS) if number % 3]
    groups = {level[number]: "".join(level[number::8]) for number in range(8)}
    groups[level[0]] += level[1]  # it rhymes with two groups
    groups["few"] = "".join(level[5:7])
    return Book(level="".join(level), oblique="".join(oblique), groups=groups)


BOOK = made_up()


def lines_of(row: Sequence[int], form: Form, tokens: Tokens = TOKENS) -> tuple[str, ...]:
    text = tokens.decode(row)
    return tuple(text[at : at + form.length] for at in range(0, form.size, form.length))


def walk(wish: Wish, book: Book, tokens: Tokens, taste: str, seed: int, count: int = 8) -> list[tuple[str, ...]]:
    """Poems that are chosen with no sense at all among what is allowed."""
    chance = random.Random(seed)
    source = torch.Generator().manual_seed(seed)
    found = fitting(wish, book, tokens)
    rules = Rules(wish, book, tokens, [chance.choice(found) for _ in range(count)])
    body = torch.empty(count, 0, dtype=torch.int64)
    numbers = torch.arange(len(tokens)).float()
    for _ in range(wish.form.size):
        allowed = rules.allowed(body)
        assert bool(allowed.any(1).all()), "a dead end"
        liked = {"least": -numbers, "greatest": numbers}.get(taste, torch.rand(count, len(tokens), generator=source))
        if taste == "rhymes":  # takes away those that will be needed
            liked = liked + 5 * rules.groups[:1].any(0)
        body = torch.cat([body, liked.expand(count, -1).masked_fill(~allowed, -9e9).argmax(1)[:, None]], 1)
    return [lines_of(row, wish.form, tokens) for row in body.tolist()]


# Forms


def test_the_schemes_of_a_quatrain_of_five_are_those_of_the_handbooks() -> None:
    found = {(scheme.start, len(scheme.rhymes)): scheme.lines for scheme in schemes(FORMS["5jue"])}
    # Wang Li's four kinds of lines: (|)|--|, --||-, (-)--||, (|)||--, the places in brackets free
    assert found["oblique", 2] == ("+|+-|", "--+|-", "+--||", "+||--")
    assert found["level", 2] == ("+--||", "+||--", "+|+-|", "--+|-")
    assert found["oblique", 3] == ("+||--", "--+|-", "+--||", "+||--")
    assert found["level", 3] == ("--+|-", "+||--", "+|+-|", "--+|-")


@pytest.mark.parametrize("form", FORMS.values())
def test_couplets_are_opposed_and_adhere(form: Form) -> None:
    for scheme in schemes(form):
        seconds = [line[1] for line in scheme.lines]
        for at in range(0, form.lines, 2):
            assert seconds[at] != seconds[at + 1]
        for at in range(1, form.lines - 1, 2):
            assert seconds[at] == seconds[at + 1]
        for number, line in enumerate(scheme.lines):
            assert line[-1] == ("-" if number in scheme.rhymes else "|")
            assert all(one != other for one, other in itertools.pairwise(line[1:-1:2]))


# Rules


@pytest.mark.parametrize("form", FORMS.values())
@pytest.mark.parametrize("taste", ["any", "least", "greatest", "rhymes"])
def test_what_is_allowed_always_leads_to_a_regular_poem(form: Form, taste: str) -> None:
    for seed, rhyme in enumerate(["", next(iter(BOOK.groups)), ""]):
        start = (None, "level", "oblique")[seed]
        for lines in walk(Wish(form, start, rhyme), BOOK, TOKENS, taste, seed):  # pyright: ignore[reportArgumentType]
            judgement = judged(lines, form, BOOK)
            assert judgement.regular, (lines, judgement)
            assert len(set("".join(lines))) == form.size
            assert not rhyme or all(lines[line][-1] in BOOK.groups[rhyme] for line in judgement.scheme.rhymes)


@pytest.mark.parametrize("form", FORMS.values())
def test_what_is_given_stands_where_it_is_wanted(form: Form) -> None:
    chance = random.Random(1)
    for seed in range(4):
        first = "".join(chance.sample(SIGNS, form.length))
        heads = first[0] + "".join(chance.choices(SIGNS, k=form.lines - 1))
        for lines in walk(Wish(form, heads=heads, first=first), BOOK, TOKENS, "any", seed):
            assert lines[0] == first
            assert "".join(line[0] for line in lines) == heads
            ends = [line[-1] for line in lines[1::2]]
            assert any(all(end in group for end in ends) for group in BOOK.groups.values())


def test_without_rules_lines_and_given_characters_are_kept_alone() -> None:
    form = FORMS["5jue"]
    for lines in walk(Wish(form, heads=SIGNS[:4], bound=False), BOOK, TOKENS, "any", 0):
        assert "".join(line[0] for line in lines) == SIGNS[:4]
        assert len(set("".join(lines))) == form.size


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"heads": SIGNS[:3]}, "give 4 characters"),
        ({"first": SIGNS[:4]}, "has 5 characters, not 4"),
        ({"first": SIGNS[:5], "heads": SIGNS[1:5]}, "--acrostic and --begin differ"),
        ({"heads": "春夏秋冬"}, "does not know 春、夏、秋、冬"),
        ({"rhyme": "春"}, "no level rhyme of this book has it"),
        ({"rhyme": "few"}, "too few characters"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(wish: dict[str, str], said: str) -> None:
    with pytest.raises(GessoError, match=said):
        fitting(Wish(FORMS["5jue"], **wish), BOOK, TOKENS)  # pyright: ignore[reportArgumentType]


# Judging


def test_a_famous_poem_is_judged_as_the_handbooks_do() -> None:
    # 白日依山尽，黄河入海流。欲穷千里目，更上一层楼。 (王之涣)
    book = Book(level="依山黄河流穷千层楼", oblique="白日尽入海欲里目更上一", groups={"尤": "流楼", "山": "山依"})
    lines = ("白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼")
    judgement = judged(lines, FORMS["5jue"], book)
    assert judgement.regular
    assert (judgement.scheme.start, judgement.group, judgement.scheme.rhymes) == ("oblique", "尤", (1, 3))
    assert judgement.tones == ("||--|", "--||-", "|--||", "|||--")
    spoiled = judged((*lines[:3], "更上一层山"), FORMS["5jue"], book)
    assert spoiled.unrhymed
    assert judged((*lines[:3], "更上一楼层"), FORMS["5jue"], book).unrhymed == (3,)
    assert shares([(lines, FORMS["5jue"]), ((*lines[:3], "更上一层山"), FORMS["5jue"])], book) == (0.5, 1.0)


# Poems by a writer


def verse_writer(**more: Any) -> Writer:
    sizes = {"width": 16, "heads": 2, "layers": 1, "context": 80, "couples": 0, "poets": ("李白",)}
    model = build(Configuration.model_validate({"kind": "verse", "tokens": TOKENS, **sizes, **more}))
    model.initialise(generator(0), silent=False)
    return model.eval()


def verse_pen(wish: Write) -> Pen:
    return pen_of(verse_writer(), LEXICON, wish, form_of(wish))


LEXICON = Lexicon(books={"pingshui": BOOK}, read=SIGNS[:200], pinyin=" ".join(["yī"] * 200))


def test_poems_of_a_batch_are_those_written_alone() -> None:
    wish = check(Write, {"form": "5jue", "tries": 2})
    both = list(written(verse_pen(wish), LEXICON, wish, FORMS["5jue"], 7, range(2)))
    alone = list(written(verse_pen(wish), LEXICON, wish, FORMS["5jue"], 7, range(1, 2)))
    assert both[1:] == alone
    assert all(judged(lines, FORMS["5jue"], BOOK).regular for lines in both)


def test_a_poem_comes_with_its_readings_and_tones() -> None:
    wish = check(Write, {"form": "5jue", "pinyin": True, "tones": True, "title": SIGNS[:2]})
    (work,) = poems(verse_pen(wish), LEXICON, wish, 3, Progress(shown=False))
    assert work.title == SIGNS[:2]
    assert [len(line) for line in work.text.split("\n")] == [6] * 4
    assert len(work.ruby) == 4
    assert work.notes[5].startswith(("平", "仄", "中"))
    assert "（" in work.notes[6]


def test_a_poem_is_seen_as_it_grows() -> None:
    wish, seen = check(Write, {"form": "5jue", "tries": 1}), list[str]()
    ((*lines,),) = written(verse_pen(wish), LEXICON, wish, FORMS["5jue"], 7, range(1), seen.append)
    assert seen == ["".join(lines)[:count] for count in range(20)]


def test_a_title_moves_what_is_written_beyond_what_is_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = check(Write, {"form": "5jue", "title": SIGNS[:2]})
    heeded = list(written(verse_pen(wish), LEXICON, wish, FORMS["5jue"], 7, range(1)))
    monkeypatch.setattr(writing, "HEED", 0.0)
    assert list(written(verse_pen(wish), LEXICON, wish, FORMS["5jue"], 7, range(1))) != heeded


def test_what_is_not_heard_of_a_title_is_told() -> None:
    wish = check(Write, {"form": "5jue", "title": f"{SIGNS[0]}, ☃{SIGNS[1]}A"})
    with pytest.warns(UserWarning, match=f"hears {SIGNS[:2]}$"):
        verse_pen(wish)
    with pytest.raises(GessoError, match="knows none of these characters"):
        verse_pen(check(Write, {"form": "5jue", "title": "Winter"}))
    with pytest.warns(UserWarning, match=f"hears {SIGNS[:12]}$"):
        verse_pen(check(Write, {"form": "5jue", "title": SIGNS[:13]}))


def test_only_rhymes_that_a_model_knows_are_counted() -> None:
    name, group = next(iter(BOOK.groups.items()))
    known = characters("".join(sign for sign in SIGNS if sign not in group[2:]))
    with pytest.raises(GessoError, match="too few characters that rhyme"):
        fitting(Wish(FORMS["5jue"], rhyme=name), BOOK, known)


def test_a_voice_that_is_not_known_is_refused_with_those_that_are() -> None:
    wish = check(Write, {"form": "5jue", "poet": "李黑"})
    with pytest.raises(GessoError, match="it knows 李白"):
        next(poems(verse_pen(wish), LEXICON, wish, 3, Progress(shown=False)))


def test_a_poem_is_no_less_likely_among_what_the_rules_allow() -> None:
    writer = verse_writer()
    wish = check(Write, {"form": "5jue", "tries": 1})
    found = [
        Poem("5jue", "", "", lines)
        for lines in written(pen_of(writer, LEXICON, wish, FORMS["5jue"]), LEXICON, wish, FORMS["5jue"], 1, range(5))
    ]
    free, bound, count = under_rules(writer, found, BOOK, torch.device("cpu"))
    assert count == 100
    assert 0 < bound < free


# The data


@needs_poems
def test_no_poem_that_is_learned_from_has_half_its_lines_in_one_that_is_not() -> None:
    learned, validation, test = split(read_poems(places.data() / "text/chinese" / POEMS))
    assert len(test) == 1825
    for held_out in (validation, test):
        lines = {line for poem in held_out for line in poem.lines}
        assert all(2 * sum(line in lines for line in poem.lines) < len(poem.lines) for poem in learned)


@needs_poems
@pytest.mark.slow
def test_tables_and_poems_of_people_agree() -> None:
    folder = places.data() / "text/chinese"
    poems_ = read_poems(folder / POEMS)
    lexicon = read_lexicon(folder, {sign for poem in poems_ for line in poem.lines for sign in line})
    rhymed, alternating = shares([(poem.lines, FORMS[poem.form]) for poem in poems_[::20]], lexicon.books["pingshui"])
    assert 0.8 < rhymed < 0.92
    assert alternating > 0.9
    assert len(lexicon.books["pingshui"].groups) == 30
    assert lexicon.in_traditional("万里干戈夜里云") == "萬里干戈夜裏雲"
    assert lexicon.in_simplified("萬里風雲") == "万里风云"


@pytest.mark.parametrize("data", [b"", b"not gzip", b"\x1f\x8b\x08\x00"])
def test_damaged_poems_are_refused_in_a_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / POEMS).write_bytes(data)
    with pytest.raises(GessoError, match="cannot be read as poems"):
        read_poems(tmp_path / POEMS)
