"""The right side: the page of whatever is chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.panels.importing import ImportPanel
from app.panels.stage import StagePanel
from app.panels.step import StepPanel
from app.session import Session
from core.step import Stage


class Inspector(QStackedWidget):
    """Import page, stage page or step page; `stage_shown` carries the `Stage` of what is visible."""

    stage_shown = Signal(object)

    def __init__(
        self,
        session: Session,
        importing: ImportPanel,
        stage: StagePanel,
        step: StepPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._importing, self._stage, self._step = importing, stage, step
        for page in (importing, stage, step):
            self.addWidget(page)
        session.chosen_changed.connect(self.show_chosen)
        session.inputs_changed.connect(self.show_chosen)
        stage.chosen.connect(self._choose)

    def show_chosen(self) -> None:
        """Show the chosen step, or the input."""
        chosen = self._session.chosen
        self.setCurrentWidget(self._importing if chosen is None else self._step)
        self.stage_shown.emit(
            Stage.IMPORT if chosen is None else self._session.recipe.steps[chosen].step.stage
        )

    def show_stage(self, stage: Stage) -> None:
        """Show what can be done at a stage."""
        if stage is Stage.IMPORT:
            self._session.choose(None)
            self.show_chosen()
            return
        self._stage.show_stage(stage)
        self.setCurrentWidget(self._stage)
        self.stage_shown.emit(stage)

    def _choose(self, index: int) -> None:
        self._session.choose(index)
        self.show_chosen()
