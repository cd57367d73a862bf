"""What the menus, shortcuts and toolbar do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.about import About
from app.asking import RECIPES
from app.opening import Request
from app.panels.exports import open_folder
from app.places import SUFFIX, inputs_name, program_data
from app.reporting import Subject
from app.sample import copied_sample
from app.tint import WAYS, ColourBy
from app.wiring import open_paths
from core.errors import TruesliceError

if TYPE_CHECKING:
    from app.main_window import MainWindow

Slots: TypeAlias = dict[str, Callable[[], object]]


class Commands:
    """Connects every action, and enables those that make sense now."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.program.session
        self._painting = window.program.painting
        self._about = About(window)
        self._recent = QMenu(window)
        window.acts["recent"].setMenu(self._recent)
        self._recent.aboutToShow.connect(self._list_recent)
        acts = window.acts
        self._ways = self._colour_menu()
        acts["colour-by"].setMenu(self._ways)
        acts["region"].toggled.connect(self._mark_region)
        acts["preview"].setChecked(True)
        acts["slices"].setChecked(True)
        acts["preview"].toggled.connect(window.program.previewer.enable)
        for name, shown in (("slices", (True, False)), ("volume", (False, True)), ("both", (True, True))):
            acts[name].triggered.connect(lambda _on=False, shown=shown: self._show_views(*shown))
        for name, slot in self._slots().items():
            acts.on(name, slot)

    def _slots(self) -> Slots:
        return self._file_slots() | self._edit_slots() | self._view_slots() | self._tool_slots()

    def _file_slots(self) -> Slots:
        asker = self._window.asker
        return {
            "open-folder": lambda: asker.folder("Open a folder of slices, or a project", self._open),
            "open-files": lambda: asker.files("Open files", self._open),
            "open-sample": self._open_sample,
            "add-channel": lambda: asker.folder("Add a channel", self._add_channel),
            "save-project": self._save_project,
            "open-recipe": lambda: asker.files("Load a recipe", self._open, RECIPES),
            "save-recipe": self._save_recipe,
            "save-report": self._save_report,
            "close-project": self._close_project,
            "quit": self._window.close,
        }

    def _edit_slots(self) -> Slots:
        return {
            "undo": self._undo,
            "redo": self._redo,
            "duplicate": lambda: self._on_chosen(self._session.duplicate),
            "remove": lambda: self._on_chosen(self._session.remove),
            "move-up": lambda: self._on_chosen(lambda index: self._session.move(index, index - 1)),
            "move-down": lambda: self._on_chosen(lambda index: self._session.move(index, index + 1)),
            "run": lambda: self._run(None),
            "run-to": lambda: self._on_chosen(lambda index: self._run(index + 1)),
            "stop": self._window.program.runner.stop,
        }

    def _view_slots(self) -> Slots:
        window = self._window
        return {
            "fit": window.views.slices.fit,
            "screenshot": self._picture,
            "movie": self._movie,
            "theme": window.theme.toggle,
            "layout": window.reset_layout,
            "keys": lambda: self._window.asker.keys(),
            "show-log": lambda: open_folder(program_data() / "log"),
            "about": self._about.open,
        }

    def _tool_slots(self) -> Slots:
        return {name: partial(self._show_tool, name) for name in self._window.tools}

    def _show_tool(self, name: str) -> None:
        self._window.tools[name].switch(self._window.acts[name].isChecked())

    def _colour_menu(self) -> QMenu:
        """One of several ways to colour, the same as in the panel of the measures."""
        menu, group, measuring = (
            QMenu(self._window),
            QActionGroup(self._window),
            self._window.program.measuring,
        )
        for way, name in WAYS.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(way == measuring.way)
            action.triggered.connect(lambda _on=False, way=way: measuring.colour_by(way))
            group.addAction(action)
        return menu

    def way_shown(self, way: ColourBy) -> None:
        """Tick what is coloured by."""
        index = list(WAYS).index(way)
        self._ways.actions()[index].setChecked(True)
        self._window.measures.show_way(index)

    def _mark_region(self, on: bool) -> None:
        if on and self._session.volume is not None:
            self._window.docks["measures"].raise_()
        self._window.program.measuring.mark(on)

    def refresh(self) -> None:
        """Enable what can be done now."""
        session, acts, runner = self._session, self._window.acts, self._window.program.runner
        is_open, chosen = session.volume is not None, session.chosen
        count, running = len(session.recipe.steps), runner.running
        has_steps = is_open and count > 0
        undo, redo = self._undoable()
        acts.enable(
            add_channel=is_open, save_project=is_open and not running, close_project=is_open and not running,
            save_recipe=count > 0, undo=undo is not None, redo=redo is not None, paint=is_open,
            duplicate=chosen is not None, remove=chosen is not None,
            move_up=chosen is not None and chosen > 0,
            move_down=chosen is not None and chosen < count - 1,
            run=has_steps and not running, run_to=has_steps and chosen is not None and not running,
            stop=running, preview=is_open, slices=is_open, volume=is_open, both=is_open, fit=is_open,
            screenshot=is_open, movie=is_open, region=is_open, colour_by=is_open,
        )  # fmt: skip
        for name, text in (("undo", undo), ("redo", redo)):
            acts[name].setText(f"&{name.capitalize()} {text or ''}".rstrip())
        self._window.running.set_possible(has_steps, has_steps and chosen is not None)
        self._show_title()
        self.refresh_rail()

    def refresh_rail(self) -> None:
        """Show on the rail how far each stage is."""
        self._window.rail.set_marks(self._window.program.guide.marks())

    def _show_views(self, slices: bool, volume: bool) -> None:
        self._window.leave_tools()
        self._window.views.show_views(slices, volume)

    def views_shown(self, slices: bool, volume: bool) -> None:
        """Tick what is visible."""
        self._window.acts["slices"].setChecked(slices and not volume)
        self._window.acts["volume"].setChecked(volume and not slices)
        self._window.acts["both"].setChecked(slices and volume)

    # ---- files
    def _open(self, paths: tuple[Path, ...]) -> None:
        open_paths(self._window, paths)

    def _open_sample(self) -> None:
        program = self._window.program
        task = program.quick.prepare("Copy the sample", copied_sample)
        task.succeeded.connect(lambda path: self._open((path,)))
        task.failed.connect(lambda error: program.problems.report(error, "opening the sample"))
        program.quick.start(task)

    def _add_channel(self, paths: tuple[Path, ...]) -> None:
        self._window.program.opener.open(Request(paths, adds=True))

    def _save_project(self) -> None:
        name = self._stack_name() + SUFFIX
        self._window.asker.save_as("Save project as", name, f"Projects (*{SUFFIX})", self._put_project)

    def _put_project(self, folder: Path) -> None:
        folder = folder if folder.suffix == SUFFIX else folder.with_name(folder.name + SUFFIX)
        self._session.settle()
        self._window.program.saver.save_as(folder)

    def _save_recipe(self) -> None:
        name = f"{self._stack_name()}.toml"
        self._window.asker.save_as("Save the recipe", name, RECIPES, self._write_recipe)

    def _write_recipe(self, path: Path) -> None:
        self._session.settle()
        path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
        self._session.recipe.save(path)
        self._say(f"Recipe saved as {path}")

    def _save_report(self) -> None:
        shown = self._window.measures.shown
        if shown is None or shown.measured is None:
            return
        channel = self._session.channel
        name = f"{self._stack_name()}, {channel}" if channel else self._stack_name()
        title = f"{name}, region {shown.region}" if shown.region else name
        subject = Subject(title, shown.measured, shown.params, shown.recipe, shown.region)
        self._window.asker.save_as(
            "Save the report into a new folder", f"{self._stack_name()} report", "Folders (*)",
            lambda folder: self._window.program.reporter.save(subject, folder),
        )  # fmt: skip

    def _close_project(self) -> None:
        self._session.settle()
        self._window.program.keeper.flush()
        self._session.end()

    def _list_recent(self) -> None:
        self._recent.clear()
        for paths in self._window.program.settings.recent():
            action = self._recent.addAction(str(paths[0]) + (" …" if len(paths) > 1 else ""))
            action.triggered.connect(lambda _checked=False, paths=paths: self._open(paths))

    # ---- the recipe
    def _undo(self) -> None:
        if self._painting.on:
            self._painting.undo()
            return
        self._session.settle()
        self._session.undo.undo()

    def _redo(self) -> None:
        (self._painting.redo if self._painting.on else self._session.undo.redo)()

    def _undoable(self) -> tuple[str | None, str | None]:
        """What can be taken back and made again: strokes while labels are painted, else recipes."""
        if self._painting.on:
            return self._painting.history.undo_text or None, self._painting.history.redo_text or None
        stack = self._session.undo
        undo = stack.undoText() if stack.canUndo() or self._session.draft is not None else None
        return undo, stack.redoText() if stack.canRedo() else None

    def _on_chosen(self, act: Callable[[int], object]) -> None:
        if self._session.chosen is not None:
            act(self._session.chosen)

    # ---- running
    def _run(self, upto: int | None) -> None:
        self._session.settle()
        guide = self._window.program.guide
        asking = None if self._window.program.runner.running else guide.question(upto)
        if asking is None:
            self._run_now(upto)
            return
        made = guide.proposal(asking)
        needed = made is not None and bool(made.missing)
        self._window.asker.still_asked(
            guide.asks(asking),
            lambda: self._window.lead.ask(asking),
            None if needed else lambda: self._run_now(upto),
        )

    def _run_now(self, upto: int | None) -> None:
        try:
            self._window.program.runner.run(upto)
        except TruesliceError as error:
            self._window.program.problems.report(error)

    # ---- the rest
    def _movie(self) -> None:
        self._window.leave_tools()
        self._window.views.show_movie_panel()

    def _picture(self) -> None:
        name = f"{self._stack_name()}.png"
        self._window.asker.save_as("Save the picture", name, "PNG (*.png)", self._save_picture)

    def _save_picture(self, path: Path) -> None:
        try:
            image = self._window.views.picture()
        except TruesliceError as error:
            self._window.program.problems.report(error, "saving the picture")
            return
        self._window.probing.write_picture(image, path)

    def _stack_name(self) -> str:
        inputs = [opened.spec.paths for opened in self._session.inputs.values()]
        return inputs_name(inputs) if inputs else "recipe"

    def _show_title(self) -> None:
        title = "Trueslice" if self._session.volume is None else f"{self._stack_name()} — Trueslice"
        self._window.setWindowTitle(title)
        folder = self._session.home
        kept = "" if self._session.volume is None else "No project yet: the first run makes one"
        self._window.place_label.setText(kept if folder is None else f"Project: {folder}")

    def _say(self, text: str) -> None:
        self._window.statusBar().showMessage(text, 8000)
