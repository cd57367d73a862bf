"""Ligament sizes of a segmented stack, of one level or of two.

A hierarchy of independent levels is what they have in common, so that its lineal path is the product of
theirs, and so is the solid fraction. Averaged over a few fine ligaments, the solid is a picture of the coarse
level: cut at half its height it gives the size and share of that level, and what is left of the lineal path
when it is divided by that of the coarse level belongs to the fine one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import VoxelError
from core.job import Job
from core.measure.lineal_path import LinealPath, area_of, ligament_size, lineal_path
from core.measure.phases import Phase
from core.volume import Array, Shape, Volume

MOST_VOXELS = 48_000_000
"""Looked at, in the middle of the stack."""
SMOOTHED = 2.0
"""Standard deviation of the average that shows the coarse level, in fine ligaments."""
UNEVEN, APART, LEAST_RATIO = 0.3, 0.69, 2.5
"""Two levels are evident where the local solid fraction scatters by this share of its mean, falls into two
(share of the variance that a threshold explains), and the coarse ligaments are so many times the fine."""
CELLS = 2.0
"""Cells of the averaged picture by fine ligament."""
LONGEST_SHARE = 0.4
"""Of the shortest side that a coarse ligament may reach before its size is a guess."""
_SLAB = 16
_AXES = "zyx"


@dataclass(frozen=True)
class Sizes:
    """What the ligaments measure.

    Attributes
    ----------
    ligament_nm, solid_fraction : tuple of float
        One per level, the coarse one first.
    axes : str
        Along which was measured, for example ``yx``.
    why : str
        What speaks for one level or for two.
    notes : tuple of str
        What limits the numbers.
    """

    ligament_nm: tuple[float, ...]
    solid_fraction: tuple[float, ...]
    axes: str
    why: str
    notes: tuple[str, ...] = ()

    @property
    def whole_fraction(self) -> float:
        """Solid fraction of all levels together."""
        return float(np.prod(self.solid_fraction))


def sizes_of(volume: Volume, solid: Phase, voxel_nm: tuple[float | None, float, float], job: Job) -> Sizes:
    """Measure the ligaments of one phase, in the middle of the stack.

    Parameters
    ----------
    volume : Volume
        Segmented.
    solid : Phase
        What the ligaments are made of.
    voxel_nm : tuple
        (z, y, x); None along z where slices lie at uneven or unknown distances: then only rows and columns
        are measured, and one level is assumed.
    job : Job
        Progress and cancelling.

    Raises
    ------
    VoxelError
        If nothing or everything is solid.
    """
    part = _middle(volume.info.shape)
    z, y, x = (each.stop - each.start for each in part)
    shape = (z, y, x)
    binned = _Binned(shape)
    path = lineal_path(binned.watch(_slabs(volume, solid, part, job)), shape)
    share = float(path.solid[1][0] / path.placements[1][0])
    if not 0 < share < 1:
        raise VoxelError(
            "the segmentation has one phase only, so there are no ligaments to measure",
            expected="pore and solid",
            got="all solid" if share else "no solid",
        )
    fine_nm, axes, notes = _mean_size(path, voxel_nm)
    if voxel_nm[0] is None:
        why = "one level: without even slices a hierarchy cannot be told"
        return Sizes((fine_nm,), (share,), axes, why, notes)
    steps = (voxel_nm[0], voxel_nm[1], voxel_nm[2])
    coarse = _coarse(binned.means, [step * _Binned.SIDE for step in steps], fine_nm, job)
    return _decided(coarse, path, steps, Sizes((fine_nm,), (share,), axes, "", notes))


def _slabs(volume: Volume, solid: Phase, part: Sequence[slice], job: Job) -> Iterator[Array]:
    first, last = part[0].start, part[0].stop
    for start in range(first, last, _SLAB):
        job.progress(start - first, last - first, "Measuring the ligaments")
        yield solid.of(volume.read(slice(start, min(last, start + _SLAB)), part[1], part[2]))


def _middle(shape: Shape) -> tuple[slice, slice, slice]:
    """The middle of a stack, of at most `MOST_VOXELS`; as deep as it is where that leaves 256 rows."""
    z, y, x = shape
    side = max(256, int((MOST_VOXELS / z) ** 0.5))
    y, x = min(y, side), min(x, side)
    z = min(z, max(1, MOST_VOXELS // (y * x)))
    first = [(whole - length) // 2 for whole, length in zip(shape, (z, y, x), strict=True)]
    parts = [slice(at, at + length) for at, length in zip(first, (z, y, x), strict=True)]
    return parts[0], parts[1], parts[2]


def _mean_size(
    path: LinealPath, voxel_nm: tuple[float | None, float, float]
) -> tuple[float, str, tuple[str, ...]]:
    """Ligament size, axes it is the mean of, and what limits it."""
    z, y, x = ligament_size(path, (voxel_nm[0] or 1.0, voxel_nm[1], voxel_nm[2]))
    plane = [value for value in (y, x) if np.isfinite(value)]
    if not plane:
        raise VoxelError("the images are too small for ligaments", expected="at least 2 pixels each way")
    inside = float(np.mean(plane))
    if voxel_nm[0] is None or not np.isfinite(z) or len(path.placements[0]) * voxel_nm[0] < 3 * inside:
        return inside, "yx", ("along z the stack is too short or uneven to measure",)
    if inside < 2 * voxel_nm[0]:
        return (
            inside,
            "yx",
            ("slices are too far apart to measure these ligaments along z",),
        )
    return float(np.mean([z, *plane])), _AXES, ()


class _Binned:
    """Means of blocks of voxels, gathered from slabs on their way to somebody else."""

    SIDE = 2

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._rest: list[Array] = []
        self._planes: list[Array] = []

    def watch(self, slabs: Iterator[Array]) -> Iterator[Array]:
        """The same slabs."""
        for slab in slabs:
            self._take(slab)
            yield slab

    def _take(self, slab: Array) -> None:
        rows, columns = (length // self.SIDE * self.SIDE for length in self._shape[1:])
        if rows == 0 or columns == 0:
            return
        for plane in slab[:, :rows, :columns]:
            cells = plane.reshape(rows // self.SIDE, self.SIDE, columns // self.SIDE, self.SIDE)
            self._rest.append(cells.mean(axis=(1, 3), dtype=np.float32))
            if len(self._rest) == self.SIDE:
                self._planes.append(np.stack(self._rest).mean(axis=0, dtype=np.float32))
                self._rest.clear()

    @property
    def means(self) -> Array:
        """Means, shape about half the stack's each way."""
        return np.stack(self._planes) if self._planes else np.zeros((0, 0, 0), np.float32)


