"""The shifts of a registration: plot, slices that did not lock, corrections by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.forms_number import NumberBox, UnreadableError
from app.plots.drift import Drift, DriftPlot
from app.widgets import button, clear, column, combo_box, flush, label, row, scrolled, tool_button
from core.align.results import RegisterEstimate

NUDGE_PX = 0.1
FAR_NUDGE_PX = 1.0
DECIMALS = 2
TYPED_PX = 1e-6  # less is no change
LEFT_PX = 286
ARROWS = ((("↑", (-1, 0)), ("↓", (1, 0))), (("←", (0, -1)), ("→", (0, 1))))


class DriftPage(QWidget):
    """Shows shifts and asks for changes; `app.panels.alignment` makes them.

    Signals
    -------
    slice_chosen : int
        Slice of the input, after a click or a button.
    shift_wanted : (int, float, float, bool)
        Place of a slice in the estimate, its new shift (y, x) in px, whether all later ones go with it.
    trend_chosen : str
        What is to become of the slow part.
    neighbours_toggled : bool
        Whether slices are compared with the one before.
    save_wanted, load_wanted, reset_wanted
        Files of transforms; back to what the step found.
    """

    slice_chosen = Signal(int)
    shift_wanted = Signal(int, float, float, bool)
    trend_chosen = Signal(str)
    neighbours_toggled = Signal(bool)
    save_wanted = Signal()
    load_wanted = Signal()
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = DriftPlot()
        self.plot.slice_chosen.connect(self.slice_chosen)
        self._slice: int | None = None
        self._title = label("", "heading")
        self._words = QVBoxLayout()
        self.previous_button = button("◀ Flagged", lambda: self.plot.choose_marked(False))
        self.next_button = button("Flagged ▶", lambda: self.plot.choose_marked(True))
        self.previous_button.setToolTip("Go to the flagged slice before this one (Shift+N in the plot)")
        self.next_button.setToolTip("Go to the next slice that did not lock (N in the plot)")
        self.trend = combo_box([], "What becomes of the slow part")
        self._trends: list[str] = []
        self.trend.currentIndexChanged.connect(lambda index: self.trend_chosen.emit(self._trends[index]))
        self.quality = combo_box([], "What is drawn below the shifts")
        self.quality.currentTextChanged.connect(self._choose_quality)
        self.neighbours = button("Compare with slice before", lambda: None)
        self.neighbours.setToolTip("Each slice after registration against the one before it; B blinks")
        self.neighbours.setCheckable(True)
        self.neighbours.toggled.connect(self.neighbours_toggled)
        self._lay_out()
        self.show_drift(None, [], editable=False, own=False)

    def _lay_out(self) -> None:
        self._trend_label = label("Slow part", "quiet", wrap=False)
        told = column(
            self._title,
            row(self.previous_button, self.next_button, None),
            self._by_hand(),
            row(self._trend_label, self.trend, None),
            row(label("Below", "quiet", wrap=False), self.quality, None),
            row(self.neighbours, None),
            self._files(),
            self._words,
            None,
            gap=8,
        )
        left = scrolled(told)
        left.setFixedWidth(LEFT_PX)
        layout = QHBoxLayout(self)
        layout.addWidget(left)
        layout.addWidget(self.plot, 1)
        flush(self)

    def _by_hand(self) -> QWidget:
        self._boxes = [NumberBox(whole=False, step=NUDGE_PX, decimals=DECIMALS) for _ in "yx"]
        for name, box in zip("yx", self._boxes, strict=True):
            box.setAccessibleName(f"Shift along {name}")
            box.editingFinished.connect(self._typed)
        self.following = QCheckBox("and all slices after it")
        self.following.setToolTip("Later slices move by the same amount: for a jump")
        self._of_slice = label("", "section", wrap=False)
        self.arrows: list[QToolButton] = []
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(4)
        for line, (name, box, ways) in enumerate(zip("yx", self._boxes, ARROWS, strict=True)):
            numbers.addWidget(label(name, "quiet", wrap=False), line, 0)
            numbers.addWidget(box, line, 1)
            numbers.addWidget(label("px", "quiet", wrap=False), line, 2)
            for place, (text, direction) in enumerate(ways, start=3):
                arrow = tool_button(text, f"Shift by {NUDGE_PX:g} px (with Shift: {FAR_NUDGE_PX:g} px)")
                arrow.clicked.connect(lambda _on=False, direction=direction: self._nudge(direction))
                numbers.addWidget(arrow, line, place)
                self.arrows.append(arrow)
        self._hand = QWidget()
        self._hand.setLayout(column(self._of_slice, numbers, self.following, gap=6))
        return self._hand

    def _files(self) -> QWidget:
        self.reset_button = button("Back to what is found", self.reset_wanted.emit)
        self.save_button = button("Save…", self.save_wanted.emit)
        self.load_button = button("Load…", self.load_wanted.emit)
        self.save_button.setToolTip("Save the transforms of all slices as a JSON file")
        self.load_button.setToolTip("Use transforms from a JSON file")
        files = row(label("Transforms", "quiet", wrap=False), self.save_button, self.load_button, None)
        self._stored = QWidget()
        self._stored.setLayout(column(row(self.reset_button, None), files, gap=8))
        return self._stored

    # ------------------------------------------------------------------ what is shown
    def show_drift(self, drift: Drift | None, words: Sequence[str], *, editable: bool, own: bool) -> None:
        """Show shifts with what is said about them.

        Parameters
        ----------
        editable : bool
            Whether shifts may be corrected and transforms loaded.
        own : bool
            Whether these are the user's own values.
        """
        clear(self._words)
        self._title.setText(words[0] if words else "")
        for text in words[1:]:
            self._words.addWidget(label(text, "small"))
        self.plot.show_drift(drift)
        marked = bool(self.plot.marked())
        for each in (self.previous_button, self.next_button):
            each.setEnabled(marked)
        self._list_qualities()
        for part in (self._hand, self._stored):
            part.setVisible(editable)
        self.reset_button.setVisible(own)
        self.save_button.setEnabled(drift is not None)
        self.neighbours.setEnabled(drift is not None)
        self._show_numbers()

    def show_trends(self, choices: dict[str, str], chosen: str) -> None:
        """Offer what can become of the slow part; nothing for steps that do not ask."""
        self._trends = list(choices)
        with QSignalBlocker(self.trend):
            self.trend.clear()
            self.trend.addItems(list(choices.values()))
            self.trend.setCurrentIndex(self._trends.index(chosen) if chosen in choices else -1)
        for each in (self.trend, self._trend_label):
            each.setVisible(bool(choices))

    def set_slice(self, index: int | None) -> None:
        """Mark the slice of the input that is looked at."""
        self._slice = index
        self.plot.set_slice(index)
        self._show_numbers()

    def place(self) -> int | None:
        """Place of the slice that is looked at in the estimate."""
        drift = self.plot.drift
        if drift is None or self._slice is None:
            return None
        found = np.flatnonzero(drift.numbers == self._slice)
        return int(found[0]) if found.size else None

    def _list_qualities(self) -> None:
        names = list(self.plot.qualities())
        if names != [self.quality.itemText(index) for index in range(self.quality.count())]:
            with QSignalBlocker(self.quality):
                self.quality.clear()
                self.quality.addItems(names)
                self.quality.setCurrentText(self.plot.quality)
        self.quality.setEnabled(len(names) > 1)

    def _choose_quality(self, name: str) -> None:
        if name:
            self.plot.show_quality(name)

    # ------------------------------------------------------------------ by hand
    def _show_numbers(self) -> None:
        place, drift = self.place(), self.plot.drift
        known = place is not None and drift is not None
        self._of_slice.setText(f"SHIFT OF SLICE {self._slice}" if known else "SHIFT OF THE SLICE")
        for axis, box in enumerate(self._boxes):
            box.setEnabled(known)
            with QSignalBlocker(box):
                there = drift is not None and place is not None
                value = round(float(drift.shifts[place, axis]), DECIMALS) if drift and there else None
                box.show_number(value)
        for control in (*self.arrows, self.following):
            control.setEnabled(known)

    def _nudge(self, direction: tuple[int, int]) -> None:
        far = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        size = FAR_NUDGE_PX if far else NUDGE_PX
        self._move(tuple(side * size for side in direction))

    def _typed(self) -> None:
        place, drift = self.place(), self.plot.drift
        if place is None or drift is None:
            return
        try:
            wanted = [float(box.number() or 0.0) for box in self._boxes]
        except UnreadableError:
            self._show_numbers()
            return
        shown = np.round(drift.shifts[place], DECIMALS)
        if any(abs(a - b) > TYPED_PX for a, b in zip(wanted, shown, strict=True)):
            self.shift_wanted.emit(place, wanted[0], wanted[1], self.following.isChecked())

    def _move(self, by: Sequence[float]) -> None:
        place, drift = self.place(), self.plot.drift
        if place is not None and drift is not None:
            y, x = (float(value) + more for value, more in zip(drift.shifts[place], by, strict=True))
            self.shift_wanted.emit(place, y, x, self.following.isChecked())


def words_of(estimate: RegisterEstimate, drift: Drift) -> list[str]:
    """What a registration has come to, in words."""
    count, flagged = len(drift.numbers), int(drift.flagged.sum())
    said = []
    if estimate.method:
        said.append(f"Rests on: {estimate.method}.")
    steps = np.diff(drift.shifts, axis=0)
    if len(steps):
        jitter = np.sqrt((steps**2).mean(axis=0))
        whole = drift.shifts[-1] - drift.shifts[0]
        said.append(
            f"Between neighbours y {jitter[0]:.2g} px, x {jitter[1]:.2g} px (RMS); from first to last "
            f"y {whole[0]:+.2f} px, x {whole[1]:+.2f} px."
        )
    for name, (before, after) in drift.qualities.items():
        if before is not None and after is not None and count > 1:
            said.append(f"{name} with the slice before: {before[1:].mean():.3f} → {after[1:].mean():.3f}.")
    remarks = estimate.remarks()
    if not flagged:
        said.append("All slices have locked.")
    elif not any("did not lock" in text for text in remarks):
        said.append(f"{flagged} of {count} slices did not lock.")
    return [*said, *remarks]
