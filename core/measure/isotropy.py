"""How much a structure differs between z and the imaged plane: three errors, zero for perfect isotropy.

e_TPCF and e_LPF compare the two-point correlation and the lineal path along x and z and along y and z (thesis
eq. 2.12), e_D the ligament sizes (eq. 2.13; it may exceed 1). A finite volume of a perfect structure does not
give zero: article II, Table S3, has 0.104, 0.019 and 0.014. Their value depends on the range of lags, which
is therefore stated with them.

The functions are measured in cubes (in nm) of 256 voxels and averaged over the cubes first. Where voxels are
not cubic, functions are compared at the multiples of the coarsest voxel size, by linear interpolation
between lags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.errors import VoxelError
from core.job import Job
from core.measure.correlation import correlations
from core.measure.directions import plane_correlation
from core.measure.lineal_path import LinealPath, area_of
from core.measure.lines import LineCounter
from core.measure.patches import PATCH, PatchGrid
from core.measure.results import IsotropyResult, PlaneCurves
from core.measure.words import Task
from core.volume import Array, Source

PLANE_PATCHES = 4


class Errors(NamedTuple):
    """The three errors, the same differences between y and x, and what they are to be judged by.

    `size_ratio` is the ligament size along z divided by that within the plane; `ligaments` is how many of
    them fit side by side into a cube.
    """

    tpcf: float
    lpf: float
    size: float
    within_lpf: float
    within_size: float
    size_ratio: float
    ligaments: float


@dataclass
class IsotropyCounter:
    """Collects the functions of all cubes of a stack that comes in slabs along z.

    Attributes
    ----------
    grid : PatchGrid
        The cubes.
    used : ndarray of bool, shape (z,)
        Slices that count.
    planes : bool
        Whether functions averaged within planes are measured, too (in `PLANE_PATCHES` cubes at most).
    """

    grid: PatchGrid
    used: Array
    planes: bool = True
    _counters: list[LineCounter] = field(default_factory=list)
    _found: list[tuple[tuple[Array, Array, Array], LinealPath]] = field(default_factory=list)
    _kept: dict[int, list[Array]] = field(default_factory=dict)
    _planes: list[list[tuple[Array, Array]]] = field(default_factory=list)
    _seen: int = 0

    def next_slices(self, wanted: int) -> int:
        """How many of the next slices may come in one slab: a slab must not reach across a border of
        cubes.
        """
        left = self.grid.sides[0] - self._seen % self.grid.sides[0]
        return min(wanted, left)

    def add(self, slab: Array) -> list[Task]:
        """Take the next slices, bool (n, y, x), within one layer; returns the tasks that count them."""
        deep, high, wide = self.grid.sides
        layer, within = divmod(self._seen, deep)
        if layer >= self.grid.layers:
            self._seen += len(slab)
            return []
        if within == 0:
            used = self.used[layer * deep : (layer + 1) * deep]
            self._counters = [
                LineCounter(self.grid.sides, self.grid.lags, used, parts=1) for _ in self.grid.corners
            ]
            self._kept = {number: [] for number in self._chosen(layer)}
        tasks: list[Task] = []
        for number, (counter, (y, x)) in enumerate(zip(self._counters, self.grid.corners, strict=True)):
            part = slab[:, y : y + high, x : x + wide]
            tasks += counter.add(part)
            if number in self._kept:
                self._kept[number].append(part.copy())
        self._seen += len(slab)
        return tasks

    def settle(self, job: Job) -> None:
        """Once the tasks of a slab are done: take in the cubes that are complete."""
        if self._seen % self.grid.sides[0] or not self._counters:
            return
        for counter in self._counters:
            counts = counter.finish()
            self._found.append((correlations(counts), LinealPath.of(counts)))
        for parts in self._kept.values():
            self._add_planes(np.concatenate(parts), job)
        self._counters, self._kept = [], {}

    def finish(self, range_nm: float | None) -> tuple[IsotropyResult, Errors, PlaneCurves | None] | None:
        """The errors, once every slice has been added; None where a direction has nothing to compare."""
        # Cubes of which slices are left out may not tell all lags along z.
        told = [(curves, path) for curves, path in self._found if self._at_lags(curves, path) is not None]
        if not any(path.solid[1][0] for _, path in told):
            return None
        whole = self._errors(_mean([curves for curves, _ in told]), _pooled([path for _, path in told]))
        if whole is None:
            return None
        each = [self._errors(curves, path) for curves, path in told if path.solid[1][0]]
        known = [errors[:3] for errors in each if errors is not None]
        spread = np.std(known, axis=0).tolist() if len(known) > 1 else None
        planes, plane, plane_sd = self._plane_result()
        result = IsotropyResult(
            e_tpcf=whole.tpcf,
            e_lpf=whole.lpf,
            e_d=whole.size,
            e_tpcf_plane=plane,
            spread=None if spread is None else (spread[0], spread[1], spread[2]),
            patches=len(told),
            patch_px=self.grid.sides,
            range_nm=range_nm,
            range_px=self.grid.range_px,
            plane_patches=len(self._planes),
            e_tpcf_plane_sd=plane_sd,
        )
        return result, whole, planes

    # ---- details
    def _chosen(self, layer: int) -> list[int]:
        """Cubes of this layer whose planes are transformed: spread evenly over all cubes."""
        if not self.planes or not self.used.all():
            return []
        per_layer = len(self.grid.corners)
        total = per_layer * self.grid.layers
        chosen = np.linspace(0, total - 1, min(PLANE_PATCHES, total)).round().astype(int)
        return [int(number) - layer * per_layer for number in chosen if number // per_layer == layer]

    def _add_planes(self, phase: Array, job: Job) -> None:
        found = []
        for axes in ((1, 2), (0, 2), (0, 1)):
            steps = (self.grid.steps[axes[0]], self.grid.steps[axes[1]])
            sides = [(phase.shape[axis] - 1) * self.grid.steps[axis] - 0.5 for axis in axes]
            lags = max(0, min(self.grid.range_px, *map(int, sides)))
            found.append(plane_correlation(phase, axes, steps=steps, lags=lags, job=job))
        self._planes.append(found)

    def _plane_result(self) -> tuple[PlaneCurves | None, float | None, float | None]:
        """Curves of all cubes together, their error, and how much it varies between the cubes."""
        if not self._planes:
            return None, None, None
        sums = [
            (np.sum([total for total, _ in parts], axis=0), np.sum([count for _, count in parts], axis=0))
            for parts in zip(*self._planes, strict=True)
        ]
        curves = plane_curves(sums)
        each = [plane_error(plane_curves(found)) for found in self._planes]
        known = [error for error in each if error is not None]
        return curves, plane_error(curves), float(np.std(known)) if len(known) > 1 else None

    def _at_lags(self, curves: tuple[Array, Array, Array], path: LinealPath) -> tuple[Array, Array] | None:
        """Both functions at the lags that are compared, each (3, lags); None where they are not all known."""
        correlation = np.stack([self.grid.at(curve, axis) for axis, curve in enumerate(curves)])
        lineal = np.stack([self.grid.at(curve, axis) for axis, curve in enumerate(path.functions())])
        return None if np.isnan(correlation).any() or np.isnan(lineal).any() else (correlation, lineal)

    def _errors(self, curves: tuple[Array, Array, Array], path: LinealPath) -> Errors | None:
        lineal = path.functions()
        sizes = [area_of(curve, step) for curve, step in zip(lineal, self.grid.steps, strict=True)]
        at_lags = self._at_lags(curves, path)
        if any(np.isnan(sizes)) or not sizes[1] + sizes[2] > 0 or at_lags is None:
            return None
        correlation, lineal_at = at_lags
        z, y, x = sizes
        return Errors(
            function_error(correlation),
            function_error(lineal_at),
            size_error((z, y, x)),
            _distance(lineal_at[1], lineal_at[2]),
            abs(y - x) / ((y + x) / 2),
            2 * z / (x + y),
            min(side * step for side, step in zip(self.grid.sides, self.grid.steps, strict=True))
            / max(sizes),
        )


def isotropy_errors(source: Source, job: Job, *, patch_px: int = PATCH) -> IsotropyResult:
    """Measure the errors of a volume of cubic voxels; values above 0 are solid.

    Parameters
    ----------
    source : Source
        Cut into as many whole cubes as fit, from its first voxel on; read slab by slab.
    job : Job
        Progress and cancelling.
    patch_px : int
        Side of the cubes; lags reach half of it, at most 128. In smaller volumes: their shortest side.

    Raises
    ------
    VoxelError
        If nothing is solid, or too little to compare directions.
    ParameterError
        If the volume is thinner than four voxels.
    """
    grid = PatchGrid.of(source.shape, (1.0, 1.0, 1.0), patch_px=patch_px)
    counter = IsotropyCounter(grid, np.ones(source.shape[0], dtype=bool), planes=False)
    first = 0
    while first < source.shape[0]:
        job.progress(first, source.shape[0], "Isotropy")
        stop = min(source.shape[0], first + counter.next_slices(16))
        for task in counter.add(source.read(slice(first, stop)) > 0):
            job.check()
            task()
        counter.settle(job)
        first = stop
    job.progress(first, source.shape[0], "Isotropy")
    found = counter.finish(None)
    if found is None:
        raise VoxelError("nothing is solid in the cubes that are compared", expected="solid voxels")
    return found[0]


def function_error(functions: Array) -> float:
    """Eq. 2.12 for a function sampled along z, y and x, shape (3, samples)."""
    z, y, x = functions
    return (_distance(x, z) + _distance(y, z)) / 2


def size_error(sizes: tuple[float, float, float]) -> float:
    """Eq. 2.13 from sizes along z, y and x; a plane's size is the mean of its two axes."""
    z, y, x = sizes
    xy, xz, yz = (x + y) / 2, (x + z) / 2, (y + z) / 2
    return (abs(xz - xy) + abs(yz - xy)) / (2 * xy)


