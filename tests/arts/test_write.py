"""Texts as they are read, and what a writer learns of them."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import gesso
from gesso.arts.write.art import Write, WriteTraining
from gesso.arts.write.build import Configuration, Writer, build, load_writer, with_heard
from gesso.arts.write.copies import longest_copies
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.generate import generate
from gesso.arts.write.prepare import Prose, Told, sequence, stacked, windows
from gesso.arts.write.prose import texts, written_on
from gesso.arts.write.reading import Texts
from gesso.arts.write.sizing import sized
from gesso.arts.write.surprise import nats, surprise
from gesso.arts.write.tokens import Tokens, characters, pairs
from gesso.arts.write.train import begin_with
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.turns import Turn

TALE = "the old cat sat on the old mat; the old hat sat on the cat.\n" * 30
CPU = torch.device("cpu")


def writer(tokens: Tokens, **more: object) -> Writer:
    """A small writer with weights drawn at random, none of them silent."""
    sizes = {"width": 16, "heads": 2, "layers": 2, "context": 24, "couples": 64}
    wanted = Configuration.model_validate({"kind": "prose", "tokens": tokens, **sizes, **more})
    model = build(with_heard(wanted, [torch.tensor(tokens.encode(TALE))]))
    model.initialise(generator(0), silent=False)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator(1)))
    return model.eval()


# Tokens


@pytest.mark.parametrize("tokens", [characters(TALE), pairs(TALE, 40)])
def test_a_text_comes_back_from_its_tokens(tokens: Tokens) -> None:
    again = Tokens.model_validate_json(tokens.model_dump_json())
    assert again.decode(again.encode(TALE)) == TALE
    assert again.encode("the ☃") == [*again.encode("the "), 0]


def test_pieces_of_words_are_what_stands_together_most_often() -> None:
    tokens = pairs("low low low lower lower newest newest newest newest", 100)
    assert tokens.merges[0] == ("w", "e")  # Sennrich et al. count alike: lower and newest have it six times
    assert len(tokens.encode(" newest")) == 1
    assert len(pairs(TALE, 30)) == 30


# Corpora


def test_the_last_tenth_of_each_text_is_held_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a" * 90 + "b" * 10)
    (tmp_path / "b.md").write_text("c" * 90 + "d" * 10)
    assert read_corpus((str(tmp_path),)) == ("a" * 90 + "\n" + "c" * 90, "b" * 10 + "\n" + "d" * 10)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"a\x00b", "is no text"),
        (b"  \n", "is empty"),
    ],
)
def test_what_is_no_text_is_refused_in_a_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "bad.txt").write_bytes(data)
    with pytest.raises(GessoError, match=said):
        read_corpus((str(tmp_path / "bad.txt"),))


def test_a_beginning_may_have_several_lines() -> None:
    assert (
        check(Write, {"begin": "ROMEO:\\nO, "}).begin == check(Write, {"begin": "ROMEO:\nO, "}).begin == "ROMEO:\nO, "
    )


def test_a_corpus_that_is_not_there_is_named() -> None:
    with pytest.raises(GessoError, match="did you mean tinyshakespeare"):
        read_corpus(("tinyshakespear",))


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        ("7jue", "lines", 3),
        ("sonnet", "lines", 3),
        ("free", "lines", 3),
        ("5lv", "length", 80),
        ("blank", "length", 80),
    ],
)
def test_what_belongs_to_another_form_is_not_passed_over(form: str, name: str, value: int) -> None:
    with pytest.raises(GessoError, match=f"--{name} belongs to --form"):
        generate(
            check(Write, {"form": form, name: value}), seed=0, device=CPU, model=None, progress=Progress(shown=False)
        )


# The network


def test_with_its_memory_a_writer_foresees_the_same() -> None:
    tokens = characters(TALE)
    model = writer(tokens)
    read = torch.tensor([tokens.encode(TALE[:20]), tokens.encode(TALE[7:27])])
    whole = model(read)
    memory = model.memory(2, 20)
    parts = torch.cat([model(part, memory=memory) for part in read.split([7, 1, 1, 11], 1)], 1)
    torch.testing.assert_close(parts, whole)


def test_of_verse_too() -> None:
    tokens = characters("春江花月夜山水云天")
    model = writer(tokens, kind="verse", poets=("李白",))
    told = Told("春江", 1)
    one = stacked([sequence(("春江花月夜", "山水云天花", "月夜山水云", "天花月夜山"), "5jue", told, tokens)] * 2)
    whole = model(one.tokens[:, :-1], one.where)
    memory = model.memory(2, one.where.shape[1])
    halves = zip(one.tokens[:, :-1].split([9, 13], 1), one.where.split([9, 13], 1), strict=True)
    parts = torch.cat([model(read, where, memory) for read, where in halves], 1)
    torch.testing.assert_close(parts, whole)


def test_the_character_opposite_is_in_the_other_line_of_the_couplet() -> None:
    tokens = characters("一二三四五六七八九十")
    lines = ("一二三四五", "六七八九十", "一二三四五", "六七八九十")
    for backwards in (False, True):
        poem = sequence(lines, "5jue", Told(backwards=backwards), tokens)
        back = poem.where[:, 4]
        first, second = poem.tokens[1:6], poem.tokens[6:11]
        assert back.tolist() == [0] * 5 + [5] * 5 + [0] * 5 + [5] * 5
        assert tokens.decode(first.tolist()) == ("十九八七六" if backwards else "一二三四五")
        assert len(second) == 5


def test_what_a_poem_has_already_is_likelier_by_numbers_of_its_own() -> None:
    tokens = characters("春江花月夜山水云天")
    model = writer(tokens, kind="verse")
    poem = sequence(("春花", "花月"), "5jue", Told("江山"), tokens)  # 江山 mark 春花花月
    read, where = poem.tokens[None], torch.cat([poem.where, poem.where[-1:]])[None]
    with torch.no_grad():
        model.again.weight.zero_()
        model.again.bias.zero_()
        plain = model(read, where)
        model.again.bias.copy_(torch.tensor([1.0, 2.0, 4.0]))
        moved = model(read, where) - plain
    title, first, flower, moon = (tokens.numbers[sign] for sign in "江春花月")
    assert moved[0, 2].nonzero().flatten().tolist() == sorted(tokens.encode("江山"))  # after the mark
    found = moved[0, 4:, [title, first, flower, moon]].tolist()  # after 春花, 春花花, 春花花月
    torch.testing.assert_close(
        found, [[1.0, 2.0, 4.0, 0.0], [1.0, 2.0, 6.0, 0.0], [1.0, 2.0, 4.0, 4.0]], atol=1e-5, rtol=0
    )


def test_what_comes_later_is_not_heard() -> None:
    tokens = characters(TALE)
    model = writer(tokens)
    read = torch.tensor([tokens.encode(TALE[:20])])
    other = read.clone()
    other[:, 12:] = 1
    assert torch.equal(model(read)[:, :12], model(other)[:, :12])


# Measuring


@pytest.mark.parametrize("context", [24, 25])
def test_every_token_is_foreseen_once_from_half_a_context_at_least(context: int) -> None:
    text = torch.arange(1, 101)
    asked = torch.cat([batch.tokens[:, 1:][batch.asked] for batch in windows(text, context)])
    assert asked.tolist() == list(range(2, 101))
    first, *others = [row for batch in windows(text, context) for row in batch.asked]
    assert first[0]
    assert all(not row[: context // 2].any() for row in others)


def test_a_writer_that_knows_nothing_chooses_among_all() -> None:
    tokens = characters(TALE)
    model = writer(tokens)
    torch.nn.init.zeros_(model.embedding.weight)
    found = surprise(model, windows(torch.tensor(tokens.encode(TALE)), 24), CPU)
    assert found.nats / found.tokens == pytest.approx(torch.tensor(float(len(tokens))).log().item())
    assert found.each.sum(0).tolist() == pytest.approx([found.nats, found.tokens])
    assert len(found.each) > 1


def test_what_does_not_count_has_no_surprise() -> None:
    tokens = characters(TALE)
    batch = next(iter(windows(torch.tensor(tokens.encode(TALE[:90])), 24)))
    found = nats(writer(tokens), batch)
    assert bool((found[~batch.asked] == 0).all())
    assert bool((found[batch.asked] > 0).all())


# Writing on


def test_texts_written_side_by_side_are_those_written_alone() -> None:
    model = writer(characters(TALE))
    wish = check(Write, {"form": "free", "length": 60, "begin": "the old "})
    *_, both = (list(found) for found in texts(model, wish, [generator(3, n) for n in range(2)]))
    *_, alone = (list(found) for found in texts(model, wish, [generator(3, 1)]))
    assert both[1] == alone[0]
    assert both[1].startswith("the old ")
    assert 60 <= len(both[1]) <= 72


def test_a_writer_goes_on_beyond_its_context() -> None:
    model = writer(characters(TALE))
    begun = torch.tensor([[3, 4, 5]])
    found = [int(token) for token in itertools.islice(written_on(model, begun, (), [generator(1)]), 80)]
    assert len(found) == 80
    assert 0 not in found


def test_a_beginning_of_unknown_characters_is_refused() -> None:
    with pytest.raises(GessoError, match="no character of '☃'"):
        next(texts(writer(characters(TALE)), check(Write, {"form": "free", "begin": "☃"}), [generator(0)]))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"form": "7jue"}, "writes no 7jue"),
        ({"title": "Night"}, "knows no --title"),
        ({"acrostic": "Night"}, "knows no --acrostic"),
        ({"rules": False}, "knows no --no-rules"),
        ({"script": "traditional"}, "knows no --script"),
    ],
)
def test_a_writer_of_prose_says_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wish: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    model = writer(characters(TALE))
    network = model.configuration.model_dump(mode="json")
    weights.save(Path("runs/tale/model"), "tale", model.state_dict(), {"art": "write", "network": network}, "# tale")
    with pytest.raises(GessoError, match=said):
        generate(check(Write, wish), seed=0, device=CPU, model="tale", progress=Progress(shown=False))
    work = generate(check(Write, {"length": 40}), seed=0, device=CPU, model="tale", progress=Progress(shown=False))[0]
    assert 40 <= len(work.content.encode("TXT").decode()) <= 50


# Copies


def test_copies_are_the_longest_runs() -> None:
    corpus = "it was the best of times, it was the worst of times"
    found = longest_copies("and yet it was the best of days, so it was the worst of times", corpus)
    assert [copy.text for copy in found] == [" it was the worst of times", "it was the best of ", " it was the "]
    assert longest_copies("nothing of that kind at all", corpus) == []


# Training


TINY = {"width": 16, "heads": 2, "layers": 1, "context": 16, "couples": 64, "batch": 2, "samples": False}


@pytest.mark.parametrize("more", [{"tokens": "pairs", "pieces": 80}, {"minutes": 0.01}])
def test_a_text_is_learned_and_written_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tale.txt").write_text(TALE)
    steps = {} if "minutes" in more else {"steps": 3}
    made = gesso.train("write", data="tale.txt", run="told", progress=False, **TINY, **steps, **more)
    assert "word for word" in (made / "told.md").read_text()
    assert len(gesso.write(model="told", length=60, begin="the old ").content.encode("TXT").decode()) >= 60
    assert gesso.evaluate("write", model="told", progress=False)["metrics"]["nats_per_character"] > 0


def test_another_text_begins_with_what_a_model_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tale.txt").write_text(TALE)
    Path("other.txt").write_text(TALE.replace("hat", "bag") * 2)
    gesso.train("write", data="tale.txt", run="first", progress=False, steps=3, **TINY)
    first = load_writer(Path("runs/first/model/first.safetensors"), CPU)
    settings = check(WriteTraining, {"data": "other.txt", "start": "first", **TINY})
    model = build(Texts(settings).configuration(settings))
    model.initialise(generator(0), silent=False)
    fresh = model.embedding.weight.detach().clone()
    begin_with(model, first)
    ours, theirs = model.configuration.tokens.numbers, first.configuration.tokens.numbers
    assert model.embedding.weight[ours["c"]].equal(first.embedding.weight[theirs["c"]])
    assert model.embedding.weight[ours["g"]].equal(fresh[ours["g"]])  # which the first text has not
    assert model.layers.norm.weight.equal(first.layers.norm.weight)
    assert model.couples is not None
    assert not model.couples.weight.any()  # the numbers of pairs are others
    wider = check(WriteTraining, {"data": "other.txt", **TINY, "width": 32})
    with pytest.raises(GessoError, match="has width 16, not 32"):
        begin_with(build(Texts(wider).configuration(wider)), first)
    gesso.train("write", data="other.txt", start="first", run="second", progress=False, steps=2, batch=2, samples=False)
    second = load_writer(Path("runs/second/model/second.safetensors"), CPU).configuration
    assert (second.width, second.layers) == (16, 1)  # those of the first, without being told


# Sizes


def test_minutes_choose_sizes_and_steps_once(tmp_path: Path) -> None:
    wish = check(WriteTraining, {"data": "x", "minutes": 10, "width": 64})
    found = sized(wish, 10_000, tmp_path, lambda _: 0.5)
    assert (found.width, found.steps) == (64, int(570 / 0.5))
    assert json.loads((tmp_path / "sizes.json").read_text())["steps"] == found.steps
    assert sized(wish, 10_000, tmp_path, lambda _: 99.0) == found


def test_what_is_gone_through_often_is_silenced_more(tmp_path: Path) -> None:
    shares: list[float] = []
    for number, tokens in enumerate((10**8, 10**6, 10**4)):
        (tmp_path / str(number)).mkdir()
        wish = check(WriteTraining, {"data": "x", "minutes": 10})
        shares.append(sized(wish, tokens, tmp_path / str(number), lambda _: 0.2).dropout)
    assert shares == sorted(shares)
    assert shares[0] == 0 < shares[2]
    (tmp_path / "short").mkdir()
    short = sized(check(WriteTraining, {"data": "x", "minutes": 10}), 10**6, tmp_path / "short", lambda _: 0.2, 4)
    assert short.dropout < shares[1]  # short examples go through as many tokens less often


def test_several_processes_are_told_their_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    wish = check(WriteTraining, {"data": "x", "minutes": 10})
    with pytest.raises(GessoError, match="give --steps"):
        sized(wish, 10_000, tmp_path, lambda _: 0.5)
    assert not list(tmp_path.iterdir())


def test_a_text_shorter_than_its_window_is_refused() -> None:
    settings = check(WriteTraining, {"data": "x", "context": 64})
    with pytest.raises(GessoError, match="give more text"):
        Prose(settings, torch.arange(50))


def test_windows_are_a_function_of_the_turn() -> None:
    settings = check(WriteTraining, {"data": "x", "context": 16, "batch": 4})
    data = Prose(settings, torch.arange(500))
    one, again = (data.draw(Turn(3, 0, 1, generator(5))) for _ in range(2))
    assert torch.equal(one.tokens, again.tokens)
    assert bool((one.tokens.diff(dim=1) == 1).all())


def test_pairs_that_are_not_heard_have_no_row_and_say_nothing() -> None:
    tokens = characters("abcd")
    sizes = {"width": 16, "heads": 2, "layers": 1, "context": 24, "couples": 25}
    bare = Configuration.model_validate({"kind": "prose", "tokens": tokens, **sizes})
    heard = build(with_heard(bare, [torch.tensor(tokens.encode("abab"))]))
    assert build(bare).couples is None
    assert heard.couples is not None
    assert len(heard.couples.weight) == 1 + 5 + 2  # each as the first, (a, b) and (b, a)
    assert float(heard.couples(heard.slots[torch.tensor([4 * 5 + 4])]).detach().abs().sum()) == 0  # (d, d)
