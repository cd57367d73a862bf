"""A hand on the whole window, without pytest, so that benchmarks have one, too."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QWidget,
)

from app.gc_guard import CollectorGuard
from app.geometry import Z
from app.main_window import MainWindow
from app.problems import Problem, Problems
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from core.job import Job
from core.step import Stage
from tests.app.leftovers import flush_deletions, nothing_left

PATIENCE_S, LARGE = 240.0, 1 << 20
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
W = TypeVar("W", bound=QWidget)


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files as the desktop does: onto the native window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(map(str, paths)))
    actions, handle = Qt.DropAction.CopyAction, window.windowHandle()
    enter = QDragEnterEvent(QPoint(300, 300), actions, data, LEFT, NONE)
    QApplication.sendEvent(handle, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(handle, QDropEvent(QPointF(300, 300), actions, data, LEFT, NONE, QEvent.Type.Drop))


def texts(widget: QWidget) -> str:
    """Everything that labels say."""
    return "\n".join(found.text() for found in widget.findChildren(QLabel))


@contextmanager
def slowed(part: str, seconds: float = 0.2) -> Iterator[None]:
    """Make what tells of its progress in these words take longer, so that it can be stopped there."""
    before = Job.progress

    def progress(self: Job, done: int, total: int, message: str) -> None:
        if part in message:
            time.sleep(seconds)
        before(self, done, total, message)

    Job.progress = progress  # type: ignore[method-assign]
    try:
        yield
    finally:
        Job.progress = before  # type: ignore[method-assign]


class Hand:
    """One window and who uses it."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        self.window, self.desk, self.program = window, desk, window.program

    # ---- waiting
    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let events run until something is true."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited for {PATIENCE_S:.0f} s in vain {what}: {self.desk.said()}")
            QTest.qWait(5)

    def until_idle(self) -> None:
        """Wait until no job is left."""
        self.until(lambda: not self.program.busy, "for the last job")

    def cancelled(self, what: str, cancel: Callable[[], object], over: Callable[[], bool]) -> None:
        """Cancel something, and keep how long it took to end."""
        began = time.monotonic()
        cancel()
        self.until(over, f"after {what}")
        self.desk.cancels[what] = time.monotonic() - began

    # ---- finding
    def top(self) -> QWidget:
        """What takes events: a dialog before the window."""
        return QApplication.activeModalWidget() or self.window

    def find(self, kind: type[W], name: str, within: QWidget | None = None) -> W:
        """Wait for the visible control of that accessible name or text."""

        def there() -> list[W]:
            # Looked up each time: a page may be made anew while it is waited for.
            everywhere = (within or self.top()).findChildren(kind)
            return [one for one in everywhere if one.isVisible() and _called(one, name)]

        self.until(there, f"for {name!r}")
        return there()[0]

    def dialog(self, kind: type[W]) -> W:
        """Wait for the dialog of a kind."""

        def shown() -> list[W]:
            return [one for one in self.window.findChildren(kind) if one.isVisible()]

        self.until(shown, f"for a {kind.__name__}")
        return shown()[0]

    # ---- doing
    def drop(self, *paths: Path) -> None:
        """Drop files, and wait until there is a stack."""
        drop(self.window, *paths)
        self.until(lambda: self.program.session.volume is not None, "for the stack")

    def click(self, name: str, within: QWidget | None = None) -> None:
        """Press a button by its accessible name or text."""
        self.press(self.find(QAbstractButton, name, within))

    def press(self, button: QAbstractButton) -> None:
        """Press a button, once it can be."""
        self.until(lambda: button.isVisible() and button.isEnabled(), f"for {button.text()!r}")
        _show(button)
        QTest.mouseClick(button, LEFT)

    def stage(self, stage: Stage) -> None:
        """Click a stage on the rail."""
        QTest.mouseClick(self.window.rail.buttons[stage], LEFT)
        flush_deletions()

    def act(self, name: str) -> None:
        """Press a button of the tool bar, or choose the action where it has none."""
        action = self.window.acts[name]
        buttons = self.window.findChildren(QToolButton)
        mine = [one for one in buttons if one.defaultAction() is action and one.isVisible()]
        if mine:
            self.press(mine[0])
        else:
            action.trigger()

    def answer(self, kind: type[QWidget], text: str) -> str:
        """Press a button of a dialog; what it had said."""
        dialog = self.dialog(kind)
        said = texts(dialog)
        self.click(text, dialog)
        flush_deletions()
        return said

    def choose_file(self, file: Path) -> None:
        """Name a file in the file dialog that is open."""
        dialog = self.dialog(QFileDialog)
        dialog.setDirectory(str(file.parent))
        dialog.selectFile(file.name)
        QTest.qWait(50)
        dialog.accept()
        self.until(lambda: not dialog.isVisible())
        flush_deletions()

    def enter(self, name: str, text: str, within: QWidget | None = None) -> None:
        """Type over a value, or go to an entry of a list with the arrow keys."""
        control = self.find(QWidget, name, within)
        _show(control)
        control.setFocus()
        if isinstance(control, QComboBox):
            self.until(lambda: control.findText(text) >= 0, f"for {text!r} in {_entries(control)}")
            QTest.keyClick(control, Qt.Key.Key_Home)
            for _ in range(control.findText(text)):
                QTest.keyClick(control, Qt.Key.Key_Down)
            assert control.currentText() == text
        else:
            line = control if isinstance(control, QLineEdit) else control.findChild(QLineEdit)
            assert line is not None, f"{name} takes no text"
            self.write(line, text)

    def write(self, line: QLineEdit, text: str) -> None:
        """Type over a text."""
        line.selectAll()
        QTest.keyClicks(line, text)

    def stroke(self, *places: tuple[float, float]) -> None:
        """Press, move and release along places (row, column) of the slice in the xy view."""
        pane = self.window.views.slices._panes[Z]
        screen = pane._screen()
        assert screen is not None, "nothing is shown"
        kinds = [
            QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(places) - 1),
            QEvent.Type.MouseButtonRelease,
        ]  # fmt: skip
        for kind, (row, column) in zip(kinds, [*places, places[-1]], strict=True):
            at = QPointF(round(screen.x_of(column)), round(screen.y_of(row)))
            moved = kind is QEvent.Type.MouseMove
            button = Qt.MouseButton.NoButton if moved else LEFT
            held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
            where = QPointF(pane.viewport().mapToGlobal(at.toPoint()))
            QApplication.sendEvent(pane.viewport(), QMouseEvent(kind, at, where, button, held, NONE))

    def type_here(self, text: str) -> str:
        """Type where the keyboard is; the name of that place."""
        focused = QApplication.focusWidget()
        assert isinstance(focused, QLineEdit | QAbstractSpinBox), f"the keyboard is at {focused}"
        QTest.keyClicks(focused, text)
        return focused.accessibleName()

    def close(self) -> None:
        """Close the window, and wait until it is gone."""
        self.window.close()
        self.until(lambda: not self.window.isVisible(), "for the window to close")


