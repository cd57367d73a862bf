"""What is proposed for one stage, why, and what to do with it."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.guiding import Guide, steps_of
from app.panels.recipe import detail
from app.problems import problem_of
from app.session import Session
from app.widgets import button, clear, column, frame, label, row
from core.recipe import RecipeStep
from core.step import Stage

LOOKING = "Looking at the slices …"
SENTENCE_END = re.compile(r"(?<=[\w)%°])\. (?=[A-Z])")
UNSURE = "Not sure: look at the result before you trust it."


class ProposalCard(QWidget):
    """The proposal for a stage.

    Sends `asked` (the `Stage`) when the user wants to say what could not be found out, and `decided` when the
    proposal was used or the stage skipped.
    """

    asked = Signal(object)
    decided = Signal()

    def __init__(self, session: Session, guide: Guide, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._guide = session, guide
        self.stage = stage
        self._steps = QVBoxLayout()
        self._steps.setSpacing(1)
        self._why, self._rest = label(""), label("", "quiet")
        self.more_button = button("More", self._tell_all, kind="flat")
        self.more_button.setToolTip("Show the other reasons, or only the first one")
        self._all_told = False
        self._unsure = label(UNSURE, "warn")
        self._need = label("")
        self.ask_button = button("", self._ask)
        self.ask_button.setToolTip("Go to where it is typed in")
        asking = column(self._need, row(self.ask_button, None), gap=8, margin=10)
        self._asks = frame("notice", asking)
        self._state = label("", "quiet")
        self.use_button = button("Use", self._use, kind="primary")
        self.use_button.setToolTip("Put these steps into the recipe; undo takes them back")
        self.skip_button = button("Skip this stage", self._skip)
        for made in (self.use_button, self.skip_button, self.ask_button, self.more_button):
            made.setAutoDefault(True)  # Enter presses it
        buttons = row(self.use_button, self.skip_button, None, gap=8)
        why = column(self._why, self._rest, row(self.more_button, None), gap=4)
        parts = (label("PROPOSED", "section"), self._steps, why, self._unsure, self._asks)
        self._box = frame("card", column(*parts, self._state, buttons, gap=8, margin=12))
        self.setLayout(column(self._box))
        guide.changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def show_stage(self, stage: Stage) -> None:
        """Show the proposal for this stage from now on."""
        self.stage = stage
        self._all_told = False
        self.refresh()

    @property
    def waits(self) -> bool:
        """Whether there is something to use that the user has not decided about."""
        return self._guide.waits(self.stage)

    def refresh(self) -> None:
        """Show what is proposed now, and what has become of it."""
        made, recipe = self._guide.proposal(self.stage), self._session.recipe
        skipped, present = self.stage in recipe.skipped, bool(steps_of(recipe, self.stage))
        self.setVisible(self._session.volume is not None)
        self._show_steps(() if made is None else made.steps)
        self._say_why("" if made is None else made.why)
        self._unsure.setVisible(made is not None and not made.sure)
        self._unsure.setText(UNSURE if made is not None and made.steps else "Not sure.")
        asks = self._guide.asks(self.stage)
        self._asks.setVisible(bool(asks))
        self._need.setText(f"Only you can say: {asks}.")
        here = self.stage is Stage.IMPORT or (made is not None and bool(made.missing))
        self.ask_button.setText("Type it in" if here else "Say it on the Import page")
        self._say_state(skipped=skipped and not present)
        usable = made is not None and bool(made.steps) and not self._guide.used(self.stage)
        self.use_button.setVisible(usable)
        self.use_button.setText("Use instead" if present else "Use")
        self._offer_skipping(skipped=skipped and not present)

    def _say_why(self, why: str) -> None:
        """The first sentence decides; the others are there for who wants to know."""
        first, *others = SENTENCE_END.split(why)
        self._why.setText(f"{first}." if others else first)
        self._rest.setText(". ".join(others))
        self._why.setVisible(bool(why))
        self._rest.setVisible(bool(others) and self._all_told)
        self.more_button.setVisible(bool(others))
        self.more_button.setText("Less" if self._all_told else "More")

    def _tell_all(self) -> None:
        self._all_told = not self._all_told
        self.refresh()

    def _show_steps(self, steps: tuple[RecipeStep, ...]) -> None:
        clear(self._steps)
        for entry in steps:
            name, settings = label(entry.step.label, "heading", wrap=False), label(detail(entry), "small")
            settings.setContentsMargins(0, 0, 0, 4)
            self._steps.addWidget(name)
            self._steps.addWidget(settings)

    def _say_state(self, *, skipped: bool) -> None:
        guide, made = self._guide, self._guide.proposal(self.stage)
        text = ""
        if skipped:
            text = "This stage is skipped."
        elif guide.used(self.stage):
            text = "This is in the recipe."
        elif guide.looking:
            text = LOOKING
        elif guide.error is not None:
            text = f"Nothing can be proposed: {problem_of(guide.error).what}"
        elif made is None:
            text = "Nothing is proposed yet."
        elif not made.steps and not made.asks:
            text = "Nothing has to be done at this stage."
        self._state.setText(text)
        self._state.setVisible(bool(text))

    def _offer_skipping(self, *, skipped: bool) -> None:
        self.skip_button.setVisible(self.stage is not Stage.IMPORT)
        self.skip_button.setText("Do not skip" if skipped else "Skip this stage")
        self.skip_button.setToolTip(
            "Decide about this stage anew"
            if skipped
            else "Do nothing at this stage; steps that are there are taken out, undo brings them back"
        )

    def _ask(self) -> None:
        self.asked.emit(self.stage)

    def _use(self) -> None:
        self._guide.use(self.stage)
        self.decided.emit()

    def _skip(self) -> None:
        recipe = self._session.recipe
        skipped = self.stage in recipe.skipped and not steps_of(recipe, self.stage)
        self._guide.skip(self.stage, on=not skipped)
        if not skipped:
            self.decided.emit()
