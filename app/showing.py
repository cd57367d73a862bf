"""What the views show for the chosen step: its input, its result beside it, and the live preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from app.framing import Corner, framed, previous
from app.laying import Laid, is_cheap, is_crop, place_in, plane_offset
from app.measuring import same_volume
from app.previewing import Previewer
from app.session import Session
from app.standing import Standings
from app.tracing import input_slices, nearest, passes_through
from core.recipe import Recipe, RecipeStep
from core.volume import Array, Content, Origin, Volume

if TYPE_CHECKING:
    from core.execute import Preview


class Views(Protocol):
    """What is asked of the slice views."""

    def set_volume(self, volume: Volume | None, *, related: bool = False) -> None:
        """Show a stack; `related`: it comes from the same input as the one before."""
        ...

    def set_compare(
        self,
        volume: Volume | None,
        name: str = "after",
        offset_zyx: tuple[int, int, int] = (0, 0, 0),
        *,
        before: str = "before",
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
    led to it; `placed` (row and column, or None) with where slices of the chosen step's input begin in what
    is shown, None where they are not shown.
    """

    shown_volume = Signal(object)
    explained = Signal(str)
    measurable = Signal(object)
    placed = Signal(object)

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
        self._shown: Volume | None = None
        self._neighbours = False
        self._laid_now: Laid | None = None
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
        result = self._result(recipe, chosen)
        laid = None
        if result is not None and chosen is not None and count == chosen:
            laid = self._laid(base, result, chosen)
        placed: Corner | None = (0, 0) if count == (chosen or 0) else None
        if laid is not None:
            base, count, placed = laid.base, laid.count, laid.corner
        self._show_base(base, recipe, count, laid)
        if laid is None:
            self._compare(result, chosen, count)
        else:
            self._put_compared(result if laid.comparable else None, laid.names[1], before=laid.names[0])
        self.placed.emit(placed)
        self._announce(result or base)
        fits = result is not None and result.info.shape == base.info.shape
        self.recipe_of_measurable = Recipe(recipe.steps[: (chosen or 0) + 1 if fits else count], recipe.name)
        self.measurable.emit(result if fits else base)

    def show_neighbours(self, on: bool) -> None:
        """Compare each slice of a result with the one before it, rather than with what it was made from."""
        if on != self._neighbours:
            self._neighbours = on
            self.refresh()

    def _laid(self, base: Volume, result: Volume, chosen: int) -> Laid | None:
        """How a result is shown that does not lie over its input as it is; None where it does."""
        entry, corner = self._session.recipe.steps[chosen], self._standings.corner(chosen)
        if self._neighbours and corner is not None and entry.step.surveys:
            names = ("slice before", "this slice")
            return Laid(previous(result), chosen + 1, result, "previous", names, corner)
        names = ("before", entry.step.label)
        if passes_through(entry):  # the same voxels, at other places along z
            return Laid(result, chosen + 1, result, "alone", names, (0, 0), comparable=False)
        if place_in(base.info, entry, result.info) is not None:
            return None
        if corner is not None and result.info.shape[0] == base.info.shape[0]:
            canvas = result.info.shape[1], result.info.shape[2]
            return Laid(framed(base, corner, canvas), chosen, result, "framed", names, corner)
        return Laid(result, chosen + 1, result, "alone", names, None, comparable=False)

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
        if self._base is None or z >= len(self._traced):
            return
        before, self._previewer.shown = self._previewer.shown, z
        if self._traced[z] != self._session.z_index:
            self._session.show_slice(self._traced[z])
        elif z != before:
            self._previewer.request()  # another plane that belongs to the same slice of the input

    def _show_base(self, base: Volume | None, recipe: Recipe, count: int, laid: Laid | None = None) -> None:
        raw = self._session.volume
        key = None if base is None or raw is None else (raw, recipe.steps[:count])
        same = key is not None and self._base is not None and key[0] is self._base[0]
        same = same and (laid is None if self._laid_now is None else self._laid_now.alike(laid))
        if same and key is not None and self._base is not None and key[1] == self._base[1]:
            return
        related = key is not None and self._base is not None and key[0] is self._base[0]
        before, self._base, self._laid_now = self._shown, key, laid
        self._compared = None
        if base is not None and raw is not None:
            self._traced = input_slices(raw.info, recipe, count, self._session.real)
        self._shown = base
        self._views.set_volume(base, related=related)
        if base is not None:
            self._go(self._session.z_index)
            if before is None or before.info.shape[0] != base.info.shape[0]:
                self._leave_gap()

    def _result(self, recipe: Recipe, chosen: int | None) -> Volume | None:
        if chosen is None or recipe.steps[chosen].step.passes:
            return None
        return self._standings.result(chosen + 1)

    def _compare(self, result: Volume | None, chosen: int | None, count: int) -> None:
        """Put the stored result beside its input, where the one lies within the other."""
        entry = None if chosen is None else self._session.recipe.steps[chosen]
        name, offset = "" if entry is None else entry.step.label, None
        if result is not None and entry is not None and count == chosen:
            offset = place_in(self._session.infos()[count], entry, result.info)
        compared = result if offset is not None else None
        self._put_compared(compared, name, offset or (0, 0, 0))

    def _put_compared(
        self, result: Volume | None, name: str, offset: tuple[int, int, int] = (0, 0, 0), before: str = ""
    ) -> None:
        known = self._compared
        if known is None or known[1] != name or not same_volume(known[0], result):
            self._compared = (result, name)
            more = {"before": before} if before else {}
            self._views.set_compare(result, name, offset, **more)

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
        if made.after is None or chosen >= len(infos) or self._unknown(entry, made):
            self._views.show_preview(None, generation)
            self.explained.emit("This slice is dropped." if made.after is None else "")
            return
        if self._laid_now is not None and self._session.draft is None:
            self._views.show_preview(None, generation)  # the result itself is shown
            return
        offset = self._offset_of(entry, made.before, made.after)
        if offset is None:
            self._views.show_preview(None, generation)
            self.explained.emit("The result has another size than the slice; run the step to see it.")
            return
        self.explained.emit("")
        content = entry.foreseen(infos[chosen]).content
        z = self._views.cursor_zyx()[0]
        base = len(self._base[1])
        between = not all(is_cheap(entry) for entry in self._session.recipe.steps[base:chosen])
        between = between and self._laid_now is None
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

    def _offset_of(self, entry: RecipeStep, before: Array, after: Array) -> tuple[int, int] | None:
        """Pixel of what is shown at which a preview begins; None where it does not lie over it."""
        corner = self._previewer.corner
        if corner is None or is_crop(entry):
            return plane_offset(entry, before, after)
        under = (0, 0) if self._laid_now is None else self._laid_now.corner
        return None if under is None else (under[0] - corner[0], under[1] - corner[1])

    def _unknown(self, entry: RecipeStep, made: Preview) -> bool:
        """Whether the step has yet to look at the whole stack."""
        return entry.step.surveys and made.estimate is None

    def _go(self, z_index: int) -> None:
        if self._base is not None:
            z, y, x = self._views.cursor_zyx()
            if z >= len(self._traced) or self._traced[z] != z_index:  # several may belong to one slice
                self._views.set_cursor(self._plane_of(z_index), y, x)

    def _leave_gap(self) -> None:
        """Rather begin with a measured slice than with nothing."""
        origin, (z, y, x) = None if self._shown is None else self._shown.info.origin, self._views.cursor_zyx()
        if origin is not None and z < min(len(origin), len(self._traced)) and origin[z] == Origin.GAP:
            self._views.set_cursor(self._plane_of(self._traced[z]), y, x)

    def _plane_of(self, z_index: int) -> int:
        """Slice of what is shown for a slice of the input; rather a measured one than a gap beside it."""
        first = nearest(self._traced, z_index)
        origin = None if self._shown is None else self._shown.info.origin
        if origin is None or len(origin) != len(self._traced):
            return first
        alike = [z for z in range(first, len(self._traced)) if self._traced[z] == self._traced[first]]
        return next((z for z in alike if origin[z] == Origin.MEASURED), first)
