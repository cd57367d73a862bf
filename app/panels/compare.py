"""Above the slices: which channel is shown, channels over each other, and which two results are compared."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QMenu, QToolButton, QWidget

from app.comparing import Comparing
from app.flow import FlowLayout
from app.session import Session
from app.shelf import Part, Side
from app.widgets import combo_box, label, row, tool_button

PART_NAMES: dict[Part, str] = {
    "result": "Result",
    "probability": "Probability",
    "uncertainty": "Uncertainty",
}
WIDTH_CHARACTERS = 12
KEYS = 9  # so many channels have a key


class ChannelBar(QWidget):
    """A button for each channel, and one for their overlay."""

    def __init__(self, session: Session, comparing: Comparing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._comparing = session, comparing
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self.overlay = tool_button("Overlay", "Lay channels over each other in colours (O)")
        self.overlay.setAccessibleName("Overlay of channels")
        self.overlay.setCheckable(True)
        self.overlay.clicked.connect(comparing.overlay)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        self._row = row(self.overlay, gap=2)
        self.setLayout(self._row)
        comparing.changed.connect(self.refresh)
        session.inputs_changed.connect(self.refresh)
        session.channel_changed.connect(self.refresh)
        self.refresh()

    def choose(self, number: int) -> None:
        """Show a channel by its place, from 1."""
        names = list(self._session.inputs)
        if len(names) > 1 and number <= len(names):
            self._comparing.show_channel(names[number - 1])

    def refresh(self) -> None:
        """Show which channels there are, and which one is shown."""
        names = list(self._session.inputs)
        self.setVisible(len(names) > 1)
        if names != list(self.buttons):
            self._rebuild(names if len(names) > 1 else [])
        for name, button in self.buttons.items():
            button.setChecked(name == self._session.channel)
        self.overlay.setChecked(self._comparing.over)

    def _rebuild(self, names: Sequence[str]) -> None:
        for button in self.buttons.values():
            self._group.removeButton(button)
            button.hide()
            button.deleteLater()
        self.buttons = {}
        for place, name in enumerate(names):
            key = f" ({place + 1})" if place < KEYS else ""
            button = tool_button(name, f"Show channel {name}{key}")
            button.setCheckable(True)
            button.clicked.connect(lambda _on=False, name=name: self._comparing.show_channel(name))
            self._group.addButton(button)
            self._row.insertWidget(place, button)
            self.buttons[name] = button
        several = len(names) > 2
        way = QToolButton.ToolButtonPopupMode
        if several:
            self.overlay.setMenu(self.menu)
        self.overlay.setPopupMode(way.MenuButtonPopup if several else way.DelayedPopup)
        self.overlay.style().polish(self.overlay)  # the style sheet leaves room for the arrow

    def _fill_menu(self) -> None:
        self.menu.clear()
        for name in self._session.inputs:
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in self._comparing.channels)
            action.triggered.connect(lambda _on=False, name=name: self._comparing.toggle_channel(name))


class PartBox(QComboBox):
    """What of the chosen step is looked at: its result, or the probabilities behind it."""

    def __init__(self, comparing: Comparing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparing = comparing
        self._parts: tuple[Part, ...] = ()
        self.setAccessibleName("What of the step is looked at")
        self.setToolTip("The result of the step, or the probabilities of the network behind it")
        self.currentIndexChanged.connect(lambda index: comparing.show_part(self._parts[index]))
        comparing.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is."""
        with QSignalBlocker(self):
            parts = self._comparing.parts()
            if parts != self._parts:
                self.clear()
                self._parts = parts
                self.addItems([PART_NAMES[part] for part in parts])
            if self._comparing.part in parts:
                self.setCurrentIndex(parts.index(self._comparing.part))
        self.setVisible(bool(self._parts))


class CompareBar(QWidget):
    """Which two results stand left and right; `file_wanted` when a file is to be one of them."""

    file_wanted = Signal()

    def __init__(self, session: Session, comparing: Comparing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._comparing = session, comparing
        self._sides: tuple[Side, ...] = ()
        self.left, self.right = (self._box(name) for name in ("Left", "Right"))
        swap = tool_button("Swap", "Put the left one right")
        swap.clicked.connect(comparing.swap)
        file = tool_button("File…", "Compare with a file, such as the truth of a simulation")
        file.clicked.connect(self.file_wanted)
        self.trouble = label("", "warn")
        self.trouble.setAccessibleName("Why this cannot be shown")
        flow = FlowLayout(self)
        for box, text in ((self.left, "Left"), (self.right, "Right")):
            pair, name = QWidget(), label(text, wrap=False)
            name.setBuddy(box)
            pair.setLayout(row(name, box))
            flow.addWidget(pair)
        for widget in (swap, file, self.trouble):
            flow.addWidget(widget)
        comparing.changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def _box(self, name: str) -> QComboBox:
        box = combo_box((), f"{name} side of the comparison")
        box.setMinimumContentsLength(WIDTH_CHARACTERS)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.currentIndexChanged.connect(lambda _index: self._chosen())
        return box

    def refresh(self) -> None:
        """Show what can be chosen and what is."""
        comparing = self._comparing
        wanted = [side for side in (comparing.left, comparing.right) if side is not None]
        sides = (*comparing.sides, *(side for side in wanted if side not in comparing.sides))
        texts = [self._text(side) for side in sides]
        for box, side in ((self.left, comparing.left), (self.right, comparing.right)):
            with QSignalBlocker(box):
                if [box.itemText(index) for index in range(box.count())] != texts:
                    box.clear()
                    box.addItems(texts)
                if side is not None:
                    box.setCurrentIndex(sides.index(side))
        self._sides = tuple(sides)
        self.trouble.setText(comparing.trouble)
        self.trouble.setVisible(bool(comparing.trouble))
        for part in (self.left.parentWidget(), self.right.parentWidget()):
            if part is not None:
                part.setVisible(comparing.on)
        self.setVisible(comparing.on or (comparing.over and bool(comparing.trouble)))

    def _text(self, side: Side) -> str:
        name = side.name(self._session.recipe)
        return f"{side.channel}: {name}" if side.channel and len(self._session.inputs) > 1 else name

    def _chosen(self) -> None:
        left, right = self.left.currentIndex(), self.right.currentIndex()
        if min(left, right) >= 0 and max(left, right) < len(self._sides):
            self._comparing.choose(self._sides[left], self._sides[right])
