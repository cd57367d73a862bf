"""The Simulate page and what it does; made when it is first asked for: the window starts without it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.foreseeing import foreseen, stills_of
from app.jobs import Task
from app.places import program_data, simulations
from app.simulate_like import LikeOpen
from app.simulate_work import NAME, SET_NAME, Price, Wanted, free_folder, is_set, loaded_plan, priced
from app.tool import Tool
from app.train_tool import TrainTool
from app.widgets import label
from core.errors import TruesliceError, WriteError
from core.files import make_folder

if TYPE_CHECKING:
    from app.foreseeing import Foreseen
    from app.main_window import MainWindow
    from app.panels.simulate import SimulatePage
    from core.simulate.acquisition import Acquired, TrainingSet
    from core.simulate.plan import Plan

PLANS = "Settings of simulations (*.toml)"


def last_plan_file() -> Path:
    """Where the settings that were started last are kept."""
    return program_data() / "simulation.toml"


def proposed_root(wanted: Wanted | None = None) -> Path:
    """Where acquisitions and sets go whose folder the user has not named."""
    return simulations() / (SET_NAME if wanted is not None and is_set(wanted) else NAME)


class SimulateTool(Tool):
    """Connects the page with the program."""

    name = "simulate"
    page: SimulatePage | None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._proposed = ""  # the folder named for the user; what else stands there the user has named
        self._made: Acquired | TrainingSet | None = None
        self._unpriced: Wanted | None = None
        self._like = LikeOpen(window, self._plan)
        self._afar = label("", "small", wrap=False)  # how far it is, for whoever looks at something else
        self._afar.hide()
        window.statusBar().addPermanentWidget(self._afar)
        self.program.simulator.started.connect(self._follow)
        self.program.simulator.ended.connect(self._afar.hide)
        self.program.simulator.succeeded.connect(self._succeeded)

    def _follow(self, task: Task) -> None:
        self._afar.setText("Simulating …")
        self._afar.show()
        task.progressed.connect(lambda progress: self._afar.setText(f"Simulating: {progress.fraction:.0%}"))

    # ---- coming and going
    def enter(self) -> None:
        """Make the page, or bring preview and cost up to date."""
        if self.page is None:
            self._load(last_plan_file(), usual=True)
        else:
            self._ask()

    def left(self) -> None:
        """The preview is not wanted any more."""
        self.program.foreseen.drop()

    def takes(self, paths: tuple[Path, ...]) -> bool:
        """A dropped recipe is a file of settings."""
        is_plan = len(paths) == 1 and paths[0].suffix.lower() == ".toml"
        if is_plan:
            self.open_settings(paths)
        return is_plan

    def _load(self, file: Path, *, usual: bool = False) -> None:
        self.read_settings(file, lambda job: loaded_plan(file, usual, job), self._loaded)

    def _loaded(self, wanted: Wanted) -> None:
        page = self.page or self._made_page()
        # The form comes in the next turn of the event loop: page and form together take too long for one.
        QTimer.singleShot(0, page, lambda: page.set_wanted(wanted))
        self.window.show_open(self.program.session.volume is not None)

    def _made_page(self) -> SimulatePage:
        from app.panels.simulate import SimulatePage

        page = SimulatePage(self.window.theme, self.window.centre)
        program, preview, foot = self.program, page.preview, page.foot
        page.plan_changed.connect(lambda _plan: self._ask())
        asker = self.window.asker
        page.load.connect(lambda: asker.files("Open settings", self.open_settings, PLANS))
        page.save.connect(lambda: asker.save_as("Save settings", f"{NAME}.toml", PLANS, self._save))
        page.leave.connect(self.leave)
        preview.wanted.connect(self._ask_preview)
        foot.start.connect(self._start)
        foot.stop.connect(program.simulator.stop)
        foot.browse.connect(self._browse)
        foot.open_result.connect(self._open_result)
        foot.train.connect(self._train)
        self._like.attach(page)
        program.simulator.started.connect(foot.follow)
        program.foreseen.ready.connect(self._show_preview)
        program.foreseen.failed.connect(preview.say_trouble)
        program.foreseen.busy.connect(self._preview_busy)
        program.priced.ready.connect(self._show_price)
        program.priced.failed.connect(foot.show_no_cost)
        self.add_page(page)
        self._propose(proposed_root())
        return page

    # ---- what the settings lead to
    def _ask(self) -> None:
        self.program.priced.drop()
        self._unpriced = self._wanted()
        self._put_root()
        self._ask_preview()

    def _put_root(self) -> None:
        """A set goes elsewhere than a stack, as long as the user has not named a folder."""
        wanted, page = self._unpriced, self.page
        if wanted is None or page is None or self.program.simulator.running:
            return
        other = is_set(wanted) != (Path(self._proposed).suffix == Path(SET_NAME).suffix)
        if other and page.foot.folder.text() == self._proposed:
            self._propose(proposed_root(wanted))

    def _ask_preview(self) -> None:
        plan, page = self._plan(), self.page
        if plan is not None and page is not None and self.shown:
            index, way = page.preview.slider.value(), page.preview.way()
            self.program.foreseen.ask(lambda job: foreseen(plan, index, way, job))

    def _ask_price(self) -> None:
        """Once the preview is there: both at a time would spoil the measured speed."""
        wanted, self._unpriced = self._unpriced, None
        if wanted is not None and self.shown:
            root, idle = proposed_root(wanted), not self.program.simulator.running
            self.program.priced.ask(lambda job: priced(wanted, root, idle, job))

    def _preview_busy(self, busy: bool) -> None:
        if self.page is not None:
            self.page.preview.say_busy(busy)
        if not busy and not self.program.foreseen.waiting:
            self._ask_price()

    def _show_preview(self, made: Foreseen) -> None:
        if self.page is not None:
            self.page.set_phases(made.phases)
            self.page.preview.show_stills(stills_of(made), made.note, made.legend)

    def _show_price(self, price: Price) -> None:
        if self.page is None:
            return
        foot = self.page.foot
        foot.show_cost(price.cost, price.structures)
        if foot.folder.text() == self._proposed and not self.program.simulator.running:
            self._propose(price.folder)

    def _plan(self) -> Plan | None:
        return None if self.page is None else self.page.plan()

    def _wanted(self) -> Wanted | None:
        return None if self.page is None else self.page.wanted()

    # ---- settings as files
    def open_settings(self, paths: tuple[Path, ...]) -> None:
        """Show the settings in a file."""
        self._load(paths[0])

    def _save(self, path: Path) -> None:
        wanted = self._wanted()
        if wanted is None:
            return
        path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
        try:
            wanted.save(path)
        except TruesliceError as error:
            self.program.problems.report(error)
            return
        self._say(f"Settings saved as {path}")

    # ---- making the acquisition
    def _propose(self, folder: Path) -> None:
        self._proposed = str(folder)
        if self.page is not None:
            self.page.foot.set_folder(folder)

    def _browse(self) -> None:
        if self.page is not None:
            name = Path(self.page.foot.folder.text()).name or NAME
            self.window.asker.save_as("Folder of the acquisition", name, "Folders (*)", self._put_folder)

    def _put_folder(self, folder: Path) -> None:
        if self.page is not None:
            self.page.foot.set_folder(folder)

    def _start(self, folder: Path) -> None:
        wanted = self._wanted()
        if wanted is None:
            return
        if str(folder) == self._proposed:
            # The answer for the last change may be on its way.
            folder = free_folder(proposed_root(wanted), wanted)
            self._propose(folder)
        with contextlib.suppress(WriteError):  # it only serves the next start of the program
            make_folder(last_plan_file().parent)
            wanted.save(last_plan_file())
        self.program.simulator.start(wanted, folder)

    def _succeeded(self, made: Acquired | TrainingSet) -> None:
        self._made = made
        if hasattr(made, "table"):
            self.program.settings.add_training_set(made.folder)
        self._say(f"The simulation is done: {made.folder}")

    def _open_result(self) -> None:
        from app.wiring import open_paths

        if self._made is not None:
            self.leave()
            open_paths(self.window, (self._made.folder,))

    def _train(self) -> None:
        """Go to the Train page with the set chosen."""
        train = self.window.tools["train"]
        if self._made is not None and isinstance(train, TrainTool):
            train.use_set(self._made.folder)
            train.show(True)

    def _say(self, text: str) -> None:
        self.window.statusBar().showMessage(text, 8000)
