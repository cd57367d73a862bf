"""How the guided run leads through the window: what is shown next, and where Enter goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from core.step import Stage

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.proposal import ProposalCard


def connect_guide(window: MainWindow) -> None:
    """Connect what belongs to the guided run, once, when the window is made."""
    lead, program = window.lead, window.program
    bar, inspector, session = window.guide_bar, window.inspector, program.session
    inspector.stage_shown.connect(bar.show_stage)
    inspector.stage_shown.connect(lambda _stage: lead.emphasise())
    bar.onward.connect(lead.go)
    bar.run.connect(window.acts["run"].trigger)
    for card in (window.stage.card, window.importing.card):
        card.asked.connect(lead.ask)
        card.decided.connect(lead.decided)
    for made in (window.importing.propose_button, window.recipe.propose):
        made.clicked.connect(lead.decided)
    program.guide.changed.connect(lambda: window.commands.refresh_rail())
    program.guide.changed.connect(lead.arrived)
    session.recipe_changed.connect(lead.emphasise)
    session.inputs_changed.connect(lead.begin)


class Lead:
    """Puts the keyboard where the next decision is."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def go(self, stage: Stage) -> None:
        """Show a stage, ready for Enter."""
        self._window.inspector.show_stage(stage)
        self.offer_next()

    def begin(self) -> None:
        """Something was opened: Enter leads on, unless the user is typing."""
        typing = isinstance(QApplication.focusWidget(), QLineEdit)
        if self._window.program.session.volume is not None and not typing:
            self.offer_next()

    def arrived(self) -> None:
        """Proposals have come: what waited for them gets the keyboard."""
        self.emphasise()
        if self._window.guide_bar.next_button.hasFocus():
            self.offer_next()

    def offer_next(self) -> None:
        """Give the keyboard to *Use* where something is proposed, else to *Next*."""
        self.emphasise()
        self._first().setFocus(Qt.FocusReason.TabFocusReason)

    def decided(self) -> None:
        """A proposal was used, or skipped: the keyboard goes to what it still asks, else on."""
        asking = self._window.program.guide.question()
        if asking is None:
            self.offer_next()
        else:
            self.ask(asking)

    def ask(self, stage: Stage) -> None:
        """Go where the user can say what could not be found out: to the step that needs it, or to Import."""
        guide, inspector = self._window.program.guide, self._window.inspector
        made = guide.proposal(stage)
        if made is None or not made.missing:
            inspector.show_stage(Stage.IMPORT)
            self._window.importing.ask(guide.asks(stage))
            return
        if not guide.used(stage):
            guide.use(stage)
        steps = self._window.program.session.recipe.steps
        self._window.program.session.choose(
            max(index for index, entry in enumerate(steps) if entry.step.stage is stage)
        )
        inspector.show_chosen()
        self._window.step.ask(made.missing)

    def emphasise(self) -> None:
        """Show one thing as what comes next."""
        bar = self._window.guide_bar
        bar.emphasise(self._first() is bar.next_button)

    def _first(self) -> QPushButton:
        card = self._card()
        return self._window.guide_bar.next_button if card is None else card.use_button

    def _card(self) -> ProposalCard | None:
        """The card of the page that is shown, if something waits on it."""
        window = self._window
        shown = window.inspector.currentWidget()
        for page in (window.importing, window.stage):
            if page is shown and page.card.waits:
                return page.card
        return None
