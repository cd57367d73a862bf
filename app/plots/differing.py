"""The difference of what stands left and right, as a layer of its own; read only while it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.differences import (
    BOTH,
    ONLY_LEFT,
    ONLY_RIGHT,
    OTHER,
    Kind,
    Place,
    Told,
    difference_of,
    difference_volume,
    kind_of,
    told,
)
from app.geometry import CUT_AXES, X, Y, Z
from app.plots.colour import Contrast, Pixels, ramp
from app.plots.loader import PlaneLoader
from app.plots.panes import LinkedPanes
from app.plots.pictures import DIFFERENCE, Look
from app.plots.planes import Plane, pyramid
from app.quantities import Quantity, most
from app.tint import ENTRIES, Legend
from app.workers import Ticket, WorkerPool
from core.errors import ParameterError
from core.job import Job, Outcome
from core.volume import Array, Content, Volume

CACHE_BYTES = 64 << 20
MAP = "Diverging"
SHARE = 0.995  # of the pixels that the first colours reach
# Told apart also by readers who do not see all colours; black stays what is pore in both.
CODE_COLOURS = ((0, 0, 0), (240, 128, 32), (64, 144, 240), (150, 150, 150), (240, 224, 64))


@dataclass(frozen=True)
class Sides:
    """What the difference is of: two planes of the same slice, for a preview."""

    left: Plane
    right: Plane
    offset: tuple[int, int]
    contents: tuple[Content, Content]

    def same(self, other: Sides | None) -> bool:
        """Whether it is the same pair of planes."""
        return other is not None and self.left is other.left and self.right is other.right


class DifferenceLayer:
    """Keeps the layer `DIFFERENCE` of all cuts.

    Parameters
    ----------
    changed, failed : callable
        As of `app.plots.layers.Layers`.
    """

    def __init__(
        self,
        panes: LinkedPanes,
        pool: WorkerPool,
        changed: Callable[[int], None],
        failed: Callable[[int, Exception], None],
    ) -> None:
        self._panes, self._pool = panes, pool
        self._changed, self._failed = changed, failed
        self._left: Volume | None = None
        self._right: Volume | None = None
        self._offset: Place = (0, 0, 0)
        self._loader: PlaneLoader | None = None
        self._preview: Sides | None = None
        self._tickets: dict[str, Ticket] = {}
        self._said: tuple[Plane, Told] | None = None
        self._told: Plane | None = None
        self._range: float | None = None
        self._meaning: Quantity | None = None  # of both sides, where that is not what is stored
        self._scale = 1.0  # stored difference that stands for 1 of it
        self.names = ("left", "right")
        self.kind: Kind = "signed"
        self.trouble = self._trouble = ""  # of what is shown, and of the stored volumes
        self.on = False

    # ------------------------------------------------------------------ what it is of
    def set_sides(
        self, left: Volume | None, right: Volume | None, offset: Place, both: Quantity | None = None
    ) -> None:
        """Say what stands left and right, and what `both` hold; there is no difference without both."""
        self._close()
        self._left, self._right, self._offset = left, right, offset
        self._range = None
        alike = left is not None and right is not None and left.info.dtype == right.info.dtype
        self._meaning = both if alike else None
        self._scale = most(right.info.dtype) if right is not None and self._meaning is not None else 1.0
        if self.on:
            self._open()

    def switch(self, on: bool) -> bool:
        """Look at it, or stop reading it; True if that is news."""
        if on == self.on:
            return False
        self.on = on
        if on:
            self._open()
        else:
            self._close()
        return True

    def close(self) -> None:
        """Cancel all that is under way."""
        self._close()

    def _open(self) -> None:
        if self._left is None or self._right is None:
            return
        try:
            self.kind = kind_of(self._left.info.content, self._right.info.content)
            volume = difference_volume(self._left, self._right, self._offset)
        except ParameterError as error:
            self.trouble = self._trouble = error.what
            return
        self._loader = PlaneLoader(
            volume,
            self._pool,
            show=self._show,
            fail=self._failed,
            cache_bytes=CACHE_BYTES,
            overview_bytes=CACHE_BYTES,
        )

    def _close(self) -> None:
        for ticket in self._tickets.values():
            ticket.cancel()
        self._tickets.clear()
        if self._loader is not None:
            self._loader.close()
        self._loader, self._preview, self._said, self._told = None, None, None, None
        self.trouble = self._trouble = ""
        for pane in self._panes.all():
            pane.set_plane(DIFFERENCE, None)

    # ------------------------------------------------------------------ planes
    def go(self, cursor: Place) -> None:
        """Ask for what the cursor points at."""
        if self._loader is None:
            return
        for axis in (Z, Y, X):
            index = cursor[axis] - self._offset[axis]
            if 0 <= index < self._loader.volume.info.shape[axis]:
                self._loader.want(axis, index)
            else:
                self._loader.forget(axis)
                self._panes[axis].set_plane(DIFFERENCE, None)

    def rest(self, ahead: int) -> None:
        """The cursor rests; see `PlaneLoader.rest`."""
        if self._loader is not None:
            self._loader.rest(ahead)

    def show_preview(self, sides: Sides | None) -> None:
        """Show the difference that a previewed slice makes; None goes back to the stored volumes."""
        if not self.on or (sides is None and self._preview is None):
            return
        if sides is None:
            self._preview, self.trouble = None, self._trouble
            stored = None if self._loader is None else self._loader.shown(Z)
            self._put(Z, stored, self._offset[1:])
        elif not sides.same(self._preview):
            self._preview = sides
            self._compute(sides)

    def _compute(self, sides: Sides) -> None:
        try:
            kind = kind_of(*sides.contents)
        except ParameterError as error:
            self.trouble = error.what
            self._put(Z, None, (0, 0))
            return
        self.trouble = ""

        frame = self._panes.frame
        pixel = (1.0, 1.0) if frame is None else (frame.size[Y], frame.size[X])

        def made(_job: Job) -> Plane | None:
            (row, column), right = sides.offset, sides.right.levels[0].data
            left = sides.left.levels[0].data[row : row + right.shape[0], column : column + right.shape[1]]
            if min(row, column) < 0 or left.shape != right.shape:
                return None
            content: Content = "grey" if kind == "signed" else "labels"
            data = difference_of(left, right, kind)
            return Plane(Z, sides.right.index, pyramid(data, pixel=pixel, content=content), exact=True)

        def arrived(outcome: Outcome[Plane | None]) -> None:
            if sides is self._preview:
                self.kind = kind
                self._put(Z, outcome.value, sides.offset)

        self._ask("preview", made, arrived)

    def _show(self, plane: Plane) -> None:
        if plane.axis == Z and self._preview is not None:
            return
        rows, columns = CUT_AXES[plane.axis]
        self._put(plane.axis, plane, (self._offset[rows], self._offset[columns]))

    def _put(self, axis: int, plane: Plane | None, offset: tuple[int, int]) -> None:
        if plane is not None and self._range is None and axis == Z:
            self._range = reach_of(plane.levels[-1].data)
        self._panes[axis].set_look(DIFFERENCE, self.look())
        self._panes[axis].set_plane(DIFFERENCE, plane, offset)
        if axis == Z:
            self._say(plane)
        self._changed(axis)

    def _ask(self, what: str, work: Callable[[Job], object], then: Callable[[Outcome], None]) -> None:  # type: ignore[type-arg]
        if what in self._tickets:
            self._tickets.pop(what).cancel()
        self._tickets[what] = self._pool.submit(work, then)

    # ------------------------------------------------------------------ what is said of it
    def _say(self, plane: Plane | None) -> None:
        """Have the numbers of a slice counted, once all of it is there."""
        if plane is None or not plane.exact or plane is self._told:
            return
        self._told = plane
        data, kind, scale = plane.levels[0].data, self.kind, self.scale
        unit = "" if scale == 1.0 or self._meaning is None else self._meaning.unit

        def arrived(outcome: Outcome[Told]) -> None:
            if outcome.value is not None and self._told is plane:
                self._said = (plane, outcome.value)
                self._changed(Z)

        self._ask("numbers", lambda _job: told(data, kind, scale, unit), arrived)

    def remark(self, axis: int) -> tuple[str, ...]:
        """What is to be known of a cut while the difference is looked at."""
        if not self.on:
            return ()
        if self.trouble:
            return (self.trouble,)
        numbers = self._numbers() if axis == Z else None
        return (numbers.text,) if numbers is not None and numbers.text else ()

    def _numbers(self) -> Told | None:
        """What was counted in the slice that is shown."""
        known = self._said is not None and self._said[0] is self._panes[Z].plane(DIFFERENCE)
        return self._said[1] if known and self._said is not None else None

    @property
    def scale(self) -> float:
        """Stored difference that stands for 1; a preview is compared as it is stored."""
        return self._scale if self._preview is None else 1.0

    def text(self, stored: float) -> str:
        """A difference in words."""
        if self.scale == 1.0 or self._meaning is None:
            return f"difference {stored:+.6g}"
        said = f"difference of {self._meaning.name.lower()} {stored / self.scale:+.2f}"
        return f"{said} {self._meaning.unit}".rstrip()

    # ------------------------------------------------------------------ colours
    def look(self) -> Look:
        """How differences become colours."""
        if self.kind != "signed":
            return Look(content="labels", table=code_table())
        reach = self._range or 1.0
        return Look(Contrast(-reach, reach), MAP)

    def widen(self, factor: float) -> None:
        """Have the colours reach so many times as far."""
        self._range = max(1e-6, (self._range or 1.0) * factor)
        self._relook()

    def fit(self) -> None:
        """Have the colours reach as far as the slice that is shown needs."""
        plane = self._panes[Z].plane(DIFFERENCE)
        if plane is not None:
            self._range = reach_of(plane.levels[-1].data)
            self._relook()

    def _relook(self) -> None:
        for axis in (Z, Y, X):
            self._panes[axis].set_look(DIFFERENCE, self.look())
            self._changed(axis)

    def legend(self) -> Legend:
        """What the colours mean."""
        left, right = self.names
        if self.kind == "signed":
            reach = (self._range or 1.0) / self.scale
            unit = "" if self.scale == 1.0 or self._meaning is None else f": {self._meaning.title.lower()}"
            return Legend(f"{right} − {left}{unit}", -reach, reach, ramp(MAP))
        names = [(f"only {left}", ONLY_LEFT), (f"only {right}", ONLY_RIGHT), ("both", BOTH)]
        if self.kind == "labels":
            names.append(("another label", OTHER))
        numbers = self._numbers()
        if numbers is not None and numbers.shares:
            names = [(f"{name}  {numbers.shares[code]:.3g} %", code) for name, code in names]
        return Legend("This slice", 0.0, 0.0, code_table(), tuple(names))


def reach_of(data: Array) -> float:
    """Difference that nearly no pixel exceeds; at least a little."""
    step = max(1, int(np.sqrt(data.size / 250_000)))
    sample = np.abs(data[::step, ::step].astype(np.float64))
    sample = sample[np.isfinite(sample)]
    reach = float(np.quantile(sample, SHARE)) if sample.size else 0.0
    return reach or float(sample.max(initial=0)) or 1.0


def code_table() -> Pixels:
    """Colours of the codes of `difference_of`."""
    table: Pixels = np.zeros((ENTRIES, 3), np.uint8)
    table[: len(CODE_COLOURS)] = CODE_COLOURS
    return table
