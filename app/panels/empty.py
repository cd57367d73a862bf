"""The page before anything is open: where to drop, and what was open last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.theme import Theme, drawn
from app.widgets import button, clear, column, frame, label, row

DROP_WIDTH_PX = 620
MOST_SHOWN = 6
FORMATS = (
    "TIFF, PNG, BMP or JPEG slices · multi-page TIFF · OME-TIFF · OME-Zarr · "
    "MRC · HDF5 · NRRD · MHD · NIfTI · Janelia .dat · raw"
)


class EmptyPage(QWidget):
    """Invites to drop or open.

    Sends `open_folder`, `open_files`, `open_sample`, `simulate`, `open_recent` (paths), and `tour` (bool)
    when the tour that is offered is taken or declined.
    """

    open_folder = Signal()
    open_files = Signal()
    open_sample = Signal()
    simulate = Signal()
    open_recent = Signal(tuple)
    tour = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sign = QLabel()
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drop = self._drop_zone()
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        self._recent_title = label("RECENT", "section")
        self.offer = self._offer()
        middle = column(self.offer, self.drop, self._recent_title, self._recent, gap=14)
        holder = QWidget()
        holder.setFixedWidth(DROP_WIDTH_PX)
        holder.setLayout(middle)
        self.setLayout(column(None, row(None, holder, None), None, margin=24))
        theme.changed.connect(self._recolour)
        self._recolour()
        self.show_recent(())

    def show_recent(self, entries: Sequence[tuple[Path, ...]]) -> None:
        """List what was open last.

        Whether it is still there is not asked: a network drive that is gone would hold the window up.
        """
        clear(self._recent)
        self._recent_title.setVisible(bool(entries))
        for paths in entries[:MOST_SHOWN]:
            self._recent.addWidget(self._recent_button(paths))

    def highlight(self, active: bool) -> None:
        """Show that what is dragged may be dropped."""
        self.drop.setProperty("active", active)
        self.drop.style().unpolish(self.drop)
        self.drop.style().polish(self.drop)

    def _drop_zone(self) -> QWidget:
        title = label("Drop slices here", "title")
        hint = label("a folder, files, a project or a recipe", "quiet")
        formats = label(FORMATS, "small")
        for text in (title, hint, formats):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = row(
            None,
            button("Open folder…", self.open_folder.emit, kind="primary"),
            button("Open files…", self.open_files.emit),
            button("Try the sample", self.open_sample.emit),
            button("Simulate…", self.simulate.emit),
            None,
            gap=10,
        )
        body = column(self._sign, title, hint, buttons, formats, gap=12)
        body.setContentsMargins(40, 44, 40, 36)
        body.insertSpacing(3, 8)
        body.insertSpacing(5, 10)
        return frame("drop", body)

    def _offer(self) -> QWidget:
        words = label("New here? A tour of two minutes shows the way, with a sample that comes along.")
        self.tour_button = button("Take the tour", lambda: self.tour.emit(True), kind="primary")
        self.tour_button.setToolTip("Walk through the window with the sample; it is also in the Help menu")
        self.no_tour_button = button("Not now", lambda: self.tour.emit(False))
        self.no_tour_button.setToolTip("Do not offer it again; it stays in the Help menu")
        both = row(words, self.tour_button, self.no_tour_button, gap=10)
        both.setStretch(0, 1)
        both.setContentsMargins(16, 12, 16, 12)
        made = frame("card", both)
        made.hide()
        return made

    def _recent_button(self, paths: tuple[Path, ...]) -> QPushButton:
        first = paths[0]
        name = first.name if len(paths) == 1 else f"{first.name} and {len(paths) - 1} more"
        made = button(f"{name}   —   {first.parent}", lambda: self.open_recent.emit(paths), kind="flat")
        made.setIcon(self._theme.icon("recent", "quiet"))
        made.setToolTip("\n".join(str(path) for path in paths))
        return made

    def _recolour(self) -> None:
        ratio = self.devicePixelRatioF()
        sign = drawn("drop", self._theme.colours.accent, QSize(72, 72) * ratio)
        sign.setDevicePixelRatio(ratio)
        self._sign.setPixmap(sign)
