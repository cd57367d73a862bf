"""Puts the parts of the window together, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QToolBar, QWidget

from app.actions import Actions, add_to_bar
from app.asking import Asker
from app.closing import Closer
from app.commands import Commands
from app.comparing_bars import ComparingBars
from app.dropping import DropCatcher
from app.guided import Lead
from app.overlays import Overlays
from app.paint import Paint
from app.panels.alignment import AlignmentPanel
from app.panels.empty import EmptyPage
from app.panels.exports import ExportsPanel
from app.panels.grey_values import GreyValuesPanel
from app.panels.guide_bar import GuideBar
from app.panels.importing import ImportPanel
from app.panels.inspector import Inspector
from app.panels.log import LogPanel
from app.panels.measures import MeasuresPanel
from app.panels.rail import StageRail
from app.panels.recipe import RecipePanel
from app.panels.run import RunPanel
from app.panels.stage import StagePanel
from app.panels.step import StepPanel
from app.probing import Probing
from app.program import Program
from app.showing import Shower
from app.theme import Theme
from app.tool import Tool
from app.tools import TOOLS
from app.tour import connect_tour
from app.views import CentreViews, load_volume_view, volume_view_loaded
from app.widgets import OneOfPages, expanding, label, stacked
from app.wiring import connect_panels
from core.step import Stage
from core.steps import STEPS

if TYPE_CHECKING:
    from app.canvas.volume3d import VolumeView

BAR = (
    "open-folder", "", "undo", "redo", "", "run", "stop", "", "preview", "", "slices", "volume",
    "", "region", "paint", "", "simulate", "train",
)  # fmt: skip
SIZE_PX = (1480, 940)
TABS_ABOVE = QTabWidget.TabPosition.North
LEFT, RIGHT, BOTTOM = (0.16, 200, 300), (0.25, 340, 460), (0.3, 240, 432)  # share, least and most px


class MainWindow(QMainWindow):
    """The window; its parts are attributes so that tests and scripts can reach them."""

    def __init__(self, program: Program, theme: Theme) -> None:
        super().__init__()
        self.program, self.theme = program, theme
        self.setWindowTitle("Trueslice")
        self.resize(*SIZE_PX)
        self.acts = Actions(self, theme)
        self.asker = Asker(self, theme, program.settings)
        self.closer = Closer(program, self.close, self)
        self._make_panels()
        self._lay_out()
        self.shower = Shower(program.session, program.standings, program.previewer, self.views.slices, self)
        self.compared = ComparingBars(self)
        slices, step = self.views.slices, self.step
        self.overlays = Overlays(program.session, program.standings, slices, step.fields, step.put, self)
        self.drops = DropCatcher(self)
        self.tools: dict[str, Tool] = {kind.name: kind(self) for kind in TOOLS}
        self.lead = Lead(self)
        self.commands = Commands(self)
        connect_panels(self)
        self.paint = Paint(self)
        self.tour = connect_tour(self)
        self._first_layout = self.saveState()
        self.probing = Probing(self)
        self.commands.refresh()
        self._restore()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close once nothing is under way; see `Closer`."""
        if self.closer.handle(event):
            self.program.settings.set_window(self.saveGeometry(), self.saveState())
            self.hide()
            self.probing.stop()
            self.views.shutdown()
            self.program.close()

    def show_open(self, is_open: bool) -> None:
        """Show the working place, or the empty page; the page of a tool stays until it is left."""
        page = next((tool.page for tool in self.tools.values() if tool.shown), None)
        shown = page or (self.views if is_open else self.empty)
        if page is None:
            self.centre.setCurrentWidget(shown)
        for name, part in (*self.docks.items(), ("rail", self.rail_bar)):
            part.setVisible(is_open and page is None and not self.paint.hides(name))
        self.centre.setCurrentWidget(shown)  # a page after all beside it is gone, or the window would grow
        self.paint.show_bar(is_open and page is None)

    def leave_tools(self) -> None:
        """Go back from the page of a tool to the stack, or to the empty page."""
        for tool in self.tools.values():
            tool.leave()
        self.show_open(self.program.session.volume is not None)

    def reset_layout(self) -> None:
        """Put all parts where they were at the first start."""
        self.program.settings.forget_window()
        self.restoreState(self._first_layout)
        self._share_room()
        self.show_open(self.program.session.volume is not None)

    def _make_panels(self) -> None:
        session, standings, theme = self.program.session, self.program.standings, self.theme
        guide = self.program.guide
        self.empty = EmptyPage(theme)
        self.empty.show_recent(self.program.settings.recent())
        self.views = CentreViews(self._new_volume_view, self._load_volume_view)
        self.rail = StageRail(theme, frozenset({Stage.IMPORT, *(step.stage for step in STEPS)}))
        self.recipe = RecipePanel(session, theme, guide)
        self.importing = ImportPanel(session, theme, guide)
        self.stage = StagePanel(session, theme, guide)
        self.step = StepPanel(session, standings)
        self.inspector = Inspector(session, self.importing, self.stage, self.step)
        self.guide_bar = GuideBar(theme)
        self.measures = MeasuresPanel(session, standings, self.program.measuring, self.acts)
        self.alignment = AlignmentPanel(session, self.program.aligning)
        self.running = RunPanel(theme)
        self.exports = ExportsPanel(session, standings, theme)
        self.grey_values = GreyValuesPanel(self.views.slices)
        self.log = LogPanel(self.program.relay, theme)
        self.place_label = label("", "small", wrap=False)
        self.place_label.setContentsMargins(0, 0, 12, 0)

    def _lay_out(self) -> None:
        self.acts.fill(self.menuBar())
        self.tool_bar = self._tool_bar()
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.tool_bar)
        self.rail_bar = self._fixed_bar("Stages", self.rail)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.rail_bar)
        self.centre = OneOfPages()
        self.centre.setObjectName("centre")
        self.centre.addWidget(self.empty)
        self.centre.addWidget(self.views)
        self.setCentralWidget(self.centre)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.docks = {
            "recipe": self._dock("Recipe", self.recipe, left),
            "inspector": self._dock("Settings", stacked(self.inspector, self.guide_bar), right),
        }
        for name, panel in (
            ("Run", self.running), ("Alignment", self.alignment), ("Measures", self.measures),
            ("Grey values", self.grey_values), ("Exports", self.exports), ("Log", self.log),
        ):  # fmt: skip
            self.docks[name.lower()] = self._dock(name, panel, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._arrange()
        self.statusBar().addPermanentWidget(self.place_label)
        self._first_layout = self.saveState()

    def _arrange(self) -> None:
        docks = self.docks
        self.setTabPosition(Qt.DockWidgetArea.BottomDockWidgetArea, TABS_ABOVE)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        for name in ("alignment", "measures", "grey values", "exports", "log"):
            self.tabifyDockWidget(docks["run"], docks[name])
        docks["run"].raise_()
        self._share_room()

    def _share_room(self) -> None:
        """Give the parts beside the slices their share of the window as it is now."""
        docks, horizontal, vertical = self.docks, Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        across = [round(min(max(self.width() * share, low), high)) for share, low, high in (LEFT, RIGHT)]
        self.resizeDocks([docks["recipe"], docks["inspector"]], across, horizontal)
        share, low, high = BOTTOM
        self.resizeDocks([docks["run"]], [round(min(max(self.height() * share, low), high))], vertical)

    def _dock(self, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{title.lower()}")
        dock.setTitleBarWidget(QWidget())  # tabs and headings name the parts already
        panel.setProperty("role", "panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    def _tool_bar(self) -> QToolBar:
        bar = self._fixed_bar("Tools")
        for name in BAR:
            if name:
                add_to_bar(bar, self.acts[name])
            else:
                bar.addSeparator()
        bar.addWidget(expanding())
        add_to_bar(bar, self.acts["theme"])
        return bar

    def _fixed_bar(self, title: str, widget: QWidget | None = None) -> QToolBar:
        bar = QToolBar(title, self)
        bar.setObjectName(f"bar-{title.lower()}")
        bar.setMovable(False)
        bar.toggleViewAction().setVisible(False)
        if widget is not None:
            bar.addWidget(widget)
        return bar

    def _new_volume_view(self) -> VolumeView:
        from app.canvas.volume3d import VolumeView

        return VolumeView(ask=self.asker.save_as)

    def _load_volume_view(self, then: Callable[[], None]) -> None:
        """Import 3D in the background: that takes a second when it is first asked for."""
        if volume_view_loaded():
            then()
            return
        task = self.program.quick.prepare("Open 3D", load_volume_view)
        task.ended.connect(lambda _state: then())  # what cannot be imported is said when the view is made
        self.program.quick.start(task)

    def _restore(self) -> None:
        stored = self.program.settings.window()
        if stored is not None:
            self.restoreGeometry(stored[0])
            self.restoreState(stored[1])
        self.show_open(False)
