"""What is known of the layers of the slice views: geometry, origin, meaning, values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.geometry import Frame, Y, Z
from app.plots.areas import ORIGIN_WORDS
from app.plots.channels import ChannelLayers
from app.plots.colour import Contrast, auto_contrast, ramp
from app.plots.differing import DifferenceLayer, Sides
from app.plots.loader import PlaneLoader
from app.plots.panes import LinkedPanes
from app.plots.pictures import AFTER, BEFORE, DIFFERENCE, OVERLAY, Look
from app.plots.preview import Preview
from app.plots.readout import number, value_text
from app.quantities import Quantity
from app.tint import Legend
from core.volume import Origin, Polygon, Volume

Place = tuple[int, int, int]

OPACITY = 0.5  # of what lies over the slices, until the user sets another


class LayerFacts:
    """Answers questions about the layers; `app.plots.layers.Layers` changes them."""

    def __init__(self, panes: LinkedPanes, channels: ChannelLayers, difference: DifferenceLayer) -> None:
        self._panes, self.channels, self.difference = panes, channels, difference
        self._loaders: dict[str, PlaneLoader] = {}
        self._looks = {role: Look() for role in (BEFORE, AFTER, OVERLAY)}
        self._preview = Preview()
        self._cursor: Place = (0, 0, 0)
        self._offset: Place = (0, 0, 0)
        self._quantity: Quantity | None = None
        self._over = False
        self.over_opacity = OPACITY

    @property
    def frame(self) -> Frame | None:
        """Geometry of the stack; None while there is none."""
        loader = self._loaders.get(BEFORE)
        return None if loader is None else loader.frame

    @property
    def volume(self) -> Volume | None:
        """The stack itself."""
        loader = self._loaders.get(BEFORE)
        return None if loader is None else loader.volume

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

    @property
    def quantity(self) -> Quantity | None:
        """What is on the far side, where that is neither grey values nor phases."""
        if self._preview.for_slice(self._cursor[Z]) is not None:
            return self._preview.meaning
        return self._quantity if AFTER in self._loaders else None

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
        said = (*said, *self.difference.remark(axis))
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

    def _previewed(self) -> Sides | None:
        """What the difference is of while a preview is shown."""
        right, left = self._preview.for_slice(self._cursor[Z]), self._panes[Z].plane(BEFORE)
        if right is None or left is None or not left.exact or left.index != right.index:
            return None
        contents = (self._looks[BEFORE].content, self._preview.content)
        return Sides(left, right, self._preview.offset_yx, contents)

    def fitting_contrast(self) -> Contrast | None:
        """Contrast that fits the slice shown (blank: the cut along z); None while there is none."""
        gap, plane = self._origin(BEFORE) is Origin.GAP, self._panes[Z].plane()
        if gap or (plane is not None and not np.ptp(plane.levels[-1].data)):
            along = self._panes[Y].plane()
            varied = along is not None and np.ptp(along.levels[-1].data) > 0
            plane = along if varied else (None if gap else plane)
        return None if plane is None else auto_contrast(plane.levels[-1].data, self._looks[BEFORE].content)

    def opacity(self) -> float | None:
        """Opacity of what lies over the slices; None if nothing does."""
        if OVERLAY in self._loaders:
            return self._looks[OVERLAY].overlay_opacity
        return self.over_opacity if self._over else None

    def legend(self, mode: str) -> Legend | None:
        """What the colours mean; None where they need no words, or those of the overlay are to be told."""
        if mode == DIFFERENCE:
            return None if self.difference.trouble else self.difference.legend()
        if mode != BEFORE and OVERLAY not in self._loaders and self.quantity is not None:
            quantity = self.quantity
            return Legend(quantity.title, 0.0, quantity.high, ramp(quantity.colour_map))
        return None if OVERLAY in self._loaders else self.channels.legend()

    def value_text(self, axis: int, zyx: Place, names: tuple[str, str]) -> str:
        """What is stored at a voxel, of all that is shown."""
        pane = self._panes[axis]
        before, after, differs = (pane.value_at(role, zyx) for role in (BEFORE, AFTER, DIFFERENCE))
        if self.channels.shown:
            values = [(self.channels.shown[0].name, before), *self.channels.values(axis, zyx)]
            return "\n".join(f"{name} {number(value)}" for name, value in values)
        said = [value_text(before, after, names)]
        plane, quantity = pane.plane(AFTER), self.quantity
        if quantity is not None and after is not None and plane is not None:
            said.append(quantity.text(after, plane.levels[0].data.dtype))
        if differs is not None and self.difference.kind == "signed":
            said.append(self.difference.text(differs))
        return "\n".join(said)
