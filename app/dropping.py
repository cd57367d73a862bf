"""Files and folders can be dropped anywhere on the window, whatever widget is there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget


class DropCatcher(QObject):
    """Takes the drags of a window before its widgets see them (a text field would paste the path).

    Signals: `dropped` (tuple of `Path`), `hovering` (bool) while files are held over the window.
    """

    dropped = Signal(tuple)
    hovering = Signal(bool)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the window's native handle, and take what brings files."""
        kind = event.type()
        if kind in (QEvent.Type.Show, QEvent.Type.WinIdChange) and watched is self._window:
            handle = self._window.windowHandle()
            if handle is not None:
                handle.removeEventFilter(self)
                handle.installEventFilter(self)
        elif kind == QEvent.Type.DragLeave:
            self.hovering.emit(False)
        elif isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent):
            return self._take(event)
        return False

    def _take(self, event: QDropEvent) -> bool:
        paths = local_paths(event.mimeData())
        if not paths:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.DragEnter:
            self.hovering.emit(True)
        elif event.type() == QEvent.Type.Drop:
            self.hovering.emit(False)
            self.dropped.emit(paths)
        return True


def local_paths(data: QMimeData) -> tuple[Path, ...]:
    """The files and folders of this machine that a drag brings."""
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())
