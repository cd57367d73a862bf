"""Starts a training from its page, shows how it goes, and brings what it made among the models."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.dialogs.question import Answer
from app.latest import Latest
from app.places import documents, program_data
from app.train_work import added_model, free_folder
from app.widgets import label
from core.errors import ParameterError, TruesliceError, WriteError
from core.files import make_folder
from core.job import Job, JobState, Progress

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.train import TrainPage
    from core.learn.params.recipe import TrainingRecipe
    from core.learn.params.watch import Point
    from core.models.card import Model

SAID_MS = 8000


def last_recipe_file() -> Path:
    """Where the settings that were started last are kept."""
    return program_data() / "training.toml"


def proposed_root() -> Path:
    """Where trainings go whose folder the user has not named."""
    return documents() / "Trueslice" / "training"


class TrainRun(QObject):
    """Connects foot, curves and result of the page with the trainer."""

    def __init__(self, window: MainWindow, recipe: Callable[[], TrainingRecipe | None]) -> None:
        super().__init__(window)
        self._window, self._program, self._recipe = window, window.program, recipe
        self._page: TrainPage | None = None
        self._proposed = ""  # the folder named for the user; what else stands there the user has named
        self._trained: tuple[TrainingRecipe, Path] | None = None
        self._adds = False
        self._points: dict[tuple[str, int], Point] = {}
        self._examples = Latest("Examples of the training", self._program.quick, self, pause_ms=0)
        self._afar = label("", "small", wrap=False)  # how far it is, for whoever looks at something else
        self._afar.hide()
        window.statusBar().addPermanentWidget(self._afar)
        trainer = self._program.trainer
        trainer.started.connect(lambda _folder: self._started())
        trainer.progressed.connect(self._progressed)
        trainer.pointed.connect(self._pointed)
        trainer.succeeded.connect(self._succeeded)
        trainer.priced.connect(self._priced)
        trainer.ended.connect(self._ended)
        self._examples.ready.connect(self._show_examples)

    def attach(self, page: TrainPage) -> None:
        """Serve this page."""
        self._page, foot = page, page.foot
        foot.start.connect(self._start)
        foot.stop.connect(self._stop)
        foot.estimate.connect(self._estimate)
        foot.browse.connect(
            lambda: self._window.asker.save_as(
                "Folder of the training", foot.path().name or "model", "Folders (*)", foot.set_folder
            )
        )
        page.result.add.connect(self._add)

    def propose(self, recipe: TrainingRecipe) -> None:
        """Name a folder after the model, unless the user has named one."""
        page = self._page
        if (
            page is not None
            and page.foot.folder.text() == self._proposed
            and not self._program.trainer.active
        ):
            self._put_folder(proposed_root() / recipe.name)

    def _put_folder(self, folder: Path) -> None:
        self._proposed = str(folder)
        if self._page is not None:
            self._page.foot.set_folder(folder)

    # ---- starting and stopping
    def _start(self, folder: Path) -> None:
        recipe = self._recipe()
        if recipe is None:
            return
        if str(folder) == self._proposed:
            root = proposed_root()
            self._in_background(
                "Find a folder", lambda job: free_folder(root, recipe, job),
                lambda free: self._start_in(free, recipe), "looking for a folder",
            )  # fmt: skip
        else:
            self._start_in(folder, recipe)

    def _start_in(self, folder: Path, recipe: TrainingRecipe) -> None:
        if str(folder.parent) == str(proposed_root()):
            self._put_folder(folder)
        with contextlib.suppress(WriteError):  # it only serves the next start of the program
            make_folder(last_recipe_file().parent)
            recipe.save(last_recipe_file())
        if recipe.data.kind == "simulated" and recipe.data.path:
            self._program.settings.add_training_set(Path(recipe.data.path))
        self._trained, self._adds = (recipe, folder), False
        if self._launch(lambda: self._program.trainer.start(recipe, folder, **self._machine())):
            self._look_back(folder)

    def _launch(self, start: Callable[[], None]) -> bool:
        try:
            start()
        except TruesliceError as error:
            self._program.problems.report(error, "training")
            return False
        return True

    def _machine(self) -> dict[str, Any]:
        """What the user wants to compute with."""
        settings = self._program.settings
        return {"device": settings.device, "threads": settings.threads}

    def _estimate(self) -> None:
        recipe, page = self._recipe(), self._page
        if recipe is not None and page is not None:
            folder = page.foot.path()
            self._launch(lambda: self._program.trainer.estimate(recipe, folder, **self._machine()))

    def _stop(self) -> None:
        self._program.trainer.stop()
        if self._page is not None and self._program.trainer.stopping:
            self._page.foot.say_stopping()

    # ---- how it goes
    def _started(self) -> None:
        trains, page = self._program.trainer.running, self._page
        self._afar.setText("Training …")
        self._afar.setVisible(trains)
        if page is None:
            return
        page.foot.follow(trains)
        if trains and not self._adds:
            self._points.clear()
            page.live.clear()
            page.result.hide()

    def _look_back(self, folder: Path) -> None:
        """Show the epochs that the folder has already."""
        from core.learn.params.watch import points_of

        def take(points: tuple[Point, ...]) -> None:
            self._points = {(point.part, point.epoch): point for point in points} | self._points
            self._show_points()

        self._in_background("Read the curve", lambda _job: points_of(folder), take, "reading the curve")
        self._ask_examples(folder, "")

    def _progressed(self, progress: Progress) -> None:
        if self._page is not None:
            self._page.foot.show_progress(progress)
        self._afar.setText(f"Training: {progress.fraction:.0%}" if progress.total else "Training …")

    def _pointed(self, table: dict[str, Any]) -> None:
        from core.learn.params.watch import point_of

        point = point_of(table)
        self._points[point.part, point.epoch] = point
        self._show_points()
        if self._program.trainer.folder is not None:
            self._ask_examples(self._program.trainer.folder, point.part)

    def _show_points(self) -> None:
        if self._page is not None:
            self._page.live.show_points(tuple(self._points.values()))

    def _ask_examples(self, folder: Path, part: str) -> None:
        from core.learn.params.watch import examples_of

        self._examples.ask(lambda _job: examples_of(folder, part))

    def _show_examples(self, found: Any) -> None:
        if self._page is not None and found is not None:
            self._page.live.show_examples(found)

    def _priced(self, cost: dict[str, Any]) -> None:
        if self._page is not None:
            self._page.foot.show_cost(cost)

    def _succeeded(self, answer: dict[str, Any]) -> None:
        page, trained = self._page, self._trained
        if page is None or trained is None:
            return
        if self._adds:
            self._adopt(replace=False)
            return
        recipe = trained[0]
        page.result.show_answer(answer, recipe.name, recipe.limits)
        self._say(f"The training is done: {answer.get('folder', '')}")

    def _ended(self, state: JobState) -> None:
        self._afar.hide()
        page = self._page
        if page is None:
            return
        page.foot.end(state)
        if self._adds and state is not JobState.SUCCEEDED:
            self._adds = False
            page.result.say("")

    # ---- into the models
    def _add(self, name: str, limits: str) -> None:
        page, trained = self._page, self._trained
        if page is None or trained is None or self._program.trainer.active:
            return
        recipe, folder = trained
        if (name, limits) == (recipe.name, recipe.limits):
            self._adopt(replace=False)
            return
        try:
            changed = type(recipe).parse(
                {**recipe.model_dump(), "name": name, "limits": limits}, owner="model"
            )
        except ParameterError as error:
            self._program.problems.report(error)
            return
        # Exporting anew is quick beside the training, which is there.
        self._trained, self._adds = (changed, folder), True
        page.result.say("Writing the card …", busy=True)
        self._adds = self._launch(lambda: self._program.trainer.start(changed, folder, **self._machine()))

    def _adopt(self, *, replace: bool) -> None:
        if self._trained is None or self._page is None:
            return
        folder, self._adds = self._trained[1], False
        self._page.result.say("Checking the model …", busy=True)
        task = self._in_background(
            "Add the model", lambda job: added_model(folder, replace, job), self._added, "adding the model"
        )
        task.failed.connect(lambda _error: self._result_says(""))

    def _added(self, model: Model | str) -> None:
        if isinstance(model, str):
            self._result_says("")
            self._window.asker.question(
                "There is a model of this name",
                f"{model} is among the models already. Replace it, or cancel and choose another name?",
                [Answer("Replace it", True, primary=True)],
                lambda _yes: self._adopt(replace=True),
            )
            return
        self._result_says(f"{model.name} is among your models. Segment lists it as model:{model.name}.")
        self._program.trainer.tell_added(model.name)

    def _result_says(self, text: str) -> None:
        if self._page is not None:
            self._page.result.say(text)

    def _in_background(
        self, title: str, work: Callable[[Job], Any], then: Callable[[Any], object], doing: str
    ) -> Any:
        task = self._program.quick.prepare(title, work)
        task.succeeded.connect(then)
        task.failed.connect(lambda error: self._program.problems.report(error, doing))
        return self._program.quick.start(task)

    def _say(self, text: str) -> None:
        self._window.statusBar().showMessage(text, SAID_MS)
