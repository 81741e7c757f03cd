"""Texts written on with language models in the layout of the Hugging Face Hub: tiny ones that are made here."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from gesso.arts.write import hub, pretrained
from gesso.arts.write.art import ART, Write
from gesso.arts.write.english.check import judged as judged_english
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.generate import PACKAGE
from gesso.arts.write.hub_prose import Hearing, Reading, texts
from gesso.arts.write.pretrained import Pretrained
from gesso.arts.write.verse.check import judged
from gesso.arts.write.verse.forms import FORMS
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.core import weights
from gesso.core.declaration import check
from gesso.core.errors import GessoError
from gesso.core.make import make
from gesso.core.remake import remake
from gesso.core.seeds import generator
from gesso.core.texts import Text
from gesso.core.work import Work

TALE = "the old cat sat on the old mat. the old hat sat on the cat.\n" * 30
CPU = torch.device("cpu")
CARD = "---\nlicense: cc0-1.0\n---\n# A tiny model\n"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a GPT-2 of two layers, drawn at random, that reads bytes and pairs of them."""
    transformers, tokenizers = pytest.importorskip("transformers"), import_module("tokenizers")
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    letters = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=290, initial_alphabet=letters, special_tokens=["<|end|>"], show_progress=False
    )
    core.train_from_iterator([TALE], trainer)
    reader = transformers.PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<|end|>", eos_token="<|end|>")
    return save(tmp_path_factory.mktemp("models") / "tiny", reader)


@pytest.fixture(scope="session")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a reader of Chinese characters such as BERT has, which puts spaces between them."""
    transformers = pytest.importorskip("transformers")
    vocabulary = {
        each: number for number, each in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"春江花月夜，。"])
    }
    reader = transformers.BertTokenizerFast(vocab=vocabulary)
    return save(tmp_path_factory.mktemp("models") / "verses", reader)


@pytest.fixture(scope="session")
def poet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with all characters of a rhyme book."""
    transformers = pytest.importorskip("transformers")
    book = Lexicon(**weights.find(PACKAGE, "tang").configuration["lexicon"]).books["pingshui"]
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"，。", *sorted(set(book.level + book.oblique))]
    reader = transformers.BertTokenizerFast(vocab={each: number for number, each in enumerate(known)})
    return save(tmp_path_factory.mktemp("models") / "poet", reader)


def save(folder: Path, reader: Any) -> Path:
    transformers = import_module("transformers")
    shape = transformers.GPT2Config(
        vocab_size=len(reader) + 6,  # more rows than tokens, as many models have
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=64,
        tie_word_embeddings=False,
        bos_token_id=reader.bos_token_id,
        eos_token_id=reader.eos_token_id,
    )
    torch.manual_seed(0)
    network = transformers.GPT2LMHeadModel(shape)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
        network.lm_head.weight.normal_(std=0.5)
        network.lm_head.weight[reader.all_special_ids] = 0  # so that texts hardly ever end by themselves
    network.save_pretrained(folder)
    reader.save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    return folder


def load(folder: Path) -> Pretrained:
    return pretrained.load(hub.find(f"hf:{folder}"), CPU)


def written(folder: Path, seed: int = 0, **settings: Any) -> list[Work]:
    return make(ART, check(Write, {"length": 60, **settings}), seed=seed, device="cpu", model=f"hf:{folder}")


def text_of(work: Work) -> str:
    assert isinstance(work.content, Text)
    return work.content.text


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


# Works


def test_a_text_goes_on_from_its_beginning_and_names_its_model(made: Path) -> None:
    (work,) = written(made, begin="the old", form="free")
    assert text_of(work).startswith("the old")
    assert 55 < len(text_of(work)) < 80
    assert work.recipe.model is not None
    assert work.recipe.model.name == "hf:tiny"
    assert work.recipe.model.sha256 == hashlib.sha256((made / "model.safetensors").read_bytes()).hexdigest()
    assert work.recipe.licences == ("cc0-1.0",)


def test_a_text_is_made_again_from_its_recipe(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work,) = written(made, seed=4)
    work.save(tmp_path / "text.txt")
    monkeypatch.chdir(made.parent)  # where hf:tiny is a folder
    assert remake(tmp_path / "text.txt").identical


def test_texts_side_by_side_are_those_written_alone(made: Path) -> None:
    model, wish = load(made), check(Write, {"form": "free", "length": 80, "repetition": 0.5})
    *_, both = (list(found) for found in texts(model, wish, [generator(3, n) for n in range(2)]))
    *_, alone = (list(found) for found in texts(model, wish, [generator(3, 1)]))
    assert both[1] == alone[0] != both[0]


