"""How an error looks."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPlainTextEdit, QPushButton, QWidget

from app.problems import Problem
from app.theme import Theme, drawn
from app.widgets import MARGIN, button, column, frame, label, row

WIDTH_PX = 560


class ProblemDialog(QDialog):
    """What happened, expected against found, what to do; details and copying on request."""

    def __init__(self, problem: Problem, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self.problem = problem
        self._details = self._details_box()
        self._more = button("Show details", self._toggle_details, kind="flat")
        self.close_button = button("Close", self.accept, kind="primary")
        body = column(
            label(problem.heading, "title"),
            label(problem.what),
            *self._facts(),
            *self._remedy(),
            None,
            gap=12,
        )
        sign = QLabel()
        pixel_ratio = self.devicePixelRatioF()
        sign_pixmap = drawn("warning", theme.colours.warn, QSize(36, 36) * pixel_ratio)
        sign_pixmap.setDevicePixelRatio(pixel_ratio)
        sign.setPixmap(sign_pixmap)
        top = row(sign, gap=MARGIN)
        top.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
        top.addLayout(body, 1)
        self.setLayout(
            column(
                top,
                self._details,
                row(self._more, self._copy(theme), None, self.close_button),
                margin=24,
                gap=20,
            )
        )
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def sizeHint(self) -> QSize:  # noqa: D102 - Qt's name
        width, layout = max(WIDTH_PX, super().sizeHint().width()), self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return super().sizeHint()
        return QSize(width, layout.totalHeightForWidth(width))  # wrapped text asks for more than it needs

    def _facts(self) -> list[QWidget]:
        both = (("Expected", self.problem.expected), ("Found", self.problem.got))
        rows = [(name, text) for name, text in both if text]
        if not rows:
            return []
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for index, (name, text) in enumerate(rows):
            grid.addWidget(label(name, "quiet", wrap=False), index, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(text), index, 1)
        holder = QWidget()
        holder.setLayout(grid)
        return [holder]

    def _remedy(self) -> list[QWidget]:
        if not self.problem.remedy:
            return []
        remedy = self.problem.remedy[0].upper() + self.problem.remedy[1:]
        return [frame("notice", column(label("WHAT TO DO", "section"), label(remedy), gap=4, margin=12))]

    def _details_box(self) -> QPlainTextEdit:
        box = QPlainTextEdit(self.problem.details)
        box.setReadOnly(True)
        box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        box.setMinimumHeight(180)
        box.hide()
        return box

    def _copy(self, theme: Theme) -> QPushButton:
        return button("Copy", self.copy, icon=theme.icon("copy", "quiet"), kind="flat")

    def _toggle_details(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        self._more.setText("Hide details" if shown else "Show details")
        self.adjustSize()

    def copy(self) -> None:
        """Put everything on the clipboard as plain text."""
        QGuiApplication.clipboard().setText(self.problem.text())
