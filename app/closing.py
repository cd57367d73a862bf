"""Closing the window while work is under way: asked about, waited for, never blocking."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QCloseEvent

from app.program import Program


class Closer(QObject):
    """Decides when the window may really close.

    Signals: `confirmation_needed` when a run or a simulation would be stopped, `waiting` when the window
    stays until the jobs have ended.
    """

    confirmation_needed = Signal()
    waiting = Signal()

    def __init__(self, program: Program, close: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program = program
        self._close = close
        self._confirmed = False
        self._awaited = False

    def handle(self, event: QCloseEvent) -> bool:
        """Answer a close event; returns whether the window closes now."""
        program = self._program
        if program.working and not self._confirmed:
            event.ignore()
            self.confirmation_needed.emit()
            return False
        program.session.settle()
        program.stop()
        if not program.runner.running:
            program.keeper.flush()
        program.painting.flush()
        if program.busy:
            event.ignore()
            self._await()
            return False
        event.accept()
        return True

    def confirm(self) -> None:
        """Stop what is under way, and close as soon as it has ended."""
        self._confirmed = True
        self._close()

    def _await(self) -> None:
        self.waiting.emit()
        if not self._awaited:
            self._awaited = True
            # The queue tells from within the end of its last job; the window closes once that is over.
            self._program.idle.connect(self._again)

    def _again(self) -> None:
        self._program.idle.disconnect(self._again)
        self._awaited = False
        self._close()
