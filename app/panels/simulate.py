"""Virtual acquisitions: the settings on the left, what a slice will look like on the right, start below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.panels.simulate_foot import SimulateFoot
from app.panels.simulate_form import PlanForm
from app.panels.simulate_like import LikeCard
from app.panels.simulate_preview import SimulatePreview
from app.panels.simulate_result import ResultPanel
from app.theme import Theme
from app.widgets import button, column, flush, label, row, rule, scrolled
from core.simulate.plan import Plan
from core.simulate.training_plan import TrainingPlan
from core.volume import VoxelSize

if TYPE_CHECKING:
    from core.simulate.like import Likeness

FORM_PX, PREVIEW_PX = 430, 1000
ABOUT = "A virtual sample under a virtual microscope: stacks of which every voxel is known."


class SimulatePage(QWidget):
    """Edits a plan, of one acquisition or of a training set.

    Signals: `plan_changed` (`Plan`), and what the user wants: `load`, `save`, `leave`, `like` (a plan like
    the open stack), `use_open` (the open segmentation as the structure).
    """

    plan_changed = Signal(object)
    load = Signal()
    save = Signal()
    leave = Signal()
    like = Signal()
    use_open = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form: PlanForm | None = None
        self.preview = SimulatePreview()
        self.foot = SimulateFoot(theme)
        self.result = ResultPanel()
        self.card = LikeCard(theme)
        self.result.changed.connect(self._changed)
        self._place = QVBoxLayout()
        self.load_button = button("Open settings…", self.load.emit)
        self.save_button = button("Save settings…", self.save.emit)
        self.defaults_button = button("Defaults", self._to_defaults)
        self.like_button = button("Like my sample", self.like.emit)
        self.like_button.setToolTip(
            "Take ligament size, solid fraction, voxels, slices, voltages, dose and ruler from the open stack"
        )
        self.leave_button = button("Back", self.leave.emit)
        words = column(label("Simulate", "title", wrap=False), label(ABOUT, "quiet"), gap=2)
        head = row(gap=8)
        head.addLayout(words, 1)
        for each in (
            self.like_button,
            self.defaults_button,
            self.load_button,
            self.save_button,
            self.leave_button,
        ):
            head.addWidget(each)
        head.setContentsMargins(16, 12, 16, 12)
        whole = column(head, rule(), self._middle(), rule(), self.foot, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def add_form(self) -> None:
        """Make the form; apart from the page, because both together would hold the window up."""
        self.form = PlanForm()
        flush(self.form)
        self.form.value_changed.connect(lambda _value: self._changed())
        self.form.validity_changed.connect(lambda _valid: self._changed())
        self.form.wants_open.connect(self.use_open)
        self._place.addWidget(self.form)

    def plan(self) -> Plan | None:
        """What the form says; None while something in it is wrong."""
        value = self.form.value() if self.form is not None and self.form.is_valid() else None
        return value if isinstance(value, Plan) else None

    def set_plan(self, plan: Plan) -> None:
        """Show other settings."""
        if self.form is None:
            self.add_form()
        if self.form is not None:
            self.form.set_value(plan)
        self._changed()

    def wanted(self) -> Plan | TrainingPlan | None:
        """What is to be made: one acquisition, or a set about it; None while something is wrong."""
        plan = self.plan()
        return None if plan is None else self.result.wanted(plan)

    def set_wanted(self, wanted: Plan | TrainingPlan) -> None:
        """Show settings of one acquisition or of a training set."""
        self.set_plan(self.result.show_wanted(wanted))

    def take_likeness(self, found: Likeness) -> None:
        """Show a plan like the open stack, and what of it was taken from there."""
        self.card.show_likeness(found)
        self._left.verticalScrollBar().setValue(0)
        self.set_plan(found.plan)

    def say_measuring(self, busy: bool) -> None:
        """Say whether the open stack is being measured."""
        self.like_button.setEnabled(not busy)
        self.like_button.setText("Measuring …" if busy else "Like my sample")

    def put_structure_file(self, place: Path, voxel_nm: VoxelSize) -> None:
        """Make the structure from a file."""
        if self.form is not None:
            self.form.put_structure_file(place, voxel_nm)

    def set_phases(self, phases: Sequence[str]) -> None:
        """Ask for the materials of the phases that the structure turned out to have."""
        if self.form is not None:
            self.form.set_phases(phases)

    def _middle(self) -> QSplitter:
        body = column(self.card, self.result, self._place, None, margin=16, gap=16)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        self._left = scrolled(body)
        splitter.addWidget(self._left)
        splitter.addWidget(self.preview)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([FORM_PX, PREVIEW_PX])
        return splitter

    def _to_defaults(self) -> None:
        self.set_plan(Plan())

    def _changed(self) -> None:
        plan = self.plan()
        self.foot.set_possible(self.wanted() is not None, makes_set=self.result.makes_set())
        if plan is not None:
            self.preview.set_slices(plan.field.slices)
            self.plan_changed.emit(plan)
