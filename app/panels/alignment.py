"""Where slices lie: shifts of a registration, or thicknesses, of one step of the recipe."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.aligning import Aligning, Subject
from app.panels.drift import DriftPage
from app.panels.drift import words_of as drift_words
from app.panels.thickness import ThicknessPage
from app.panels.thickness import words_of as thickness_words
from app.plots.drift import Drift, drift_of, drift_of_moves
from app.plots.thickness import thicknesses_of
from app.session import Session
from app.widgets import OneOfPages, button, column, label, row
from core.align.results import RegisterChannelsEstimate, RegisterEstimate
from core.params import Params
from core.step import Estimate
from core.thickness.results import ThicknessEstimate

NOTHING = "Add a Register step (stage Align) or a Thickness step, and run it: what it finds appears here."
OWN, FOR_ALL = "your own values", " (used for all channels)"


class AlignmentPanel(QWidget):
    """Shows what `Aligning` has; changes go back to it.

    Signals: `slice_chosen` (slice of the input), `run_wanted`, `neighbours_toggled` (bool), and those that
    need a file: `save_transforms`, `load_transforms`, `compare`, `save_table`, `use_table`, each with the
    `Subject`.
    """

    slice_chosen = Signal(int)
    run_wanted = Signal()
    neighbours_toggled = Signal(bool)
    save_transforms = Signal(object)
    load_transforms = Signal(object)
    compare = Signal(object)
    save_table = Signal(object)
    use_table = Signal(object)

    def __init__(self, session: Session, aligning: Aligning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._aligning = session, aligning
        self.subject: Subject | None = None
        self._drawn: tuple[object, ...] = ()
        self.drift, self.thickness = DriftPage(), ThicknessPage()
        self._said: QLabel = label(NOTHING, "quiet")
        self.run_button = button("Run up to this step", self.run_wanted.emit, kind="primary")
        self.load_button = button("Load transforms…", lambda: self._ask(self.load_transforms))
        self.table_button = button("Use a table…", lambda: self._ask(self.use_table))
        empty = QWidget()
        ways = row(self.run_button, self.load_button, self.table_button, None)
        empty.setLayout(column(self._said, ways, None, gap=8))
        self._pages = OneOfPages()
        for page in (empty, self.drift, self.thickness):
            self._pages.addWidget(page)
        self._empty = empty
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self._pages)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        aligning, drift, thickness = self._aligning, self.drift, self.thickness
        aligning.changed.connect(self.refresh)
        self._session.slice_changed.connect(self._go)
        for page in (drift, thickness):
            page.slice_chosen.connect(self.slice_chosen)
        drift.shift_wanted.connect(self._shift)
        drift.trend_chosen.connect(lambda trend: self._with(lambda it: aligning.set_trend(it, trend)))
        drift.reset_wanted.connect(lambda: self._with(aligning.back_to_found))
        drift.neighbours_toggled.connect(self.neighbours_toggled)
        drift.save_wanted.connect(lambda: self._ask(self.save_transforms))
        drift.load_wanted.connect(lambda: self._ask(self.load_transforms))
        thickness.compare_wanted.connect(lambda: self._ask(self.compare))
        thickness.use_wanted.connect(lambda: self._ask(self.use_table))
        thickness.reset_wanted.connect(lambda: self._with(aligning.back_to_found))
        thickness.save_wanted.connect(lambda: self._ask(self.save_table))
        thickness.clear_wanted.connect(aligning.forget_tables)

    def refresh(self) -> None:
        """Show what is known now; what is shown already is not drawn again."""
        self.subject = subject = self._aligning.subject()
        if subject is not None and subject.estimate is None and self._aligning.looking and self._drawn:
            return  # it may be there in a moment
        self._show_empty(subject)
        if subject is None or subject.estimate is None:
            self._drawn = ()
            self._pages.setCurrentWidget(self._empty)
            return
        tables = self._aligning.tables
        state = (subject.estimate, subject.entry.params, subject.index, tuple(subject.slices), tables)
        if not same_state(state, self._drawn):
            self._drawn = state
            self._draw(subject)
        self._go(self._session.z_index)

    def _draw(self, subject: Subject) -> None:
        estimate = subject.estimate
        own = subject.entry.estimate is not None
        said = OWN + (FOR_ALL if len(self._session.inputs) > 1 else "")
        title = f"{subject.title}, {said}" if own else subject.title
        if isinstance(estimate, ThicknessEstimate):
            shown = thicknesses_of(estimate, subject.slices, self._aligning.tables)
            self.thickness.show_thicknesses(shown, [title, *thickness_words(estimate)], own=own)
            self._pages.setCurrentWidget(self.thickness)
            return
        drift, words, editable = self._drift(subject)
        self.drift.show_trends(subject.trends, subject.trend)
        self.drift.show_drift(drift, [title, *words], editable=editable, own=own)
        self._pages.setCurrentWidget(self.drift)

    def _drift(self, subject: Subject) -> tuple[Drift | None, list[str], bool]:
        estimate = subject.estimate
        if isinstance(estimate, RegisterEstimate):
            drift = drift_of(estimate, subject.slices)
            return drift, drift_words(estimate, drift), True
        if isinstance(estimate, RegisterChannelsEstimate):
            channel = self._session.channel
            moves = next((each for each in estimate.moves if each.channel == channel), None)
            if moves is not None:
                names = [name or "the unnamed one" for name in (channel, estimate.reference)]
                words = [f"Channel {names[0]} onto {names[1]}.", *estimate.remarks()]
                return drift_of_moves(moves, subject.slices), words, False
        return None, [], False

    def _show_empty(self, subject: Subject | None) -> None:
        self.run_button.setVisible(subject is not None)
        finds = None if subject is None else subject.entry.step.estimate_type
        self.load_button.setVisible(finds is RegisterEstimate)
        self.table_button.setVisible(finds is ThicknessEstimate)
        if subject is not None:
            self._said.setText(f"{subject.title} has not been run with these settings.")
        else:
            self._said.setText(NOTHING)

    def _go(self, z_index: int) -> None:
        for page in (self.drift, self.thickness):
            if self._pages.currentWidget() is page:
                page.set_slice(z_index)

    def _shift(self, place: int, y: float, x: float, following: bool) -> None:
        self._with(lambda subject: self._aligning.set_shift(subject, place, y, x, following))

    def _with(self, act: Callable[[Subject], None]) -> None:
        if self.subject is not None:
            act(self.subject)

    def _ask(self, signal: SignalInstance) -> None:
        if self.subject is not None:
            signal.emit(self.subject)


def same_state(state: tuple[object, ...], drawn: tuple[object, ...]) -> bool:
    """Whether everything is what is drawn already; estimates of many slices are compared by identity."""
    if len(state) != len(drawn):
        return False
    return all(
        new is old or (not isinstance(new, Estimate) and isinstance(new, Params | int | tuple) and new == old)
        for new, old in zip(state, drawn, strict=True)
    )
