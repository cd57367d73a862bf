"""What the slice views show: the stack, something to compare it with, an overlay, a preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.geometry import CUT_AXES, X, Y, Z
from app.plots.channels import ChannelLayers, Contrasts
from app.plots.colour import Contrast, Pixels, auto_contrast
from app.plots.differing import DifferenceLayer
from app.plots.facts import LayerFacts, Place
from app.plots.loader import PlaneLoader
from app.plots.pane import SlicePane
from app.plots.panes import LinkedPanes
from app.plots.pictures import AFTER, BEFORE, DIFFERENCE, OVER, OVERLAY, Look
from app.plots.planes import Plane, pyramid
from app.quantities import PROBABILITY, Quantity, most
from app.workers import Ticket, WorkerPool
from core.errors import ParameterError
from core.job import Job, Outcome
from core.volume import Array, Content, Volume, VolumeInfo

CACHE_BYTES = 256 << 20


class Layers(LayerFacts):
    """Asks loaders for planes and puts them into the panes.

    Parameters
    ----------
    changed : callable
        ``changed(axis)`` after a cut shows something else.
    failed : callable
        ``failed(axis, error)`` when a plane cannot be read.
    grown : callable
        ``grown(fraction)`` as the overview of the stack fills.
    """

    def __init__(
        self,
        panes: LinkedPanes,
        pool: WorkerPool,
        *,
        changed: Callable[[int], None],
        failed: Callable[[int, Exception], None],
        grown: Callable[[float], None],
    ) -> None:
        self.contrasts = Contrasts()
        super().__init__(
            panes,
            ChannelLayers(panes, pool, changed, failed, self.contrasts),
            DifferenceLayer(panes, pool, changed, failed),
        )
        self._pool = pool
        self._changed, self._failed, self._grown = changed, failed, grown
        self._ticket: Ticket | None = None

    # ------------------------------------------------------------------ volumes
    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack, and nothing over it."""
        self._close(BEFORE)  # first: while the rest is taken away nobody asks for places in the old stack
        self.set_compare(None)
        self.channels.close()
        self.set_overlay(None, 0.0)
        self.clear_preview()
        if volume is not None:
            self._open(BEFORE, volume)
            self._looks[BEFORE].content = volume.info.content
            self.relook()

    def set_compare(
        self,
        volume: Volume | None,
        offset: Place = (0, 0, 0),
        quantity: Quantity | None = None,
        of_both: bool = False,
    ) -> None:
        """Put a volume on the far side of the divider; see `SliceViews.set_compare`."""
        if volume is not None and self.frame is not None:
            ends = [at + n for at, n in zip(offset, volume.info.shape, strict=True)]
            if min(offset) < 0 or any(e > n for e, n in zip(ends, self.frame.info.shape, strict=True)):
                raise ParameterError(
                    "the two volumes cannot be laid over each other",
                    expected=f"within {self.frame.info.shape}",
                    got=f"{volume.info.shape} at {offset}",
                    remedy="look at them one after the other",
                )
        self._close(AFTER)
        self._offset = offset
        probable = volume is not None and volume.info.content == "probability"
        self._quantity = PROBABILITY if probable else quantity
        probable = self.volume is not None and self.volume.info.content == "probability"
        both = self._quantity if of_both or (probable and self._quantity is PROBABILITY) else None
        self.difference.set_sides(self.volume, volume, offset, both)
        if volume is not None and self.frame is not None:
            self._open(AFTER, volume)

    def place_in(self, info: VolumeInfo, at: Place) -> Place | None:
        """Where a voxel of the stack lies in a volume: itself, or what is compared with it; else None."""
        if self.frame is not None and self.frame.info.shape == info.shape:
            return at
        other = self._loaders.get(AFTER)
        if other is None or other.volume.info.shape != info.shape:
            return None
        z, y, x = (index - begin for index, begin in zip(at, self._offset, strict=True))
        return z, y, x

    def set_drawn(self, mode: str) -> bool:
        """Say what is drawn; True if there is more to be read now."""
        over = mode == OVER
        if over != self._over:
            self._over = over
            for axis in (Z, Y, X):
                self._show_after(axis)
        if not self.difference.switch(mode == DIFFERENCE):
            return False
        self._show_after(Z)
        return True

    def set_overlay(self, volume: Volume | None, opacity: float, table: Pixels | None = None) -> None:
        """Draw a mask or labels over the stack; see `SliceViews.set_overlay`."""
        if volume is not None and self.frame is not None and volume.info.shape != self.frame.info.shape:
            raise ParameterError(
                "an overlay must have the shape of the stack under it",
                expected=self.frame.info.shape,
                got=volume.info.shape,
            )
        self._close(OVERLAY)
        if volume is not None and self.frame is not None:
            self._looks[OVERLAY] = Look(content=volume.info.content, overlay_opacity=opacity, table=table)
            self._open(OVERLAY, volume)
            self.relook()

    def close(self) -> None:
        """Cancel all that is under way."""
        self._drop_ticket()
        self.channels.close()
        self.difference.close()
        for loader in self._loaders.values():
            loader.close()
        self._loaders.clear()

    def _open(self, role: str, volume: Volume) -> None:
        self._loaders[role] = PlaneLoader(
            volume,
            self._pool,
            show=lambda plane: self._show(role, plane),
            fail=self._failed,
            grown=self._grown if role == BEFORE else lambda _fraction: None,
            cache_bytes=CACHE_BYTES if role == BEFORE else CACHE_BYTES // 2,
        )

    def _close(self, role: str) -> None:
        loader = self._loaders.pop(role, None)
        if loader is not None:
            loader.close()
        for pane in self._panes.all():
            pane.set_plane(role, None)

    # ------------------------------------------------------------------ planes
    def go(self, cursor: Place) -> None:
        """Ask for what the cursor points at."""
        self._cursor = cursor
        for role, loader in self._loaders.items():
            for axis in (Z, Y, X):
                index = cursor[axis] - (self._offset[axis] if role == AFTER else 0)
                if 0 <= index < loader.volume.info.shape[axis]:
                    loader.want(axis, index)
                else:
                    loader.forget(axis)
                    self._panes[axis].set_plane(role, None)
        self.channels.go(cursor)
        self.difference.go(cursor)
        self._show_after(Z)

    def rest(self, ahead: int) -> None:
        """Refine, read ahead and go on in the background: the cursor rests."""
        for loader in self._loaders.values():
            loader.rest(ahead)
        self.channels.rest(ahead)
        self.difference.rest(ahead)

    def _show(self, role: str, plane: Plane) -> None:
        if role == AFTER:
            self._show_after(plane.axis)
        else:
            pane = self._panes[plane.axis]
            pane.message = ""
            between = self._preview.before_for_slice(plane.index) if plane.axis == Z else None
            pane.set_plane(role, between if role == BEFORE and between is not None else plane)
            self._changed(plane.axis)

    def _show_before(self) -> None:
        """Put the right picture on the near side of the xy view: what enters the step, or the stack."""
        loader = self._loaders.get(BEFORE)
        shown = None if loader is None else loader.shown(Z)
        if shown is not None:
            self._show(BEFORE, shown)

    def _show_after(self, axis: int) -> None:
        """Put the right picture on the far side: a preview of this slice before a stored result."""
        pane, loader = self._panes[axis], self._loaders.get(AFTER)
        rows, columns = CUT_AXES[axis]
        preview = self._preview.for_slice(self._cursor[Z]) if axis == Z else None
        stored = None if loader is None else loader.shown(axis)
        if preview is not None:
            self._set_after(pane, preview, self._preview.content, self._preview.offset_yx)
        elif loader is not None and stored is not None:
            offset = (self._offset[rows], self._offset[columns])
            self._set_after(pane, stored, loader.volume.info.content, offset)
        elif loader is None or not loader.wants(axis):
            pane.set_plane(AFTER, None)
        if axis == Z:
            self.difference.show_preview(self._previewed())
        self._changed(axis)

    def _set_after(self, pane: SlicePane, plane: Plane, content: Content, offset: tuple[int, int]) -> None:
        before, over = self._looks[BEFORE], self.over_opacity if self._over else None
        quantity = self.quantity
        dtype = self._loaders[BEFORE].volume.info.dtype if BEFORE in self._loaders else None
        data = plane.levels[-1].data
        # Only the same contrast on both sides shows what a step has done to the brightness.
        alike = content == before.content and data.dtype == dtype
        contrast = before.contrast if alike else auto_contrast(data, content)
        colour_map = before.colour_map if content == "grey" else "Grey"
        if quantity is not None:
            contrast = Contrast(0.0, quantity.high * most(data.dtype))
            content, colour_map = "probability", quantity.colour_map
        pane.set_look(AFTER, Look(contrast, colour_map, content, over))
        pane.set_plane(AFTER, plane, offset)

    # ------------------------------------------------------------------ preview
    def show_preview(
        self,
        plane: Array | None,
        generation: int,
        z: int,
        content: Content,
        offset_yx: tuple[int, int],
        note: str,
        before: Array | None,
        quantity: Quantity | None = None,
    ) -> None:
        """Show the result of a step on one slice; see `SliceViews.show_preview`."""
        if self.frame is None or not self._preview.accepts(generation):
            return
        self._drop_ticket()
        if plane is None:
            self.clear_preview()
            return
        pixel = (self.frame.size[Y], self.frame.size[X])

        grey = self._looks[BEFORE].content

        def drawn(_job: Job) -> tuple[Plane, Plane | None]:
            after = Plane(Z, z, pyramid(plane, pixel=pixel, content=content), exact=True)
            if before is None:
                return after, None
            return after, Plane(Z, z, pyramid(before, pixel=pixel, content=grey), exact=True)

        def arrived(outcome: Outcome[tuple[Plane, Plane | None]]) -> None:
            if outcome.value is not None:
                self._preview.take(*outcome.value, content, offset_yx, note)
                self._preview.meaning = PROBABILITY if content == "probability" else quantity
                self._show_before()
                self._show_after(Z)

        self._ticket = self._pool.submit(drawn, arrived)

    def clear_preview(self) -> None:
        """Remove the preview."""
        self._drop_ticket()
        self._preview.clear()
        self._show_before()
        self._show_after(Z)

    def _drop_ticket(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    # ------------------------------------------------------------------ looks
    def set_contrast(self, contrast: Contrast) -> None:
        """Change the contrast of the stack, and of what is compared with it if it is of the same kind."""
        self._looks[BEFORE].contrast = contrast
        if BEFORE in self._loaders:
            self.contrasts.keep(self._loaders[BEFORE].volume, contrast)
        self.relook()

    def set_colour_map(self, name: str) -> None:
        """Change the colours of grey values."""
        self._looks[BEFORE].colour_map = name
        self.relook()

    def set_opacity(self, opacity: float) -> None:
        """Change the opacity of the overlay, or of the far side where that lies over the slices."""
        if OVERLAY in self._loaders:
            self._looks[OVERLAY].overlay_opacity = opacity
        else:
            self.over_opacity = opacity
        self.relook()

    def relook(self) -> None:
        """Bring all colours up to date."""
        for axis in (Z, Y, X):
            before = self._looks[BEFORE]
            self._panes[axis].set_look(
                BEFORE, replace(before, colour_map=self.channels.colour or before.colour_map)
            )
            self._panes[axis].set_look(OVERLAY, self._looks[OVERLAY])
            self._show_after(axis)
