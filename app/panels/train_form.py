"""Everything that makes a training: data, start, network, budget, name; all other settings folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.folding import Fold
from app.forms import StepForm
from app.forms_errors import readable
from app.panels.train_data import TrainData
from app.panels.train_network import BUDGET, FILES, NAMES, NetworkForm, budget_form, names_form
from app.theme import Theme
from app.widgets import column, combo_box, flush, frame, label, row, tool
from core.learn.params.data import DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.recipe import TrainingRecipe
from core.params import Params

if TYPE_CHECKING:
    from core.learn.params.begin import Beginning
    from core.learn.params.facts import DataFacts

NOTHING = "Nothing: weights of chance"
OF_START = "The network is that of the start."


class TrainForm(QWidget):
    """Edits a `TrainingRecipe`.

    Signals: `changed` after every edit, valid or not; `start_chosen` (text of `TrainingRecipe.start`);
    `browse_start`.
    """

    changed = Signal()
    start_chosen = Signal(str)
    browse_start = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe = TrainingRecipe()
        self.facts: DataFacts | None = None
        self._beginnings: dict[str, Beginning] = {}
        self._whole: StepForm | None = None
        self.data = TrainData(theme)
        self.start = combo_box([NOTHING], "What to start from")
        self.start.setToolTip("Weights to start from: fine-tuning a model needs less data and time")
        self.start.setMinimumContentsLength(18)
        self.start.currentIndexChanged.connect(lambda _index: self._choose_start())
        self.start_button = tool(theme.icon("open"), "Start from a folder…", self.browse_start.emit)
        theme.changed.connect(lambda: self.start_button.setIcon(theme.icon("open")))
        self.network, self.budget, self.names = NetworkForm(), budget_form(), names_form()
        self.of_start = label(OF_START, "small")
        self.fold = Fold("All settings", "Everything that makes a training, as in its file", self._made_whole)
        self.fault = label("")
        self.fault_box = frame("failure", column(self.fault, margin=8))
        for form in (self.network, self.budget, self.names):
            flush(form)
            form.value_changed.connect(lambda _value: self._edited())
            form.validity_changed.connect(lambda _valid: self._edited())
        self.data.files_changed.connect(self._put_files)
        self._lay_out()
        self.set_recipe(self._recipe)

    def _lay_out(self) -> None:
        begin = row(self.start, self.start_button)
        begin.setStretch(0, 1)
        ends = label("The training ends with whichever comes first; 0 minutes = no limit of time.", "small")
        parts: list[Any] = [
            _heading("TRAIN WITH"), self.data, _heading("START FROM"), begin, _heading("NETWORK"),
            self.network, self.of_start, _heading("BUDGET"), self.budget, ends, _heading("MODEL"), self.names,
            self.fault_box, self.fold, None,
        ]  # fmt: skip
        self.setLayout(column(*parts, gap=8))

    # ---- the recipe
    def recipe(self) -> TrainingRecipe | None:
        """What the form says; None while something in it is wrong."""
        whole = self._whole
        forms = (self.network, self.budget, self.names, *([] if whole is None else [whole]))
        return self._recipe if all(form.is_valid() for form in forms) and not self.fault.text() else None

    def data_of_recipe(self) -> DataParams:
        """The data, also while something else is wrong."""
        return self._recipe.data

    def set_recipe(self, recipe: TrainingRecipe) -> None:
        """Show another recipe without announcing it."""
        self._recipe = recipe
        self._say("")
        self._show_parts()
        if self._whole is not None:
            self._whole.set_value(recipe)

    def put(self, **values: Any) -> None:
        """Change some parameters, as the user does."""
        if self._put(values):
            self._show_parts()
        self.changed.emit()

    def set_beginnings(self, beginnings: Sequence[Beginning]) -> None:
        """Offer weights to start from."""
        self._beginnings |= {one.start: one for one in beginnings}
        self._list_starts()

    def beginning(self) -> Beginning | None:
        """What is started from, where that is known."""
        return self._beginnings.get(self._recipe.start)

    # ---- what is known of the data
    def show_facts(self, facts: DataFacts | None) -> None:
        """Say what the data hold, and whether the network can be trained with them."""
        self.facts = facts
        self.data.show_facts(facts)
        self.network.channels.set_known(() if facts is None else facts.channels)
        self._show_faults()

    def faults(self) -> tuple[str, ...]:
        """Why the network cannot be trained with the data."""
        facts = self.facts
        return () if facts is None else facts.faults(self._recipe.data, self._recipe.network)

    def _show_faults(self) -> None:
        self.data.show_faults(self.faults())

    # ---- keeping the parts together
    def _edited(self) -> None:
        budget, names = self.budget, self.names
        if self.network.is_valid() and budget.is_valid() and names.is_valid():
            optimise = self._recipe.optimise.model_copy(update=_some(budget.value(), BUDGET))
            self._put({"network": self.network.value(), "optimise": optimise, **_some(names.value(), NAMES)})
        self.changed.emit()

    def _put_files(self, data: Params) -> None:
        update = {"kind": "labelled", **_some(data, FILES)}
        self._put({"data": self._recipe.data.model_copy(update=update), "simulate": None, "sections": None})
        self.changed.emit()

    def _put(self, values: dict[str, Any]) -> bool:
        """Take values into the recipe if they fit each other; else say why not."""
        table = self._recipe.model_dump() | {
            name: value.model_dump() if isinstance(value, Params) else value for name, value in values.items()
        }
        try:
            self._recipe = TrainingRecipe.model_validate(table)
        except ValidationError as error:
            self._say("; ".join(readable(item) for item in error.errors()))
            return False
        self._say("")
        if self._whole is not None:
            self._whole.set_value(self._recipe)
        self._show_faults()
        return True

    def _say(self, fault: str) -> None:
        self.fault.setText(fault)
        self.fault_box.setVisible(bool(fault))

    def _show_parts(self) -> None:
        recipe = self._recipe
        simulates = recipe.simulate is not None or recipe.sections is not None
        self.data.show_data(recipe.data, simulates=simulates)
        self.network.set_value(recipe.network)
        self.budget.set_value(recipe.optimise)
        self.names.set_value(recipe)
        self._list_starts()
        self._show_faults()

    def _list_starts(self) -> None:
        start = self._recipe.start
        names = {"": NOTHING, **{one.start: one.name for one in self._beginnings.values()}}
        names.setdefault(start, start)
        with QSignalBlocker(self.start):
            self.start.clear()
            for text, name in names.items():
                self.start.addItem(name, text)
            self.start.setCurrentIndex(list(names).index(start))
        known: NetworkParams | None = self._beginnings[start].network if start in self._beginnings else None
        self.network.setEnabled(not start)
        self.of_start.setVisible(bool(start))
        trained = "" if known is None else f" It looks at {', '.join(known.channels)}."
        self.of_start.setText(OF_START + trained)

    def _choose_start(self) -> None:
        start = str(self.start.currentData() or "")
        beginning = self._beginnings.get(start)
        if beginning is None:
            self.put(start=start)
        else:
            self.put(start=start, network=beginning.network)
        self.start_chosen.emit(start)

    # ---- all settings
    def _made_whole(self) -> QWidget:
        whole = StepForm(TrainingRecipe)
        flush(whole)
        whole.set_value(self._recipe)
        whole.value_changed.connect(self._take_whole)
        whole.validity_changed.connect(lambda _valid: self.changed.emit())
        self._whole = whole
        return whole

    def _take_whole(self, recipe: Params) -> None:
        if isinstance(recipe, TrainingRecipe):
            self._recipe = recipe
            self._say("")
            self._show_parts()
            self.changed.emit()


def _heading(text: str) -> QWidget:
    made = label(text, "section", wrap=False)
    made.setContentsMargins(0, 8, 0, 0)
    return made


def _some(params: Params, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(params, name) for name in names}
