"""The sonnets of Project Gutenberg: words and marks that stand apart, made lines again."""

import io
import tarfile
from pathlib import Path

import pytest

from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.english.sonnets import as_written, read_sonnets
from gesso.core.errors import GessoError


@pytest.mark.parametrize(
    ("apart", "written"),
    [
        ("of duty on my back . nor child , nor man", "Of duty on my back. Nor child, nor man"),
        ("o god 's own lamb , i 'll say it seem 'd", "O God's own lamb, I'll say it seem'd"),
        ("th ’ ascent , i ’ th’ house o ’ er the hill", "Th' ascent, i' th' house o'er the hill"),
        ("‘ tis human — to err ,— i do n't", "'Tis human--to err,--I don't"),
        ("said he , “ dost thou ? ”", "Said he, dost thou?"),
        ("( i ’ ve 'gainst ‘ scape )", "I've 'gainst 'scape"),
        ("the blessèd æther", "The blessed aether"),
        ("", ""),
    ],
)
def test_lines_are_written_as_people_write_them(apart: str, written: str) -> None:
    assert as_written(apart) == written


def packed(to: Path, files: dict[str, str]) -> Path:
    with tarfile.open(to, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return to


def test_the_published_parts_are_kept_but_for_what_both_have_and_the_test_part_stays_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GESSO_DATA", str(tmp_path))
    (tmp_path / "text").mkdir()
    packed(
        tmp_path / "text/sonnets_gutenberg_deepspeare.tgz",
        {
            "sonnet_train.txt": "a day <eos> a night <eos>\na rose <eos> i see <eos>\na rose <eos> i see <eos>\n"
            "a star <eos> i see <eos>\n",
            "sonnet_valid.txt": "a star <eos> a sea <eos> a sun <eos>\n",
            "sonnet_test.txt": "a secret <eos>\n",
        },
    )
    learned, held_out = "A day\nA night\n\nA rose\nI see\n", "A star\nA sea\nA sun\n"
    assert read_corpus(("sonnets",)) == (learned, held_out)
    assert read_corpus(("sonnets", "sonnets")) == (f"{learned}\n{learned}", held_out)  # weighed, but measured once


def test_what_does_not_hold_them_is_refused_in_a_line(tmp_path: Path) -> None:
    for damaged in (packed(tmp_path / "a.tgz", {"other.txt": ""}), tmp_path / "b.tgz", tmp_path / "c.tgz"):
        if damaged.name == "b.tgz":
            damaged.write_bytes((tmp_path / "a.tgz").read_bytes()[:40])
        with pytest.raises(GessoError, match=r"does not hold the sonnets .*remove it, and gesso data get sonnets"):
            read_sonnets(damaged)
