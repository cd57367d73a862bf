"""The controls above the 3D view: a row that is always there, and one open panel at a time."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap, QStandardItemModel
from PySide6.QtWidgets import QColorDialog, QSlider, QToolButton, QVBoxLayout, QWidget

from app.canvas.cut_panel import CutPanel
from app.canvas.labels_panel import LabelsPanel
from app.canvas.look import ALL_AXES, COLOUR_MAPS, MODES, Look
from app.canvas.output_panels import MoviePanel, PicturePanel
from app.canvas.panel_parts import check_box, flowing
from app.flow import FlowLayout
from app.forms_number import NumberBox, UnreadableError
from app.geometry import CUT_NAMES
from app.widgets import combo_box, tool_button

STEPS = 1000
TIPS = {
    "Labels": "Which labels are shown, and how opaque",
    "Slices": "The slices at the cursor, in the volume",
    "Cut": "Cut parts away along x, y and z, or with an oblique plane",
    "Picture": "Axes, scale bar, and saving what is shown",
    "Movie": "A turn of the volume as a movie",
}


class VolumeControls(QWidget):
    """Mode, threshold, colours, and panels for the rest. It only asks; `VolumeView` decides."""

    mode_chosen = Signal(str)
    threshold_chosen = Signal(float)
    colour_map_chosen = Signal(str)
    colour_chosen = Signal(QColor)
    slices_chosen = Signal(object)
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = (0.0, 255.0)
        self.mode = combo_box(list(MODES.values()), "How the volume is drawn")
        self.mode.currentIndexChanged.connect(lambda index: self._choose_mode(list(MODES)[index]))
        self._maps = combo_box(list(COLOUR_MAPS), "Colour map")
        self._maps.currentTextChanged.connect(self.colour_map_chosen)
        self._make_surface()
        self.cut, self.labels = CutPanel(), LabelsPanel()
        self.picture, self.movie = PicturePanel(), MoviePanel()
        self.panels: dict[str, QWidget] = {
            "Labels": self.labels, "Slices": self._slices(), "Cut": self.cut,
            "Picture": self.picture, "Movie": self.movie,
        }  # fmt: skip
        self.tabs = {name: self._tab(name) for name in self.panels}
        reset = tool_button("Reset view", "Everything, from the front (Home or double click)")
        reset.clicked.connect(self.reset_wanted)
        line = FlowLayout(gap=2)
        for widget in (
            self.mode,
            self._maps,
            self._slider,
            self._number,
            self._colour,
            *self.tabs.values(),
            reset,
        ):
            line.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(line)
        for panel in self.panels.values():
            panel.setVisible(False)
            layout.addWidget(panel)
        self.set_mode("mip")

    def _make_surface(self) -> None:
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setAccessibleName("Grey value of the surface, slider")
        self._slider.setToolTip("Grey value of the surface")
        self._slider.setMinimumWidth(self.fontMetrics().horizontalAdvance("x") * 12)
        self._slider.valueChanged.connect(self._slid)
        self._number = NumberBox(whole=False)
        self._number.setAccessibleName("Grey value of the surface")
        self._number.setToolTip("Grey value of the surface")
        self._number.editingFinished.connect(self._typed)
        self._colour = tool_button("Colour", "Colour of the surface")
        self._colour.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._colour.clicked.connect(self._ask_colour)

    def _slices(self) -> QWidget:
        panel = QWidget()
        self.slices = {
            axis: check_box(
                name, f"Slice {name} in the volume", f"Show the {name} slice at the cursor in the volume"
            )
            for axis, name in CUT_NAMES.items()
        }
        for box in self.slices.values():
            box.toggled.connect(lambda _on: self.slices_chosen.emit(self.shown_slices()))
        flowing(panel, *self.slices.values())
        return panel

    def _tab(self, name: str) -> QToolButton:
        made = tool_button(name, TIPS[name])
        made.setCheckable(True)
        made.toggled.connect(lambda on: self._open(name, on))
        return made

    def _open(self, name: str, on: bool) -> None:
        """Open a panel, and close the one that was open."""
        for other, tab in self.tabs.items():
            if on and other != name:
                tab.setChecked(False)
        self.panels[name].setVisible(on)

    # ------------------------------------------------------------------ shown without announcing
    def begin(self, look: Look, *, labelled: bool) -> None:
        """Show what another stack begins with."""
        self.cut.show_cut(look.cut)
        for axis, (low, high) in zip("zyx", look.clip, strict=True):
            self.cut.show_box(axis, low, high)
        # The model of a combo box says itself whether an item can be chosen.
        item = cast("QStandardItemModel", self.mode.model()).item(list(MODES).index("labels"))
        item.setEnabled(labelled)

    def show_panel(self, name: str) -> None:
        """Open one of the panels."""
        self.tabs[name].setChecked(True)

    def set_mode(self, mode: str) -> None:
        """Show the mode and what belongs to it."""
        with QSignalBlocker(self.mode):
            self.mode.setCurrentIndex(list(MODES).index(mode))
        self._maps.setVisible(mode == "mip")
        for widget in (self._slider, self._number, self._colour):
            widget.setVisible(mode == "iso")
        self.tabs["Labels"].setVisible(mode == "labels")
        if mode != "labels":
            self.tabs["Labels"].setChecked(False)

    def shown_slices(self) -> frozenset[int]:
        """Axes across which slices are shown."""
        return frozenset(axis for axis, box in self.slices.items() if box.isChecked())

    def set_slices(self, axes: frozenset[int]) -> None:
        """Show which slices are shown."""
        for axis, box in self.slices.items():
            with QSignalBlocker(box):
                box.setChecked(axis in axes)

    def set_limits(self, low: float, high: float) -> None:
        """Set the range of grey values of the threshold slider."""
        self._limits = (low, high if high > low else low + 1.0)

    def set_threshold(self, value: float) -> None:
        """Show the threshold."""
        low, high = self._limits
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._slider.setValue(round(STEPS * (value - low) / (high - low)))
            self._number.show_number(float(f"{value:.5g}"))

    def set_colour_map(self, name: str) -> None:
        """Show the colour map."""
        with QSignalBlocker(self._maps):
            self._maps.setCurrentText(name)

    def set_colour(self, colour: QColor) -> None:
        """Show the colour of the surface."""
        side = self.fontMetrics().height()
        swatch = QPixmap(side, side)
        swatch.fill(colour)
        self._colour.setIcon(QIcon(swatch))

    # ------------------------------------------------------------------ reactions
    def _choose_mode(self, mode: str) -> None:
        self.set_mode(mode)
        self.mode_chosen.emit(mode)
        if mode == "none" and not self.shown_slices():
            self.set_slices(ALL_AXES)
            self.slices_chosen.emit(ALL_AXES)

    def _slid(self, position: int) -> None:
        low, high = self._limits
        value = float(f"{low + (high - low) * position / STEPS:.5g}")
        with QSignalBlocker(self._number):
            self._number.show_number(value)
        self.threshold_chosen.emit(value)

    def _typed(self) -> None:
        try:
            value = self._number.number()
        except UnreadableError:
            value = None
        if value is not None:
            self.set_threshold(float(value))
            self.threshold_chosen.emit(float(value))

    def _ask_colour(self) -> None:
        dialog = QColorDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self.colour_chosen)
        dialog.open()
