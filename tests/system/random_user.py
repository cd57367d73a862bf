"""A user who presses anything: random events on the real window, the same ones again for the same seed.

What a seed does depends on the timing of jobs, too; the events that were made are kept for the report.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTabBar,
    QWidget,
)

from app.main_window import MainWindow

LIVELY = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QMenuBar,
    QTabBar,
)  # fmt: skip
KEYS = (
    "F5", "Shift+F5", "Ctrl+.", "Ctrl+Z", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+D", "Ctrl+Backspace", "Ctrl+Up",
    "Ctrl+Down", "P", "B", "C", "F", "A", "L", "N", "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5",
    "Ctrl+6", "Ctrl+,", "F1", "Ctrl+T", "Ctrl+R", "Ctrl+C", "Ctrl+P", "Ctrl+S", "Ctrl+W", "Space", "Escape",
    "Escape", "Return", "Tab", "Shift+Tab", "Left", "Right", "Up", "Down", "PgUp", "PgDown", "Home", "End",
    "+", "-", "[", "]", "1", "2", "Delete",
)  # fmt: skip
WORDS = ("0", "1", "3", "-7", "0.5", "1e9", "nan", "abc", "ä", "", "12", "100", "2.5")
BUTTONS = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
)
NONE = Qt.KeyboardModifier.NoModifier
MODIFIERS = (NONE, NONE, NONE, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)


class RandomUser:
    """Makes one event at a time; `done` tells in words what was made.

    Parameters
    ----------
    window : MainWindow
    seed : int
    paths : sequence of tuple of Path
        What may be dropped.
    outside : Path
        A file that dialogs may write to or choose; no other place is ever typed into a file dialog.
    """

    def __init__(self, window: MainWindow, seed: int, paths: list[tuple[Path, ...]], outside: Path) -> None:
        self.window = window
        self.random = random.Random(seed)
        self.paths, self.outside = paths, outside
        self.done: list[str] = []
        self._ways: dict[Callable[[], None], int] = {
            self._click: 42, self._key: 20, self._drag: 14, self._wheel: 6, self._drop: 6, self._type: 8,
        }  # fmt: skip

    def pause_ms(self) -> int:
        """How long to wait before the next event: mostly no longer than a turn of the event loop."""
        return self.random.choices((0, 10, 50, 200), (80, 10, 6, 4))[0]

    def act(self) -> None:
        """Make one event on whatever takes events now."""
        if isinstance(QApplication.activeModalWidget(), QFileDialog):
            self._choose_file()
            return
        ways = list(self._ways)
        self.random.choices(ways, list(self._ways.values()))[0]()

    def _say(self, text: str) -> None:
        self.done.append(text)

    # ---- where
    def _top(self) -> QWidget:
        """What takes events now: a menu before a dialog, a dialog before the window."""
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window

    def _inside(self, widget: QWidget) -> QPoint:
        seen = widget.visibleRegion().boundingRect()
        seen = widget.rect() if seen.isEmpty() else seen
        return QPoint(
            self.random.randint(seen.left(), max(seen.left(), seen.right())),
            self.random.randint(seen.top(), max(seen.top(), seen.bottom())),
        )

    def _some(self, kinds: tuple[type[QWidget], ...] = (QWidget,)) -> QWidget | None:
        top = self._top()
        found = [each for each in top.findChildren(QWidget) if isinstance(each, kinds) and _can_be_hit(each)]
        return self.random.choice(found) if found else None

    # ---- what
    def _click(self) -> None:
        top = self._top()
        if isinstance(top, QMenu):
            self._click_in_menu(top)
            return
        target = self._some(LIVELY) if self.random.random() < 0.75 else self._some()
        if target is None:
            return
        at, button = self._inside(target), self.random.choice(BUTTONS)
        modifier = self.random.choice(MODIFIERS)
        self._say(f"click {_name(target)} at {at.x()}, {at.y()} {button.name} {modifier.name}")
        act = QTest.mouseDClick if self.random.random() < 0.08 else QTest.mouseClick
        act(target, button, modifier, at)

    def _click_in_menu(self, menu: QMenu) -> None:
        actions = [action for action in menu.actions() if action.isEnabled() and not action.isSeparator()]
        if not actions or self.random.random() < 0.2:
            self._say("leave the menu")
            QTest.keyClick(menu, Qt.Key.Key_Escape)
            return
        action = self.random.choice(actions)
        self._say(f"menu {action.text()}")
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, NONE, menu.actionGeometry(action).center())

    def _key(self) -> None:
        keys = self.random.choice(KEYS)
        target = QApplication.focusWidget() or self._top()
        self._say(f"keys {keys} to {_name(target)}")
        QTest.keySequence(target, keys)

    def _type(self) -> None:
        target = self._some((QLineEdit,))
        if isinstance(target, QLineEdit):
            word = self.random.choice(WORDS)
            self._say(f"type {word!r} into {_name(target)}")
            target.selectAll()
            for character in word:  # QTest itself aborts at letters beyond ASCII
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    QApplication.sendEvent(target, QKeyEvent(kind, 0, NONE, character))
            if self.random.random() < 0.5:
                QTest.keyClick(target, Qt.Key.Key_Return)

    def _drag(self) -> None:
        target = self._some((QAbstractSlider,)) if self.random.random() < 0.4 else self._some()
        if target is None:
            return
        begin, end = self._inside(target), self._inside(target)
        button = self.random.choice((*BUTTONS, Qt.MouseButton.MiddleButton))
        modifier = self.random.choice(MODIFIERS)
        way = f"{begin.x()}, {begin.y()} to {end.x()}, {end.y()}"
        self._say(f"drag {_name(target)} {way} {button.name} {modifier.name}")
        QTest.mousePress(target, button, modifier, begin)
        for part in (0.3, 0.7, 1.0):
            if _can_be_hit(target):
                QTest.mouseMove(target, begin + (end - begin) * part)
        if _can_be_hit(target):
            QTest.mouseRelease(target, button, modifier, end)

    def _wheel(self) -> None:
        target = self._some()
        if target is None:
            return
        at, turns = QPointF(self._inside(target)), self.random.choice((-120, 120, 360))
        modifier = self.random.choice(MODIFIERS)
        self._say(f"wheel {turns} on {_name(target)} {modifier.name}")
        event = QWheelEvent(
            at, target.mapToGlobal(at), QPoint(), QPoint(0, turns), Qt.MouseButton.NoButton, modifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(target, event)

    def _drop(self) -> None:
        handle = self.window.windowHandle()
        if isinstance(self._top(), QMenu | QDialog) or handle is None:
            return
        paths = self.random.choice(self.paths)
        self._say(f"drop {', '.join(path.name for path in paths)}")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        QApplication.sendEvent(handle, QDragEnterEvent(QPoint(300, 300), actions, data, buttons, NONE))
        drop = QDropEvent(QPointF(300, 300), actions, data, buttons, NONE, QEvent.Type.Drop)
        QApplication.sendEvent(handle, drop)

    def _choose_file(self) -> None:
        """Never walk about in the file system: choose what is meant for it, or nothing."""
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            return
        saves = dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        if self.random.random() < 0.5:
            self._say("leave the file dialog")
            dialog.reject()
            return
        path = self.outside.with_name(f"saved-{self.random.randrange(4)}") if saves else self.outside
        self._say(f"choose {path.name} in {dialog.windowTitle()!r}")
        dialog.selectFile(str(path))
        dialog.accept()
        if dialog.isVisible():  # it asks whether to replace, or does not take it
            dialog.reject()


def _can_be_hit(widget: QWidget) -> bool:
    try:
        return widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()
    except RuntimeError:  # gone while it was looked at
        return False


def _name(widget: QWidget) -> str:
    text = widget.accessibleName() or widget.objectName() or getattr(widget, "text", lambda: "")()
    return f"{type(widget).__name__}({text})" if text else type(widget).__name__
