"""The Settings page and what it does; every change is stored and takes effect at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.dialogs.question import Answer
from app.latest import Latest
from app.places import simulations
from app.problems import problem_of
from app.settings import FolderKind, ThemeChoice
from app.tool import Tool
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.settings import SettingsPage
    from core.execute.cluster import Cluster
    from core.hardware import Hardware
    from core.machine import Device

KINDS: tuple[FolderKind, ...] = ("projects", "models", "simulations")


class SettingsTool(Tool):
    """Connects the page with the stored settings."""

    name = "settings"
    page: SettingsPage | None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._settings = self.program.settings
        self._scale = self._settings.scale  # as the program was started
        self._hardware: Hardware | None = None
        self.looking = Latest("Look for devices", self.program.quick, self, pause_ms=0)
        self.asking = Latest("Ask the scheduler", self.program.quick, self, pause_ms=0)
        self.program.asides += [self.looking, self.asking]
        self.looking.ready.connect(self._found)
        self.looking.failed.connect(lambda error: self.program.problems.report(error, "looking for devices"))
        self.asking.ready.connect(self._answered)
        self.asking.failed.connect(self._not_answered)
        window.theme.changed.connect(self._show_theme)

    def enter(self) -> None:
        """Make the page, or bring it up to date."""
        if self.page is None:
            self._made_page()
        self._show_all()
        if self._hardware is None:
            self.looking.ask(looked)

    def left(self) -> None:
        """Nobody waits for answers any more."""
        self.looking.drop()
        self.asking.drop()

    def _made_page(self) -> None:
        from app.panels.settings import SettingsPage

        page = SettingsPage(self.window.centre)
        page.leave.connect(self.leave)
        page.defaults.connect(self._ask_defaults)
        page.device.picked.connect(self._set_device)
        page.memory.picked.connect(partial(self._set, "memory_gb"))
        page.threads.picked.connect(partial(self._set, "threads"))
        page.runs.picked.connect(lambda _kind: self._set_scheduler())
        page.address.editingFinished.connect(self._set_scheduler)
        page.test_button.clicked.connect(lambda _checked=False: self._test_cluster())
        page.theme.picked.connect(self._set_theme)
        page.scale.picked.connect(self._set_scale)
        for kind in KINDS:
            line = page.folders[kind]
            line.picked.connect(partial(self._set_folder, kind))
            line.browse.connect(partial(self._browse, kind))
        self.add_page(page)

    # ---- showing
    def _show_all(self) -> None:
        page, settings = self.page, self._settings
        if page is None:
            return
        page.device.show_value(settings.device)
        page.memory.show_value(settings.memory_gb)
        page.threads.show_value(settings.threads)
        page.show_scheduler(settings.scheduler)
        page.scale.show_value(settings.scale)
        page.theme.show_value(settings.theme)
        page.show_hardware(self._hardware)
        self._say_scale()
        for kind in KINDS:
            page.folders[kind].show_value(settings.folder(kind), usual_place(kind))

    def _show_theme(self) -> None:
        if self.page is not None:
            self.page.theme.show_value(self._settings.theme)

    def _say_scale(self) -> None:
        if self.page is not None:
            changed = self._settings.scale != self._scale
            now = f"The size will be {self._settings.scale} % when the program is started again."
            self.page.say_scale(now if changed else "")

    # ---- changes
    def _set(self, name: str, value: object) -> None:
        setattr(self._settings, name, value)
        self._kept()

    def _kept(self) -> None:
        self._settings.take_effect()
        self._settings.save()

    def _set_device(self, device: Device) -> None:
        self._set("device", device)
        if self.page is not None:
            self.page.show_hardware(self._hardware)

    def _set_theme(self, choice: ThemeChoice) -> None:
        self.window.theme.choose(choice)
        self._kept()

    def _set_scale(self, percent: int) -> None:
        self._set("scale", percent)
        self._say_scale()

    def _set_folder(self, kind: FolderKind, folder: Path | None) -> None:
        self._settings.set_folder(kind, folder)
        self._kept()
        if self.page is not None:
            self.page.folders[kind].show_value(folder, usual_place(kind))

    def _browse(self, kind: FolderKind) -> None:
        self.window.asker.folder("Choose a folder", lambda paths: self._set_folder(kind, paths[0]))

    def _set_scheduler(self) -> None:
        page = self.page
        if page is None:
            return
        kind = str(page.runs.currentData())
        scheduler = kind if kind in ("", "local") else page.address.text().strip()
        page.allow_address()
        if scheduler != self._settings.scheduler:
            self.asking.drop()
            page.say_cluster("")
            self._set("scheduler", scheduler)

    def _ask_defaults(self) -> None:
        self.window.asker.question(
            "Back to the defaults?",
            "Device, memory, threads, cluster, folders and appearance go back to what they were at the first "
            "start. Projects, models and recipes stay as they are.",
            [Answer("Back to the defaults", True, primary=True)],
            lambda _yes: self._to_defaults(),
        )

    def _to_defaults(self) -> None:
        self._settings.forget_choices()
        self._kept()
        self.window.theme.apply()
        if self.page is not None:
            self.page.address.setText("")
            self.page.say_cluster("")
        self._show_all()

    # ---- what was found
    def _found(self, hardware: Hardware) -> None:
        self._hardware = hardware
        if self.page is not None:
            self.page.show_hardware(hardware)

    def _test_cluster(self) -> None:
        page = self.page
        if page is None:
            return
        self._set_scheduler()
        address = page.address.text().strip()
        page.say_cluster(f"Asking {address} …")
        self.asking.ask(partial(cluster_at, address))

    def _answered(self, cluster: Cluster) -> None:
        if self.page is not None:
            self.page.say_cluster(cluster.sentence(), "good" if cluster.workers else "warn")

    def _not_answered(self, error: Exception) -> None:
        if self.page is not None:
            problem = problem_of(error, "asking the scheduler")
            parts = (problem.what, problem.remedy)
            words = [f"{part[:1].upper()}{part[1:]}." for part in parts if part]
            self.page.say_cluster(" ".join(words), "bad")


def usual_place(kind: FolderKind) -> str:
    """Where something goes when nobody has chosen a folder, in words."""
    if kind == "projects":
        return "Beside the stack, or among your documents"
    if kind == "simulations":
        return str(simulations())
    from core.places import data_folder

    return str(data_folder() / "models")


def looked(job: Job) -> Hardware:
    """What this computer computes with; in a worker thread."""
    from core.hardware import look

    return look(job)


def cluster_at(address: str, job: Job) -> Cluster:
    """The workers of a scheduler; in a worker thread."""
    from core.execute.cluster import asked

    return asked(address, job)
