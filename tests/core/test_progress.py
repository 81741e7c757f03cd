"""The line of progress: there on a terminal, nowhere else."""

import io
import re
import sys

import pytest

from gesso.core.progress import Progress


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def work_through(progress: Progress) -> None:
    with progress:
        progress.works(2)
        for name in ("one.jpg", "two.jpg"):
            progress.work(name)
            stage = progress.stage("painting", 4)
            for step in range(4):
                stage.advance(loss=0.5 / (step + 1))
            progress.finish()
        progress.note("a word that stays")


def test_nothing_is_written_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    work_through(Progress())
    assert capsys.readouterr() == ("", "")


def test_what_is_told_needs_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for shown in (None, False):
        Progress(shown=shown).tell("a word that all should read, " + "however long " * 20)
    assert capsys.readouterr() == ("", "a word that all should read, " + "however long " * 20 + "\n")


def test_a_terminal_sees_what_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    work_through(Progress())

    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "2/2 two.jpg" in seen
    assert "a word that stays" in seen
    assert terminal.getvalue().rstrip().endswith("\x1b[2K") or "\x1b[?25h" in terminal.getvalue()  # the cursor is back


def test_a_terminal_sees_the_end_of_a_text_that_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Progress() as progress:
        progress.stage("writing", 2)
        progress.say("Now is the winter of our discontent made glorious summer")
    assert " made glorious summer" in terminal.getvalue()
    assert "winter" not in terminal.getvalue()


def test_quiet_is_quiet_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    work_through(Progress(shown=False))
    assert terminal.getvalue() == ""


def test_the_line_moves_by_works_and_within_a_work_by_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress() as progress:
        progress.works(4)
        progress.work("one.jpg")
        progress.stage("painting", 10)
        progress.advance(5)
        assert progress.position == pytest.approx(0.5)
        progress.finish()
        progress.work("two.jpg")
        assert progress.position == 1


def test_a_stage_that_goes_on_starts_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress() as progress:
        stage = progress.stage("training", 100, done=40)
        stage.advance()
        assert progress.position == 41