def plane_curves(sums: list[tuple[Array, Array]]) -> PlaneCurves:
    """Averages over the planes xy, xz and yz, from sums over displacements and their number."""
    curves = []
    for total, count in sums:
        lags = np.arange(total.size)
        there = count > 0  # of anisotropic voxels, no displacement may fall into a ring
        curves.append(tuple(np.interp(lags, lags[there], total[there] / count[there]).tolist()))
    return PlaneCurves(xy=curves[0], xz=curves[1], yz=curves[2])


def plane_error(curves: PlaneCurves) -> float | None:
    """Eq. 2.12 with functions averaged within planes; each plane stands for the axis across it.

    That is how the figures of article I's supplement name them: z for the xy plane.
    """
    count = min(len(curves.xy), len(curves.xz), len(curves.yz))
    xy, xz, yz = (np.array(values[:count]) for values in (curves.xy, curves.xz, curves.yz))
    return None if count < 2 else (_distance(yz, xy) + _distance(xz, xy)) / 2


def _distance(one: Array, other: Array) -> float:
    norms = float(np.linalg.norm(one) + np.linalg.norm(other))
    return float(2 * np.linalg.norm(one - other)) / norms if norms else 0.0


def _mean(curves: list[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    z, y, x = (np.mean([found[axis] for found in curves], axis=0) for axis in range(3))
    return z, y, x


def _pooled(paths: list[LinealPath]) -> LinealPath:
    return sum(paths[1:], start=paths[0])
