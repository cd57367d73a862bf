"""Chooses which labels are drawn, and how opaque."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.canvas.labels import LabelSet
from app.canvas.panel_parts import pair, quietly, slider
from app.widgets import row, tool_button

ENTRY = Qt.ItemDataRole.UserRole
LINES = 4.0


class LabelsPanel(QWidget):
    """A list of labels with their colours.

    Signals: `changed` (hidden entries: frozenset, opacities by entry: dict).
    """

    changed = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opacities: dict[int, float] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Labels that are shown")
        self.list.setToolTip("Tick what is shown; choose one or several to set how opaque they are")
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(True)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.itemChanged.connect(lambda _item: self._announce())
        self.list.itemSelectionChanged.connect(self._show_opacity)
        self.opacity = slider(
            "Opacity of the chosen labels", "Opacity of the chosen labels, else of all", 5, 100, 100
        )
        self.opacity.valueChanged.connect(self._set_opacity)
        self.all = tool_button("All", "Show all labels")
        self.all.clicked.connect(lambda: self._tick(Qt.CheckState.Checked))
        self.none = tool_button("None", "Show no label")
        self.none.clicked.connect(lambda: self._tick(Qt.CheckState.Unchecked))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.addWidget(self.list)
        layout.addLayout(row(pair("Opacity", self.opacity), self.all, self.none, None))
        self.list.setFixedHeight(round(self.fontMetrics().height() * LINES))

    def show_labels(self, labels: LabelSet) -> None:
        """List the labels of a volume: all shown but the background."""
        self._opacities.clear()
        side = self.fontMetrics().height()
        with QSignalBlocker(self.list):
            self.list.clear()
            self.list.setIconSize(QSize(side, side))
            widest = max(self.fontMetrics().horizontalAdvance(name) for _entry, name in labels.names)
            # Room for the box to tick, the colour and the gaps around them.
            cell = QSize(widest + side + 60, round(side * 1.5))
            self.list.setGridSize(cell)
            for entry, name in labels.names:
                chip = QPixmap(side, side)
                chip.fill(QColor(*labels.colours[entry].tolist()))
                item = QListWidgetItem(QIcon(chip), name, self.list)
                item.setData(ENTRY, entry)
                item.setSizeHint(cell)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if entry else Qt.CheckState.Unchecked)
        quietly(self.opacity, 100)

    def hidden(self) -> frozenset[int]:
        """Entries that are left out."""
        ticked = Qt.CheckState.Checked
        return frozenset(item.data(ENTRY) for item in self._items() if item.checkState() is not ticked)

    def opacities(self) -> dict[int, float]:
        """Opacity of entries that are not opaque."""
        return dict(self._opacities)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(number) for number in range(self.list.count())]

    def _tick(self, state: Qt.CheckState) -> None:
        with QSignalBlocker(self.list):
            for item in self._items():
                item.setCheckState(state)
        self._announce()

    def _show_opacity(self) -> None:
        chosen = self.list.selectedItems()
        if chosen:
            quietly(self.opacity, round(100 * self._opacities.get(chosen[0].data(ENTRY), 1.0)))

    def _set_opacity(self, percent: int) -> None:
        for item in self.list.selectedItems() or self._items():
            self._opacities[item.data(ENTRY)] = percent / 100
        self._announce()

    def _announce(self) -> None:
        self.changed.emit(self.hidden(), self.opacities())
