"""What is measured in the window: the volume that can be, the marked region, its numbers, colours over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue
from app.latest import Latest
from app.region import Region, cropped, first_region, whole
from app.session import Session
from app.tint import ColourBy, Phase, Tint, check_segmented, tint_of
from core.job import Job
from core.volume import Shape, Volume

if TYPE_CHECKING:
    from core.steps.measure import MeasureEstimate, MeasureParams

# Measured at every change of the region; larger ones wait for the button. About a second of work.
AT_ONCE_VOXELS = 4_000_000
PAUSE_MS = 400


@dataclass(frozen=True, eq=False)
class RegionNumbers:
    """What was measured in a region."""

    region: Region
    estimate: MeasureEstimate
    params: MeasureParams | None = None  # as asked for; None: the usual ones


class Measuring(QObject):
    """State of the measures, and the background work on them; the newest wish counts.

    Signals
    -------
    subject_changed
        Another volume is shown.
    region_changed : Region or None
        The region is another one, or gone.
    numbers_changed
        `numbers` or `trouble` is new; what was there before holds no longer.
    busy : bool
        Whether a region is being measured.
    progressed : Progress
        How far.
    tint_changed : Tint or None
        Colours to show.
    tint_said : str
        What to know about the colours: that they are being made, why there are none.
    way_changed : str
        What is coloured by.
    """

    subject_changed = Signal()
    region_changed = Signal(object)
    numbers_changed = Signal()
    busy = Signal(bool)
    progressed = Signal(object)
    tint_changed = Signal(object)
    tint_said = Signal(str)
    way_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        queue: JobQueue,
        parent: QObject | None = None,
        *,
        pause_ms: int = PAUSE_MS,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.subject: Volume | None = None
        self.region: Region | None = None
        self.numbers: RegionNumbers | None = None
        self.trouble = ""
        self.way: ColourBy = "none"
        self.phase = Phase()
        self.tint: Tint | None = None
        self._last: Region | None = None  # where the region was when it was taken away
        self._kept: dict[Shape, Region | None] = {}  # regions of other steps, whose volumes have other shapes
        self._params: MeasureParams | None = None  # settings that the numbers and colours are of
        self._measured = Latest("Measure region", queue, self, pause_ms=pause_ms)
        self._tinted = Latest("Colours", queue, self, pause_ms=pause_ms)
        self._measured.ready.connect(self._take_numbers)
        self._measured.failed.connect(self._take_trouble)
        self._measured.busy.connect(self.busy)
        self._tinted.ready.connect(self._take_tint)
        self._tinted.failed.connect(lambda error: self.tint_said.emit(str(error)))
        self._measured.progressed.connect(self.progressed)
        session.recipe_changed.connect(self._follow_settings)

    # ---- what can be measured
    def set_subject(self, volume: Volume | None) -> None:
        """Say which volume is shown; the region comes back with the next one of its shape."""
        before, self.subject = self.subject, volume
        if same_volume(volume, before):
            self.tint_changed.emit(self.tint)  # the views have forgotten it
            return
        if volume is None:
            self._kept.clear()
            self._last = None
            self.colour_by("none")
        if before is None or volume is None or before.info.content != volume.info.content:
            self.phase = Phase()
        shape = None if volume is None else volume.info.shape
        if before is None or before.info.shape != shape:
            if before is not None and volume is not None:
                self._kept[before.info.shape] = self.region
            self._last = None
            self._put_region(None if shape is None else self._kept.get(shape))
        self.subject_changed.emit()
        self._renew()

    @property
    def waiting(self) -> bool:
        """Whether numbers or colours are still to come."""
        return self._measured.waiting or self._tinted.waiting

    @property
    def waiting_for_numbers(self) -> bool:
        """Whether the numbers of the region are still to come."""
        return self._measured.waiting

    # ---- the region
    def mark(self, on: bool) -> None:
        """Mark a region, where it was last or in the middle; or none."""
        if self.subject is None:
            self.region_changed.emit(None)  # whoever asked shows that there is none
        elif on != (self.region is not None):
            self.set_region(self._last or first_region(self.subject.info.shape) if on else None)

    def set_region(self, region: Region | None) -> None:
        """Mark this region, and measure it if that is quick."""
        if region != self.region:
            if region is None:
                self._last = self.region
            self._put_region(region)
            self._renew()

    def _put_region(self, region: Region | None) -> None:
        changed, self.region = region != self.region, region
        if changed:
            self.region_changed.emit(region)

    @property
    def quick(self) -> bool:
        """Whether the region is measured without being asked."""
        return self.region is not None and self.region.voxels <= AT_ONCE_VOXELS

    def measure(self) -> None:
        """Measure the region now."""
        subject, region, params = self.subject, self.region, self._params
        self._forget_numbers()
        if subject is None or region is None:
            return
        self._measured.ask(lambda job: numbers_of(subject, region, params, job))

    def stop(self) -> None:
        """Measure and colour nothing any more."""
        self._measured.drop()
        self._tinted.drop()

    def params(self) -> MeasureParams | None:
        """Settings of the last measure step of the recipe; None for the usual ones."""
        from core.steps.measure import MeasureParams

        found = [
            entry.params for entry in self._session.recipe.steps if isinstance(entry.params, MeasureParams)
        ]
        return found[-1] if found else None

    def _follow_settings(self) -> None:
        """Other settings of the measure step make other numbers, and maybe other phases."""
        before, self._params = self._params, self.params()
        if self._params == before:
            return
        if self.region is not None:
            if self.quick:
                self.measure()
            else:
                self._forget_numbers()
        if stated(before) != stated(self._params):
            self._colour()

    # ---- colours
    def colour_by(self, way: ColourBy) -> None:
        """Choose what the voxels are coloured by."""
        if way != self.way:
            self.way = way
            self.way_changed.emit(way)
            self._colour()

    def set_phase(self, phase: Phase) -> None:
        """Choose which phase is coloured."""
        if phase != self.phase:
            self.phase = phase
            self._colour()

    # ---- work
    def _renew(self) -> None:
        if self.quick:
            self.measure()
        else:
            self._forget_numbers()
        self._colour()

    def _forget_numbers(self) -> None:
        self._measured.drop()
        self.numbers, self.trouble = None, ""
        self.numbers_changed.emit()

    def _colour(self) -> None:
        """Make the colours anew: those of before hold no longer."""
        self._tinted.drop()
        self.tint = None
        self.tint_changed.emit(None)
        subject, way, phase = self.subject, self.way, self.phase
        if subject is None or way == "none":
            self.tint_said.emit("")
            return
        region = self.region or whole(subject.info)
        self.tint_said.emit("Computing colours …")
        meant = as_stated(subject, self._params)
        self._tinted.ask(lambda job: tint_of(meant, region, way, phase, job))

    def _take_numbers(self, numbers: RegionNumbers) -> None:
        self.numbers = numbers
        self.numbers_changed.emit()

    def _take_trouble(self, error: Exception) -> None:
        self.trouble = str(error)
        self.numbers_changed.emit()

    def _take_tint(self, tint: Tint) -> None:
        self.tint = tint
        self.tint_changed.emit(tint)
        self.tint_said.emit(tint.note)


def numbers_of(volume: Volume, region: Region, params: MeasureParams | None, job: Job) -> RegionNumbers:
    """Measure a region of a volume.

    Raises
    ------
    VoxelError
        If it is not segmented.
    """
    from core.steps.measure import MeasureParams, measured

    part = cropped(as_stated(volume, params), region)
    check_segmented(part)
    wanted = params or MeasureParams()
    if wanted.exclude_slices:
        wanted = wanted.model_copy(update={"exclude_slices": _counted_from(region, wanted.exclude_slices)})
    return RegionNumbers(region, measured(part, wanted, job), params)


def stated(params: MeasureParams | None) -> str:
    """What the settings say that the values are; empty where they leave it to the volume."""
    return "" if params is None or params.values == "auto" else params.values


def as_stated(volume: Volume, params: MeasureParams | None) -> Volume:
    """The volume with values that are what the settings of the measure step say: files seldom do."""
    labels = stated(params) == "labels" and volume.info.content == "grey"
    if not labels or not np.issubdtype(volume.info.dtype, np.integer):
        return volume
    return Volume(volume.info.with_(content="labels"), volume.source, volume.metadata, volume.notes)


def _counted_from(region: Region, listed: str) -> str:
    """The slices of a list that lie in a region, counted from its first one."""
    from core.slice_list import numbers_of as numbers_in

    inside = sorted(n - region.low[0] for n in numbers_in(listed) if region.low[0] <= n < region.high[0])
    return ", ".join(map(str, inside))


def same_volume(first: Volume | None, second: Volume | None) -> bool:
    """Whether two objects stand for the same voxels; results that were looked up again do."""
    if first is None or second is None or first is second:
        return first is second
    try:
        return first.info == second.info and bool(first.source == second.source)
    except ValueError:  # arrays have no single answer
        return False
