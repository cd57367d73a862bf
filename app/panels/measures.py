"""What was measured: numbers, curves, colours; of the whole volume, or of the marked region."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.actions import Actions
from app.cards import cards_of, missing
from app.figures import PLOTS, figure_of
from app.measuring import Measuring
from app.panels.card_grid import CardGrid
from app.panels.region_row import RegionRow
from app.panels.shown import Shown, curves_of, invitation, numbers_of, waiting_text
from app.plots.curves import CurvePanel
from app.plots.measures import MeasurePlot
from app.session import Session
from app.standing import Standings
from app.tint import WAYS, Phase
from app.tracing import input_slices
from app.widgets import OneLine, clear, column, combo_box, frame, label, row, scrolled
from core.measure.params import MeasureParams
from core.measure.results import Measured, PhaseResult
from core.recipe import Recipe
from core.step import Stage

WAY_TEXTS = {"none": "No colours", "component": "By component", "thickness": "By thickness"}
SAVE = "Report…"
CARDS_PX = (236, 372)  # at least, at most


class MeasuresPanel(QWidget):
    """Cards and plots. `slice_chosen` (slice of the input) is sent after a click into a plot over slices."""

    slice_chosen = Signal(int)

    def __init__(
        self,
        session: Session,
        standings: Standings,
        measuring: Measuring,
        acts: Actions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._standings, self._measuring = session, standings, measuring
        self.input_slice: Callable[[int], int] = lambda z: z
        self.recipe_of_subject: Callable[[], Recipe] = Recipe
        self.shown: Shown | None = None
        self._busy = self._saving = False
        self.title = OneLine()
        self.title.setProperty("role", "heading")
        self.phase = combo_box([], "Phase")
        self.plot = combo_box(list(PLOTS.values()), "Plot")
        self.colours = combo_box(list(WAY_TEXTS.values()), "Colour by")
        for combo in (self.phase, self.plot, self.colours):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.colours_said = label("", "small")
        self.colours_said.hide()
        self.region = RegionRow(acts["region"])
        self._save = acts["save-report"]
        self.curves, self.figure = CurvePanel(), MeasurePlot()
        self._plots = QStackedWidget()
        self._plots.addWidget(self.curves)
        self._plots.addWidget(self.figure)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._words, self._cards, self._notes = QVBoxLayout(), CardGrid(), QVBoxLayout()
        for part in (self._words, self._notes):
            part.setSpacing(6)
        self._told: QLayout = column(self._words, self._cards, self._notes, None, gap=8)
        left = QWidget()
        left.setMinimumWidth(CARDS_PX[0])
        left.setMaximumWidth(CARDS_PX[1])
        left.setLayout(column(self.title, self.colours_said, scrolled(self._told), gap=6))
        save = QToolButton()
        save.setDefaultAction(self._save)
        save.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        save.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        right = column(row(self.phase, self.plot, None, save), self._plots, gap=6)
        body = QHBoxLayout()
        body.addWidget(left, 1)
        body.addLayout(right, 1)
        head = QHBoxLayout()
        head.addWidget(self.region, 1)
        head.addWidget(self.colours)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addLayout(body, 1)

    def _connect(self) -> None:
        session, measuring = self._session, self._measuring
        self._standings.changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        session.chosen_changed.connect(self.refresh)
        measuring.subject_changed.connect(self._take_subject)
        measuring.region_changed.connect(self.region.show_region)
        measuring.numbers_changed.connect(self.refresh)
        measuring.busy.connect(self._work)
        measuring.progressed.connect(self.region.show_progress)
        measuring.tint_said.connect(self._say_colours)
        self.region.changed.connect(measuring.set_region)
        self.region.measure.connect(measuring.measure)
        self.region.stop.connect(measuring.stop)
        self.phase.currentIndexChanged.connect(lambda _index: self._choose_phase())
        self.plot.currentIndexChanged.connect(lambda _index: self._draw())
        self.colours.currentIndexChanged.connect(lambda index: measuring.colour_by(list(WAYS)[index]))
        self.curves.slice_clicked.connect(self.slice_chosen)
        session.slice_changed.connect(self.curves.set_slice)

    # ---- what is shown
    def refresh(self) -> None:
        """Show what there is now."""
        self.shown = self._of_region() if self._measuring.region is not None else self._of_project()
        self._list_phases()
        self._write()
        self._draw()
        self._work(self._busy)
        self.show_saving(self._saving)
        self._show_colours_said()

    def show_saving(self, saving: bool) -> None:
        """Say whether a report is being written; one at a time, and only of what is shown in detail."""
        self._saving = saving
        self._save.setEnabled(not saving and self.shown is not None and self.shown.measured is not None)
        self._save.setIconText("Saving …" if saving else SAVE)

    def figure_name(self) -> str:
        """Name of the chosen plot."""
        return list(PLOTS)[self.plot.currentIndex()]

    def show_way(self, index: int) -> None:
        """Show what is coloured by without announcing it."""
        with QSignalBlocker(self.colours):
            self.colours.setCurrentIndex(index)

    def _of_region(self) -> Shown | None:
        numbers = self._measuring.numbers
        if numbers is None:
            return None
        region = numbers.region
        slices = [self.input_slice(z) for z in range(region.low[0], region.high[0])]
        params = numbers.params or MeasureParams()
        return Shown(
            f"Region {region.text}", numbers.estimate, slices, params, self.recipe_of_subject(), region.text
        )

    def _of_project(self) -> Shown | None:
        """The chosen measure step, else the last one that has numbers."""
        volume, recipe = self._session.volume, self._session.recipe
        found = [
            (index, estimate)
            for index, entry in enumerate(recipe.steps)
            if entry.step.stage is Stage.MEASURE and (estimate := self._standings.estimate(index)) is not None
        ]
        if volume is None or not found:
            return None
        index, estimate = next((each for each in found if each[0] == self._session.chosen), found[-1])
        title = f"Whole volume, step {index + 1}: {recipe.steps[index].step.label}"
        params = recipe.steps[index].params
        asked = params if isinstance(params, MeasureParams) else MeasureParams()
        return Shown(title, estimate, input_slices(volume.info, recipe, index), asked, recipe)

    # ---- phases
    def _phases(self) -> tuple[PhaseResult, ...]:
        found = None if self.shown is None else self.shown.measured
        return () if found is None else found.phases

    def _phase(self) -> PhaseResult | None:
        phases, index = self._phases(), self.phase.currentIndex()
        return phases[index] if 0 <= index < len(phases) else None

    def _list_phases(self) -> None:
        names = [phase.name for phase in self._phases()]
        if names != [self.phase.itemText(index) for index in range(self.phase.count())]:
            kept = self.phase.currentText()
            with QSignalBlocker(self.phase):
                self.phase.clear()
                self.phase.addItems(names)
                # Of a binary volume pore comes first and solid is what is asked for.
                self.phase.setCurrentIndex(names.index(kept) if kept in names else len(names) - 1)
        phase = self._phase()
        if phase is not None and phase.name != "solid":  # solid is what is coloured without being asked
            self._measuring.set_phase(Phase(phase.value, phase.connectivity))
        self.phase.setVisible(len(names) > 1)
        self.plot.setVisible(bool(names))

    def _choose_phase(self) -> None:
        phase = self._phase()
        if phase is not None:
            self._measuring.set_phase(Phase(phase.value, phase.connectivity))
        self._write()
        self._draw()

    # ---- numbers
    def _write(self) -> None:
        for part in (self._words, self._notes):
            clear(part)
        shown, region = self.shown, self._measuring.region
        self.title.setText(shown.title if shown else "" if region is None else f"Region {region.text}")
        self.title.setToolTip(self.title.text())
        if shown is None:
            self._cards.show_cards([])
            self._say_why()
            return
        found, phase = shown.measured, self._phase()
        cards = numbers_of(shown.estimate) if found is None or phase is None else cards_of(found, phase)
        if found is not None and phase is not None:
            self._say_verdict(found, phase)
        self._cards.show_cards(cards)
        self._told.activate()  # else they are seen for a moment without room

    def _say_why(self) -> None:
        measuring = self._measuring
        if measuring.trouble:
            self._words.addWidget(frame("failure", column(label(measuring.trouble), margin=10)))
        elif measuring.region is None:
            self._words.addWidget(label(invitation(self._session.recipe), "quiet"))
        else:
            due = not (self._busy or measuring.quick)
            self._words.addWidget(label(waiting_text(measuring.region.voxels, due=due), "quiet"))

    def _say_verdict(self, found: Measured, phase: PhaseResult) -> None:
        if found.verdict:
            self._notes.addWidget(frame("card", column(label(found.verdict, "small"), margin=8)))
        for note in found.notes:
            self._notes.addWidget(frame("notice", column(label(note, "small"), margin=8)))
        absent = missing(phase)
        if absent:
            text = f"Not measured, or not known: {', '.join(absent)}."
            self._notes.addWidget(label(text, "small"))

    # ---- plots
    def _draw(self) -> None:
        shown, phase = self.shown, self._phase()
        found = None if shown is None else shown.measured
        name = self.figure_name() if found is not None else "fraction"
        if found is None or phase is None or name == "fraction":
            self._plots.setCurrentWidget(self.curves)
            self._draw_slices(shown, found)
        else:
            self._plots.setCurrentWidget(self.figure)
            self.figure.show_figure(figure_of(name, found, phase))

    def _draw_slices(self, shown: Shown | None, found: Measured | None) -> None:
        self.curves.clear()
        if shown is None:
            return
        phase = self._phase()
        if found is not None and phase is not None:
            self._add_curve(phase.name, f"{phase.name} fraction", phase.fraction_per_slice, shown.slices)
        else:
            for name, values in curves_of(shown.estimate):
                self._add_curve(name, name, values, shown.slices)
        self.curves.set_slice(self._session.z_index)

    def _add_curve(self, name: str, quantity: str, values: Sequence[float], slices: Sequence[int]) -> None:
        numbers = list(slices) if len(slices) == len(values) else None
        self.curves.set_curve(name, values, quantity=quantity, numbers=numbers)

    # ---- region and colours
    def _take_subject(self) -> None:
        subject = self._measuring.subject
        if subject is not None:
            self.region.set_shape(subject.info.shape)

    def _work(self, busy: bool) -> None:
        changed, self._busy = busy != self._busy, busy
        measuring = self._measuring
        due = measuring.region is not None and measuring.numbers is None and not measuring.waiting_for_numbers
        self.region.show_work(busy=busy, due=due)
        if changed and self.shown is None:
            self._write()

    def _say_colours(self, text: str) -> None:
        self.colours_said.setText(text)
        self._show_colours_said()

    def _show_colours_said(self) -> None:
        """Hide what is said already of the region."""
        text = self.colours_said.text()
        self.colours_said.setVisible(bool(text) and text != self._measuring.trouble)
