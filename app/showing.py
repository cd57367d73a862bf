"""What the views show for the chosen step: its input, its result beside it, and the live preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.framing import Corner
from app.laying import Laid, is_cheap, is_crop, laid_over, place_in, plane_offset, reached
from app.measuring import same_volume
from app.pairing import Pinned
from app.previewing import Previewer
from app.quantities import Quantity, quantity_of
from app.session import Session
from app.standing import Standings
from app.tracing import input_slices, nearest
from app.viewing import Views
from core.recipe import Recipe, RecipeStep
from core.volume import Array, Origin, Volume

if TYPE_CHECKING:
    from core.execute import Preview


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
        self._compared: tuple[Volume | None, object] | None = None
        self._pinned: Pinned | None = None
        self._coloured: object = ()
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
        if self._pinned is not None:
            self._show_pinned(self._pinned, raw, recipe)
            return
        self._put_channels(())
        chosen = self._session.chosen
        count, base = self.reach(raw, recipe, chosen or 0)
        result = self._result(recipe, chosen)
        laid = None
        if result is not None and chosen is not None and count == chosen:
            laid = laid_over(
                base, result, recipe, chosen, self._standings.corner(chosen), neighbours=self._neighbours
            )
        placed: Corner | None = (0, 0) if count == (chosen or 0) else None
        if laid is not None:
            base, count, placed = laid.base, laid.count, laid.corner
        self._show_base(base, recipe, count, laid)
        if laid is None:
            self._compare(result, chosen, count)
        else:
            compared = result if laid.comparable else None
            quantity, both = self._quantity(chosen), self._neighbours
            self._put_compared(compared, laid.names[1], before=laid.names[0], quantity=quantity, both=both)
        self.placed.emit(placed)
        self._announce(result or base)
        fits = result is not None and result.info.shape == base.info.shape
        self.recipe_of_measurable = Recipe(recipe.steps[: (chosen or 0) + 1 if fits else count], recipe.name)
        self.measurable.emit(result if fits else base)

    def pin(self, pinned: Pinned | None) -> None:
        """Show this in place of what belongs to the chosen step; None goes back to that."""
        if pinned is not self._pinned:
            self._pinned = pinned
            self.refresh()
            if pinned is None:
                self._previewer.request()
            else:
                self._views.show_preview(None, self._previewer.generation)

    def _show_pinned(self, pinned: Pinned, raw: Volume, recipe: Recipe) -> None:
        way = "overlaid" if pinned.channels else "pinned"
        laid = Laid(pinned.base, pinned.count, pinned.base, way, pinned.names, None)
        self._show_base(pinned.base, recipe, pinned.count, laid, pinned.traced)
        left, right = pinned.names
        quantity, both = pinned.quantity, pinned.both
        self._put_compared(pinned.other, right, pinned.offset, before=left, quantity=quantity, both=both)
        self._put_channels(pinned.channels)
        self.placed.emit(None)
        chosen = self._session.chosen
        self._announce(self._result(recipe, chosen) or self.reach(raw, recipe, chosen or 0)[1])
        self.recipe_of_measurable = Recipe(recipe.steps[: pinned.count], recipe.name)
        self.measurable.emit(pinned.base if pinned.own else None)
        self.explained.emit("No preview while comparing")

    def _put_channels(self, channels: tuple[tuple[str, Volume], ...]) -> None:
        if channels != self._coloured:
            self._coloured = channels
            self._views.add_channels(channels)

    def _quantity(self, chosen: int | None) -> Quantity | None:
        return None if chosen is None else quantity_of(self._session.recipe.steps[chosen])

    def show_neighbours(self, on: bool) -> None:
        """Compare each slice of a result with the one before it, rather than with what it was made from."""
        if on != self._neighbours:
            self._neighbours = on
            self.refresh()

    @property
    def base(self) -> tuple[Volume, tuple[RecipeStep, ...]] | None:
        """The input and the steps that gave the slices; None while nothing, or something else, is shown."""
        return None if self._pinned is not None else self._base

    def input_slice(self, z: int) -> int:
        """Slice of the input for a slice of the views."""
        return self._traced[z] if z < len(self._traced) else z

    def reach(self, raw: Volume, recipe: Recipe, wanted: int) -> tuple[int, Volume]:
        """The farthest volume on the way to step `wanted` that can be shown without computing for long."""
        return reached(raw, recipe, wanted, len(self._session.infos()) - 1, self._standings.result)

    def moved(self, z: int, _y: int, _x: int) -> None:
        """Take over the cursor of the views."""
        if self._base is None or z >= len(self._traced):
            return
        before, self._previewer.shown = self._previewer.shown, z
        if self._traced[z] != self._session.z_index:
            self._session.show_slice(self._traced[z])
        elif z != before:
            self._previewer.request()  # another plane that belongs to the same slice of the input

    def _show_base(
        self,
        base: Volume | None,
        recipe: Recipe,
        count: int,
        laid: Laid | None = None,
        traced: Sequence[int] | None = None,
    ) -> None:
        raw = self._session.volume if traced is None else base
        key = None if base is None or raw is None else (raw, recipe.steps[:count])
        same = key is not None and self._base is not None and key[0] is self._base[0]
        same = same and (laid is None if self._laid_now is None else self._laid_now.alike(laid))
        if same and key is not None and self._base is not None and key[1] == self._base[1]:
            return
        related = key is not None and self._base is not None and key[0] is self._base[0]
        before, self._base, self._laid_now = self._shown, key, laid
        self._compared, self._coloured = None, ()
        if traced is not None:
            self._traced = traced
        elif base is not None and raw is not None:
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
        self._put_compared(compared, name, offset or (0, 0, 0), quantity=self._quantity(chosen))

    def _put_compared(
        self,
        result: Volume | None,
        name: str,
        offset: tuple[int, int, int] = (0, 0, 0),
        *,
        before: str = "before",
        quantity: Quantity | None = None,
        both: bool = False,
    ) -> None:
        known, how = self._compared, (name, offset, before, quantity, both)
        if known is None or known[1] != how or not same_volume(known[0], result):
            self._compared = (result, how)
            self._views.set_compare(result, name, offset, before=before, quantity=quantity, of_both=both)

    def _announce(self, volume: Volume | None) -> None:
        if volume is not self._announced:
            self._announced = volume
            self.shown_volume.emit(volume)

    def _show_preview(self, made: Preview) -> None:
        chosen, generation = self._session.chosen, self._previewer.generation
        if chosen is None or self._base is None:
            return
        if self._pinned is not None:
            self._views.show_preview(None, generation)
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
            quantity=quantity_of(entry),
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
