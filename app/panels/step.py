"""The chosen step: its form, what it has found, and whether it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.forms import StepForm, build_form
from app.panels.fields import FieldRow
from app.panels.found import FoundBox, still_holds
from app.panels.threshold import ThresholdBox, with_threshold
from app.problems import problem_of
from app.session import Session
from app.standing import Standings
from app.widgets import button, clear, column, flush, frame, label, row, rule, scrolled
from core.params import Params
from core.recipe import RecipeStep
from core.step import Estimate, Stage

if TYPE_CHECKING:
    from core.execute import Preview


class StepPanel(QWidget):
    """Edits the chosen step of the session; `run_to` asks to run up to it."""

    run_to = Signal()

    def __init__(self, session: Session, standings: Standings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._previewed: Estimate | None = None
        self.form: StepForm | None = None
        self._title = label("", "title")
        self._summary = label("", "quiet")
        self._trouble = label("")
        self._trouble_box = frame("failure", column(self._trouble, margin=10))
        self._standings = standings
        self._unrun = label("", "small")
        self.run_button = button("Run up to this step", self.run_to.emit)
        self._unrun_box = frame("notice", column(self._unrun, row(self.run_button, None), gap=8, margin=10))
        self.fields = FieldRow()
        self._place = QVBoxLayout()
        self.found = FoundBox(session, standings)
        self.threshold = ThresholdBox()
        self.threshold.moved.connect(self._move_threshold)
        self._reference = label("", "small")
        self._status = label("", "small")
        settings = (label("SETTINGS", "section"), self._place)
        parts = (self._title, self._summary, self._trouble_box, *settings, self.fields)
        more = (self._unrun_box, self.found, self.threshold, self._reference)
        self._area = scrolled(column(*parts, *more, None, margin=16))
        self.setLayout(column(self._area, rule(), self._foot(), gap=0))
        session.chosen_changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        session.draft_changed.connect(self._show_draft)
        session.draft_changed.connect(self._say_unrun)
        standings.changed.connect(self._say_unrun)
        self.say_trouble(None)

    def refresh(self) -> None:
        """Show the chosen step as it is applied."""
        entry = self._entry()
        if entry is None:
            self._drop_form()
            return
        if self.form is None or self.form.params_type is not entry.step.params:
            self.threshold.hide()  # until the preview of this step is there
        self._title.setText(entry.step.label)
        self._summary.setText(entry.step.summary)
        self._reference.setText(f"Method: {entry.step.reference}" if entry.step.reference else "")
        self._reference.setVisible(bool(entry.step.reference))
        if self.form is None or self.form.params_type is not entry.step.params:
            self._drop_form()
            self.form = build_form(entry.step.params)
            flush(self.form)
            self.form.value_changed.connect(self._edited)
            self.form.validity_changed.connect(lambda _valid: self._show_draft())
            self._place.addWidget(self.form)
        shown = self._session.draft or entry.params
        if not self.form.is_valid() or self.form.value() != shown:
            self.form.set_value(shown)
        fault = self._session.fault()
        self.say_trouble(fault.error if fault is not None and fault.index == self._session.chosen else None)
        self._show_draft()
        self._say_unrun()

    def put(self, name: str, value: Any) -> None:
        """Give a setting a value as if the user had typed it."""
        if self.form is not None:
            self.form.put(name, value)

    def ask(self, name: str) -> None:
        """Lead the user to a setting."""
        if self.form is not None:
            field = self.form.control(name)
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            self._area.ensureWidgetVisible(field)

    def say_trouble(self, error: Exception | None) -> None:
        """Say in words why the step or its preview does not work; None when it does."""
        self._trouble_box.setVisible(error is not None)
        if error is not None:
            problem = problem_of(error)
            parts = [problem.what]
            if problem.expected:
                parts.append(
                    f"Expected {problem.expected}" + (f", found {problem.got}." if problem.got else ".")
                )
            if problem.remedy:
                parts.append(problem.remedy[0].upper() + problem.remedy[1:] + ".")
            self._trouble.setText("\n".join(parts))

    def show_preview(self, made: Preview) -> None:
        """Show what a preview has found out about the step."""
        self.say_trouble(None)
        self._previewed = made.estimate
        self.found.show_previewed(made.estimate, made.approximate)
        self.threshold.show_preview(made)

    def show_refusal(self, error: Exception) -> None:
        """Say why there is no preview; what an earlier one found does not belong to these settings."""
        self._previewed = None
        self.found.show_previewed(None, False)
        self.threshold.hide()
        self.say_trouble(error)

    def say(self, text: str) -> None:
        """Say how the preview stands."""
        self._status.setText(text)

    def _foot(self) -> QVBoxLayout:
        self.defaults_button = button("Defaults", self._to_defaults)
        self.reset_button = button("Reset", self._to_applied)
        self.apply_button = button("Apply", self._session.settle, kind="primary")
        self.defaults_button.setToolTip("Try out the settings the step comes with")
        self.reset_button.setToolTip("Go back to the settings that are applied")
        self.apply_button.setToolTip("Keep these settings; going on to something else applies them, too")
        self._status.setMinimumHeight(self._status.fontMetrics().height())  # what is below stays where it is
        buttons = row(None, self.defaults_button, self.reset_button, self.apply_button, gap=8)
        made = column(self._status, buttons, gap=6)
        made.setContentsMargins(16, 6, 16, 10)
        return made

    def _say_unrun(self) -> None:
        """Say that a step that looks at the whole stack has nothing to show before it has done so."""
        entry, chosen, tried = self._entry(), self._session.chosen, self._session.draft
        if entry is None or chosen is None or not entry.step.surveys or entry.step.stage is Stage.MEASURE:
            self._unrun_box.hide()
            return
        stale = entry.estimate is None and tried is not None and not still_holds(entry, tried)
        known = self._standings.looking or self._standings.estimate(chosen) is not None
        self._unrun_box.setVisible(stale or not known)
        self._unrun.setText(
            "What is shown was found with other settings. Run the step again to see what these find."
            if known
            else "This step looks at the whole stack: there is nothing to show before it has been run."
        )

    def _entry(self) -> RecipeStep | None:
        chosen = self._session.chosen
        return None if chosen is None else self._session.recipe.steps[chosen]

    def _drop_form(self) -> None:
        clear(self._place)
        self.form = None

    def _edited(self, value: object) -> None:
        self.say_trouble(None)
        self._session.try_out(cast("Params", value))

    def _to_defaults(self) -> None:
        if self.form is not None:
            self.form.reset()
            if self.form.is_valid():
                self._session.try_out(self.form.value())

    def _move_threshold(self, value: float) -> None:
        """Put a threshold moved by hand into the settings if it is typed there, else into the estimate."""
        entry, chosen = self._entry(), self._session.chosen
        if entry is None or chosen is None or self._previewed is None:
            return
        values = (self._session.draft or entry.params).model_dump()
        if values.get("method") == "threshold":
            tried = entry.step.params.parse({**values, "threshold": value}, owner=entry.step.name)
            self._session.try_out(tried)
            self.refresh()
        else:
            self._session.set_estimate(chosen, with_threshold(self._previewed, value))

    def _to_applied(self) -> None:
        entry = self._entry()
        if self.form is not None and entry is not None:
            self.form.set_value(entry.params)
            self._session.try_out(None)

    def _show_draft(self) -> None:
        entry = self._entry()
        if self.form is not None and entry is not None:
            shown = self._session.draft or entry.params
            if (
                isinstance(shown, self.form.params_type)
                and self.form.is_valid()
                and self.form.value() != shown
            ):
                self.form.set_value(shown)  # tried out elsewhere, by moving a threshold
            tried, valid = self._session.draft is not None, self.form.is_valid()
            self.apply_button.setEnabled(tried and valid)
            self.reset_button.setEnabled(tried or not valid)
