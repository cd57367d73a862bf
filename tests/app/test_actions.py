from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

import app
from app.actions import TABLE, TIPS, Actions, shortcuts
from app.theme import Theme

SOURCES = sorted(Path(app.__file__).parent.rglob("*.py"))


def test_names_and_shortcuts_are_unique() -> None:
    names = [entry.name for entry in TABLE]
    keys = [entry.shortcut for entry in TABLE if entry.shortcut]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert set(TIPS) <= set(names)


def test_every_shortcut_is_a_key_that_exists() -> None:
    for _what, keys in shortcuts():
        assert not QKeySequence(keys).isEmpty()
        assert "Unknown" not in QKeySequence(keys).toString()


def test_every_action_is_in_a_menu(qtbot: QtBot, theme: Theme) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window, theme)
    actions.fill(window.menuBar())
    found = {
        action.objectName()
        for menu in window.menuBar().actions()
        for action in menu.menu().actions()  # type: ignore[union-attr]
        if not action.isSeparator()
    }
    assert found == {entry.name for entry in TABLE}
    for entry in TABLE:
        assert actions[entry.name].toolTip()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_nothing_waits_in_a_nested_event_loop(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert "processEvents" not in text
    nested = re.findall(r"\b(\w+)\.exec(?:_)?\(", text)
    starts = source.name in ("application.py", "alone.py")  # the program, and one view for its developer
    assert nested == (["application"] if starts else [])
    assert not re.search(r"QMessageBox|QInputDialog|getOpenFileName|getSaveFileName|QEventLoop", text)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_settings_are_kept_in_one_place_and_threads_in_few(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    if source.name != "settings.py":
        assert "QSettings" not in text
    if source.name not in ("jobs.py", "workers.py", "heartbeat.py"):  # the last one only watches
        assert not re.search(r"ThreadPoolExecutor|threading\.Thread\(|QThread\b|QThreadPool", text)