@dataclass(frozen=True)
class _Coarse:
    """The coarse level as the averaged picture shows it."""

    path: LinealPath
    ligament_nm: float
    solid_fraction: float
    step_nm: tuple[float, float, float]
    uneven: float
    apart: float


def _coarse(means: Array, step_nm: Sequence[float], fine_nm: float, job: Job) -> _Coarse | None:
    """Average the solid over a few ligaments and cut it; None where there is nothing to see."""
    from scipy.ndimage import gaussian_filter1d

    if means.size == 0 or min(means.shape) < 2:
        return None
    smooth = means
    for axis, step in enumerate(step_nm):
        job.progress(axis, 3, "Looking for a coarser level")
        smooth = gaussian_filter1d(smooth, SMOOTHED * fine_nm / step, axis=axis, mode="reflect", truncate=3)
    low, high = np.quantile(smooth[::2, ::2, ::2], (0.02, 0.98))
    solid = smooth > (low + high) / 2
    share = float(solid.mean())
    if not 0.01 < share < 0.99:
        return None
    mean, variance = float(smooth.mean()), float(smooth.var())
    between = share * (1 - share) * float(smooth[solid].mean() - smooth[~solid].mean()) ** 2
    path = lineal_path(iter((solid,)), solid.shape)
    steps = (step_nm[0], step_nm[1], step_nm[2])
    size = float(np.nanmean(ligament_size(path, steps)))
    return _Coarse(path, size, share, steps, variance**0.5 / mean, between / variance)


def _decided(
    coarse: _Coarse | None, path: LinealPath, voxel_nm: tuple[float, float, float], one: Sizes
) -> Sizes:
    """One level or two."""
    fine_nm, share = one.ligament_nm[0], one.solid_fraction[0]
    if coarse is None or coarse.uneven < UNEVEN or coarse.apart < APART:
        why = "one level: averaged over a few ligaments, the solid is about the same everywhere"
        return Sizes(one.ligament_nm, one.solid_fraction, one.axes, why, one.notes)
    sizes = _fine_sizes(path, coarse, voxel_nm, one.axes)
    inner = min(0.95, share / coarse.solid_fraction)
    if coarse.ligament_nm < LEAST_RATIO * sizes:
        why = "one level: a coarser one, if there is one, is hardly larger than the finer"
        return Sizes(one.ligament_nm, one.solid_fraction, one.axes, why, one.notes)
    why = (
        f"two levels: averaged over some {fine_nm:.3g} nm ligaments, the local solid fraction scatters by "
        f"{100 * coarse.uneven:.0f} % of its mean and falls into two"
    )
    notes = one.notes
    shortest = min(
        len(each) * step for each, step in zip(coarse.path.placements, coarse.step_nm, strict=True)
    )
    if coarse.ligament_nm > LONGEST_SHARE * shortest:
        notes = (*notes, "few coarse ligaments fit into the stack: their size is a rough one")
    return Sizes((coarse.ligament_nm, sizes), (coarse.solid_fraction, inner), one.axes, why, notes)


def _fine_sizes(path: LinealPath, coarse: _Coarse, voxel_nm: tuple[float, float, float], axes: str) -> float:
    """Size of the fine level: the lineal path of both by that of the coarse one."""
    found = []
    for axis, (whole, of_coarse) in enumerate(zip(path.functions(), coarse.path.functions(), strict=True)):
        if _AXES[axis] not in axes:
            continue
        lags = np.arange(len(whole)) * voxel_nm[axis]
        known = np.arange(len(of_coarse)) * coarse.step_nm[axis]
        upper = np.interp(lags, known, of_coarse / of_coarse[0])
        beyond = np.flatnonzero(upper < 0.2)  # from there on both are made of few places
        last = int(beyond[0]) if beyond.size else len(lags)
        found.append(area_of(whole[:last] / upper[:last], voxel_nm[axis]))
    return float(np.mean(found))
