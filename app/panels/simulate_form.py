"""The form of a virtual acquisition: what matters most first, faults and marks folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.forms import StepForm
from app.forms_editors import Editor
from app.forms_nested import GroupEditor
from app.panels.simulate_editors import DetectorsEditor, MaterialsEditor
from app.panels.simulate_structure import StructureEditor
from core.simulate.plan import Plan
from core.simulate.structures import KINDS
from core.volume import VoxelSize

ARRANGEMENT = (
    "SAMPLE", "structure", "materials",
    "FIELD AND SLICES", "field", "milling",
    "ELECTRONS", "voltages_kv", "detectors", "secondary", "electrons_per_pixel", "electrons",
    "beam_diameter_nm", "tilt_deg", "seed",
    "IMAGES", "image", "artefacts",
    "MARKS AND MOVEMENTS", "ruler", "fiducial", "drift", "misalignment",
)  # fmt: skip
OPEN_AT_FIRST = ("field", "milling")
KIND_NAMES = {
    "leveled-wave": "Porous: leveled waves",
    "self-similar": "Porous: self-similar, from a stack",
    "random-pores": "Random pores in a solid",
    "spheres": "Spheres",
    "fibres": "Fibres",
    "polycrystal": "Ceramic: grains with pores",
    "cuboids": "Cuboids at several depths",
    "stretched-spheres": "Stretched spheres",
    "file": "A labelled stack of your own",
}


class PlanForm(StepForm):
    """Edits a `Plan`; `wants_open` asks for the open segmentation as the structure."""

    wants_open = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.editors: dict[str, Editor] = {}
        super().__init__(Plan, parent, gradual=True)

    def _made_rows(self) -> Iterator[None]:
        yield from super()._made_rows()
        for name in OPEN_AT_FIRST:
            editor = self.editors.get(name)
            if isinstance(editor, GroupEditor):
                editor.fold.open()
            yield

    def arranged(self) -> Sequence[str]:
        """The arrangement above, then whatever else a plan has."""
        known = [name for name in ARRANGEMENT if name in self.params_type.model_fields or name.isupper()]
        return [*known, *(name for name in self.params_type.model_fields if name not in ARRANGEMENT)]

    def made_editor(self, name: str, field: FieldInfo) -> Editor:
        """Materials and detectors have editors of their own; the phases are those of the structure."""
        editor: Editor
        if name == "materials":
            editor = MaterialsEditor()
        elif name == "detectors":
            editor = DetectorsEditor()
        elif name == "structure":
            about = "How solid and pore are arranged"
            editor = StructureEditor("kind", tuple(KINDS.values()), "Structure", about, KIND_NAMES)
            editor.wants_open.connect(self.wants_open)
        else:
            editor = super().made_editor(name, field)
        self.editors[name] = editor
        return editor

    def set_phases(self, phases: Sequence[str]) -> None:
        """Ask for the materials of the phases that the structure turned out to have."""
        self.finish()
        editor = self.editors["materials"]
        if isinstance(editor, MaterialsEditor) and editor.set_phases(phases):
            editor.changed.emit()

    def put_structure_file(self, place: Path, voxel_nm: VoxelSize) -> None:
        """Make the structure from a file."""
        self.finish()
        editor = self.editors["structure"]
        if isinstance(editor, StructureEditor):
            editor.put_file(place, voxel_nm)
