"""The Train page and what it does; made when it is first asked for: the window starts without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from app.jobs import Task
from app.latest import Latest
from app.problems import problem_of
from app.tool import Tool
from app.train_run import SAID_MS, TrainRun, last_recipe_file
from app.train_work import Offers, facts_of, loaded_recipe, offers, painted_data
from app.training import no_torch, trainable
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.train import TrainPage
    from app.panels.train_data import Source
    from app.panels.train_form import TrainForm
    from core.learn.params.data import DataParams
    from core.learn.params.facts import DataFacts
    from core.learn.params.recipe import TrainingRecipe

RECIPES = "Recipes of trainings (*.toml)"


class TrainTool(Tool):
    """Connects the page with the program; `TrainRun` does so for what is started."""

    name = "train"
    page: TrainPage | None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._asked: DataParams | None = None
        self._wanted_set: Path | None = None  # asked for before there was a form
        self._proposes = False
        self._run = TrainRun(window, self._recipe)
        self._facts = Latest("Data of the training", self.program.quick, self, pause_ms=0)
        self._facts.ready.connect(self._show_facts)
        self._facts.failed.connect(self._show_no_facts)

    # ---- coming and going
    def enter(self) -> None:
        """Make the page, or look again for what there is to train with."""
        if self.page is None:
            self._load(last_recipe_file(), usual=True)
        else:
            self._look()

    def left(self) -> None:
        """Nothing of the page is computed any more; a training goes on."""
        self._facts.drop()
        self._asked = None

    def takes(self, paths: tuple[Path, ...]) -> bool:
        """A dropped recipe is a file of settings; a dropped training set is what is trained with."""
        if len(paths) != 1 or self.page is None:
            return False
        if paths[0].suffix.lower() == ".toml":
            self._load(paths[0])
            return True
        if paths[0].suffix.lower() == ".zarr":
            self.use_set(paths[0])
            return True
        return False

    def use_set(self, folder: Path) -> None:
        """Train with a simulated training set; the page may come later."""
        from app.panels.train_data import Source

        self.program.settings.add_training_set(folder)
        self._wanted_set = folder if self._form is None else None
        if self._form is not None:
            self._choose(Source("set", str(folder)))
            self._look()

    def _in_background(
        self, title: str, work: Callable[[Job], Any], then: Callable[[Any], object], doing: str
    ) -> Task:
        task = self.program.quick.prepare(title, work)
        task.succeeded.connect(then)
        task.failed.connect(lambda error: self.program.problems.report(error, doing))
        return self.program.quick.start(task)

    def _load(self, file: Path, *, usual: bool = False) -> None:
        self.read_settings(file, lambda job: loaded_recipe(file, usual, job), self._loaded)

    def _loaded(self, recipe: TrainingRecipe) -> None:
        page = self.page or self._made_page()
        # The form comes in the next turn of the event loop: page and form together take too long for one.
        QTimer.singleShot(0, page, lambda: self._show_recipe(recipe))
        self.window.show_open(self.program.session.volume is not None)

    def _made_page(self) -> TrainPage:
        from app.panels.train import TrainPage

        page, asker = TrainPage(self.window.theme, self.window.centre), self.window.asker
        page.load.connect(lambda: asker.files("Open a recipe", lambda paths: self._load(paths[0]), RECIPES))
        page.save.connect(self._ask_where_to_save)
        page.leave.connect(self.leave)
        self._run.attach(page)
        page.say_missing("" if trainable() else _missing_text())
        self.add_page(page)
        return page

    def _made_form(self, page: TrainPage) -> TrainForm:
        if page.form is not None:
            return page.form
        form, asker = page.add_form(), self.window.asker
        form.changed.connect(self._changed)
        form.data.chosen.connect(self._choose)
        form.data.browse.connect(lambda: asker.folder("Training set", lambda paths: self.use_set(paths[0])))
        form.browse_start.connect(lambda: asker.folder("Start from a training", self._start_from))
        return form

    def _show_recipe(self, recipe: TrainingRecipe) -> None:
        if self.page is not None:
            form = self._made_form(self.page)
            form.set_recipe(recipe)
            form.data.say_why("")
            self._asked = None
            self._changed()
            self._look()
            if self._wanted_set is not None:
                self.use_set(self._wanted_set)

    # ---- what there is
    def _look(self) -> None:
        painted = self.program.painting.folder()
        sets = self.program.settings.training_sets()
        self._in_background(
            "Look for training data", lambda job: offers(sets, painted, job), self._offer, "looking for data"
        )

    def _offer(self, found: Offers) -> None:
        from app.panels.train_data import Source

        if self._form is not None:
            sets = [Source("set", str(path)) for path in found.sets]
            painted = [Source("painted", str(path)) for path in found.labels]
            self._form.data.offer([*painted, *sets])
            self._form.set_beginnings(found.beginnings)
            self._changed()

    @property
    def _form(self) -> TrainForm | None:
        return None if self.page is None else self.page.form

    def _recipe(self) -> TrainingRecipe | None:
        return None if self._form is None else self._form.recipe()

    # ---- the data
    def _choose(self, source: Source) -> None:
        form = self._form
        if form is None:
            return
        data = form.data_of_recipe()
        if source.kind == "set":
            self._take_data(data.model_copy(update={"kind": "simulated", "path": source.place}))
        elif source.kind == "files":
            self._take_data(data.model_copy(update={"kind": "labelled", "images": (), "labels": ()}))
        elif source.kind == "painted":
            self._in_background(
                "Read the labels", lambda job: painted_data(Path(source.place), data, job),
                self._take_data, "reading the labels",
            )  # fmt: skip

    def _take_data(self, data: DataParams) -> None:
        if self._form is not None:
            self._proposes = True
            self._asked = None
            self._form.put(data=data, simulate=None, sections=None)

    def _start_from(self, paths: tuple[Path, ...]) -> None:
        from core.learn.params.begin import beginning_in

        def put(beginning: Any) -> None:
            if self._form is not None:
                self._form.set_beginnings([beginning])
                self._form.put(start=beginning.start, network=beginning.network)

        self._in_background("Read the start", lambda _job: beginning_in(paths[0]), put, "looking for weights")

    def _changed(self) -> None:
        """The settings are others: look at their data again, if these are others, too."""
        recipe, page, form = self._recipe(), self.page, self._form
        if page is None or form is None:
            return
        page.foot.forget_cost()
        if recipe is not None:
            self._run.propose(recipe)
            self._ask_facts(recipe, form)
        self._allow()

    def _ask_facts(self, recipe: TrainingRecipe, form: TrainForm) -> None:
        data = recipe.data
        named = bool(data.path if data.kind == "simulated" else data.images)
        if recipe.simulate is not None or recipe.sections is not None or not named:
            self._facts.drop()
            form.show_facts(None)
        elif data != self._asked and self.shown:
            self._asked = data
            self._facts.ask(lambda job: facts_of(data, job))

    def _show_facts(self, facts: DataFacts) -> None:
        form, recipe = self._form, self._recipe()
        if form is None:
            return
        form.show_facts(facts)
        if self._proposes and recipe is not None:
            from core.learn.params.propose import proposed

            self._proposes = False
            proposal = proposed(recipe, facts)
            form.set_recipe(proposal.recipe)
            form.data.say_why(proposal.why)
            self._asked = proposal.recipe.data
            form.show_facts(facts)
            self._run.propose(proposal.recipe)
        self._allow()

    def _show_no_facts(self, error: Exception) -> None:
        if self._form is not None:
            problem = problem_of(error, "reading the data")
            self._form.show_facts(None)
            self._form.data.show_faults([_sentence(problem.what), _sentence(problem.remedy)])
            self._allow()

    def _allow(self) -> None:
        page, form, recipe = self.page, self._form, self._recipe()
        if page is None or form is None:
            return
        simulates = recipe is not None and (recipe.simulate is not None or recipe.sections is not None)
        ready = simulates or (form.facts is not None and not form.faults())
        page.foot.set_possible(recipe is not None and ready and trainable())

    # ---- recipes as files
    def _ask_where_to_save(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            self.window.asker.save_as("Save the recipe", f"{recipe.name}.toml", RECIPES, self._save)

    def _save(self, path: Path) -> None:
        recipe = self._recipe()
        if recipe is None:
            return
        path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
        self._in_background(
            "Save the recipe", lambda _job: recipe.save(path),
            lambda _none: self._say(f"Recipe saved as {path}"), "saving the recipe",
        )  # fmt: skip

    def _say(self, text: str) -> None:
        self.window.statusBar().showMessage(text, SAID_MS)


def _missing_text() -> str:
    error = no_torch()
    return f"{_sentence(error.what)} {_sentence(error.remedy)}"


def _sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." if text else ""
