"""The Settings page: what is chosen is stored, takes effect, and can be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.dialogs.question import QuestionDialog
from app.main_window import MainWindow
from app.opening import Request
from app.panels.settings import ADDRESS, SettingsPage
from app.places import project_folders
from app.settings import Settings
from app.simulate_tool import proposed_root
from core import machine
from core.execute.channel import Limits
from core.execute.preflight import memory_budget
from core.models.library import user_folder
from core.models.providers import effective
from tests.app.conftest import made_stack
from tests.system.test_window import OpenWindow, answer, dialog_of, open_window, opened, texts, until

__all__ = ["open_window"]  # a fixture

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    """Nothing is left of what a test has chosen."""
    yield
    assert not machine._before, "a window that was closed keeps the program to its settings"


def shown_page(qtbot: QtBot, window: MainWindow) -> SettingsPage:
    """The page, from the menu."""
    window.acts["settings"].trigger()
    page = window.tools["settings"].page
    assert isinstance(page, SettingsPage)
    assert window.centre.currentWidget() is page
    return page


def pick(combo, value: object) -> None:
    """Choose as the user does."""
    found = next(n for n in range(combo.count()) if combo.itemData(n) == value)
    combo.setCurrentIndex(found)


def typed(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    """Type over what is there, and press return."""
    line.setFocus()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_the_computer_is_described(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    until(qtbot, lambda: "Memory:" in texts(page))
    assert "Processor:" in texts(page)
    pick(page.device, "gpu")
    if "Networks compute on the processor" in texts(page):
        assert "none can be used here" in texts(page)
    until(qtbot, lambda: not window.program.busy)


def test_device_memory_and_threads_take_effect_and_survive(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    pick(page.device, "cpu")
    typed(qtbot, page.memory.box.lineEdit(), "0,5")  # a decimal comma is as good as a point
    typed(qtbot, page.threads.box.lineEdit(), "1")
    assert effective("auto") == "cpu"
    assert memory_budget(None) == pytest.approx(0.5e9, rel=0.01)
    assert machine.threads() == 1
    typed(qtbot, page.threads.box.lineEdit(), "0")
    assert "at most" in page.threads.wrong.text()
    assert machine.threads() == 1, "what is wrong changes nothing"
    typed(qtbot, page.threads.box.lineEdit(), "1")
    until(qtbot, lambda: not window.program.busy)
    window.close()
    until(qtbot, lambda: not window.isVisible())
    assert effective("auto") == "auto"
    again = open_window()
    assert (effective("auto"), machine.threads()) == ("cpu", 1)
    assert Settings(tmp_path / "settings.ini").memory_gb == 0.5
    page = shown_page(qtbot, again)
    assert page.device.currentData() == "cpu"
    assert page.memory.box.text() == "0.5"
    until(qtbot, lambda: not again.program.busy)


def test_folders_take_effect_and_go_back(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    usual = user_folder(), proposed_root()
    window = open_window()
    page = shown_page(qtbot, window)
    for kind in ("projects", "models", "simulations"):
        typed(qtbot, page.folders[kind].line, str(tmp_path / kind))
    stack = tmp_path / "data" / "gold"
    assert next(iter(project_folders((stack,)))) == tmp_path / "projects" / "gold.trueslice"
    assert user_folder() == tmp_path / "models"
    assert proposed_root().parent == tmp_path / "simulations"
    typed(qtbot, page.folders["models"].line, "somewhere")
    assert page.folders["models"].wrong.isVisible()
    assert user_folder() == tmp_path / "models"
    for kind in ("projects", "models", "simulations"):
        qtbot.mouseClick(page.folders[kind].reset_button, Qt.MouseButton.LeftButton)
    assert (user_folder(), proposed_root()) == usual
    until(qtbot, lambda: not window.program.busy)


def test_a_project_goes_into_its_folder_and_an_earlier_one_is_found(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    stack = made_stack(tmp_path / "data" / "gold")
    window = open_window()
    session = window.program.session

    def ran() -> Path:
        session.add("invert")
        session.add("segment")
        window.acts["run"].trigger()
        until(qtbot, lambda: not window.program.busy and session.project is not None)
        assert session.project is not None
        return session.project.folder

    window.program.opener.open(Request((stack,)))
    until(qtbot, lambda: opened(window))
    assert ran().parent == stack.parent
    page = shown_page(qtbot, window)
    typed(qtbot, page.folders["projects"].line, str(tmp_path / "projects"))
    window.program.opener.open(Request((stack,)))
    until(qtbot, lambda: not window.program.busy and session.project is not None)
    assert session.project.folder.parent == stack.parent, "it was there before"
    other = made_stack(tmp_path / "data" / "silver")
    window.program.opener.open(Request((other,)))
    until(qtbot, lambda: not window.program.busy and session.project is None)
    assert ran().parent == tmp_path / "projects"


def test_the_scheduler_is_used_by_runs(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    pick(page.runs, ADDRESS)
    typed(qtbot, page.address, "tcp://127.0.0.1:9")
    assert window.program.settings.scheduler == "tcp://127.0.0.1:9"
    monkeypatch.setattr("core.execute.cluster.CONNECT_S", 0.2)
    monkeypatch.setattr("core.execute.cluster.asked.__kwdefaults__", {"seconds": 0.2})
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: "No Dask scheduler answers" in page.cluster_words.text())
    used: list[Limits] = []

    def run(_project, *, limits, **_more):
        used.append(limits)
        return {}

    monkeypatch.setattr("core.execute.run", run)
    window.program.opener.open(Request((made_stack(tmp_path / "data" / "gold"),)))
    until(qtbot, lambda: opened(window))
    window.program.session.add("segment")
    window.acts["run"].trigger()
    until(qtbot, lambda: bool(used) and not window.program.busy)
    assert used[0].scheduler == "tcp://127.0.0.1:9"


def test_appearance_and_the_way_back(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    pick(page.theme, "light")
    assert not window.theme.dark
    pick(page.scale, 150)
    assert "started again" in page.scale_words.text()
    pick(page.device, "cpu")
    assert Settings(tmp_path / "settings.ini").scale == 150
    qtbot.mouseClick(page.defaults_button, Qt.MouseButton.LeftButton)
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Back to the defaults")
    settings = Settings(tmp_path / "settings.ini")
    assert (settings.scale, settings.device, settings.theme) == (100, "auto", "system")
    assert page.device.currentData() == "auto"
    assert page.scale_words.isHidden()
    assert machine.DEVICE not in os.environ
    qtbot.mouseClick(page.leave_button, Qt.MouseButton.LeftButton)
    assert window.centre.currentWidget() is window.empty
    until(qtbot, lambda: not window.program.busy)
