"""What the views show for the chosen step: its input, its result beside it, and the live preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from app.previewing import Previewer
from app.session import Session
from app.standing import Standings
from app.tracing import input_slices, nearest, passes_through
from core.recipe import Recipe, RecipeStep
from core.volume import Array, Content, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.execute import Preview


class Views(Protocol):
    """What is asked of the slice views."""

    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack."""
        ...

    def set_compare(
        self, volume: Volume | None, name: str = "after", offset_zyx: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        """Show a result on the other side of the divider."""
        ...

    def show_preview(
        self,
        plane: Array | None,
        generation: int,
        *,
        z: int | None = None,
        content: Content = "grey",
        offset_yx: tuple[int, int] = (0, 0),
        note: str = "",
        before: Array | None = None,
    ) -> None:
        """Show the result of a step on one slice."""
        ...

    def clear_preview(self) -> None:
        """Remove the preview."""
        ...

    def cursor_zyx(self) -> tuple[int, int, int]:
        """Where the cuts meet."""
        ...

    def set_cursor(self, z: int, y: int, x: int) -> None:
        """Move there."""
        ...


class Shower(QObject):
    """Keeps the views in step with the session.

    Signals: `shown_volume` (`Volume` or None) with the result of the chosen step where it is there, else what
    goes into it; `explained` (str) with what is not shown and why; `measurable` (`Volume` or None) with what
    lies voxel by voxel where the slices are: the result, else the slices themselves; `recipe_of_measurable`
    led to it.
    """

    shown_volume = Signal(object)
    explained = Signal(str)
    measurable = Signal(object)

    def __init__(
        self,
        session: Session,
        standings: Standings,
        previewer: Previewer,
        views: Views,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._standings = standings
        self._previewer = previewer
        self._views = views
        self._base: tuple[Volume, tuple[RecipeStep, ...]] | None = None
        self._traced: Sequence[int] = range(1)
        self._compared: tuple[Volume | None, str] | None = None
        self._announced: Volume | None = None
        self.recipe_of_measurable = Recipe()
        for signal in (session.inputs_changed, session.channel_changed, session.recipe_changed):
            signal.connect(self.refresh)
        session.chosen_changed.connect(self.refresh)
        session.slice_changed.connect(self._go)
        standings.changed.connect(self.refresh)
        previewer.ready.connect(self._show_preview)
        previewer.cleared.connect(views.clear_preview)

    def refresh(self) -> None:
        """Show what belongs to the chosen step."""
        raw, recipe = self._session.volume, self._session.recipe
        if raw is None:
            self._show_base(None, Recipe(), 0)
            self._announce(None)
            self.measurable.emit(None)
            return
        chosen = self._session.chosen
        count, base = self.reach(raw, recipe, chosen or 0)
        self._show_base(base, recipe, count)
        result = self._result(recipe, chosen)
        self._compare(result, chosen, count)
        self._announce(result or base)
        fits = result is not None and result.info.shape == base.info.shape
        self.recipe_of_measurable = Recipe(recipe.steps[: (chosen or 0) + 1 if fits else count], recipe.name)
        self.measurable.emit(result if fits else base)

    def input_slice(self, z: int) -> int:
        """Slice of the input for a slice of the views."""
        return self._traced[z] if z < len(self._traced) else z

    def reach(self, raw: Volume, recipe: Recipe, wanted: int) -> tuple[int, Volume]:
        """The farthest volume on the way to step `wanted` that can be shown without computing for long."""
        from core.execute.lazy import applied

        count = wanted
        found = self._standings.result(count)
        while found is None and count > 0:
            count -= 1
            found = self._standings.result(count)
        volume = found or raw
        known = len(self._session.infos()) - 1
        while count < min(wanted, known):
            entry = recipe.steps[count]
            if not is_cheap(entry):
                break
            if not entry.step.sink:
                volume = applied(volume, entry, entry.estimate)
            count += 1
        return count, volume

    def moved(self, z: int, _y: int, _x: int) -> None:
        """Take over the cursor of the views."""
        if self._base is not None and z < len(self._traced):
            self._session.show_slice(self._traced[z])

    def _show_base(self, base: Volume | None, recipe: Recipe, count: int) -> None:
        raw = self._session.volume
        key = None if base is None or raw is None else (raw, recipe.steps[:count])
        if key is not None and self._base is not None and key[0] is self._base[0] and key[1] == self._base[1]:
            return
        self._base = key
        self._compared = None
        if base is not None and raw is not None:
            self._traced = input_slices(raw.info, recipe, count)
        self._views.set_volume(base)
        if base is not None:
            self._go(self._session.z_index)

    def _result(self, recipe: Recipe, chosen: int | None) -> Volume | None:
        if chosen is None or passes_through(recipe.steps[chosen]):
            return None
        return self._standings.result(chosen + 1)

    def _compare(self, result: Volume | None, chosen: int | None, count: int) -> None:
        """Put the stored result beside its input, where the one lies within the other."""
        entry = None if chosen is None else self._session.recipe.steps[chosen]
        name, offset = "" if entry is None else entry.step.label, None
        if result is not None and entry is not None and count == chosen:
            offset = place_in(self._session.infos()[count], entry, result.info)
        compared = result if offset is not None else None
        if (compared, name) != self._compared:
            self._compared = (compared, name)
            self._views.set_compare(compared, name, offset or (0, 0, 0))

    def _announce(self, volume: Volume | None) -> None:
        if volume is not self._announced:
            self._announced = volume
            self.shown_volume.emit(volume)

    def _show_preview(self, made: Preview) -> None:
        chosen, generation = self._session.chosen, self._previewer.generation
        if chosen is None or self._base is None:
            return
        entry = self._session.tried().steps[chosen]
        infos = self._session.infos()
        if made.after is None or chosen >= len(infos):
            self._views.show_preview(None, generation)
            self.explained.emit("This slice is dropped." if made.after is None else "")
            return
        offset = plane_offset(entry, made.before, made.after)
        if offset is None:
            self.explained.emit("The result has another size than the slice; run the step to see it.")
            return
        self.explained.emit("")
        content = entry.step.output(entry.step.selected(infos[chosen], entry.params)[0], entry.params).content
        z = self._views.cursor_zyx()[0]
        base = len(self._base[1])
        between = not all(is_cheap(entry) for entry in self._session.recipe.steps[base:chosen])
        before = made.before if between and made.before.shape == infos[base].shape[1:] else None
        notes = ["from a sample of slices"] if made.approximate else []
        if between and before is None:
            notes.append(f"left: input of step {base + 1}")
        self._views.show_preview(
            made.after,
            generation,
            z=z,
            content=content,
            offset_yx=offset,
            note=" · ".join(notes),
            before=before,
        )

    def _go(self, z_index: int) -> None:
        if self._base is not None:
            _, y, x = self._views.cursor_zyx()
            self._views.set_cursor(nearest(self._traced, z_index), y, x)


def is_cheap(entry: RecipeStep) -> bool:
    """Whether a step is quicker to repeat than to store, and its estimate, if it needs one, is known."""
    step = entry.step
    if step.sink or (step.apply is None and step.select is None):
        return True
    return not step.stored and (step.estimate is None or entry.estimate is not None)


def place_in(info: VolumeInfo, entry: RecipeStep, result: VolumeInfo) -> tuple[int, int, int] | None:
    """Voxel of the step's input at which its result begins; None where the two do not lie over each other."""
    kept = entry.step.selected(info, entry.params)[1]
    if len(kept) != result.shape[0] or kept[-1] - kept[0] != len(kept) - 1:
        return None
    y, x = corner(entry)
    fits = y + result.shape[1] <= info.shape[1] and x + result.shape[2] <= info.shape[2]
    same = result.shape[1:] == info.shape[1:]
    return (kept[0], y, x) if fits and (same or is_crop(entry)) else None


def plane_offset(entry: RecipeStep, before: Array, after: Array) -> tuple[int, int] | None:
    """Pixel of the slice at which the result begins; None where the two do not lie over each other."""
    if before.shape == after.shape or is_crop(entry):
        return corner(entry)
    return None


def is_crop(entry: RecipeStep) -> bool:
    """Whether a step keeps a box of its input."""
    return entry.step.name == "crop"


def corner(entry: RecipeStep) -> tuple[int, int]:
    """Row and column where a crop begins; zero for other steps."""
    if not is_crop(entry):
        return 0, 0
    values = entry.params.model_dump()
    return values["y_start"], values["x_start"]
