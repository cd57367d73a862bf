"""What stands in the place of the 3D picture while there is none, and the line below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.job import Progress


class Pages(QWidget):
    """Either a message or the picture; below, what the picture shows, and progress."""

    cancel_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, picture: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._again = QPushButton("Read again")
        self._again.clicked.connect(self.again_wanted)
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setAccessibleName("what the 3D view shows")
        self._bar = QProgressBar()
        self._stop = QPushButton("Cancel")
        self._stop.clicked.connect(self.cancel_wanted)
        words = QWidget()
        column = QVBoxLayout(words)
        column.addStretch(1)
        column.addWidget(self._message)
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        self._pages = QStackedLayout()
        self._pages.addWidget(words)
        self._pages.addWidget(picture)
        foot = QHBoxLayout()
        foot.addWidget(self._label, 1)
        foot.addWidget(self._bar)
        foot.addWidget(self._stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._pages, 1)
        layout.addLayout(foot)
        self.show_progress(None)
        self.show_message("Nothing to show yet.")

    def hasHeightForWidth(self) -> bool:
        """Take the room that is left: words below the picture must not push the controls together."""
        return False

    def show_message(self, message: str, *, again: bool = False) -> None:
        """Put a message in place of the picture; `again` offers to read once more."""
        self._message.setText(message)
        self._again.setVisible(again)
        self._pages.setCurrentIndex(0)

    def show_picture(self) -> None:
        """Show the picture instead of a message."""
        self._pages.setCurrentIndex(1)

    def message(self) -> str:
        """Return the message in place of the picture; empty while the picture is shown."""
        return self._message.text() if self._pages.currentIndex() == 0 else ""

    def show_label(self, text: str) -> None:
        """Say what the picture shows."""
        self._label.setText(text)

    def label(self) -> str:
        """Return what the picture shows."""
        return self._label.text()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far reading is; None: nothing is read."""
        self._bar.setVisible(progress is not None)
        self._stop.setVisible(progress is not None)
        if progress is not None:
            self._bar.setMaximum(max(1, progress.total))
            self._bar.setValue(progress.done)
