"""Forms of a training: network, budget, name; all made from the parameters themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from app.forms import StepForm
from app.forms_editors import Editor
from app.forms_number import UnreadableError
from core.learn.params.data import DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import TrainingRecipe
from core.params import Params

BUDGET = ("minutes", "epochs")
NAMES = ("name", "trained_on", "limits")
FILES = (
    "images",
    "labels",
    "solid",
    "validation_images",
    "validation_labels",
    "validation_rows",
    "voxel_nm_zyx",
)


def others(params: type[Params], kept: Sequence[str]) -> tuple[str, ...]:
    """All parameters but these."""
    return tuple(name for name in params.model_fields if name not in kept)


class ChannelsEditor(Editor):
    """Ticks for the channels that the data have; a line of text where these have no names."""

    def __init__(self) -> None:
        super().__init__()
        self._known: tuple[str, ...] = ()
        self.line = QLineEdit()
        self.line.setPlaceholderText("2kV")
        self.line.textChanged.connect(lambda _text: self.changed.emit())
        self.boxes: dict[str, QCheckBox] = {}
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self._column.addWidget(self.line)
        self._layout.addLayout(self._column, 1)
        self._says = ("", "")

    def set_known(self, channels: Sequence[str]) -> None:
        """Offer these, and what is chosen."""
        if tuple(channels) != self._known:
            self._known = tuple(channels)
            self.write(self._chosen())

    def read(self) -> object:
        """Return the channels, in the order of the data."""
        chosen = self._chosen()
        if not chosen:
            raise UnreadableError("at least one channel is needed")
        return chosen

    def write(self, value: Any) -> None:
        """Show channels; those that the data lack are shown as long as they are chosen."""
        chosen = tuple(value or ())
        self.line.setText(", ".join(chosen))
        names = [*self._known, *(name for name in chosen if name not in self._known)] if self._known else []
        if names != list(self.boxes):
            self._make_boxes(names)
        for name, box in self.boxes.items():
            box.setChecked(name in chosen)

    def _make_boxes(self, names: Sequence[str]) -> None:
        for box in self.boxes.values():
            self._column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = {name: QCheckBox(name) for name in names}
        for box in self.boxes.values():
            box.toggled.connect(lambda _on: self.changed.emit())
            self._column.addWidget(box)
        self.line.setVisible(not names)
        self.name(*self._says)

    def controls(self) -> Sequence[QWidget]:
        """Return the ticks, or the line."""
        return tuple(self.boxes.values()) or (self.line,)

    def name(self, label: str, description: str) -> None:
        """Name what is edited."""
        self._says = (label, description)
        super().name(label, description)
        for name, box in self.boxes.items():
            box.setAccessibleName(f"Channel {name}")

    def _chosen(self) -> tuple[str, ...]:
        if self.boxes:
            return tuple(name for name, box in self.boxes.items() if box.isChecked())
        return tuple(piece.strip() for piece in self.line.text().split(",") if piece.strip())


class NetworkForm(StepForm):
    """Edits `NetworkParams`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.channels = ChannelsEditor()
        super().__init__(NetworkParams, parent, gradual=True)

    def made_editor(self, name: str, field: FieldInfo) -> Editor:
        """Channels are those of the data."""
        return self.channels if name == "channels" else super().made_editor(name, field)

    def _hide_what_does_not_matter(self, values: Mapping[str, Any]) -> None:
        super()._hide_what_does_not_matter(values)
        several = len(values.get("channels", ())) > 1
        row = self._rows["fusion"]
        if row.form.isRowVisible(row.cell) != several:
            row.form.setRowVisible(row.cell, several)


def budget_form() -> StepForm:
    """Minutes and epochs, of which the first that is used up ends the training."""
    return StepForm(OptimiseParams, leave_out=others(OptimiseParams, BUDGET))


def names_form() -> StepForm:
    """Name of the model, and what its card says."""
    return StepForm(TrainingRecipe, leave_out=others(TrainingRecipe, NAMES))


def files_form() -> StepForm:
    """Labelled images of the user's own."""
    return StepForm(DataParams, leave_out=others(DataParams, FILES))
