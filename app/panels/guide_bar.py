"""Below every page of the right side: on to the next stage, by mouse or by Enter."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.guiding import STAGES, after
from app.theme import Theme
from app.widgets import button, column, label, row, rule
from core.step import Stage


class GuideBar(QWidget):
    """Sends `onward` (the `Stage` that comes next), and `run` behind the last one."""

    onward = Signal(object)
    run = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._stage = Stage.IMPORT
        self._where = label("", "small", wrap=False)
        self.next_button = button("", self._go)
        self.next_button.setAutoDefault(True)  # Enter presses it
        bar = row(self._where, None, self.next_button)
        bar.setContentsMargins(16, 10, 16, 10)
        self.setLayout(column(rule(), bar, gap=0))
        theme.changed.connect(self._recolour)
        self.show_stage(Stage.IMPORT)

    def show_stage(self, stage: Stage) -> None:
        """Say where the user is, and offer what comes next."""
        self._stage = stage
        following = after(stage)
        self._where.setText(f"Stage {STAGES.index(stage) + 1} of {len(STAGES)}")
        if following is None:
            self.next_button.setText("Run all steps")
            self.next_button.setToolTip("Run the whole recipe; what is done already is not repeated")
        else:
            self.next_button.setText(f"Next: {following.value}")
            self.next_button.setToolTip(
                f"Go on to {following.value}; what is not used here is left undecided"
            )
        self._recolour()

    def emphasise(self, on: bool) -> None:
        """Show it as the thing to do next, or leave that to something on the page."""
        if self.next_button.property("primary") != on:
            self.next_button.setProperty("primary", on)
            self.next_button.style().unpolish(self.next_button)
            self.next_button.style().polish(self.next_button)
            self._recolour()

    def _go(self) -> None:
        following = after(self._stage)
        if following is None:
            self.run.emit()
        else:
            self.onward.emit(following)

    def _recolour(self) -> None:
        name = "run" if after(self._stage) is None else "chevron-right"
        self.next_button.setIcon(
            self._theme.icon(name, "on_accent" if self.next_button.property("primary") else "quiet")
        )
