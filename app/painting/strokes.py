"""What mouse and keys do to the labels of a slice; no widgets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject

from app.jobs import JobQueue
from app.painting.disk import Disk
from app.painting.pages import Edit, Page, fill
from app.painting.painting import Painting
from core.labels.paint import Mask, Point, Rect, enclosed, polygon, similar, stroke
from core.volume import Array

NEAR_PX = 8.0  # on the screen: a click this near to the first corner closes an outline
LARGE_PX = 1 << 20
_NOT_CLOSED = "The outline around this place is not closed: nothing was filled."


class Strokes(QObject):
    """Turns presses, drags and clicks into changes of labels.

    Attributes
    ----------
    corners : list of (row, column)
        The outline that is being drawn.
    """

    def __init__(self, painting: Painting, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.painting = painting
        self.corners: list[Point] = []
        self._last: Point | None = None
        self._dragged = False
        self._work = Disk(queue, self)
        self._work.failed.connect(painting.failed)
        painting.changed.connect(self._check)
        self._drawn_on = (painting.z, painting.brush.tool)

    # ------------------------------------------------------------------ the mouse
    def press(self, at: Point, reach: float) -> bool:
        """Begin at a place; `reach` is `NEAR_PX` in px of the slice. Whether it is taken."""
        painting = self.painting
        page = painting.ready_page()
        if page is None or not painting.brush.visible or not _inside(at, page.labels):
            return False
        brush = painting.brush
        if brush.round:
            painting.begin("erase" if brush.tool == "eraser" else "stroke")
            self._last = at
            self._stroke(at)
        elif brush.tool == "fill":
            self._fill(page, at)
        else:
            self._corner(at, reach)
        return True

    def drag(self, at: Point) -> None:
        """Go on."""
        if self.painting.brush.tool == "outline":
            if self.corners:
                self._dragged = True
                self.corners.append(at)
        elif self._last is not None:
            self._stroke(at)

    def release(self) -> None:
        """End: a stroke is finished, an outline that was drawn in one go is closed."""
        if self._last is not None:
            self._last = None
            self.painting.commit()
        elif self._dragged:
            self._dragged = False
            self.close_outline()

    def _stroke(self, at: Point) -> None:
        painting, edit = self.painting, self.painting.edit
        if edit is not None and self._last is not None:
            brush = painting.brush
            stroke(edit.page.labels, self._last, at, brush.diameter, brush.paints, edit.touch)
            self._last = at

    # ------------------------------------------------------------------ outlines
    def _corner(self, at: Point, reach: float) -> None:
        if len(self.corners) > 2 and np.hypot(*np.subtract(at, self.corners[0])) <= reach:
            self.close_outline()
        else:
            self.corners.append(at)
        self.painting.redrawn.emit()

    def close_outline(self) -> None:
        """Paint what lies within the outline."""
        corners, self.corners = self.corners, []
        page, value = self.painting.ready_page(), self.painting.brush.value
        if len(corners) > 2 and page is not None:
            shape = page.labels.shape
            self._work.add(
                "filling an outline",
                lambda: polygon(shape, corners),
                lambda found: self._area("outline", page, value, *found),
            )
        self.painting.redrawn.emit()

    def _area(self, text: str, page: Page, value: int, rect: Rect, mask: Mask) -> None:
        """Paint an area; a large one is put together in the background, in labels of its own."""
        state = page.changes
        if page is not self.painting.ready_page():
            return
        if mask.size <= LARGE_PX:
            self._put(text, lambda edit: fill(edit, rect, mask, value))
            return

        def made() -> tuple[Array, int]:
            labels = page.labels.copy()
            labels[rect.index][mask] = value
            return labels, int(np.count_nonzero(labels))

        def arrived(labels: Array, painted: int) -> None:
            if page.changes == state:
                self._take(text, page, labels, painted)
            elif page is self.painting.ready_page():  # painted on meanwhile
                self._put(text, lambda edit: fill(edit, rect, mask, value))

        self._work.add("filling", made, lambda found: arrived(*found))

    def drop_corner(self) -> None:
        """Take the last corner of the outline back."""
        if self.corners:
            self.corners.pop()
            self.painting.redrawn.emit()

    def drop_outline(self) -> None:
        """Begin no outline."""
        self.corners.clear()
        self.painting.redrawn.emit()

    def _check(self) -> None:
        """An outline belongs to its slice and its tool."""
        now = self.painting.z, self.painting.brush.tool
        if now != self._drawn_on or not self.painting.on:
            self._drawn_on = now
            self.corners.clear()

    # ------------------------------------------------------------------ fills
    def _fill(self, page: Page, at: Point) -> None:
        volume, brush, seed = self.painting.volume, self.painting.brush, (int(at[0]), int(at[1]))
        labels, z = page.labels, page.z
        if volume is None:
            return

        def found() -> tuple[Rect, Mask] | None:
            if brush.fill_by == "outline":
                return enclosed(labels, seed)
            return similar(volume.slice(z), seed, brush.tolerance)

        self._work.add("filling", found, lambda area: self._filled(page, brush.value, area))

    def _filled(self, page: Page, value: int, area: tuple[Rect, Mask] | None) -> None:
        if area is None:
            self.painting.told.emit(_NOT_CLOSED)
        else:
            self._area("fill", page, value, *area)

    def _put(self, text: str, change: Callable[[Edit], None]) -> None:
        painting, under_way = self.painting, self.painting.edit
        edit = painting.begin(text)
        if edit is not None:
            change(edit)
            painting.commit()
        if under_way is not None:
            painting.begin(under_way.text)  # the mouse is still down

    # ------------------------------------------------------------------ whole slices
    def clear(self) -> None:
        """Take all labels off the slice."""
        page = self.painting.ready_page()
        if page is not None and page.painted:
            self._take("clear slice", page, np.zeros_like(page.labels), 0)

    def copy_before(self) -> None:
        """Take over the labels of the painted slice before this one."""
        painting = self.painting
        before = [z for z in painting.slices if z < painting.z]
        stack, store, page = painting.stack, painting.store, painting.ready_page()
        if not before or stack is None or store is None or page is None:
            painting.told.emit("No slice before this one is painted.")
            return
        painting.flush()
        self._replace("copy labels", page, lambda: store.labels(before[-1], stack))

    def take_segmentation(self, solid: Array, values: tuple[int, int]) -> None:
        """Take a segmentation of the slice as labels; ``values`` are those of pore and solid."""
        page, (pore, full) = self.painting.ready_page(), values
        if page is not None and solid.shape == page.labels.shape:
            made = np.uint8(full), np.uint8(pore)
            self._replace("segmentation as labels", page, lambda: np.where(solid, *made))

    def _replace(self, text: str, page: Page, make: Callable[[], Array]) -> None:
        """Put other labels in place of those of a slice; made after all that waits to be saved."""

        def made() -> tuple[Array, int]:
            labels = make()
            return labels, int(np.count_nonzero(labels))

        self.painting.disk.add(text, made, lambda found: self._take(text, page, *found))

    def _take(self, text: str, page: Page, labels: Array, painted: int) -> None:
        if page is self.painting.ready_page():
            self._put(text, lambda edit: edit.replace(labels, painted))


def _inside(at: Point, labels: Array) -> bool:
    rows, columns = labels.shape
    return bool(0 <= at[0] < rows and 0 <= at[1] < columns)
