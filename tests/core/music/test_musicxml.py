"""MusicXML: structure as its reference demands, read back as it was written, and refused where it is unsafe."""

import base64
import io
import warnings
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from made_music import VOICES, chorales, line, phrase

from gesso.core.errors import GessoError
from gesso.core.music.midi import read_midi
from gesso.core.music.musicxml_reading import musicxml_recipe, read_musicxml, unpacked
from gesso.core.music.musicxml_writing import write_musicxml
from gesso.core.scores import TICKS, Key, Metre, Note, Part, Score

RECIPE = '{"title": "é <&> ☃"}'

# The order that the MusicXML 4.0 reference gives, of the elements that we write.
ORDER = {
    "score-partwise": ["work", "identification", "part-list", "part"],
    "identification": ["rights", "encoding", "miscellaneous"],
    "score-part": ["part-name", "part-abbreviation", "score-instrument", "midi-instrument"],
    "attributes": ["divisions", "key", "time", "staves", "clef"],
    "clef": ["sign", "line", "clef-octave-change"],
    "pitch": ["step", "alter", "octave"],
    "note": [
        *("chord", "pitch", "rest", "duration", "tie", "voice", "type", "dot", "accidental", "time-modification"),
        *("stem", "staff", "beam", "notations"),
    ],
    "notations": ["tied", "tuplet", "fermata"],
    "direction": ["direction-type", "sound"],
}


def tree(score: Score, *, closed: bool = False) -> Element:
    return ElementTree.fromstring(write_musicxml(score, closed=closed))


@pytest.mark.parametrize("closed", [False, True])
def test_elements_stand_in_the_order_of_the_reference(closed: bool) -> None:
    root = tree(phrase(), closed=closed)
    for parent in root.iter():
        if known := ORDER.get(parent.tag):
            places = [known.index(child.tag) for child in parent]
            assert places == sorted(places), parent.tag
    assert {part.get("id") for part in root.iter("part")} == {part.get("id") for part in root.iter("score-part")}


@pytest.mark.parametrize("closed", [False, True])
def test_every_voice_fills_every_bar(closed: bool) -> None:
    root = tree(phrase(), closed=closed)
    bars = [TICKS, 4 * TICKS, 4 * TICKS, 3 * TICKS]
    for part in root.iter("part"):
        for number, measure in enumerate(part.iter("measure")):
            voices: dict[str, int] = {}
            for note in measure.iter("note"):
                voice = note.findtext("voice", "")
                voices[voice] = voices.get(voice, 0) + int(note.findtext("duration", ""))
            assert set(voices.values()) == {bars[number]}


@pytest.mark.parametrize("closed", [False, True])
def test_a_score_is_read_as_it_was_written(closed: bool) -> None:
    score = replace(phrase(), tempi=((5 * TICKS, 43.2), (8 * TICKS, 72.0), (11 * TICKS + 120, 60.5)))
    found = read_musicxml(write_musicxml(score, closed=closed).encode(), "x")
    assert [part.notes for part in found.parts] == [part.notes for part in score.parts]
    assert replace(found, parts=score.parts) == score
    assert [(part.name, part.program) for part in found.parts] == [(name, 52) for name in VOICES]


def test_changes_of_tempo_stand_where_they_happen_and_are_not_seen() -> None:
    (measure,) = tree(Score((Part("A", 0, line((60, 4))),), tempi=((240, 70.0), (960, 60.0)))).iter("measure")
    shown = [(each.tag, each.findtext("duration") or each.find("sound[@tempo]") is not None) for each in measure]
    head = [("attributes", False), ("direction", True)]
    assert shown[:-1] == [
        *head,
        *(("forward", "240"), ("direction", True), ("forward", "720"), ("direction", True)),
        *(("backup", "960"), ("note", "1920")),
    ]
    assert [each.findtext("direction-type/words") for each in measure.iter("direction")] == [None, "", ""]


