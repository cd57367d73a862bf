"""Asks whether several stacks are imaging conditions of the same slices, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QLineEdit, QWidget

from app.channels import Candidate, described
from app.widgets import button, column, label, row, scrolled

WIDTH_PX, MOST_HEIGHT_PX = 600, 420
TEXT = (
    "Neither the files nor their names say for certain what these are. Are they imaging conditions of the "
    "same slices, such as several voltages or detectors, or do they belong one after the other?"
)


class ChannelsDialog(QDialog):
    """Sends `named` (name to paths of each channel), or `single` where all of it is one stack."""

    named = Signal(object)
    single = Signal()

    def __init__(self, found: Sequence[Candidate], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self._found = tuple(found)
        self.boxes = [QCheckBox(described(one)) for one in found]
        self.names = [QLineEdit(name) for name in _apart([one.name for one in found])]
        self.verdict = label("", "warn")
        self.channels_button = button("Open as channels", self._open_channels, kind="primary")
        self.single_button = button("They are slices of one stack", self._open_single)
        self.channels_button.setDefault(True)
        buttons = row(button("Cancel", self.reject), None, self.single_button, self.channels_button, gap=8)
        area = scrolled(self._rows())
        area.setMaximumHeight(MOST_HEIGHT_PX)
        head = (label("Several stacks at once", "title"), label(TEXT))
        self.setLayout(column(*head, area, self.verdict, buttons, margin=24, gap=14))
        self._judge()

    def _rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.addWidget(label("WHAT WAS FOUND", "section"), 0, 0)
        grid.addWidget(label("NAME OF THE CHANNEL", "section"), 0, 1)
        for place, (one, box, name) in enumerate(zip(self._found, self.boxes, self.names, strict=True), 1):
            box.setChecked(True)
            box.setToolTip(
                "\n".join(str(path) for path in one.paths[:5]) + (" …" if len(one.paths) > 5 else "")
            )
            name.setAccessibleName(f"Name of channel {place}")
            name.setToolTip("What this imaging condition is called, for example 2kV-TLD")
            box.toggled.connect(name.setEnabled)
            box.toggled.connect(self._judge)
            name.textChanged.connect(self._judge)
            grid.addWidget(box, place, 0)
            grid.addWidget(name, place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _chosen(self) -> list[tuple[str, Candidate]]:
        rows = zip(self._found, self.boxes, self.names, strict=True)
        return [(name.text().strip(), one) for one, box, name in rows if box.isChecked()]

    def _judge(self) -> None:
        names = [name for name, _one in self._chosen()]
        shapes = {one.opened.volume.info.shape for _name, one in self._chosen()}
        fault = ""
        if not names:
            fault = "Choose at least one."
        elif not all(names) or len(set(names)) < len(names):
            fault = "Every channel needs a name of its own."
        elif len(shapes) > 1:
            fault = "They differ in size: steps that look at all channels together will refuse them."
        self.verdict.setText(fault)
        self.verdict.setVisible(bool(fault))
        self.channels_button.setEnabled(bool(names) and all(names) and len(set(names)) == len(names))
        self.channels_button.setText("Open as channels" if len(names) > 1 else "Open this one")

    def _open_channels(self) -> None:
        channels = {name: one.paths for name, one in self._chosen()}
        self.accept()
        self.named.emit(channels)

    def _open_single(self) -> None:
        self.accept()
        self.single.emit()


def _apart(names: Sequence[str]) -> list[str]:
    """The names, with numbers where two are the same."""
    made: list[str] = []
    for name in names:
        wanted, number = name, 2
        while wanted in made:
            wanted, number = f"{name} {number}", number + 1
        made.append(wanted)
    return made
