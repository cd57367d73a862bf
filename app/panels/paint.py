"""The bar of the painting tools: what is painted with, how large, and what happens to the whole slice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.painting.brush import SIZES, resized
from app.painting.painting import Painting
from app.painting.strokes import Strokes
from app.theme import Theme
from app.widgets import OneLine, label, row, tool

TOOLS = (
    ("brush", "Brush", "W", "Paint with a round brush"),
    ("eraser", "Eraser", "E", "Take labels away with a round brush"),
    ("fill", "Fill", "R", "Fill pixels of a similar grey value, or a closed outline"),
    ("outline", "Outline", "T", "Draw around an area in one go, or set corners with clicks"),
)
FILLS = {"grey": "Similar grey", "outline": "Closed outline"}
MOST_TOLERANCE = 65535
SLIDER_PX, SWATCH_PX = 84, 14
NEW = "New class"
HINTS = {
    "brush": "1-9 class · [ ] size · Shift and drag moves the slice",
    "eraser": "[ ] size · Shift and drag moves the slice",
    "fill": "Click into an area",
    "outline": "Draw around an area, or click its corners and press Return",
}


class PaintBar(QWidget):
    """Shows and changes the settings of `Painting`; the window connects the rest.

    Attributes
    ----------
    keys : list of QAction
        Everything with a key; only while labels are painted.
    """

    finished = Signal()

    def __init__(self, painting: Painting, strokes: Strokes, theme: Theme) -> None:
        super().__init__()
        self._painting, self._strokes, self._theme = painting, strokes, theme
        self.keys: list[QAction] = []
        self.tools: dict[str, QAction] = {}
        self.classes = QComboBox()
        self.diameter, self.diameter_slider = QSpinBox(), QSlider(Qt.Orientation.Horizontal)
        self.fill_by, self.tolerance = QComboBox(), QSpinBox()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.go_to = QMenu(self)
        self.more = QMenu(self)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._add_tools()
        self._add_class()
        self._add_size()
        self._add_fill()
        self._add_look()
        self._add_slices()
        self._add_keys()
        painting.changed.connect(self.refresh)
        theme.changed.connect(self.recolour)
        self.recolour()
        self.refresh()

    # ------------------------------------------------------------------ parts
    def _add_tools(self) -> None:
        group = QActionGroup(self)
        for name, text, key, tip in TOOLS:
            action = self._key(text, key, partial(self._painting.set_brush, tool=name), tip)
            action.setCheckable(True)
            group.addAction(action)
            self.tools[name] = action
            self._layout.addWidget(_button(action))
        self._layout.addSpacing(6)

    def _add_class(self) -> None:
        self.classes.setAccessibleName("Class")
        self.classes.setToolTip("Class that is painted  (1-9)")
        self.classes.setMinimumContentsLength(7)
        self.classes.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.classes.activated.connect(self._class_chosen)
        self._layout.addWidget(self.classes)

    def _add_size(self) -> None:
        self.diameter.setRange(*SIZES)
        self.diameter.setSuffix(" px")
        self.diameter_slider.setRange(*SIZES)
        self._part = _group(label("Size", "quiet", wrap=False), self.diameter_slider, self.diameter)
        for control, name in (
            (self.diameter, "Size of the brush"),
            (self.diameter_slider, "Size of the brush, slider"),
        ):
            _name(control, name, "Diameter of brush and eraser in px of the slice  ([ and ])")
            control.valueChanged.connect(lambda value: self._painting.set_brush(diameter=value))
        self.diameter_slider.setFixedWidth(SLIDER_PX)
        self._layout.addWidget(self._part)

    def _add_fill(self) -> None:
        for name, text in FILLS.items():
            self.fill_by.addItem(text, name)
        _name(self.fill_by, "Fill by", "What a fill stops at: another grey value, or what was painted")
        self.fill_by.activated.connect(
            lambda place: self._painting.set_brush(fill_by=self.fill_by.itemData(place))
        )
        self.tolerance.setRange(0, MOST_TOLERANCE)
        self.tolerance.setPrefix("± ")
        _name(self.tolerance, "Tolerance", "Greatest difference from the grey value that is clicked")
        self.tolerance.valueChanged.connect(lambda value: self._painting.set_brush(tolerance=float(value)))
        self._filling = _group(self.fill_by, self.tolerance)
        self._layout.addWidget(self._filling)

    def _add_look(self) -> None:
        self._hint = OneLine()
        self._hint.setProperty("role", "small")
        self._layout.addWidget(self._hint, 1)
        self.visible = self._key("Show labels", "V", self._show_or_hide, "Show or hide the labels")
        self.visible.setCheckable(True)
        self.opacity.setRange(5, 100)
        self.opacity.setFixedWidth(SLIDER_PX // 2 + 20)
        _name(self.opacity, "Opacity of the labels", "How strongly labels cover the grey values")
        self.opacity.valueChanged.connect(lambda value: self._painting.set_brush(opacity=value / 100))
        self._layout.addWidget(_button(self.visible))
        self._layout.addWidget(self.opacity)

    def _add_slices(self) -> None:
        strokes = self._strokes
        self.slice_menu = self._menu("This slice", self.more, "What can be done with all labels of the slice")
        self.take = self._item(
            "Take the shown &segmentation", "Take what is shown as solid and pore as labels"
        )
        self.copy = self._item("&Copy from the painted slice before", "Take its labels", strokes.copy_before)
        self.clear = self._item("C&lear", "Take all labels off the slice", strokes.clear)
        self.more.addSeparator()
        self.correct = self._item(
            "C&orrect the segmentation", "Put the labels into the recipe: they replace voxels of its result"
        )
        self.list = self._menu("", self.go_to, "Slices that are painted; choose one to go there")
        self.go_to.aboutToShow.connect(self._list_slices)
        self.done = tool(self._theme.icon("close"), "Paint no more  (Ctrl+B)", self.finished.emit)
        self._layout.addWidget(self.done)

    def _menu(self, text: str, menu: QMenu, tip: str) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setToolTip(tip)
        made.setAccessibleName(text or "Painted slices")
        made.setMenu(menu)
        menu.setToolTipsVisible(True)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow comes after the words
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._layout.addWidget(made)
        return made

    def _item(self, text: str, tip: str, slot: Callable[[], object] | None = None) -> QAction:
        made = self.more.addAction(text)
        made.setToolTip(tip)
        if slot is not None:
            made.triggered.connect(lambda _on=False: slot())
        return made

    def _add_keys(self) -> None:
        self._key("Smaller brush", "[", partial(self._resize, -1))
        self._key("Larger brush", "]", partial(self._resize, 1))
        self._key("Close the outline", "Return", self._strokes.close_outline)
        self._key("Drop the outline", "Shift+Escape", self._strokes.drop_outline)
        self._key("Last corner back", "Backspace", self._strokes.drop_corner)
        for number in range(1, 10):
            self._key(f"Class {number}", str(number), partial(self._class_by_key, number))

    def _key(self, text: str, key: str, slot: Callable[[], object], tip: str = "") -> QAction:
        made = QAction(text, self)
        made.setShortcut(QKeySequence(key))
        made.setToolTip(f"{tip or text}  ({key})")
        made.triggered.connect(lambda _on=False: slot())
        self.keys.append(made)
        return made

    # ------------------------------------------------------------------ what is chosen
    def _resize(self, steps: int) -> None:
        self._painting.set_brush(diameter=resized(self._painting.brush.diameter, steps))

    def _class_by_key(self, number: int) -> None:
        if any(one.value == number for one in self._painting.classes):
            self._painting.set_brush(value=number)

    def _class_chosen(self, place: int) -> None:
        value = self.classes.itemData(place)
        if value is None:
            self._painting.add_class(f"Class {len(self._painting.classes) + 1}")
        else:
            self._painting.set_brush(value=value)

    def _show_or_hide(self) -> None:
        self._painting.set_brush(visible=not self._painting.brush.visible)

    def _list_slices(self) -> None:
        self.go_to.clear()
        for z in self._painting.slices:
            action = self.go_to.addAction(f"Slice {z}")
            action.setCheckable(True)
            action.setChecked(z == self._painting.z)
            action.triggered.connect(lambda _on=False, z=z: self._painting.slice_wanted.emit(z))

    # ------------------------------------------------------------------ showing
    def refresh(self) -> None:
        """Show the settings as they are."""
        painting, brush = self._painting, self._painting.brush
        controls = (self.diameter, self.diameter_slider, self.tolerance, self.opacity, self.fill_by)
        blocked = [QSignalBlocker(control) for control in controls]
        self.diameter.setValue(brush.diameter)
        self.diameter_slider.setValue(brush.diameter)
        self.tolerance.setValue(round(brush.tolerance))
        self.opacity.setValue(round(100 * brush.opacity))
        self.fill_by.setCurrentIndex(list(FILLS).index(brush.fill_by))
        del blocked
        for name, action in self.tools.items():
            action.setChecked(name == brush.tool)
        self.visible.setChecked(brush.visible)
        self._hint.setText(HINTS[brush.tool])
        self._part.setVisible(brush.round)
        self._filling.setVisible(brush.tool == "fill")
        self.tolerance.setVisible(brush.fill_by == "grey")
        count = len(painting.slices)
        self.list.setText("No slice painted" if not count else f"{count} slice{'s' * (count > 1)} painted")
        self.list.setEnabled(count > 0)
        self.classes.setEnabled(brush.tool != "eraser")
        self._show_classes()
        self.setEnabled(painting.stack is not None)
        for key in self.keys:
            key.setEnabled(painting.on)

    def _show_classes(self) -> None:
        classes = self._painting.classes
        shown = [(one.value, one.name) for one in classes]
        if shown != [(self.classes.itemData(n), self.classes.itemText(n)) for n in range(len(shown))]:
            self.classes.clear()
            for one in classes:
                self.classes.addItem(_swatch(one.colour), one.name, one.value)
            if len(classes) < 9:
                self.classes.addItem(NEW)
        values = [value for value, _name_ in shown]
        self.classes.setCurrentIndex(values.index(self._painting.brush.value))

    def recolour(self) -> None:
        """Draw the icons in the present colours."""
        for name, action in self.tools.items():
            action.setIcon(self._theme.icon(name))
        self.visible.setIcon(self._theme.icon("preview"))
        self.done.setIcon(self._theme.icon("close"))
        for made in (self.slice_menu, self.list):
            made.setIcon(self._theme.icon("chevron-down"))


def _button(action: QAction) -> QToolButton:
    made = QToolButton()
    made.setDefaultAction(action)
    made.setIconSize(QSize(18, 18))
    made.setAccessibleName(action.text())
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def _group(*widgets: QWidget) -> QWidget:
    made = QWidget()
    made.setLayout(row(*widgets))
    return made


def _name(control: QWidget, name: str, tip: str) -> None:
    control.setAccessibleName(name)
    control.setToolTip(tip)
    control.setFocusPolicy(
        Qt.FocusPolicy.StrongFocus if isinstance(control, QSpinBox) else Qt.FocusPolicy.TabFocus
    )


def _swatch(colour: str) -> QIcon:
    picture = QPixmap(SWATCH_PX, SWATCH_PX)
    picture.fill(QColor(colour))
    return QIcon(picture)
