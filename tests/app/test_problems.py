from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.dialogs.problem import ProblemDialog
from app.problems import UNFORESEEN, LogRelay, Problem, Problems, log_to_file, problem_of
from app.theme import Theme
from core import errors


def subclasses(kind: type[BaseException]) -> list[type[BaseException]]:
    found = []
    for sub in kind.__subclasses__():
        found += [sub, *subclasses(sub)]
    return found


def example(kind: type[BaseException]) -> BaseException:
    details: dict[str, object] = {"expected": "8 bit", "got": "64 bit", "remedy": "convert it"}
    if kind is errors.AmbiguousInputError:
        details |= {"choices": ["a", "b"], "option": "dataset"}
    return kind("slice 7 is odd", **details)


@pytest.mark.parametrize("kind", subclasses(errors.TruesliceError), ids=lambda kind: kind.__name__)
def test_every_error_of_the_program_has_words_of_its_own(kind: type[BaseException]) -> None:
    problem = problem_of(example(kind))
    assert problem.heading not in ("", UNFORESEEN)
    assert (problem.what, problem.expected, problem.got, problem.remedy) == (
        "slice 7 is odd", "8 bit", "64 bit", "convert it",
    )  # fmt: skip
    assert kind.__name__ in problem.details


def test_tables_and_lists_are_said_in_plain_words() -> None:
    error = errors.ProjectError(
        "another training", expected={"Seed": 1, "Branches": True}, got=("a", None, (2, 3)), remedy="look"
    )
    problem = problem_of(error)
    assert problem.expected == "Seed: 1; Branches: yes"
    assert problem.got == "a, nothing, 2, 3"
    assert "{" not in str(error)
    assert problem_of(errors.VoxelError("odd", expected="")).expected == ""


def test_an_unforeseen_error_says_what_was_being_done_and_that_data_is_safe() -> None:
    problem = problem_of(ZeroDivisionError("division by zero"), "opening the stack")
    assert problem.heading == UNFORESEEN
    assert problem.what == "While opening the stack: division by zero"
    assert "unharmed" in problem.remedy


def test_text_has_everything() -> None:
    text = Problem("Heading", "what", "this", "that", "do it", "Traceback").text()
    assert text.splitlines() == [
        "Heading", "what", "expected: this", "got: that", "what to do: do it", "", "Traceback",
    ]  # fmt: skip


@pytest.fixture
def problems(qtbot: QtBot) -> Iterator[Problems]:
    made = Problems()
    made.install()
    yield made
    made.uninstall()
    made.deleteLater()


def test_uncaught_errors_of_threads_arrive_on_the_gui_thread(problems: Problems, qtbot: QtBot) -> None:
    heard: list[tuple[str, int]] = []
    problems.occurred.connect(lambda problem: heard.append((problem.what, threading.get_ident())))

    def work() -> None:
        raise errors.ReadError("the disk is gone")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(heard), timeout=5000)
    assert heard == [("the disk is gone", threading.get_ident())]


def test_uncaught_errors_of_the_gui_thread_are_shown(problems: Problems, qtbot: QtBot) -> None:
    with qtbot.waitSignal(problems.occurred, timeout=5000) as signal:
        sys.excepthook(ValueError, ValueError("odd"), None)
    assert signal.args[0].what == "odd"


def test_hooks_are_given_back(qtbot: QtBot) -> None:
    before = (sys.excepthook, threading.excepthook)
    problems = Problems()
    problems.install()
    assert sys.excepthook is not before[0]
    problems.uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def test_dialog_shows_all_parts_and_copies_them(qtbot: QtBot, theme: Theme) -> None:
    problem = problem_of(example(errors.DamagedFileError))
    dialog = ProblemDialog(problem, theme)
    qtbot.addWidget(dialog)
    dialog.open()
    shown = [found.text() for found in dialog.findChildren(QLabel)]
    for text in (problem.heading, "slice 7 is odd", "8 bit", "64 bit", "Convert it"):
        assert text in shown
    dialog.copy()
    assert QGuiApplication.clipboard().text() == problem.text()


def test_log_file_and_relay_get_every_error(tmp_path: Path, qtbot: QtBot) -> None:
    handler, relay, lines = log_to_file(tmp_path / "log"), LogRelay(), []
    relay.attach()
    relay.line.connect(lambda level, text: lines.append((level, text)))
    problems = Problems()
    problems.report(errors.WriteError("disk full"))
    relay.detach()
    logging.getLogger("trueslice").removeHandler(handler)
    handler.close()
    assert "disk full" in (tmp_path / "log" / "trueslice.log").read_text(encoding="utf-8")
    assert lines[0][0] == logging.ERROR
    assert "disk full" in lines[0][1]


def test_a_log_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    handler = log_to_file(tmp_path / "file" / "log")
    assert isinstance(handler, logging.NullHandler)
    logging.getLogger("trueslice").removeHandler(handler)
