"""Training a network: what with and what on the left, how it goes on the right, start below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.panels.train_foot import TrainFoot
from app.panels.train_form import TrainForm
from app.panels.train_live import TrainLive
from app.panels.train_result import TrainResult
from app.theme import Theme
from app.widgets import button, column, flush, frame, label, row, rule, scrolled

FORM_PX, LIVE_PX = 430, 1000
ABOUT = "A network learns from stacks whose truth is known, and becomes one of your models."


class TrainPage(QWidget):
    """Sends `load`, `save` and `leave`; its parts send the rest."""

    load = Signal()
    save = Signal()
    leave = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.form: TrainForm | None = None
        self.live = TrainLive()
        self.result = TrainResult()
        self.result.hide()
        self.foot = TrainFoot(theme)
        self._place = QVBoxLayout()
        self.load_button = button("Open recipe…", self.load.emit)
        self.load_button.setToolTip("Show the settings of a training that were saved (.toml)")
        self.save_button = button("Save recipe…", self.save.emit)
        self.save_button.setToolTip("Save the settings; `trueslice train` takes them, too")
        self.leave_button = button("Back", self.leave.emit)
        self.leave_button.setToolTip("Back to the stack; a training goes on")
        self.missing = label("")
        self.missing_box = frame("notice", column(self.missing, margin=10))
        self.missing_box.hide()
        words = column(label("Train", "title", wrap=False), label(ABOUT, "quiet"), gap=2)
        head = row(gap=8)
        head.addLayout(words, 1)
        for each in (self.load_button, self.save_button, self.leave_button):
            head.addWidget(each)
        head.setContentsMargins(16, 12, 16, 12)
        whole = column(head, rule(), self.missing_box, self._middle(), rule(), self.foot, gap=0)
        whole.setStretch(3, 1)
        self.setLayout(whole)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def add_form(self) -> TrainForm:
        """Make the form; apart from the page, because both together would hold the window up."""
        if self.form is None:
            self.form = TrainForm(self._theme)
            flush(self.form)
            self._place.addWidget(self.form)
        return self.form

    def say_missing(self, text: str) -> None:
        """Say what has to be installed before anything can be trained; nothing hides it."""
        self.missing.setText(text)
        self.missing_box.setVisible(bool(text))

    def _middle(self) -> QSplitter:
        result = column(self.result, gap=0)
        result.setContentsMargins(16, 12, 16, 0)
        whole = column(result, self.live, gap=0)
        whole.setStretch(1, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(scrolled(column(self._place, None, margin=16)))
        splitter.addWidget(scrolled(whole))
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([FORM_PX, LIVE_PX])
        return splitter
