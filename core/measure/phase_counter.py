"""All counters of one phase, fed with the same slabs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from core.job import Job
from core.measure.chords import chord_distribution
from core.measure.components import ComponentCounter
from core.measure.configurations import ConfigurationCounter
from core.measure.correlation import correlation_length, correlations
from core.measure.frame import Frame
from core.measure.isotropy import Errors, IsotropyCounter
from core.measure.lineal_path import LinealPath, ligament_size
from core.measure.lines import LineCounter, LineCounts
from core.measure.params import MeasureParams
from core.measure.phases import Phase
from core.measure.results import AxisCurves, AxisDistributions, PhaseResult, PlaneSizes
from core.measure.surface import surface_result
from core.measure.words import Task
from core.volume import Array


class PhaseCounter:
    """Counts one phase; slabs come in order along z.

    Parameters
    ----------
    phase : Phase
        Which.
    frame : Frame
        Shape, slices and lags.
    params : MeasureParams
        What is asked for.
    compare : bool
        Whether directions are compared (of a binary volume for solid only: pore says the same).
    """

    def __init__(self, phase: Phase, frame: Frame, params: MeasureParams, *, compare: bool) -> None:
        self.phase, self._frame, shape = phase, frame, frame.shape
        self._lines = LineCounter(shape, frame.lags, frame.used, periodic=params.periodic)
        self._components = ComponentCounter(shape, phase.connectivity)
        self._configurations = ConfigurationCounter(shape[1:])
        self._isotropy: IsotropyCounter | None = None
        if compare and frame.grid is not None:
            self._isotropy = IsotropyCounter(frame.grid, frame.used, params.planes)
        self._per_slice: list[Array] = []
        self._grid = frame.grid

    @property
    def compares(self) -> bool:
        """Whether directions are compared."""
        return self._isotropy is not None

    def slab_end(self, first: int, wanted: int) -> int:
        """Where a slab that starts at `first` ends: not beyond a border of the cubes that are compared."""
        if self._grid is None:
            return first + wanted
        side = self._grid.sides[0]
        return min(first + wanted, (first // side + 1) * side)

    def add(self, mask: Array) -> list[Task]:
        """Take the next slices, bool of shape (n, y, x); returns the tasks that count them."""
        self._per_slice.append(np.count_nonzero(mask, axis=(1, 2)))
        tasks: list[Task] = [
            partial(self._components.add, mask),
            partial(self._configurations.add, mask),
            *self._lines.add(mask),
        ]
        if self._isotropy is not None:
            tasks += self._isotropy.add(mask)
        return tasks

    def settle(self, job: Job) -> None:
        """Once the tasks of a slab are done."""
        if self._isotropy is not None:
            self._isotropy.settle(job)

    def finish(self) -> tuple[PhaseResult, Errors | None]:
        """Everything that was counted."""
        counts = self._lines.finish()
        used, shape = self._frame.used, self._frame.shape
        pixels = shape[1] * shape[2]
        per_slice = np.concatenate(self._per_slice)
        shares = per_slice[used] / pixels
        result = PhaseResult(
            value=int(self.phase.value) if float(self.phase.value).is_integer() else self.phase.value,
            name=self.phase.name,
            connectivity=self.phase.connectivity,
            voxels=int(per_slice[used].sum()),
            fraction=int(per_slice[used].sum()) / (int(used.sum()) * pixels),
            fraction_per_slice=tuple((per_slice / pixels).tolist()),
            fraction_sd=float(np.std(shares)),
            components=self._components.finish(),
            surface=surface_result(
                self._configurations.counts,
                voxel_nm=self._frame.step_nm if self._frame.even else None,
                connectivity=self.phase.connectivity,
                volume_voxels=shape[0] * pixels,
            ),
            **self._curves(counts),
        )
        found = None if self._isotropy is None else self._isotropy.finish(self._frame.range_nm)
        if found is None:
            return result, None
        isotropy, errors, planes = found
        return result.model_copy(update={"isotropy": isotropy, "tpcf_plane": planes}), errors

    def _curves(self, counts: LineCounts) -> dict[str, Any]:
        path = LinealPath.of(counts)
        tpcf, lineal = list(correlations(counts)), list(path.functions())
        if not self._frame.even:
            tpcf[0] = lineal[0] = np.zeros(0)
        found: dict[str, Any] = {
            "tpcf": axis_curves(tpcf),
            "lineal_path": axis_curves(map(shortened, lineal)),
        }
        step_nm = self._frame.step_nm
        if step_nm is None:
            return found
        lengths = [correlation_length(curve, step) for curve, step in zip(tpcf, step_nm, strict=True)]
        found["correlation_length_nm"] = axis_curves(
            np.zeros(0) if one is None else np.array([one]) for one in lengths
        )
        chords = [chord_distribution(inner, step) for inner, step in zip(counts.inner, step_nm, strict=True)]
        z, y, x = chords
        found["chords"] = AxisDistributions(z=z if self._frame.even else None, y=y, x=x)
        if path.solid[1][0]:
            found["ligament_nm"] = plane_sizes(ligament_size(path, step_nm), even=self._frame.even)
        return found


def axis_curves(values: Iterable[Array]) -> AxisCurves:
    """Curves along z, y and x, each cut off where it is not known."""
    z, y, x = map(_known, values)
    return AxisCurves(z=z, y=y, x=x)


def _known(curve: Array) -> tuple[float, ...]:
    unknown = np.flatnonzero(np.isnan(curve))
    values: list[float] = (curve[: unknown[0]] if unknown.size else curve).tolist()
    return tuple(values)


def shortened(curve: Array) -> Array:
    """A lineal path without its end of zeros, of which one stays."""
    above = np.flatnonzero(~(curve == 0))
    return curve[: above[-1] + 2] if above.size else curve[:1]


def plane_sizes(sizes: tuple[float, float, float], *, even: bool) -> PlaneSizes:
    """Sizes within planes are means of two axes (eq. 2.13); None where one of them is not known."""
    along_z, along_y, along_x = sizes
    if not even:
        along_z = float("nan")
    found = {"xy": (along_x + along_y) / 2, "xz": (along_x + along_z) / 2, "yz": (along_y + along_z) / 2}
    found |= {"z": along_z, "y": along_y, "x": along_x}
    return PlaneSizes(**{name: None if np.isnan(size) else size for name, size in found.items()})