def test_a_text_grows_and_is_never_taken_back(made: Path) -> None:
    before = ""
    for (now,) in texts(load(made), check(Write, {"length": 100, "temperature": 1.5}), [generator(1)]):
        assert now.startswith(before)
        assert "\ufffd" not in now
        before = now
    assert 100 <= len(before) < 130


# What is foreseen


def test_with_its_past_a_model_foresees_the_same(made: Path) -> None:
    model = load(made)
    begun = model.encode("the old cat")
    hearing = Hearing(model, begun, 1)
    for token in model.encode(" sat on the old mat"):
        hearing.foresee()
        hearing.hear(torch.tensor([token]))
    whole = model.network(input_ids=hearing.heard).logits[:, -1]
    torch.testing.assert_close(hearing.foresee(), whole)


def test_beyond_its_context_a_model_goes_on_from_the_last_half(made: Path) -> None:
    model = load(made)
    assert model.context == 64
    hearing = Hearing(model, model.encode(""), 2)
    for number in range(200):
        hearing.foresee()
        hearing.hear(torch.tensor([10 + number % 50, 20]))
        assert hearing.heard.shape[1] <= 64
        assert hearing.heard[:, 0].tolist() == [0, 0]  # the token that begins a text
    assert hearing.heard[0, -2:].tolist() == [58, 59]
    torch.testing.assert_close(hearing.foresee(), model.network(input_ids=hearing.heard).logits[:, -1])


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("Mamba", {"hidden_size": 16, "num_hidden_layers": 1, "state_size": 4}),  # a recurrent past
        ("OpenAIGPT", {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64}),  # none: it reads all anew
        ("Llama", {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}),
    ],
)
def test_networks_of_other_kinds_foresee_the_same_too(copy: Path, kind: str, sizes: dict[str, int]) -> None:
    transformers = import_module("transformers")
    shape = getattr(transformers, f"{kind}Config")(vocab_size=290, **sizes)
    causal = getattr(transformers, f"{kind}{'LMHeadModel' if kind == 'OpenAIGPT' else 'ForCausalLM'}")
    causal(shape).save_pretrained(copy)
    model = load(copy)
    hearing = Hearing(model, model.encode("the"), 1)
    for token in (30, 40, 50):
        hearing.foresee()
        hearing.hear(torch.tensor([token]))
    torch.testing.assert_close(hearing.foresee(), model.network(input_ids=hearing.heard).logits[:, -1])


# Beginnings and ends


def test_a_text_ends_where_its_model_ends_it(copy: Path) -> None:
    ends = [0, *range(20, 200)]
    (copy / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    model = load(copy)
    wish = check(Write, {"begin": "the", "length": 4000, "temperature": 2, "min_p": 0, "top_p": 1})
    for seed in range(5):
        *_, (text,) = texts(model, wish, [generator(seed)])
        assert text.removeprefix("the").strip()
        assert len(text) < 400


def test_a_space_that_a_beginning_ends_with_is_written_once(made: Path) -> None:
    for seed in range(5):
        (work,) = written(made, seed=seed, begin="the old ")
        assert text_of(work).startswith("the old ")
        assert not text_of(work).startswith("the old  ")


def test_characters_of_several_tokens_are_read_when_they_are_whole(made: Path) -> None:
    model, text = load(made), "the naïve 春江 sat 🐈."
    tokens = model.encode(text)
    assert len(tokens) > len(text)
    reading = Reading(model, model.encode(""))
    parts = [reading.read(token) for token in tokens]
    assert "".join(parts) == text
    assert all(len(part) != 1 or part in text for part in parts)


def test_a_piece_keeps_its_spaces_where_decoding_leaves_one_out(tmp_path: Path) -> None:
    transformers, tokenizers = pytest.importorskip("transformers"), import_module("tokenizers")
    spelt = {"<s>": 0, "▁": 1, "t": 2, "▁t": 3, "▁▁": 4, "▁▁t": 5, "\n": 6}
    core = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=spelt, merges=[("▁", "t"), ("▁", "▁"), ("▁▁", "t")]))
    core.pre_tokenizer, core.decoder = tokenizers.pre_tokenizers.Metaspace(), tokenizers.decoders.Metaspace()
    reader = transformers.PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="<s>")
    pieces = load(save(tmp_path / "spaced", reader)).pieces
    assert pieces[:7] == ("", " ", "t", " t", "  ", "  t", "\n")
    assert set(pieces[7:]) <= {""}


# Verse


def test_lines_of_english_keep_metre_and_rhyme(made: Path) -> None:
    lexicon = EnglishLexicon(**weights.find(PACKAGE, "shakespeare").configuration["english"])
    (poem,) = written(made, form="sonnet", title="The cat", acrostic="MAT", tries=2)
    lines = text_of(poem).splitlines()
    assert [line[0] for line in lines[:3]] == list("MAT")
    assert len(lines) == 14
    assert not [line.faults for line in judged_english(lines, lexicon, "sonnet") if line.faults]
    assert [text_of(work) for work in written(made, form="blank", lines=2, seed=3)] == [
        text_of(work) for work in written(made, form="blank", lines=2, seed=3)
    ]


