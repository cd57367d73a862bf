"""Grey values along a line and how often they occur; the list of all lines on the slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.flow import FlowLayout
from app.geometry import Z
from app.histograms import Counted, counted, slice_sample
from app.plots.histogram import HistogramPanel
from app.plots.lines import Line, place_of, table_of, value_of
from app.plots.profile import WIDEST_PX, profile_along
from app.plots.profile_plot import ProfilePlot
from app.widgets import OneLine, column, combo_box, label, row, tool_button

if TYPE_CHECKING:
    from app.plots.slices import SliceViews

SOON_MS = 40  # changes that come within this time are drawn once
LIST_PX = (252, 340)  # at least, at most
SHOWN = {"profile": "Line profile", "slice": "Slice histogram", "volume": "Volume histogram"}
INVITATION = "Draw a line on one of the cuts: choose Profile above the slices (L), press, drag, let go."


class GreyValuesPanel(QWidget):
    """Left the lines, right one plot at a time.

    Signals: `save_wanted` (title, file name, text), `volume_wanted` when the histogram of the volume is to be
    counted, `said` (text).
    """

    save_wanted = Signal(str, str, str)
    volume_wanted = Signal()
    said = Signal(str)

    def __init__(self, views: SliceViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views, self._gauges = views, views.gauges
        self._counted: Counted | None = None  # of the volume
        self.lines = QListWidget()
        self.lines.setAccessibleName("Lines on the slices")
        self.lines.setToolTip("A click goes to the slice of a line; Delete takes the line away")
        self.plot_choice = combo_box(list(SHOWN.values()), "What is plotted")
        self.line_width = QSpinBox()
        self.profile, self.histogram = ProfilePlot(), HistogramPanel(handles=("Black", "White"))
        self.told = OneLine()
        self.told.setProperty("role", "small")
        self._empty = label(INVITATION, "quiet")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._plots = QStackedWidget()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.refresh()

    # ------------------------------------------------------------------ what is shown
    def show_plot(self, name: str) -> None:
        """Choose one of `SHOWN`."""
        self.plot_choice.setCurrentIndex(list(SHOWN).index(name))

    @property
    def shown(self) -> str:
        """Which of `SHOWN` is chosen."""
        return list(SHOWN)[self.plot_choice.currentIndex()]

    def set_volume_histogram(self, found: Counted | None, text: str = "") -> None:
        """Show the counts of the whole volume; without them, a text that says how far it is."""
        self._counted = found
        if self.shown == "volume":
            self._tell(text if found is None else found.said)
            self._show_counts(found)

    def refresh(self) -> None:
        """Bring list and plot up to date."""
        self._soon.stop()
        self._list_lines()
        profile = self.shown == "profile"
        self._width_row.setVisible(profile)
        with QSignalBlocker(self.line_width):
            self.line_width.setValue(self._gauges.width_px)
        self._copy.setVisible(profile)
        self._save.setVisible(profile)
        if profile:
            self._show_profile()
            return
        self._plots.setCurrentWidget(self.histogram)
        if self.shown == "volume":
            self._show_counts(self._counted)
            if self._counted is None and self._views.gauges.frame is not None:
                self.volume_wanted.emit()
            return
        plane = self._views.cut(Z).plane()
        # The slice that is seen, which may not be the one at the cursor yet.
        found = None if plane is None else counted(slice_sample(plane.levels[0].data), f"slice {plane.index}")
        self._tell("" if found is None else found.said)
        self._show_counts(found)

    def refresh_soon(self) -> None:
        """The same, once after all changes of this moment, and only if somebody sees it."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was not drawn while nobody saw it."""
        super().showEvent(event)
        self._soon.start()

    def stop(self) -> None:
        """Draw no more."""
        self._soon.stop()

    def _show_profile(self) -> None:
        line, frame = self._gauges.profile, self._gauges.frame
        if line is None or frame is None:
            self._plots.setCurrentWidget(self._empty)
            self.profile.set_profile(None)
            self._tell("")
        else:
            sheets = self._views.sheets(line.axis)
            ends = line.points[0], line.points[-1]
            self.profile.set_profile(profile_along(frame, line.axis, ends, sheets, self._gauges.width_px))
            coarse = any(max(sheet.step) > 1 for sheet in sheets.values())
            self._tell(place_of(line) + ("; from the overview, every voxel is read soon" * coarse))
            self._plots.setCurrentWidget(self.profile)
        known = self.profile.shown is not None
        self._copy.setEnabled(known)
        self._save.setEnabled(known)

    def _tell(self, text: str) -> None:
        self.told.setText(text)

    def _show_counts(self, found: Counted | None) -> None:
        if found is None:
            self.histogram.clear()
            return
        self.histogram.set_histogram(found.counts, found.edges)
        self._show_levels()

    def _show_levels(self) -> None:
        if self.shown != "profile" and not self._dragging:
            self.histogram.set_thresholds([float(f"{level:.6g}") for level in self._views.levels()])

    def _list_lines(self) -> None:
        frame, lines = self._gauges.frame, self._gauges.lines
        texts = [] if frame is None else [f"{each.name}   {value_of(each, frame)}" for each in lines]
        with QSignalBlocker(self.lines):
            while self.lines.count() > len(texts):
                self.lines.takeItem(self.lines.count() - 1)
            while self.lines.count() < len(texts):
                self.lines.addItem(QListWidgetItem())
            for number, (text, line) in enumerate(zip(texts, lines, strict=bool(texts))):
                item = self.lines.item(number)
                item.setText(text)
                item.setToolTip(f"{text}\n{place_of(line)}")
            chosen = self._gauges.chosen
            self.lines.setCurrentRow(lines.index(chosen) if chosen in lines and texts else -1)
        for each in (self._remove, self._clear, self._copy_lines):
            each.setEnabled(bool(texts))
        self._none.setVisible(not texts)
        self.lines.setVisible(bool(texts))

    # ------------------------------------------------------------------ parts
    def _make_buttons(self) -> None:
        self._dragging = False
        self._remove = tool_button("Delete", "Take the chosen line away (Delete)")
        self._clear = tool_button("Clear", "Take all lines away")
        self._copy_lines = tool_button("Copy", "Copy all lines with their values, for a spreadsheet")
        self._copy_lines.setAccessibleName("Copy the lines")
        self._copy = tool_button("Copy", "Copy the profile as comma-separated values")
        self._copy.setAccessibleName("Copy the profile")
        self._save = tool_button("Save…", "Save the profile as comma-separated values")
        self._save.setAccessibleName("Save the profile")
        self.line_width.setRange(1, WIDEST_PX)
        self.line_width.setSuffix(" px")
        self.line_width.setAccessibleName("Width of the line")
        self.line_width.setToolTip(
            "Mean over so many lines beside each other, 1–15 px; more shows less noise"
        )
        text = QLabel("Width")
        text.setBuddy(self.line_width)
        self._width_row = QWidget()
        self._width_row.setLayout(row(text, self.line_width))

    def _lay_out(self) -> None:
        for widget in (self.profile, self.histogram, self._empty):
            self._plots.addWidget(widget)
        self.lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.lines.setSpacing(1)
        self._none = label("None yet: Profile, Distance and Angle above the slices draw them.", "quiet")
        head = flowing(label("LINES", "section", wrap=False), self._copy_lines, self._remove, self._clear)
        left = QWidget()
        left.setLayout(column(head, self.lines, self._none, None, gap=4))
        left.setMinimumWidth(LIST_PX[0])
        left.setMaximumWidth(LIST_PX[1])
        right, within = QWidget(), QVBoxLayout()
        within.setContentsMargins(0, 0, 0, 0)
        within.setSpacing(4)
        within.addWidget(flowing(self.plot_choice, self._width_row))
        aside = row(self.told, self._copy, self._save)
        aside.setStretch(0, 1)
        within.addLayout(aside)
        within.addWidget(self._plots, 1)
        right.setLayout(within)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(16)
        layout.addWidget(left, 1)
        layout.addWidget(right, 3)

    def _connect(self) -> None:
        gauges, views = self._gauges, self._views
        gauges.changed.connect(self.refresh_soon)
        views.picture_changed.connect(self._picture_changed)
        views.levels_changed.connect(lambda _low, _high: self._show_levels())
        self.plot_choice.currentIndexChanged.connect(lambda _index: self.refresh())
        self.line_width.valueChanged.connect(gauges.set_width)
        self.lines.currentRowChanged.connect(self._choose)
        self.lines.itemClicked.connect(lambda item: self._visit(self.lines.row(item)))
        self._remove.clicked.connect(lambda: gauges.remove(gauges.chosen))
        self._clear.clicked.connect(gauges.clear)
        self._copy_lines.clicked.connect(self._copy_all_lines)
        self._copy.clicked.connect(lambda: self._to_clipboard(self._csv, "The profile"))
        self._save.clicked.connect(
            lambda: self.save_wanted.emit("Save the profile", "profile.csv", self._csv())
        )
        self.histogram.threshold_moving.connect(self._move_level)
        self.histogram.threshold_moved.connect(self._move_level)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.lines)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(lambda: gauges.remove(gauges.chosen))

    def _picture_changed(self, axis: int) -> None:
        line = self._gauges.profile
        if (self.shown == "slice" and axis == Z) or (line is not None and line.axis == axis):
            self.refresh_soon()

    def _move_level(self, _index: int, _value: float) -> None:
        low, high = sorted(self.histogram.thresholds())
        self._dragging = True
        self._views.set_levels(low, high)
        self._dragging = False

    # ------------------------------------------------------------------ lines
    def _choose(self, number: int) -> None:
        if 0 <= number < len(self._gauges.lines):
            self._gauges.choose(self._gauges.lines[number])

    def _visit(self, number: int) -> None:
        line: Line = self._gauges.lines[number]
        place = list(self._views.cursor_zyx())
        place[line.axis] = line.index
        self._views.set_cursor(*place)

    def _csv(self) -> str:
        return "" if self.profile.shown is None else self.profile.shown.csv()

    def _copy_all_lines(self) -> None:
        frame = self._gauges.frame
        if frame is not None:
            self._to_clipboard(lambda: table_of(self._gauges.lines, frame), "The lines")

    def _to_clipboard(self, made: Callable[[], str], what: str) -> None:
        QGuiApplication.clipboard().setText(made())
        self.said.emit(f"{what} can be pasted now")


def flowing(*widgets: QWidget) -> QWidget:
    """Widgets side by side, in several lines where there is no room."""
    made = QWidget()
    layout = FlowLayout(made, gap=3)
    for widget in widgets:
        layout.addWidget(widget)
    return made
