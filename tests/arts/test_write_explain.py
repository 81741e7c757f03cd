"""Why a text is as it is: probabilities that are those of the network, and what the rules forbade."""

import json
from pathlib import Path

import pytest
import torch
from test_write import TALE, writer
from test_write_verse import BOOK, LEXICON, SIGNS, verse_writer

from gesso.arts.write.tokens import characters
from gesso.core import weights
from gesso.core.errors import GessoError
from gesso.core.explanation import explain
from gesso.faces.cli import main


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer of verse and one of prose, as runs of the current folder, in which there are no data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GESSO_DATA", str(tmp_path / "data"))
    for name, model, more in (
        ("verse", verse_writer(), {"lexicon": LEXICON.model_dump(mode="json")}),
        ("prose", writer(characters(TALE)), {"data": ["story.txt"]}),
    ):
        said = {"art": "write", "network": model.configuration.model_dump(mode="json"), **more}
        weights.save(Path(f"runs/{name}/model"), name, model.state_dict(), said, f"# {name}")


@pytest.mark.usefixtures("models")
def test_of_a_poem_every_character_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", "--form", "5jue", "--model", "verse", "--out", "poem.txt", "--quiet"]) == 0
    found = explain("poem.txt")
    lines = found.details["lines"]
    text = Path("poem.txt").read_text("utf-8").split("\n\n")[0]
    assert "".join(line["line"] for line in lines) == "".join(sign for sign in text if sign in SIGNS)
    reasons = [each for line in lines for each in line["characters"]]
    assert [each["what"] for each in reasons] == [sign for line in lines for sign in line["line"]]
    assert all(0 < each["probability"] < 1 and len(each["instead"]) == 3 for each in reasons)
    assert [row["number"] for row in found.table] == list(range(1, 11))
    assert any(not other["allowed"] for each in reasons for other in each["instead"])
    assert found.details["faults"] == []
    assert "regular" in found.headline
    assert any("nearest lines are not told" in remark for remark in found.remarks)

    capsys.readouterr()
    assert main(["explain", "poem.txt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["details"]["form"] == "5jue"


@pytest.mark.usefixtures("models")
def test_a_poem_of_people_is_judged_too() -> None:
    level = [sign for sign in SIGNS if sign in BOOK.level and sign not in BOOK.oblique]
    Path("theirs.txt").write_text("题\n\n" + "\n".join("".join(level[at : at + 5]) + "，" for at in (0, 5, 10, 15)))
    found = explain("theirs.txt", art="write", model="verse")
    assert found.details["faults"]
    assert "regular" not in found.headline


@pytest.mark.usefixtures("models")
def test_a_poem_may_stand_in_one_row_with_any_marks() -> None:
    Path("row.txt").write_text(
        "".join(SIGNS[at : at + 5] + mark for at, mark in zip((0, 5, 10, 15), "？！；。", strict=True))
    )
    found = explain("row.txt", art="write", model="verse")
    assert [line["line"] for line in found.details["lines"]] == [SIGNS[at : at + 5] for at in (0, 5, 10, 15)]


@pytest.mark.usefixtures("models")
def test_english_is_explained_by_who_reads_it() -> None:
    Path("to_be.txt").write_text("To be, or not to be, that is the question.")
    assert "says shakespeare" in explain("to_be.txt", art="write").headline


@pytest.mark.usefixtures("models")
def test_probabilities_of_a_text_are_those_of_its_network() -> None:
    Path("story.txt").write_text(TALE)
    text = TALE[:23] + "?"
    Path("mine.txt").write_text(text)
    found = explain("mine.txt", art="write", model="prose")
    model = writer(characters(TALE))
    read = torch.tensor([model.configuration.tokens.encode(text)])
    shares = model(read[:, :-1])[0].softmax(1).gather(1, read[0, 1:, None])[:, 0]
    said = torch.tensor([each["probability"] for each in found.details["tokens"]])
    torch.testing.assert_close(said, shares.detach(), atol=2e-2, rtol=2e-2)  # weights in float16 and in bytes
    assert found.details["copies"][0] == TALE[:23]


@pytest.mark.usefixtures("models")
def test_english_verse_is_scanned_too() -> None:
    Path("theirs.txt").write_text("And when the night is gone away from me,\n" + "Hello\n" * 13)
    found = explain("theirs.txt", art="write", model="shakespeare")
    assert "1 of 14 lines in metre" in found.headline
    assert found.details["verse"][0]["scans"]
    assert any(remark.startswith("Line 2: ") for remark in found.remarks)
    Path("prose.txt").write_text("And when the night is gone away from me,\nHello")
    found = explain("prose.txt", art="write", model="shakespeare")
    assert "metre" not in found.headline
    assert not found.details["verse"]


@pytest.mark.usefixtures("models")
def test_a_model_of_transformers_is_not_asked() -> None:
    Path("text.txt").write_text("Hello")
    with pytest.raises(GessoError, match="not explained"):
        explain("text.txt", art="write", model="hf:user/name")


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("poem.svg", "<svg/>", "name the .txt"), ("bad.txt", "一二三\n四五", "has no poem of four or eight lines")],
)
def test_what_cannot_be_explained_is_refused_in_a_line(name: str, text: str, said: str) -> None:
    Path(name).write_text(text)
    with pytest.raises(GessoError, match=said):
        explain(name, art="write", model="verse")
