"""What was found of the places of slices, and the user's changes of it; no widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue
from app.session import Session
from app.standing import Standings
from app.tracing import input_slices
from core.align.results import RegisterChannelsEstimate, RegisterEstimate
from core.errors import AmbiguousInputError, ParameterError
from core.params import hint
from core.recipe import RecipeStep
from core.step import Estimate
from core.thickness.results import ThicknessEstimate
from core.volume import VolumeInfo

if TYPE_CHECKING:
    from app.plots.thickness import Table

Found: TypeAlias = RegisterEstimate | RegisterChannelsEstimate | ThicknessEstimate
KINDS = (RegisterEstimate, RegisterChannelsEstimate, ThicknessEstimate)


@dataclass(frozen=True, eq=False)
class Subject:
    """The step that is looked at.

    Attributes
    ----------
    index : int
        Its place in the recipe.
    entry : RecipeStep
        The step.
    estimate : Estimate or None
        What it has found, or the user's own values; None where nothing is known yet.
    slices : sequence of int
        Slice of the input for each of the slices that go into it.
    info : VolumeInfo or None
        What goes into it.
    """

    index: int
    entry: RecipeStep
    estimate: Found | None
    slices: Sequence[int]
    info: VolumeInfo | None

    @property
    def title(self) -> str:
        """Which step it is."""
        return f"Step {self.index + 1}: {self.entry.step.label}"

    @property
    def trends(self) -> dict[str, str]:
        """What can become of the slow part of shifts."""
        about = type(self.entry.params).model_fields.get("trend")
        choices = None if about is None else hint(about, "choices")
        return dict(choices) if choices else {}

    @property
    def trend(self) -> str:
        """What becomes of it."""
        return str(getattr(self.entry.params, "trend", ""))


class Aligning(QObject):
    """Finds what is shown, and makes the changes: all through the recipe, so that they can be undone.

    Signals: `changed` when there is something else to show, `failed` (exception) when a file could not be
    read or written, `told` (str) with what was done, `choice_needed` (`AmbiguousInputError`, callable) when a
    table leaves open what it holds: the callable takes the answer.
    """

    changed = Signal()
    failed = Signal(object)
    told = Signal(str)
    choice_needed = Signal(object, object)

    def __init__(
        self, session: Session, standings: Standings, queue: JobQueue, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._standings, self._queue = session, standings, queue
        self.tables: tuple[Table, ...] = ()
        session.inputs_changed.connect(self.forget_tables)
        for signal in (session.recipe_changed, session.chosen_changed, standings.changed):
            signal.connect(self.changed)

    # ------------------------------------------------------------------ what is shown
    @property
    def looking(self) -> bool:
        """Whether what a step has found is being looked up."""
        return self._standings.looking

    def subject(self) -> Subject | None:
        """The chosen step if it finds places of slices, else the last one that has found any."""
        recipe = self._session.recipe
        able = [index for index, entry in enumerate(recipe.steps) if finds_places(entry)]
        if not able or self._session.volume is None:
            return None
        known = [index for index in able if self._standings.estimate(index) is not None]
        chosen = self._session.chosen
        index = chosen if chosen in able and chosen is not None else (known or able)[-1]
        estimate = self._standings.estimate(index)
        infos = self._session.infos()
        return Subject(
            index,
            recipe.steps[index],
            estimate if isinstance(estimate, KINDS) else None,
            input_slices(self._session.volume.info, recipe, index, self._session.real),
            infos[index] if index < len(infos) else None,
        )

    # ------------------------------------------------------------------ changes
    def set_shift(self, subject: Subject, place: int, y: float, x: float, following: bool) -> None:
        """Put a slice somewhere else by hand."""
        from core.align.edit import with_shift

        if isinstance(subject.estimate, RegisterEstimate):
            changed = with_shift(subject.estimate, place, (y, x), following=following)
            self._session.set_estimate(subject.index, changed)

    def set_trend(self, subject: Subject, trend: str) -> None:
        """Choose what becomes of the slow part."""
        self._session.settle()
        entry = self._session.recipe.steps[subject.index]
        values = {**entry.params.model_dump(), "trend": trend}
        self._session.set_params(
            subject.index, entry.step.params.parse(values, owner=f"step {subject.index + 1}")
        )

    def back_to_found(self, subject: Subject) -> None:
        """Use no values of the user's own."""
        self._session.set_estimate(subject.index, None)

    # ------------------------------------------------------------------ files
    def save_transforms(self, subject: Subject, path: Path) -> None:
        """Write the moves of all slices; in the background."""
        estimate, trend = subject.estimate, subject.trend
        if not isinstance(estimate, RegisterEstimate):
            return

        def write() -> None:
            from core.align.files import save_transforms

            save_transforms(path, estimate, "keep" if trend == "keep" else "remove")

        self._in_background("Save transforms", write, lambda _none: self.told.emit(f"Saved as {path}"))

    def load_transforms(self, subject: Subject, path: Path) -> None:
        """Use the moves of a file as the user's own values; read in the background."""
        wanted = len(subject.slices)

        def read() -> RegisterEstimate:
            from core.align.files import load_transforms

            found = load_transforms(path)
            if len(found.transforms) != wanted:
                raise ParameterError(
                    f"{path.name} does not fit this stack",
                    expected=f"{wanted} transforms, one per slice",
                    got=len(found.transforms),
                )
            return found

        self._in_background("Load transforms", read, lambda found: self._take(subject, found))

    def compare(self, subject: Subject, path: Path) -> None:
        """Show the thicknesses of a table beside those that were found; read in the background."""
        self._read_table(subject, path, {}, lambda found: self._add_table(path.name, subject, found))

    def use_table(self, subject: Subject, path: Path) -> None:
        """Take the places of slices from a table, as the user's own values; read in the background."""
        self._read_table(subject, path, {}, lambda found: self._take(subject, found))

    def _read_table(
        self, subject: Subject, path: Path, answers: dict[str, str], then: Callable[[ThicknessEstimate], None]
    ) -> None:
        """Read a table; what it leaves open is asked, and it is read again with the answer."""
        info = subject.info
        if info is None:
            return

        def read() -> ThicknessEstimate:
            from core.thickness.table import read_thickness
            from core.thickness.table_columns import TableOptions

            options = replace(TableOptions(), **cast("dict[str, Any]", answers))
            return read_thickness(path, info, options)

        def answered(option: str, answer: str) -> None:
            self._read_table(subject, path, {**answers, option: answer}, then)

        def refused(error: Exception) -> None:
            if isinstance(error, AmbiguousInputError) and error.option not in answers:
                self.choice_needed.emit(error, lambda answer: answered(error.option, str(answer)))
            else:
                self.failed.emit(error)

        self._in_background("Read a table", read, then, refused)

    def save_table(self, subject: Subject, path: Path) -> None:
        """Write the thickness of all slices as a table; in the background."""
        estimate, info = subject.estimate, subject.info
        if not isinstance(estimate, ThicknessEstimate):
            return

        def write() -> None:
            from core.thickness.table import write_table

            write_table(path, estimate, info)

        self._in_background("Save the table", write, lambda _none: self.told.emit(f"Saved as {path}"))

    def forget_tables(self) -> None:
        """Show no other tables."""
        self.tables = ()
        self.changed.emit()

    def _add_table(self, name: str, subject: Subject, found: ThicknessEstimate) -> None:
        from app.plots.thickness import Table, thicknesses_of

        shown = thicknesses_of(found, subject.slices)
        kept = tuple(table for table in self.tables if table.name != name)
        self.tables = (*kept, Table(name, shown.numbers, shown.thickness_nm))
        self.changed.emit()

    def _take(self, subject: Subject, found: Estimate) -> None:
        steps = self._session.recipe.steps
        if subject.index < len(steps) and steps[subject.index].step is subject.entry.step:
            self._session.set_estimate(subject.index, found)

    def _in_background(
        self,
        title: str,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        refused: Callable[[Exception], None] | None = None,
    ) -> None:
        task = self._queue.prepare(title, lambda _job: work())
        task.succeeded.connect(then)
        task.failed.connect(refused or self.failed)
        self._queue.start(task)


def finds_places(entry: RecipeStep) -> bool:
    """Whether a step finds where slices lie."""
    found = entry.step.estimate_type
    return found is not None and issubclass(found, KINDS)
