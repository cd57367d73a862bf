"""What the slice views show: the stack, something to compare it with, an overlay, a preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.geometry import CUT_AXES, Frame, X, Y, Z
from app.plots.areas import ORIGIN_WORDS
from app.plots.colour import Contrast, Pixels, auto_contrast
from app.plots.loader import PlaneLoader
from app.plots.pane import AFTER, BEFORE, OVERLAY, Look, SlicePane
from app.plots.panes import LinkedPanes
from app.plots.planes import Plane, pyramid
from app.plots.preview import Preview
from app.workers import Ticket, WorkerPool
from core.errors import ParameterError
from core.job import Job, Outcome
from core.volume import Array, Content, Origin, Polygon, Volume

Place = tuple[int, int, int]

CACHE_BYTES = 256 << 20


class Layers:
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
        self._panes, self._pool = panes, pool
        self._changed, self._failed, self._grown = changed, failed, grown
        self._loaders: dict[str, PlaneLoader] = {}
        self._looks = {role: Look() for role in (BEFORE, AFTER, OVERLAY)}
        self._preview = Preview()
        self._ticket: Ticket | None = None
        self._cursor: Place = (0, 0, 0)
        self._offset: Place = (0, 0, 0)

    @property
    def frame(self) -> Frame | None:
        """Geometry of the stack; None while there is none."""
        loader = self._loaders.get(BEFORE)
        return None if loader is None else loader.frame

    @property
    def contrast(self) -> Contrast:
        """Contrast of the stack."""
        return self._looks[BEFORE].contrast

    @property
    def comparable(self) -> bool:
        """Whether something lies on the far side of the divider in any cut."""
        return any(pane.plane(AFTER) is not None for pane in self._panes.all())

    @property
    def overlay(self) -> Volume | None:
        """What is drawn over the stack."""
        loader = self._loaders.get(OVERLAY)
        return None if loader is None else loader.volume

    # ------------------------------------------------------------------ volumes
    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack, and nothing over it."""
        self._close(BEFORE)  # first: while the rest is taken away nobody asks for places in the old stack
        self.set_compare(None)
        self.set_overlay(None, 0.0)
        self.clear_preview()
        if volume is not None:
            self._open(BEFORE, volume)
            self._looks[BEFORE].content = volume.info.content
            self._apply()

    def set_compare(self, volume: Volume | None, offset: Place = (0, 0, 0)) -> None:
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
        if volume is not None and self.frame is not None:
            self._open(AFTER, volume)

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
            self._apply()

    def close(self) -> None:
        """Cancel all that is under way."""
        self._drop_ticket()
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
        self._show_after(Z)

    def rest(self, ahead: int) -> None:
        """Refine, read ahead and go on in the background: the cursor rests."""
        for loader in self._loaders.values():
            loader.rest(ahead)

    def remarks(self, axis: int) -> tuple[str, ...]:
        """What the reader of a cut has to know."""
        loader = self._loaders.get(BEFORE)
        said = () if loader is None else loader.remarks(axis)
        shown = axis == Z and self._preview.for_slice(self._cursor[Z]) is not None
        origin, after = (None, None) if axis != Z else (self._origin(BEFORE), self._origin(AFTER))
        if origin is not None:
            changed = after is not None and after != origin and not shown
            words = f"{origin.name.lower()} → {after.name.lower()}" if changed and after is not None else ""
            said = (*said, words or ORIGIN_WORDS[origin])
        return (*said, self._preview.note) if shown and self._preview.note else said

    def _origin(self, role: str) -> Origin | None:
        """Where the shown slice comes from, if the stack says it."""
        kinds = self.origins(role)
        return None if kinds is None else Origin(kinds[min(self._cursor[Z], len(kinds) - 1)])

    def origins(self, role: str) -> Sequence[int] | None:
        """Where the slices come from, if the stack says it, and if they are those of the stack."""
        loader = self._loaders.get(role)
        if loader is None or self.frame is None:
            return None
        kinds = loader.volume.info.origin
        return kinds if kinds is not None and len(kinds) == self.frame.info.shape[Z] else None

    def footprint(self, role: str) -> Polygon | None:
        """What of the shown slice the microscope has seen; None for all of it."""
        preview = self._preview.for_slice(self._cursor[Z]) if role == AFTER else None
        if preview is not None:
            alike = self.frame is not None and preview.levels[0].data.shape == self.frame.info.shape[1:]
            return self.footprint(BEFORE) if alike else None
        loader = self._loaders.get(role)
        areas = None if loader is None else loader.volume.info.footprint
        index = self._cursor[Z] - (self._offset[Z] if role == AFTER else 0)
        kinds = None if loader is None else loader.volume.info.origin
        if kinds is not None and 0 <= index < len(kinds) and kinds[index] == Origin.GAP:
            return ()
        return areas[index] if areas is not None and 0 <= index < len(areas) else None

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
        self._changed(axis)

    def _set_after(self, pane: SlicePane, plane: Plane, content: Content, offset: tuple[int, int]) -> None:
        before = self._looks[BEFORE]
        dtype = self._loaders[BEFORE].volume.info.dtype if BEFORE in self._loaders else None
        data = plane.levels[-1].data
        # Only the same contrast on both sides shows what a step has done to the brightness.
        alike = content == before.content and data.dtype == dtype
        contrast = before.contrast if alike else auto_contrast(data, content)
        pane.set_look(AFTER, Look(contrast, before.colour_map if content == "grey" else "Grey", content))
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
        self._apply()

    def fitting_contrast(self) -> Contrast | None:
        """Contrast that fits the slice shown (blank: the cut along z); None while there is none."""
        gap, plane = self._origin(BEFORE) is Origin.GAP, self._panes[Z].plane()
        if gap or (plane is not None and not np.ptp(plane.levels[-1].data)):
            along = self._panes[Y].plane()
            varied = along is not None and np.ptp(along.levels[-1].data) > 0
            plane = along if varied else (None if gap else plane)
        return None if plane is None else auto_contrast(plane.levels[-1].data, self._looks[BEFORE].content)

    def set_colour_map(self, name: str) -> None:
        """Change the colours of grey values."""
        self._looks[BEFORE].colour_map = name
        self._apply()

    def set_opacity(self, opacity: float) -> None:
        """Change the opacity of the overlay."""
        self._looks[OVERLAY].overlay_opacity = opacity
        self._apply()

    def _apply(self) -> None:
        for axis in (Z, Y, X):
            for role in (BEFORE, OVERLAY):
                self._panes[axis].set_look(role, self._looks[role])
            self._show_after(axis)
