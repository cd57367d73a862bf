"""Painting labels in the window: the bar, the tool over the slice, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QToolBar

from app.geometry import Z
from app.painting.correcting import Corrector
from app.panels.paint import PaintBar
from app.plots.painting import PaintTool, solid_shown
from core.labels.classes import PORE

if TYPE_CHECKING:
    from app.main_window import MainWindow

TOLD_MS = 8000
BESIDE = ("rail", "recipe", "inspector")
NOT_SHOWN = "No segmentation of this slice is shown: choose a Segment step, and wait for its preview."


class Paint(QObject):
    """Connects painting with the window it is in."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._arrangement = "all"
        self.painting, self.strokes = window.program.painting, window.program.strokes
        self.panel = PaintBar(self.painting, self.strokes, window.theme)
        self.tool = PaintTool(self.strokes, window.views.slices.update_tools)
        self.corrector = Corrector(window.program.session, window.program.standings, self.painting, self)
        self.bar = self._made_bar()
        for key in self.panel.keys:
            window.addAction(key)
        self._connect()

    def _made_bar(self) -> QToolBar:
        window = self._window
        window.addToolBarBreak(Qt.ToolBarArea.TopToolBarArea)
        bar = QToolBar("Paint labels", window)
        bar.setObjectName("bar-paint")
        bar.setMovable(False)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(self.panel)
        window.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)
        bar.hide()
        return bar

    def _connect(self) -> None:
        window, painting = self._window, self.painting
        shower, slices = window.shower, window.views.slices
        window.acts["paint"].toggled.connect(self.use)
        shower.measurable.connect(lambda _volume: self._follow())
        slices.cursor_changed.connect(lambda z, _y, _x: painting.show_slice(z))
        window.program.opener.opened.connect(lambda _paths: painting.move_home())
        painting.changed.connect(window.commands.refresh)
        painting.redrawn.connect(slices.update_tools)
        painting.failed.connect(window.program.problems.report)
        painting.told.connect(lambda text: window.statusBar().showMessage(text, TOLD_MS))
        painting.slice_wanted.connect(self._go)
        self.panel.take.triggered.connect(lambda _on=False: self.take_segmentation())
        self.panel.correct.triggered.connect(lambda _on=False: self.corrector.correct())
        slices.left_view.connect(self.tool.leave)
        self.panel.finished.connect(lambda: window.acts["paint"].setChecked(False))
        for signal in (window.program.runner.started, window.program.runner.ended):
            signal.connect(self._make_room)

    def use(self, on: bool) -> None:
        """Begin or end painting."""
        window = self._window
        if on and window.views.slices.isHidden():
            window.views.show_views(True, False)
        slices = window.views.slices
        if on and not self.painting.on:
            self._arrangement = slices.arrangement
            slices.set_views("xy")
        elif not on and self.painting.on and slices.arrangement == "xy":
            slices.set_views(self._arrangement)
        slices.set_painting(self.tool if on else None)
        self.painting.show_slice(window.views.slices.cursor_zyx()[Z])
        self.painting.set_on(on)
        window.show_open(window.program.session.volume is not None)

    def show_bar(self, possible: bool) -> None:
        """Show the bar where slices are shown and labels are painted."""
        self.bar.setVisible(possible and self.painting.on)

    def hides(self, dock: str) -> bool:
        """Whether a dock makes room for the slice: those below it, unless a run is to be watched."""
        return self.painting.on and dock not in BESIDE and not self._window.program.runner.running

    def take_segmentation(self) -> None:
        """Take what the slice shows of a segmentation as labels."""
        solid = solid_shown(self._window.views.slices, self.painting.z)
        values = [one.value for one in self.painting.classes if one.solid]
        if solid is None or not values:
            self.painting.told.emit(NOT_SHOWN)
        else:
            self.strokes.take_segmentation(np.ascontiguousarray(solid), (PORE, values[0]))

    def _make_room(self) -> None:
        if self.painting.on:
            self._window.show_open(self._window.program.session.volume is not None)

    def _follow(self) -> None:
        base = self._window.shower.base
        # What is painted on is what is shown: steps may have given it another canvas than the input has.
        shown = None if base is None else self._window.views.slices.volume()
        self.painting.set_base(shown, () if base is None else base[1])
        self.painting.show_slice(self._window.views.slices.cursor_zyx()[Z])

    def _go(self, z: int) -> None:
        slices = self._window.views.slices
        _, y, x = slices.cursor_zyx()
        slices.set_cursor(z, y, x)