class Desk:
    """Opens windows as the program does; when it is left, nothing of them may be there any more.

    Attributes
    ----------
    cancels : dict of str to float
        Seconds from each cancel to the end.
    problems : list of Problem
        Errors that were shown.
    """

    def __init__(self, application: QApplication, folder: Path) -> None:
        self._application, self._folder = application, folder
        self.cancels: dict[str, float] = {}
        self.problems: list[Problem] = []
        self._hands: list[Hand] = []
        self._left = ExitStack()

    def __enter__(self) -> Desk:
        self._before = large_arrays()
        self._left.enter_context(nothing_left())
        self._settings = Settings(self._folder / "settings.ini")
        self._settings.theme = "dark"
        self._theme, self._problems = Theme(self._application, self._settings), Problems()
        self._problems.install()
        self._problems.occurred.connect(self.problems.append)
        self._guard = CollectorGuard()
        self._guard.start()
        return self

    def open(self) -> Hand:
        """A new window."""
        hand = Hand(MainWindow(Program(self._settings, self._problems), self._theme), self)
        self._hands.append(hand)
        hand.window.show()
        QTest.qWaitForWindowExposed(hand.window)
        hand.window.activateWindow()
        return hand

    def said(self) -> str:
        """The errors that were shown, and the dialogs there are."""
        shown = [texts(one) for one in QApplication.topLevelWidgets() if one.isVisible() and one.isModal()]
        return "\n".join([*(problem.text() for problem in self.problems), *shown])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._hands:
            self._take_down(self._hands.pop())
        self._guard.stop()
        self._problems.uninstall()
        self._application.setStyleSheet("")
        for part in (self._guard, self._problems, self._theme):
            part.deleteLater()
        flush_deletions()
        if kind is None:
            self._left.close()
            assert not self.problems, self.said()
            left = new_arrays(self._before)
            assert not left, f"large arrays left behind: {left}"

    def _take_down(self, hand: Hand) -> None:
        if hand.window.isVisible():
            hand.program.stop()
            hand.until(lambda: not hand.program.working)
            hand.close()
        hand.program.deleteLater()
        hand.window.deleteLater()


def _called(widget: QWidget, name: str) -> bool:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return name in (widget.accessibleName(), text.replace("&", ""))


def _entries(box: QComboBox) -> list[str]:
    return [box.itemText(index) for index in range(box.count())]


def _show(widget: QWidget) -> None:
    """Scroll to a control, as whoever wants to press it does."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()


# ---------------------------------------------------------------------------------- what is left
def large_arrays() -> dict[int, weakref.ref[np.ndarray]]:
    """Arrays above a megabyte that something refers to, by identity; of views what they look into."""
    gc.collect()
    found: dict[int, weakref.ref[np.ndarray]] = {}
    for one in gc.get_objects():
        for held in _held(one):
            if issubclass(type(held), np.ndarray) and held.nbytes > LARGE:
                while isinstance(held.base, np.ndarray):
                    held = held.base
                found[id(held)] = weakref.ref(held)
    return found


def _held(one: object) -> Iterator[object]:
    """What something refers to; the collector knows no arrays, nor dicts and tuples of nothing else.

    Not isinstance: what only stands for something else may object to being asked for its class.
    """
    for held in gc.get_referents(one):
        if issubclass(type(held), dict | tuple) and not gc.is_tracked(held):
            yield from _held(held)
        else:
            yield held


def new_arrays(before: dict[int, weakref.ref[np.ndarray]]) -> list[str]:
    """Large arrays that were not there before, in words."""
    told = []
    for number, now in large_arrays().items():
        array = now()
        known = before.get(number)
        if array is not None and (known is None or known() is not array):
            told.append(f"{array.dtype} {array.shape}, {_holders(array)}")
    return told


def _holders(array: np.ndarray) -> str:
    frame = sys._getframe()
    holders = [one for one in gc.get_referrers(array) if one is not frame and type(one).__name__ != "frame"]
    above = [type(two).__name__ for one in holders for two in gc.get_referrers(one)][:6]
    return f"held by {[type(one).__name__ for one in holders]} of {above}"