def test_poems_keep_tones_and_rhyme(poet: Path) -> None:
    lexicon = Lexicon(**weights.find(PACKAGE, "tang").configuration["lexicon"])
    (poem,) = written(poet, form="5jue", title="春夜", poet="李白", begin="春江花月夜", tries=2)
    lines = tuple(line.rstrip("，。") for line in text_of(poem).splitlines())
    assert lines[0] == "春江花月夜"
    (free,) = written(poet, form="7lv", seed=1, tries=1)
    regular = tuple(line.rstrip("，。") for line in text_of(free).splitlines())
    assert judged(regular, FORMS["7lv"], lexicon.books["pingshui"]).regular
    assert text_of(free) != text_of(written(poet, form="7lv", seed=1, tries=1, title="春夜")[0])  # it is read


def test_chinese_characters_stand_without_spaces(chinese: Path) -> None:
    (work,) = written(chinese, begin="春江花月夜", temperature=1)
    assert text_of(work).startswith("春江花月夜")
    assert set(text_of(work)) <= set("春江花月夜，。")


def test_a_beginning_of_unknown_characters_is_refused(chinese: Path) -> None:
    with pytest.raises(GessoError, match="no character of 'rain' is known"):
        written(chinese, begin="rain")


# What is refused


def test_without_transformers_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(GessoError, match=r"^hf:user/name needs transformers: pip install 'gesso\[hub\]'$"):
        make(ART, check(Write, {"form": "free"}), model="hf:user/name")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hf:user/name", "nothing is fetched unasked: hf download user/name$"),
        ("hf:a/b/c", "is neither a folder nor a name of the Hub"),
        ("hf:./nothing", "there is no config.json in nothing"),
    ],
)
def test_what_is_not_here_is_not_fetched(name: str, said: str) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(GessoError, match=said):
        hub.find(name)


def test_a_model_in_the_cache_of_the_hub_is_found(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "models--user--name"
    shutil.copytree(made, place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = hub.find("hf:user/name")
    assert (found.name, found.folder) == ("hf:user/name", place / "snapshots" / "abc")


def test_what_cannot_spell_verse_is_refused(made: Path, chinese: Path) -> None:
    with pytest.raises(GessoError, match=r"hf:tiny knows 0 of the characters of a rhyme book .* too few"):
        written(made, form="7jue")
    with pytest.raises(GessoError, match="does not spell English verse letter by letter"):
        written(chinese, form="sonnet")
    with pytest.raises(GessoError, match="--repetition belongs to --form free"):
        written(made, form="sonnet", repetition=1.0)


def _pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _lose(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _lack(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["transformer.h.1.mlp.c_fc.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def _damage(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")


def _need_code(folder: Path) -> None:
    said = {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "own.py").write_text("raise SystemExit('this ran')\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_pickle, "has pickled weights, which are never loaded"),
        (_lose, r"is not whole: model\.safetensors is not in"),
        (_lack, r"has no weights for transformer\.h\.1\.mlp\.c_fc\.weight"),
        (_damage, "cannot be opened"),
        (_need_code, "needs code of its own, which is never run"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_a_line(copy: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(copy)
    with pytest.raises(GessoError, match=said) as caught:
        load(copy)
    assert "\n" not in str(caught.value)


# Files and licences


def test_weights_in_several_files_are_summed_in_the_order_of_their_names(made: Path, tmp_path: Path) -> None:
    import_module("transformers").GPT2LMHeadModel.from_pretrained(made).save_pretrained(tmp_path, max_shard_size="60KB")
    found = hub.find(f"hf:{tmp_path}")
    parts = sorted(tmp_path.glob("*.safetensors"))
    assert len(parts) > 1
    assert found.files == tuple(parts)
    assert found.sha256 == hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


@pytest.mark.parametrize(
    ("card", "licences"),
    [
        ("---\nlicense: [mit, cc-by-4.0]\n---\n", ("mit", "cc-by-4.0")),
        ("---\nlicense: other\nlicense_name: our-own\n---\n", ("our-own",)),
        ("# No head\n", ("licence as the model's card says",)),
        ("---\nlicense: [\n---\n", ("licence as the model's card says",)),
        (None, ("licence as the model's card says",)),
    ],
)
def test_licences_are_what_the_head_of_the_card_says(copy: Path, card: str | None, licences: tuple[str, ...]) -> None:
    if card is None:
        (copy / "README.md").unlink()
    else:
        (copy / "README.md").write_text(card)
    assert hub.find(f"hf:{copy}").licences == licences
