"""The row of controls above the slice views."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from app.flow import FlowLayout
from app.plots.colour import COLOUR_MAPS
from app.plots.comparison import MODES
from app.widgets import combo_box, tool_button
from app.widgets import row as side_by_side

VIEWS = {"all": "xy, xz, yz", "xy": "xy only", "xz": "xz only", "yz": "yz only"}


class SliceControls(QWidget):
    """Contrast, colours, comparison, overlay, zoom. It only asks; `SliceViews` decides."""

    auto_wanted = Signal()
    fit_wanted = Signal()
    colour_map_chosen = Signal(str)
    views_chosen = Signal(str)
    mode_chosen = Signal(str)
    blinked = Signal(bool)
    opacity_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = combo_box(list(VIEWS.values()), "Which cuts are shown")
        self._views.currentIndexChanged.connect(lambda index: self.views_chosen.emit(list(VIEWS)[index]))
        self._maps = combo_box(list(COLOUR_MAPS), "Colour map")
        self._maps.currentTextChanged.connect(self.colour_map_chosen)
        auto = tool_button(
            "Auto contrast", "Fit contrast to this slice (A). Drag with the right button to adjust it."
        )
        auto.clicked.connect(self.auto_wanted)
        fit = tool_button("Fit", "Show everything (F); Ctrl + wheel zooms, the middle button moves")
        fit.clicked.connect(self.fit_wanted)
        self._mode = combo_box(list(MODES.values()), "Compare before and after")
        self._mode.setToolTip(
            "Before or after alone, both with a divider, what differs, or one over the other "
            "(C goes on to the next)"
        )
        self._mode.currentIndexChanged.connect(lambda index: self.mode_chosen.emit(list(MODES)[index]))
        self._blink = tool_button("Blink", "Show before and after in turn, twice a second (B)")
        self._blink.setCheckable(True)
        self._blink.clicked.connect(self.blinked)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setAccessibleName("Opacity of the overlay")
        self._opacity.setToolTip("Opacity of the overlay")
        self._opacity.setMaximumWidth(self.fontMetrics().horizontalAdvance("x") * 14)
        self._opacity.valueChanged.connect(lambda percent: self.opacity_chosen.emit(percent / 100))
        self._opacity_label = QLabel("Opacity")
        self._opacity_label.setBuddy(self._opacity)
        row = FlowLayout(self)
        for shown in (self._views, fit, self._maps, auto):
            row.addWidget(shown)
        self._overlay = QWidget()
        self._overlay.setLayout(side_by_side(self._opacity_label, self._opacity))
        for widget in (self._overlay, self._mode, self._blink):
            row.addWidget(widget)
        self.set_comparable(False)
        self.set_overlay(None)

    def add(self, widget: QWidget) -> None:
        """Put something more at the end of the row."""
        layout = self.layout()
        if layout is not None:
            layout.addWidget(widget)

    def set_comparable(self, possible: bool) -> None:
        """Whether there is an "after" to compare with."""
        self._mode.setVisible(possible)
        self._blink.setVisible(possible)

    def set_mode(self, mode: str) -> None:
        """Show the mode without announcing it."""
        with QSignalBlocker(self._mode):
            self._mode.setCurrentIndex(list(MODES).index(mode))

    def set_blinking(self, on: bool) -> None:
        """Show whether both sides are shown in turn without announcing it."""
        self._blink.setChecked(on)

    def set_colour_map(self, name: str) -> None:
        """Show the colour map without announcing it."""
        with QSignalBlocker(self._maps):
            self._maps.setCurrentText(name)

    def set_views(self, views: str) -> None:
        """Show which cuts are visible without announcing it."""
        with QSignalBlocker(self._views):
            self._views.setCurrentIndex(list(VIEWS).index(views))

    def set_overlay(self, opacity: float | None) -> None:
        """Show the overlay's opacity; None hides the slider."""
        self._overlay.setVisible(opacity is not None)
        if opacity is not None:
            with QSignalBlocker(self._opacity):
                self._opacity.setValue(round(100 * opacity))
