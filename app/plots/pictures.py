"""The pictures of one cut: which layers are seen, in which colours, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from app.geometry import CUT_AXES, Frame, Z
from app.plots.colour import Contrast, Pixels, coloured, overlaid
from app.plots.planes import Level, Plane
from core.volume import Array, Content

BEFORE, AFTER, OVERLAY, DIFFERENCE = "before", "after", "overlay", "difference"
CHANNELS = ("channel 2", "channel 3")  # further channels, added to the colours of the first
SWIPE, OVER = "swipe", "over"  # the other ways to compare are called like what they show
ROLES = (BEFORE, *CHANNELS, AFTER, DIFFERENCE, OVERLAY)  # from below


@dataclass
class Look:
    """How a layer's values become colours; with `overlay_opacity` it lies over another layer.

    It may have a `table` of its own colours, see `overlaid`; without opacity entry 0 is drawn, too.
    """

    contrast: Contrast = field(default_factory=lambda: Contrast(0.0, 255.0))
    colour_map: str = "Grey"
    content: Content = "grey"
    overlay_opacity: float | None = None
    table: Pixels | None = None


@dataclass
class Layer:
    """One picture: what it shows and how."""

    item: pg.ImageItem
    plane: Plane | None = None
    look: Look = field(default_factory=Look)
    offset: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Picked:
    index: slice | Array
    holes: slice | Array
    begin: float
    length: float


class Pictures:
    """The layers of the cut across an axis, in a view box."""

    def __init__(self, box: pg.ViewBox, axis: int) -> None:
        self.axis = axis
        self.clip = QGraphicsRectItem()
        self.clip.setPen(QPen(Qt.PenStyle.NoPen))
        self.clip.setFlag(QGraphicsRectItem.GraphicsItemFlag.ItemClipsChildrenToShape)
        self.layers = {role: Layer(pg.ImageItem(axisOrder="row-major")) for role in ROLES}
        for role in ROLES:
            if role == AFTER:
                box.addItem(self.clip, ignoreBounds=True)
                self.layers[role].item.setParentItem(self.clip)
            else:
                box.addItem(self.layers[role].item, ignoreBounds=True)
        for role in CHANNELS:  # light is added to light
            self.layers[role].item.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)

    def has(self, role: str) -> bool:
        """Whether a layer has something to show."""
        return self.layers[role].plane is not None

    def hidden(self, role: str, mode: str) -> bool:
        """Whether a way to compare leaves a layer out."""
        differs = mode == DIFFERENCE and self.has(DIFFERENCE)
        covered = differs or (mode == AFTER and self.has(AFTER))
        return {
            BEFORE: covered,
            AFTER: mode in (BEFORE, DIFFERENCE),
            DIFFERENCE: not differs,
            OVERLAY: False,
        }.get(role, covered)

    def draw(self, frame: Frame | None, seen: QRectF, scale: float, mode: str, divider: float) -> bool:
        """Bring all pictures up to date; True if they are drawn smaller than their voxels."""
        smooth = False
        for role, layer in self.layers.items():
            if self.hidden(role, mode) or layer.plane is None or frame is None:
                layer.item.setVisible(False)
            else:
                smooth |= self._draw(layer, layer.plane, frame, seen, scale)
        area = QRectF(seen)
        if mode == SWIPE:
            area.setLeft(seen.left() + seen.width() * divider)
        self.clip.setRect(area)
        return smooth

    def _draw(self, layer: Layer, plane: Plane, frame: Frame, seen: QRectF, scale: float) -> bool:
        sizes = [frame.size[axis] for axis in CUT_AXES[self.axis]]
        level = plane.level_for((sizes[0], sizes[1]), scale)
        rows = self._picked(frame, 0, level, layer.offset[0], (seen.top(), seen.bottom(), scale))
        columns = self._picked(frame, 1, level, layer.offset[1], (seen.left(), seen.right(), scale))
        if rows is None or columns is None:
            layer.item.setVisible(False)
            return False
        picture = colours_of(level.data[rows.index][:, columns.index], layer.look)
        picture[rows.holes] = 0
        picture[:, columns.holes] = 0
        layer.item.setImage(picture, autoLevels=False)
        layer.item.setRect(QRectF(columns.begin, rows.begin, columns.length, rows.length))
        layer.item.setVisible(True)
        return level.step[0] * sizes[0] <= scale or level.step[1] * sizes[1] <= scale

    def _picked(
        self, frame: Frame, side: int, level: Level, offset: int, window: tuple[float, float, float]
    ) -> _Picked | None:
        """Pixels of a level that lie between two positions along its rows (side 0) or columns (side 1)."""
        low, high, scale = window
        axis = CUT_AXES[self.axis][side]
        step, count = level.step[side], level.data.shape[side]
        if axis != Z or frame.even:
            pixel, origin = step * frame.size[axis], offset * frame.size[axis]
            first = max(0, int((low - origin) // pixel))
            last = min(count, int((high - origin) // pixel) + 1)
            if last <= first:
                return None
            return _Picked(slice(first, last), slice(0, 0), origin + first * pixel, (last - first) * pixel)
        low, high = max(low, 0.0), min(high, frame.length(Z))
        if high <= low:
            return None
        samples = max(1, round((high - low) / scale))
        spread = (np.arange(samples) + 0.5) * ((high - low) / samples) + low
        slices = frame.slices_at(spread.astype(np.float64))
        holes = (slices < 0) | (slices < offset) | ((slices - offset) // step >= count)
        return _Picked(np.where(holes, 0, (slices - offset) // step), holes, low, high - low)


def colours_of(data: Array, look: Look) -> Pixels:
    """Picture of values, shape (rows, columns, 4)."""
    if look.overlay_opacity is not None:
        return overlaid(data, look.overlay_opacity, look.content, look.table, look.contrast, look.colour_map)
    return coloured(data, look.contrast, look.colour_map, look.content, look.table)
