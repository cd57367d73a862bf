"""Editor of a file name: typed, or chosen in a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from app.forms_editors import TextEditor
from app.tips import tip


class FileEditor(TextEditor):
    """A line of text, and a button that opens a dialog; the dialog does not wait."""

    def __init__(self, *, optional: bool = False, example: str = "") -> None:
        super().__init__(optional=optional, example=example)
        self._browse = QPushButton("…")
        self._browse.setFixedWidth(self._browse.fontMetrics().horizontalAdvance("…") + 30)
        self._browse.setToolTip("Choose the file")
        self._browse.setAccessibleName("Choose the file")
        self._browse.clicked.connect(lambda _checked=False: self._open_dialog())
        self._layout.addWidget(self._browse)

    def controls(self) -> Sequence[QWidget]:
        """Return the line and the button."""
        return (*super().controls(), self._browse)

    def name(self, label: str, description: str) -> None:
        """Name the line; the button keeps its own name."""
        for control in super().controls():
            control.setAccessibleName(label)
            control.setAccessibleDescription(description)
            control.setToolTip(tip(label, description))

    def _open_dialog(self) -> None:
        line = next(control for control in self.controls() if isinstance(control, QLineEdit))
        present = Path(line.text()) if line.text() else Path.home()
        start = present.parent if present.suffix else present
        dialog = QFileDialog(self.window(), "Choose a file", str(start))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(line.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
