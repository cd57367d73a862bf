"""Virtual acquisitions: the settings on the left, what a slice will look like on the right, start below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.panels.simulate_foot import SimulateFoot
from app.panels.simulate_form import PlanForm
from app.panels.simulate_preview import SimulatePreview
from app.theme import Theme
from app.widgets import button, column, flush, label, row, rule, scrolled
from core.simulate.plan import Plan

FORM_PX, PREVIEW_PX = 430, 1000
ABOUT = "A virtual sample under a virtual microscope: stacks of which every voxel is known."


class SimulatePage(QWidget):
    """Edits a plan; `plan_changed` (`Plan`), `load`, `save` and `leave` say what the user wants."""

    plan_changed = Signal(object)
    load = Signal()
    save = Signal()
    leave = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form: PlanForm | None = None
        self.preview = SimulatePreview()
        self.foot = SimulateFoot(theme)
        self._place = QVBoxLayout()
        self.load_button = button("Open settings…", self.load.emit)
        self.save_button = button("Save settings…", self.save.emit)
        self.defaults_button = button("Defaults", self._to_defaults)
        self.leave_button = button("Back", self.leave.emit)
        words = column(label("Simulate", "title", wrap=False), label(ABOUT, "quiet", wrap=False), gap=2)
        head = row(gap=8)
        head.addLayout(words, 1)
        for each in (self.defaults_button, self.load_button, self.save_button, self.leave_button):
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

    def set_phases(self, phases: Sequence[str]) -> None:
        """Ask for the materials of the phases that the structure turned out to have."""
        if self.form is not None:
            self.form.set_phases(phases)

    def _middle(self) -> QSplitter:
        body = column(self._place, None, margin=16)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(scrolled(body))
        splitter.addWidget(self.preview)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([FORM_PX, PREVIEW_PX])
        return splitter

    def _to_defaults(self) -> None:
        self.set_plan(Plan())

    def _changed(self) -> None:
        plan = self.plan()
        self.foot.set_possible(plan is not None)
        if plan is not None:
            self.preview.set_slices(plan.field.slices)
            self.plan_changed.emit(plan)
