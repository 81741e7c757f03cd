"""Music as a setting and as a file of any format."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_music import line, phrase
from pydantic import BaseModel, ValidationError

from gesso.core.errors import GessoError
from gesso.core.files import sha256
from gesso.core.media import Music, Picture, Sound
from gesso.core.music.midi import write_midi
from gesso.core.music.musicxml_writing import write_musicxml
from gesso.core.music.reading import music_difference, music_recipe, read_music, top_line
from gesso.core.scores import Note, Part, Score
from gesso.core.work import read_recipe

ABC = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:G\nGABc|d4|]\n"


class Settings(BaseModel):
    melody: Music | None = None


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal(melody: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        Settings(melody=melody)
    return str(raised.value)


@pytest.mark.parametrize("name", ["a.mid", "a.MIDI", "a.musicxml", "a.xml", "a.abc"])
def test_music_is_known_by_its_suffix_and_read(tmp_path: Path, name: str) -> None:
    midi, xml = write_midi(phrase()), write_musicxml(phrase()).encode()
    data = ABC.encode() if name.endswith("abc") else midi if "mid" in name.lower() else xml
    music = Settings.model_validate({"melody": written(tmp_path, name, data)}).melody
    assert music is not None
    assert music.decode().parts[0].notes == ((tune := read_music(tmp_path / name)).parts[0].notes)
    assert tune.title in ("Phrase", "Tune")
    assert music.sha256 == sha256(data)
    assert Settings(melody=music).model_dump(mode="json") == {"melody": {"file": name, "sha256": sha256(data)}}


def test_a_score_in_memory_is_music_too() -> None:
    music = Settings.model_validate({"melody": phrase()}).melody
    assert music is not None
    assert (music.name, music.path, music.decode()) == ("music", None, phrase())
    assert music.sha256 != Music(replace(phrase(), tempo=60)).sha256


def test_what_is_no_music_is_refused_in_a_line(tmp_path: Path) -> None:
    assert "is a picture, and a piece of music is wanted" in refusal(written(tmp_path, "a.png", b""))
    assert "does not exist" in refusal(tmp_path / "none.mid")
    assert "is not a piece of music" in refusal(3)
    for other in (Picture, Sound):
        with pytest.raises(GessoError, match=r"is a piece of music, and a (picture|sound) is wanted"):
            other(written(tmp_path, "a.abc", b""))
    for name in ("a.mid", "a.xml", "a.mxl", "a.abc"):
        with pytest.raises(GessoError, match="empty"):
            Music(written(tmp_path, name, b"")).decode()
        with pytest.raises(GessoError, match="more than 16 MB"):
            Music(written(tmp_path, name, bytes((16 << 20) + 1))).decode()
    with pytest.raises(GessoError, match="music is read from"):
        read_music(written(tmp_path, "a.txt", b"text"))


def test_music_of_others_has_no_recipe(tmp_path: Path) -> None:
    for name, data in (("a.mid", write_midi(phrase())), ("a.musicxml", write_musicxml(phrase()).encode())):
        assert music_recipe(written(tmp_path, name, data)) is None
        with pytest.raises(GessoError, match="no recipe in it"):
            read_recipe(tmp_path / name)
    with pytest.raises(GessoError, match="no recipe in it"):
        read_recipe(written(tmp_path, "a.abc", ABC.encode()))


def test_the_highest_part_comes_first(tmp_path: Path) -> None:
    upside_down = replace(phrase(), parts=tuple(reversed(phrase().parts)))
    assert read_music(written(tmp_path, "a.mid", write_midi(upside_down))).parts == phrase().parts


def test_the_melody_is_the_top_of_the_highest_part() -> None:
    piano = (Note(0, 480, 60), Note(0, 480, 67), Note(240, 480, 64), Note(960, 480, 62))
    score = Score((Part("Bass", 0, line((40, 4))), Part("Piano", 0, piano)))
    assert top_line(score) == (Note(0, 240, 67), Note(240, 480, 64), Note(960, 480, 62))
    assert top_line(Score(())) == ()


def test_notes_in_another_part_are_other_notes() -> None:
    swapped = replace(phrase(), parts=(phrase().parts[1], phrase().parts[0], *phrase().parts[2:]))
    count = sum(len(part.notes) for part in phrase().parts[:2])
    assert music_difference(write_midi(phrase()), write_midi(swapped), "MIDI")[0] == 2 * count
    assert music_difference(write_midi(phrase()), write_midi(phrase(), "{}"), "MIDI") == (0, 0)
