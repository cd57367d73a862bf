"""What is open and what the user has chosen: the state that outlives every widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.marks import Mark
from app.tracing import require_own_fit
from core.errors import TruesliceError
from core.models.memory import of_project
from core.params import Params
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Estimate, Stage
from core.volume import Volume, VolumeInfo

if TYPE_CHECKING:
    from core.project import InputSpec, Project

STAGES = tuple(Stage)


@dataclass(frozen=True)
class Opened:
    """One channel that is open: how it is read, and the raw volume."""

    spec: InputSpec
    volume: Volume


@dataclass(frozen=True)
class Fault:
    """The first step that does not fit its input, and why."""

    index: int
    error: TruesliceError


class Session(QObject):
    """Everything that is open, and the only place that changes it.

    Attributes
    ----------
    inputs : mapping of str to Opened
        By channel; empty while nothing is open.
    channel : str
        The channel that is shown.
    project : Project or None
        The project folder, once there is one and its inputs have been checked.
    home : Path or None
        Where the user or an earlier run has put the project; None for the usual place.
    recipe : Recipe
        The steps as applied.
    draft : Params or None
        Other parameters of the chosen step that are being tried out; `settle` applies them.
    chosen : int or None
        The step that is selected; None for the input itself.
    z_index : int
        The visible slice, by its index in the input whatever the steps have dropped.
    real : callable
        What is known from the project of the volume after some steps; None where nothing is.
    """

    leaving = Signal()
    inputs_changed = Signal()
    channel_changed = Signal()
    project_changed = Signal()
    recipe_changed = Signal()
    chosen_changed = Signal()
    draft_changed = Signal()
    slice_changed = Signal(int)
    marks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.inputs: Mapping[str, Opened] = {}
        self.channel = ""
        self.project: Project | None = None
        self.home: Path | None = None
        self.recipe = Recipe()
        self.chosen: int | None = None
        self.draft: Params | None = None
        self.z_index = 0
        self.marks: tuple[Mark, ...] = ()
        self.real: Callable[[int], VolumeInfo | None] = lambda _count: None
        self.undo = QUndoStack(self)

    # ---- what is open
    @property
    def volume(self) -> Volume | None:
        """The raw volume of the shown channel."""
        opened = self.inputs.get(self.channel)
        return None if opened is None else opened.volume

    def begin(self, inputs: Mapping[str, Opened], recipe: Recipe) -> None:
        """Show other inputs, with this recipe and an empty history; `leaving` is sent before."""
        self.settle()
        self.leaving.emit()
        self.inputs = dict(inputs)
        self.channel = next(iter(self.inputs), "")
        self.project = None
        self.home = None
        self.recipe = recipe
        self.chosen = None
        self.draft = None
        self.marks = ()
        volume = self.volume
        self.z_index = 0 if volume is None else volume.info.shape[0] // 2
        self.undo.clear()
        self.project_changed.emit()
        self.inputs_changed.emit()
        self.recipe_changed.emit()
        self.chosen_changed.emit()

    def reread(self, inputs: Mapping[str, Opened]) -> None:
        """Replace the inputs by the same ones read with other options; recipe and history stay."""
        self.leaving.emit()
        self.inputs = dict(inputs)
        if self.channel not in self.inputs:
            self.channel = next(iter(self.inputs), "")
        self.set_project(None)
        self.inputs_changed.emit()
        self.recipe_changed.emit()

    def end(self) -> None:
        """Close what is open."""
        self.begin({}, Recipe())

    def show_channel(self, channel: str) -> None:
        """Show another imaging condition."""
        if channel != self.channel and channel in self.inputs:
            self.channel = channel
            self.channel_changed.emit()

    def set_project(self, project: Project | None) -> None:
        """Say where results are kept from now on."""
        if project is not self.project:
            self.project = project
            self.project_changed.emit()

    def show_slice(self, z_index: int) -> None:
        """Say which slice is visible."""
        if z_index != self.z_index:
            self.z_index = z_index
            self.slice_changed.emit(z_index)

    def choose(self, index: int | None) -> None:
        """Select a step, or the input; what was tried out on the one before is applied."""
        self.settle()
        index = index if index is None or 0 <= index < len(self.recipe.steps) else None
        if index != self.chosen:
            self.chosen = index
            self.chosen_changed.emit()

    def set_marks(self, marks: tuple[Mark, ...]) -> None:
        """Say how far each step is."""
        if marks != self.marks:
            self.marks = marks
            self.marks_changed.emit()

    # ---- trying out
    def try_out(self, params: Params | None) -> None:
        """Preview the chosen step with other parameters; None goes back to the applied ones."""
        if self.chosen is None:
            return
        self.draft = None if params == self.recipe.steps[self.chosen].params else params
        self.draft_changed.emit()

    def settle(self) -> None:
        """Apply what is being tried out."""
        draft, self.draft = self.draft, None
        if draft is not None and self.chosen is not None:
            self.set_params(self.chosen, draft)
            self.draft_changed.emit()

    def tried(self) -> Recipe:
        """The recipe with what is being tried out."""
        if self.draft is None or self.chosen is None:
            return self.recipe
        entry = self.recipe.steps[self.chosen]
        return self.recipe.replaced(self.chosen, RecipeStep(entry.step, self.draft, entry.estimate))

    # ---- the recipe; every change can be undone
    def add(self, name: str) -> None:
        """Put a step with its defaults where its stage belongs, and select it."""
        self.settle()
        entry = default_step(name)
        order = STAGES.index(entry.step.stage)
        before = [STAGES.index(other.step.stage) <= order for other in self.recipe.steps]
        place = len(before) - before[::-1].index(True) if True in before else 0
        self.change(f"add {entry.step.label}", self.recipe.inserted(place, entry), place)

    def remove(self, index: int) -> None:
        """Take a step out."""
        self.settle()
        left = len(self.recipe.steps) - 1
        chosen = min(index, left - 1) if left else None
        self.change(f"remove {self._label(index)}", self.recipe.removed(index), chosen)

    def duplicate(self, index: int) -> None:
        """Repeat a step right behind itself."""
        self.settle()
        changed = self.recipe.inserted(index + 1, self.recipe.steps[index])
        self.change(f"duplicate {self._label(index)}", changed, index + 1)

    def move(self, index: int, target: int) -> None:
        """Put a step to another place."""
        self.settle()
        if index != target and 0 <= target < len(self.recipe.steps):
            self.change(f"move {self._label(index)}", self.recipe.moved(index, target), target)

    def set_params(self, index: int, params: Params) -> None:
        """Give a step other parameters; an estimate of the user's own stays."""
        entry = self.recipe.steps[index]
        if params != entry.params:
            changed = RecipeStep(entry.step, params, entry.estimate)
            self.change(f"change {entry.step.label}", self.recipe.replaced(index, changed), self.chosen)

    def set_estimate(self, index: int, estimate: Estimate | None) -> None:
        """Replace what a step found by the user's own values; None goes back to what it finds."""
        self.settle()
        entry = self.recipe.steps[index]
        if estimate != entry.estimate:
            changed = RecipeStep(entry.step, entry.params, estimate)
            self.change(
                f"change estimate of {entry.step.label}", self.recipe.replaced(index, changed), self.chosen
            )

    def load(self, recipe: Recipe) -> None:
        """Replace all steps by those of another recipe."""
        self.settle()
        self.change("load recipe", recipe, None)

    def change(self, text: str, recipe: Recipe, chosen: int | None) -> None:
        """Replace the recipe; the user can take it back."""
        self.undo.push(RecipeChange(self, text, recipe, chosen))

    def put(self, recipe: Recipe, chosen: int | None) -> None:
        """Set recipe and selection without history; for `RecipeChange`."""
        # Another step may have come to the chosen place: then the choice has changed, too.
        moved = chosen != self.chosen or len(recipe.steps) != len(self.recipe.steps)
        self.recipe = recipe
        self.chosen = chosen
        self.draft = None
        self.recipe_changed.emit()
        if moved:
            self.chosen_changed.emit()

    def infos(self) -> tuple[VolumeInfo, ...]:
        """Describe the volume before each step, as far as the steps fit; at least the input's."""
        volume = self.volume
        return () if volume is None else self._checked(volume)[0]

    def fault(self) -> Fault | None:
        """Find the first step that does not fit what it gets."""
        volume = self.volume
        return None if volume is None else self._checked(volume)[1]

    def _checked(self, volume: Volume) -> tuple[tuple[VolumeInfo, ...], Fault | None]:
        with of_project(self.project.folder if self.project is not None else self.home):
            return self._foreseen(volume)

    def _foreseen(self, volume: Volume) -> tuple[tuple[VolumeInfo, ...], Fault | None]:
        found, foreseen = [volume.info], True
        for index, entry in enumerate(self.recipe.steps):
            real = self.real(index + 1)
            try:
                if foreseen:
                    require_own_fit(entry, found[-1])
                found.append(real or entry.foreseen(found[-1]))
            except TruesliceError as error:
                return tuple(found), Fault(index, error) if foreseen else None
            # What a step has yet to find may decide the shape: then later ones cannot be said to be wrong.
            foreseen = real is not None or (foreseen and entry.step.refine is None)
        return tuple(found), None

    def _label(self, index: int) -> str:
        return self.recipe.steps[index].step.label


class RecipeChange(QUndoCommand):
    """One change of the recipe, as the recipes before and after it."""

    def __init__(self, session: Session, text: str, recipe: Recipe, chosen: int | None) -> None:
        super().__init__(text)
        self._session = session
        self._before = (session.recipe, session.chosen)
        self._after = (recipe, chosen)

    def redo(self) -> None:
        """Make the change."""
        self._session.put(*self._after)

    def undo(self) -> None:
        """Take it back."""
        self._session.put(*self._before)
