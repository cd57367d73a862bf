"""Editors for what a plan of a virtual acquisition has and no step has: materials by phase, detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.dialogs.material import composer_button, facts
from app.forms_editors import Editor
from app.forms_number import UnreadableError
from app.widgets import column, label, row
from core.errors import ParameterError
from core.simulate.electrons.conditions import DETECTORS, Detector
from core.simulate.electrons.materials import MATERIALS, material_of

FIRST_CHOICES = (
    "epoxy", "vacuum", "Au", "Ag", "Cu", "Pt", "Al", "Si", "C", "Fe", "Ni", "Ti", "Al2O3", "SiO2", "ZrO2",
    "Ba122", "PMMA",
)  # fmt: skip
LABEL_PX = 90  # in line with the settings of most structures above
TIP = "A material of the list, or a formula with its density in g/cm³, such as Al2O3@3.95"
SAYS = {"TLD": "TLD: all electrons, sees deep", "ICD": "ICD: little energy lost, sees the surface"}


def material_names() -> list[str]:
    """The common materials, then all others by name."""
    rest = sorted((name for name in MATERIALS if name not in FIRST_CHOICES), key=str.lower)
    return [*(name for name in FIRST_CHOICES if name in MATERIALS), *rest]


class MaterialsEditor(Editor):
    """One material for each phase of the structure; a phase that is left out for now keeps its material."""

    titled = True

    def __init__(self, phases: Sequence[str] = ()) -> None:
        super().__init__()
        self._kept: dict[str, str] = {}
        self.boxes: dict[str, QComboBox] = {}
        self.facts: dict[str, QLabel] = {}
        self._rows = QFormLayout()
        self._rows.setVerticalSpacing(8)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._layout.addLayout(self._rows, 1)
        self.set_phases(phases)

    def set_phases(self, phases: Sequence[str]) -> bool:
        """Ask for the materials of these phases, and of no others; returns whether that is new."""
        if tuple(phases) == tuple(self.boxes):
            return False
        self._kept |= {phase: box.currentText() for phase, box in self.boxes.items()}
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.boxes = {phase: self._box(phase) for phase in phases}
        self.facts = {phase: label("", "small") for phase in phases}
        for phase, box in self.boxes.items():
            title = label(phase.capitalize())
            title.setMinimumWidth(LABEL_PX)
            title.setBuddy(box)
            field = row(box, composer_button(phase, box))
            field.setStretch(0, 1)
            cell = QWidget()
            cell.setLayout(column(field, self.facts[phase], gap=2))
            self._rows.addRow(title, cell)
            self._say_facts(phase)
        return True

    def _say_facts(self, phase: str) -> None:
        """Mean atomic number and density below the material, as far as it is one."""
        box, said = self.boxes.get(phase), self.facts.get(phase)
        if box is None or said is None:
            return
        try:
            said.setText(facts(material_of(box.currentText())))
        except ParameterError:
            said.setText("")

    def read(self) -> object:
        """Return phase and material, of the phases that are asked for."""
        found = {phase: box.currentText().strip() for phase, box in self.boxes.items()}
        for phase, text in found.items():
            try:
                material_of(text)
            except ParameterError as error:
                raise UnreadableError(f"{phase}: {error.what}; {error.remedy}") from None
        return found

    def write(self, value: Any) -> None:
        """Show materials and the phases they are of."""
        materials: Mapping[str, str] = value or {}
        self._kept |= materials
        self.set_phases(tuple(materials))
        for phase, box in self.boxes.items():
            box.setCurrentText(materials[phase])

    def controls(self) -> Sequence[QWidget]:
        """Return the boxes."""
        return tuple(self.boxes.values())

    def name(self, title: str, description: str) -> None:
        """Name the boxes after their phases."""
        for phase, box in self.boxes.items():
            box.setAccessibleName(f"Material of {phase}")
            box.setAccessibleDescription(description or title)

    def _box(self, phase: str) -> QComboBox:
        box = QComboBox()
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        box.addItems(material_names())
        completer = QCompleter(material_names(), box)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        box.setCompleter(completer)
        box.setCurrentText(self._kept.get(phase, "vacuum"))
        box.setToolTip(TIP)
        box.setAccessibleName(f"Material of {phase}")
        box.setIconSize(QSize(0, 0))
        box.currentTextChanged.connect(lambda _text: self._say_facts(phase))
        box.currentTextChanged.connect(lambda _text: self.changed.emit())
        return box


class DetectorsEditor(Editor):
    """Ticks for the detectors that are known, and for those that the plan brought along."""

    def __init__(self) -> None:
        super().__init__()
        self._detectors: dict[str, Detector] = {}
        self.boxes: dict[str, QCheckBox] = {}
        self._column = QVBoxLayout()
        self._layout.addLayout(self._column, 1)
        for detector in DETECTORS.values():
            self._add(detector)

    def read(self) -> object:
        """Return the detectors that are ticked."""
        return tuple(self._detectors[name] for name, box in self.boxes.items() if box.isChecked())

    def write(self, value: Any) -> None:
        """Tick these; detectors of the user's own are added."""
        wanted = {detector.name: detector for detector in value or ()}
        for name in [name for name in self.boxes if name not in DETECTORS and name not in wanted]:
            self.boxes.pop(name).deleteLater()
        for name, detector in wanted.items():
            if name not in self.boxes:
                self._add(detector)
        for name, box in self.boxes.items():
            self._detectors[name] = wanted.get(name, DETECTORS.get(name, self._detectors[name]))
            box.setChecked(name in wanted)

    def controls(self) -> Sequence[QWidget]:
        """Return the ticks."""
        return tuple(self.boxes.values())

    def name(self, label: str, description: str) -> None:
        """Say what the detectors see."""
        for name, box in self.boxes.items():
            box.setAccessibleDescription(f"{label}: {description}")
            box.setToolTip(SAYS.get(name, description))

    def _add(self, detector: Detector) -> None:
        box = QCheckBox(SAYS.get(detector.name, detector.name))
        box.toggled.connect(lambda _on: self.changed.emit())
        self.boxes[detector.name] = box
        self._detectors[detector.name] = detector
        self._column.addWidget(box)
