"""One stage: what of it is in the recipe, and which steps can be added."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.guiding import Guide
from app.panels.proposal import ProposalCard
from app.session import Session
from app.theme import Theme
from app.widgets import button, clear, column, frame, label, row, scrolled
from core.step import AnyStep, Stage
from core.steps import STEPS

PURPOSE: Mapping[Stage, str] = {
    Stage.IMPORT: "Bring the slices in, and keep what matters of them.",
    Stage.ALIGN: "Undo the drift between slices.",
    Stage.THICKNESS: "Find out how thick each slice really is.",
    Stage.CLEAN: "Even out brightness, take away stripes and noise.",
    Stage.SEGMENT: "Tell solid from pore.",
    Stage.REBUILD: "Put the slices where they belong and fill the gaps.",
    Stage.MEASURE: "Numbers from the volume.",
    Stage.EXPORT: "Files for other programs.",
}


class StepGallery(QWidget):
    """The steps of a stage as cards; `wanted` carries the name of the one to add."""

    wanted = Signal(str)

    def __init__(self, stage: Stage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.steps = tuple(step for step in STEPS if step.stage is stage)
        self.setLayout(column(*(self._card(step) for step in self.steps), gap=8))

    def _card(self, step: AnyStep) -> QFrame:
        add = button("Add", lambda: self.wanted.emit(step.name))
        add.setAccessibleName(f"Add {step.label}")
        head = row(label(step.label, "heading", wrap=False), None, add)
        return frame("card", column(head, label(step.summary, "quiet"), gap=4, margin=12))


class StagePanel(QWidget):
    """What a click on the rail shows: the proposal, what of the stage is in the recipe, and its steps.

    `added` carries a step's name, `chosen` an index of the recipe.
    """

    added = Signal(str)
    chosen = Signal(int)

    def __init__(self, session: Session, theme: Theme, guide: Guide, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.stage = Stage.CLEAN
        self.card = ProposalCard(session, guide, self.stage)
        self._title = label("", "title")
        self._purpose = label("", "quiet")
        self._present = QVBoxLayout()
        self._present.setSpacing(2)
        self._present_title = label("IN THE RECIPE", "section")
        self._gallery = QVBoxLayout()
        body = column(
            self._title,
            self._purpose,
            self.card,
            self._present_title,
            self._present,
            label("ADD A STEP", "section"),
            self._gallery,
            None,
            margin=16,
        )
        self.setLayout(column(scrolled(body)))
        session.recipe_changed.connect(self._list_present)

    def show_stage(self, stage: Stage) -> None:
        """Show this stage from now on."""
        self.stage = stage
        self._title.setText(stage.value)
        self._purpose.setText(PURPOSE[stage])
        self.card.show_stage(stage)
        clear(self._gallery)
        gallery = StepGallery(stage, self._theme)
        gallery.wanted.connect(self.added)
        self._gallery.addWidget(gallery)
        self._list_present()

    def _list_present(self) -> None:
        clear(self._present)
        steps = [
            (index, entry)
            for index, entry in enumerate(self._session.recipe.steps)
            if entry.step.stage is self.stage
        ]
        self._present_title.setVisible(bool(steps))
        for index, entry in steps:
            choose = partial(self.chosen.emit, index)
            self._present.addWidget(button(f"{index + 1}  {entry.step.label}", choose, kind="flat"))