@pytest.mark.parametrize("offset", ["<offset>-2</offset>", ""])
def test_tempi_of_others_are_where_they_are_heard_also_in_what_is_repeated(offset: str) -> None:
    slower = f'<direction><direction-type><words>rit.</words></direction-type>{offset}<sound tempo="60"/></direction>'
    back = '<barline><repeat direction="backward"/></barline>'
    body = f'<sound tempo="90"/>{note("C", 4)}{slower}{note("D", 4)}{back}</measure>'
    found = read_musicxml(document(body), "x")
    begin = TICKS if offset else 2 * TICKS
    assert (found.tempo, found.tempi) == (90, ((begin, 60), (4 * TICKS, 90), (4 * TICKS + begin, 60)))


def test_the_head_says_key_time_pickup_and_clefs() -> None:
    root = tree(phrase())
    first = root.find("part/measure")
    assert first is not None
    assert (first.get("number"), first.get("implicit")) == ("0", "yes")
    assert (first.findtext("attributes/key/fifths"), first.findtext("attributes/key/mode")) == ("-2", "minor")
    clefs = [(clef.findtext("sign"), clef.findtext("clef-octave-change")) for clef in root.iter("clef")]
    assert clefs == [("G", None), ("G", None), ("G", "-1"), ("F", None)]


def test_leading_notes_have_their_sign_once_in_a_bar_and_ties_none() -> None:
    notes = line((66, 1), (66, 1), (67, 1), (66, 2), (66, 1), (65, 1), (66, 1))
    root = tree(Score((Part("A", 0, notes),), key=Key(-2, minor=True)))
    signs = [note.findtext("accidental") for note in root.iter("note") if note.find("pitch") is not None]
    assert signs == ["sharp", None, None, None, None, "sharp", "natural", "sharp"]


def test_a_sign_in_one_voice_of_a_staff_is_taken_back_in_the_other() -> None:
    soprano, alto = line((73, 1), (74, 3)), line((69, 1), (72, 3))
    low = line((50, 4))
    score = Score(tuple(Part(name, 0, notes) for name, notes in zip(VOICES, (soprano, alto, low, low), strict=True)))
    closed = [note for note in tree(score, closed=True).iter("note") if note.findtext("pitch/step") == "C"]
    assert [note.findtext("accidental") for note in closed] == ["sharp", "natural"]
    opened = [note for note in tree(score).iter("note") if note.findtext("pitch/step") == "C"]
    assert [note.findtext("accidental") for note in opened] == ["sharp", None]


def test_short_notes_of_a_beat_are_beamed() -> None:
    notes = line(
        (60, 0.5), (62, 0.25), (64, 0.25), (65, 0.75), (67, 0.25), (69, 0.5), (None, 0.5), (60, 0.5), (60, 0.5)
    )
    beams = [[beam.text for beam in note.iter("beam")] for note in tree(Score((Part("A", 0, notes),))).iter("note")]
    eighths = [["begin"], ["end"]]
    assert beams == [
        ["begin"],
        ["continue", "begin"],
        ["end", "end"],
        ["begin"],
        ["end", "backward hook"],
        [],
        [],
        *eighths,
    ]


