"""Help in the whole window: F1 where the user is, the tour by keys, the report for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QTextDocument
from pytestqt.qtbot import QtBot

from app.dialogs.about import AboutDialog
from app.dialogs.keys import KeysDialog
from app.dialogs.problem import ProblemDialog
from app.dialogs.question import QuestionDialog
from app.guide_tool import GuideTool
from app.guiding import STAGES
from app.main_window import MainWindow
from app.manual import Place
from app.marks import Mark
from app.plots.keys import MOVES, SLICE_KEYS
from app.tour_stops import STOPS
from core import __version__
from core.step import Stage
from tests.app.conftest import made_stack
from tests.system.test_window import (
    OpenWindow,
    add,
    answer,
    dialog_of,
    drop,
    open_window,
    opened,
    texts,
    until,
)
from tests.system.test_window_guided import known

__all__ = ["known", "open_window"]
pytestmark = [pytest.mark.gui, pytest.mark.proposes]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return made_stack(tmp_path / "data" / "gold")


def active(qtbot: QtBot, window: MainWindow) -> None:
    """Give the window the keyboard."""
    window.activateWindow()
    until(qtbot, window.isActiveWindow)


def guide_of(window: MainWindow) -> GuideTool:
    tool = window.tools["guide"]
    assert isinstance(tool, GuideTool)
    return tool


def press_f1(qtbot: QtBot, window: MainWindow) -> str:
    """The heading that F1 puts at the top."""
    active(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    guide = guide_of(window)
    until(qtbot, lambda: shown_at(guide) is not None)
    return shown_at(guide) or ""


def shown_at(guide: GuideTool) -> str | None:
    page = guide.page
    if page is None or guide.place is None or page._place != guide.place or not page.text.settled:
        return None
    return page.text.heading_at_top()


def test_f1_leads_to_the_heading_of_the_step_and_back(
    qtbot: QtBot, open_window: OpenWindow, small: Path
) -> None:
    window = open_window()
    active(qtbot, window)
    drop(window, small)
    until(qtbot, lambda: opened(window))
    for stage, step, name in ((Stage.CLEAN, "Denoise", "denoise"), (Stage.SEGMENT, "Segment", "segment")):
        add(qtbot, window, stage, step)
        assert press_f1(qtbot, window) == name
        assert window.centre.currentWidget() is guide_of(window).page
        qtbot.keyClick(window, Qt.Key.Key_F1)
        assert window.centre.currentWidget() is window.views
    qtbot.mouseClick(window.rail.buttons[Stage.THICKNESS], Qt.MouseButton.LeftButton)
    assert press_f1(qtbot, window) == "Thickness of slices"


def test_f1_follows_keyboard_and_pages(qtbot: QtBot, open_window: OpenWindow, small: Path) -> None:
    window = open_window()
    assert press_f1(qtbot, window) == "Opening"
    qtbot.keyClick(window, Qt.Key.Key_F1)
    window.acts["simulate"].trigger()
    until(qtbot, lambda: window.tools["simulate"].page is not None)
    assert press_f1(qtbot, window) == "Simulating a stack"
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.tools["simulate"].shown, "it goes back to where it was opened"
    window.acts["simulate"].trigger()
    active(qtbot, window)
    drop(window, small)
    until(qtbot, lambda: opened(window))
    window.docks["log"].raise_()
    window.log._text.setFocus()
    assert press_f1(qtbot, window) == "When something goes wrong"
    qtbot.keyClick(window, Qt.Key.Key_F1)
    window.views.slices.setFocus()
    assert press_f1(qtbot, window).startswith("Look")


def test_links_search_back_and_forward(
    qtbot: QtBot, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) or True)
    window = open_window()
    press_f1(qtbot, window)
    guide = guide_of(window)
    page = guide.page
    assert page is not None
    page.text.followed.emit("steps.md#denoise")
    until(qtbot, lambda: shown_at(guide) == "denoise")
    qtbot.keyClick(page, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: shown_at(guide) == "Opening")
    qtbot.keyClick(page, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: guide.place == Place("steps.md", "denoise") and shown_at(guide) == "denoise")
    page.text.followed.emit("decisions/")
    assert "not part of the manual" in page.said.text()
    assert asked == []
    page.text.followed.emit("https://onnx.ai")
    assert asked == [QUrl("https://onnx.ai")]
    qtbot.keyClicks(page.search, "gamma distribution thickness")
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    until(qtbot, lambda: bool(page.text.extraSelections()))
    assert guide.place is not None
    assert guide.place.page in ("window.md", "thickness.md", "steps.md")
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.search.text() == ""
    assert page.text.extraSelections() == []
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert window.centre.currentWidget() is window.empty


def test_the_manual_loads_nothing_but_its_pictures(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    press_f1(qtbot, window)
    text = guide_of(window).page.text  # type: ignore[union-attr]
    kind = QTextDocument.ResourceType.ImageResource.value
    assert text.loadResource(kind, QUrl("pictures/empty.png")) is not None
    for other in ("file:///etc/hostname", "https://example.org/a.png", "pictures/other.png"):
        assert text.loadResource(kind, QUrl(other)) is None


def test_the_tour_is_walked_by_keys_and_leaves_nothing(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    window.resize(1280, 800)
    assert window.empty.offer.isVisible()
    qtbot.mouseClick(window.empty.tour_button, Qt.MouseButton.LeftButton)
    tour = window.tour
    assert window.acts["tour"].isChecked()
    for place in range(len(STOPS)):
        until(qtbot, lambda: tour.stop.ready(window))
        assert tour.place == place
        bubble = tour.bubble
        assert bubble is not None
        assert bubble.isVisible()
        assert window.rect().contains(bubble.geometry()), STOPS[place].title
        assert bubble.isAncestorOf(window.focusWidget())
        if place == 4:
            qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Left)
            assert tour.place == 3
            qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Right)
        if STOPS[place].title == "In 3D":
            assert window.program.runner.running or window.program.session.project is not None
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert not tour.on
    assert not window.acts["tour"].isChecked()
    until(qtbot, lambda: not window.program.busy)
    assert all(mark is Mark.DONE for mark in window.program.session.marks)
    assert [entry.step.name for entry in window.program.session.recipe.steps][:2] == ["normalise", "denoise"]
    assert window.program.settings.tour_seen
    assert not open_window().empty.offer.isVisible()


def test_the_tour_can_be_left_anywhere_and_follows_the_window(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    window.acts["tour"].trigger()
    tour = window.tour
    until(qtbot, lambda: tour.stop.ready(window))
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert tour.bubble is not None
    before = tour.bubble.geometry()
    window.resize(1100, 600)
    until(qtbot, lambda: tour.bubble is not None and tour.bubble.geometry() != before)
    assert window.rect().contains(tour.bubble.geometry())
    window.theme.toggle()
    window.docks["recipe"].hide()
    tour._go(3)
    assert tour.bubble.isVisible(), "its part is hidden: it stands in the middle"
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not tour.on
    assert opened(window), "what was opened stays open"
    window.acts["tour"].trigger()
    assert tour.on
    window.acts["close-project"].trigger()
    assert not tour.on
    window.acts["tour"].trigger()
    window.acts["tour"].trigger()
    assert not tour.on


def test_the_tour_asks_before_it_takes_the_place_of_a_stack(
    qtbot: QtBot, open_window: OpenWindow, small: Path
) -> None:
    window = open_window()
    qtbot.mouseClick(window.empty.no_tour_button, Qt.MouseButton.LeftButton)
    assert not window.empty.offer.isVisible()
    assert window.program.settings.tour_seen
    active(qtbot, window)
    drop(window, small)
    until(qtbot, lambda: opened(window))
    window.acts["tour"].trigger()
    assert not window.acts["tour"].isChecked()
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Open the sample")
    assert window.tour.on
    until(
        qtbot, lambda: window.tour.stop.ready(window) and window.windowTitle().startswith("Trueslice sample")
    )
    # The window is closed with the tour on, which must leave nothing either.


def test_the_report_is_copied_without_personal_paths(
    qtbot: QtBot, open_window: OpenWindow, small: Path
) -> None:
    window = open_window()
    active(qtbot, window)
    drop(window, small)
    until(qtbot, lambda: opened(window))
    add(qtbot, window, Stage.CLEAN, "Denoise")
    window.program.problems.report(ValueError(f"nothing in {small}/slice_0001.tif"))
    until(qtbot, lambda: "nothing in" in window.log.text())
    answer(qtbot, dialog_of(qtbot, window, ProblemDialog), "Close")
    window.acts["about"].trigger()
    dialog = dialog_of(qtbot, window, AboutDialog)
    assert isinstance(dialog, AboutDialog)
    until(qtbot, lambda: dialog.table.rowCount() > 20)
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: "clipboard" in dialog.copied.text())
    text = QGuiApplication.clipboard().text()
    for part in (__version__, "Qt 6", "## Computer", "screen ", 'step = "denoise"', "12 x 40 x 48", "OpenGL"):
        assert part in text
    assert "nothing in <stack>" in text
    assert str(small.parent) not in text
    dialog.paths.setChecked(True)
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: str(small) in QGuiApplication.clipboard().text())
    answer(qtbot, dialog, "Close")


def test_all_keys_are_listed(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    active(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    dialog = dialog_of(qtbot, window, KeysDialog)
    said = texts(dialog)
    assert {"Ctrl+Z", "F5", "Page Up  Page Down", "Put the tool aside"} <= set(said.split("\n"))
    assert len(SLICE_KEYS) == 12
    assert len(MOVES) == 8
    answer(qtbot, dialog, "Close")


def test_marks_of_the_rail_are_named_as_in_the_tour() -> None:
    assert len(STAGES) == 8
    assert STOPS[1].title.startswith("Eight")