@pytest.mark.parametrize("beats", [6, 9, 12])
def test_beams_show_the_beats_of_compound_metres(beats: int) -> None:
    for unit, name in ((8, "eighth"), (16, "16th")):
        notes = line(*((60 + at, 4 / unit) for at in range(beats)))
        found = list(tree(Score((Part("A", 0, notes),), metre=Metre(beats, unit))).iter("note"))
        assert {note.findtext("type") for note in found} == {name}
        assert [note.findtext("beam") for note in found] == ["begin", "continue", "end"] * (beats // 3)


def test_triplets_are_bracketed_by_the_beat() -> None:
    notes = line(*((60 + at, 1 / 3) for at in range(5)), (None, 1 / 3), (72, 2))
    found = list(tree(Score((Part("A", 0, notes),))).iter("note"))
    ends = [[each.get("type") for each in note.iter("tuplet")] for note in found]
    assert ends == [["start"], [], ["stop"], ["start"], [], ["stop"], []]
    assert [note.findtext("time-modification/actual-notes") for note in found] == ["3"] * 6 + [None]


def hands() -> Score:
    """Two bars for piano: in the right hand chords over a held note, which the second bar has not."""
    right = (Note(0, 1440, 60), *line((72, 1), (74, 2), (76, 1), (77, 4)))
    return Score((Part("Right hand", 0, tuple(sorted(right))), Part("Left hand", 0, line((48, 2), (43, 4), (36, 2)))))


def test_two_hands_are_one_part_on_two_staves() -> None:
    root = tree(hands())
    assert [name.text for name in root.iter("part-name")] == ["Piano"]
    assert [clef.findtext("sign") for clef in root.iter("clef")] == ["G", "F"]
    assert {note.findtext("staff") for note in root.iter("note") if int(note.findtext("pitch/octave", "9")) < 4} == {
        "2"
    }


def test_of_several_lines_of_a_part_only_the_first_has_rests_and_each_keeps_its_number() -> None:
    root = tree(hands())
    first, second = root.iter("measure")
    assert not list(root.iter("rest"))
    assert [(each.findtext("duration"), each.findtext("voice")) for each in first.iter("forward")] == [("480", "2")]
    assert {note.findtext("voice") for note in first.iter("note")} == {"1", "2", "3"}
    assert {note.findtext("voice") for note in second.iter("note")} == {"1", "3"}
    assert all(note.find("stem") is None for note in second.iter("note"))  # alone on their staves


def test_voices_of_one_number_on_two_staves_are_two() -> None:
    body = note("C", 4, after="<voice>1</voice><staff>1</staff>") + "<backup><duration>4</duration></backup>"
    body += note("E", 4, after="<voice>1</voice><staff>2</staff>") + "</measure>"
    parts = read_musicxml(document(body), "x").parts
    assert [(part.name, [each.pitch for each in part.notes]) for part in parts] == [
        ("Clarinet 1", [60]),
        ("Clarinet 2", [64]),
    ]


def test_a_hand_has_four_lines_at_most_and_all_of_its_notes() -> None:
    begun = tuple(Note(240 * at, 1920 - 120 * at, 72 - 2 * at) for at in range(6))
    at_once = tuple(Note(1920, 240 * at, 60 + at) for at in range(1, 7))
    hand = Part("Right hand", 0, (*begun, *at_once))
    root = tree(Score((hand, Part("Left hand", 0, line((43, 8))))))
    assert {each.findtext("voice") for each in root.iter("note") if each.findtext("staff") == "1"} == set("1234")
    struck = [each for each in root.iter("note") if not any(tie.get("type") == "stop" for tie in each.iter("tie"))]
    assert len([each for each in struck if each.find("pitch") is not None]) == len(hand.notes) + 1


def test_what_two_hands_play_is_read_as_it_was_written() -> None:
    found = read_musicxml(write_musicxml(hands()).encode(), "x")
    notes = [sorted(note for part in score.parts for note in part.notes) for score in (hands(), found)]
    assert notes[0] == notes[1]


def test_fermatas_stand_on_each_part_but_on_shared_staves_only_outside() -> None:
    assert len(list(tree(phrase()).iter("fermata"))) == 4
    closed = [fermata.get("type") for fermata in tree(phrase(), closed=True).iter("fermata")]
    assert closed == ["upright", "inverted"]


def test_a_fermata_is_one_moment_though_voices_come_to_their_notes_one_after_the_other() -> None:
    lines = [line((67, 4)), line((64, 2), (62, 2)), line((60, 3), (59, 1)), line((48, 3), (43, 1))]
    parts = tuple(Part(name, 52, notes) for name, notes in zip(VOICES, lines, strict=True))
    score = Score(parts, fermatas=(3 * TICKS,))
    assert len(list(tree(score).iter("fermata"))) == 4
    assert read_musicxml(write_musicxml(score).encode(), "four").fermatas == (3 * TICKS,)


def test_the_fermata_of_a_tied_note_stands_on_its_last() -> None:
    notes = line((60, 3), (62, 5.5), (64, 3.5))
    bars = list(tree(Score((Part("A", 0, notes),), fermatas=(3 * TICKS,))).iter("measure"))
    marked = [
        (bar.get("number"), note.findtext("type"), [tie.get("type") for tie in note.iter("tie")])
        for bar in bars
        for note in bar.iter("note")
        if note.find("notations/fermata") is not None
    ]
    assert marked == [("3", "eighth", ["stop"])]


def test_colours_are_those_asked_for() -> None:
    text = write_musicxml(phrase(), colour=lambda part, note: "#ff0000" if part == 1 and note.pitch == 66 else None)
    assert text.count('color="#ff0000"') == sum(note.pitch == 66 for note in phrase().parts[1].notes)


def test_the_recipe_is_among_the_miscellaneous() -> None:
    file = write_musicxml(phrase(), RECIPE).encode()
    assert musicxml_recipe(file, "x") == RECIPE
    assert musicxml_recipe(write_musicxml(phrase()).encode(), "x") is None


def document(body: str, attributes: str = "<divisions>2</divisions>", head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<score-partwise><part-list><score-part id="P1"><part-name>Clarinet</part-name>'
        f'</score-part></part-list><part id="P1"><measure number="1"><attributes>{attributes}</attributes>{body}'
        "</part></score-partwise>"
    ).encode()


def note(step: str, duration: int, inside: str = "", after: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
    return f"<note>{inside}{pitch}<duration>{duration}</duration>{after}</note>"


def test_chords_backup_forward_grace_notes_and_transposition() -> None:
    transposed = "<divisions>2</divisions><transpose><chromatic>-2</chromatic></transpose>"
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    moves = "<backup><duration>4</duration></backup><forward><duration>2</duration></forward>"
    first_voice = note("D", 2) + note("F", 2, "<chord/>") + note("E", 2)
    body = grace + first_voice + moves + note("C", 2, after="<voice>2</voice>") + "</measure>"
    first, other = read_musicxml(document(body, transposed), "x").parts
    assert first.notes == (Note(0, TICKS, 60), Note(0, TICKS, 63), Note(TICKS, TICKS, 62))
    assert other.notes == (Note(TICKS, TICKS, 58),)
    assert (first.name, other.name) == ("Clarinet 1", "Clarinet 2")


def test_the_key_of_a_transposing_instrument_is_the_one_that_sounds() -> None:
    signed = "<divisions>2</divisions><key><fifths>2</fifths><mode>major</mode></key>"
    signed += "<transpose><chromatic>-2</chromatic></transpose>"
    assert read_musicxml(document(note("D", 8) + "</measure>", signed), "x").key == Key(0)


def test_small_notes_for_the_eyes_take_their_time_but_do_not_sound() -> None:
    cue = "<note><cue/><pitch><step>B</step><octave>4</octave></pitch><duration>4</duration></note>"
    (part,) = read_musicxml(document(cue + note("C", 4) + "</measure>"), "x").parts
    assert part.notes == (Note(2 * TICKS, 2 * TICKS, 60),)


def test_repeats_and_endings_are_played() -> None:
    def bar(step: str, before: str = "", after: str = "") -> str:
        return f"{before}{note(step, 8)}{after}</measure>"

    def ending(number: str, kind: str, repeat: str = "") -> str:
        return f'<barline><ending number="{number}" type="{kind}"/>{repeat}</barline>'

    back = '<repeat direction="backward"/>'
    first = bar("D", ending("1", "start"), ending("1", "stop", back))
    second = bar("E", ending("2", "start"), ending("2", "stop"))
    bars = [
        bar("C"),
        first,
        second,
        bar("F", '<barline><repeat direction="forward"/></barline>', f"<barline>{back}</barline>"),
    ]
    body = '<measure number="2">'.join(bars)
    (part,) = read_musicxml(document(body), "x").parts
    assert [each.pitch for each in part.notes] == [60, 62, 60, 64, 65, 65]


def timed(beats: int) -> str:
    return f"<time><beats>{beats}</beats><beat-type>4</beat-type></time>"


def test_a_change_of_metre_is_told_but_for_that_of_a_pickup() -> None:
    def piece(*bars: int) -> bytes:
        changed = [f"<attributes>{timed(beats)}</attributes>{note('C', 2 * beats)}</measure>" for beats in bars[1:]]
        first = f"{note('C', 2 * bars[0])}</measure>"
        body = '<measure number="2">'.join([first, *changed])
        return document(body, f"<divisions>2</divisions>{timed(bars[0])}")

    with pytest.warns(UserWarning, match=r"^x\.xml changes from 4/4 to 3/4: all its bars are counted in 4/4$"):
        assert read_musicxml(piece(4, 3, 3), "x.xml").metre == Metre()
    with warnings.catch_warnings(action="error"):
        found = read_musicxml(piece(1, 3, 3), "x.xml")
    assert (found.metre, found.pickup) == (Metre(3, 4), TICKS)


def test_mode_is_found_where_only_the_signature_is_given() -> None:
    key = "<divisions>2</divisions><key><fifths>0</fifths></key>"
    body = "".join(note(step, 2) for step in "ABCEABCEA") + "</measure>"
    assert read_musicxml(document(body, key), "x").key == Key(0, minor=True)


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr({"container": "META-INF/container.xml"}.get(name, f"{name}.xml"), content)
    return data.getvalue()


CONTAINER = b'<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'


def test_compressed_documents_are_unpacked_within_limits() -> None:
    file = write_musicxml(phrase()).encode()
    assert unpacked(zipped(container=CONTAINER, score=file), "x.mxl") == file
    for data, said in (
        (b"PK\3\4 no zip", "no compressed MusicXML"),
        (zipped(score=file), "no compressed MusicXML"),
        (zipped(container=CONTAINER), "no compressed MusicXML"),
        (zipped(container=CONTAINER, score=bytes(20 << 20)), "more than 16 MB"),
        (zipped(container=CONTAINER, **{f"n{i}": b"" for i in range(1000)}), "more than 1000 files"),
    ):
        with pytest.raises(GessoError, match=said):
            unpacked(data, "x.mxl")


BOMB = '<!DOCTYPE score-partwise [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE score-partwise [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (document("</measure>", head=BOMB), "declares entities"),
        (document("</measure>", head=OUTSIDE), "declares entities"),
        (b"<html/>", "no MusicXML"),
        (b"<score-timewise/>", "score-partwise"),
        (b"X:1\nK:C\nabc", "no XML"),
        (document("</measure>"), "no notes"),
        (document(note("C", 2)), "no XML"),
        (document(note("H", 2) + "</measure>"), "damaged"),
        (document(note("C", 2) + "</measure>", "<divisions>0.0</divisions>"), "damaged"),
        (document(note("C", 2) + "</measure>", "<time><beats>4</beats><beat-type>3</beat-type></time>"), "damaged"),
        (document(note("C", 9**9) + "</measure>"), "quarter notes"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(file: bytes, said: str) -> None:
    with pytest.raises(GessoError, match=said) as raised:
        read_musicxml(file, "tune.xml")
    assert str(raised.value).startswith("tune.xml ")
    assert "\n" not in str(raised.value)


def test_chorales_go_there_and_back_on_four_staves_and_on_two() -> None:
    for number, score in enumerate(chorales()[:12]):
        score = replace(score, metre=Metre(3, 4) if number % 2 else Metre(), pickup=TICKS)
        found = read_musicxml(write_musicxml(score, closed=number % 3 == 0).encode(), "x")
        assert [part.notes for part in found.parts] == [part.notes for part in score.parts]


def test_another_program_hears_the_same_notes() -> None:
    verovio = pytest.importorskip("verovio", reason="the extra gesso[score] is not installed")
    verovio.enableLog(verovio.LOG_OFF)
    for score in chorales()[:5]:
        toolkit = verovio.toolkit()
        toolkit.loadData(write_musicxml(replace(score, metre=Metre(3, 4), pickup=TICKS)))
        other = read_midi(base64.b64decode(toolkit.renderToMIDI()), "verovio")
        for ours, theirs in zip(score.parts, other.parts, strict=True):
            assert [(note.start, note.pitch) for note in theirs.notes] == [
                (note.start, note.pitch) for note in ours.notes
            ]
            # It ends notes a little early, so that repeated ones are heard.
            early = [mine.end - note.end for mine, note in zip(ours.notes, theirs.notes, strict=True)]
            assert 0 <= min(early) <= max(early) < 10
