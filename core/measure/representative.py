"""Is the volume large enough? How much a property varies between sub-volumes of growing size.

The sub-volumes of one size lie side by side, from the first voxel on, as near to cubes in space as whole
voxels allow. Where they are much larger than the structure, their variance falls as 1 / V:

    sd² = φ (1 - φ) A / V        (fraction)

with the integral range A, a volume: the volume is worth as many independent looks as A fits into it. For the
specific surface the variance of single points has no meaning, so that only their product is fitted.

The fit takes those sizes from which on the variance falls so, and of which there are enough: `fitted_sizes`.
What repeats itself, or drifts through the volume, never falls so; then nothing is told. A pattern larger than
half the volume cannot be seen by this.

References
----------
Kanit T. et al., Int. J. Solids Struct. 40 (2003) 3647, doi:10.1016/S0020-7683(03)00143-4 (eqs. for the
variance, the integral range and the size for a given precision).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.measure.results import RepresentativeResult, RepresentativeSize
from core.volume import Array, Source

Quantity = Literal["fraction", "surface"]

_SMALLEST_PX = 8
_PER_DOUBLING = 2
_FEWEST = 8
_SLOPE = 0.2
_SLOPE_ERROR = 1 / 3
_TIMES_RANGE = 64
_RELATIVE_ERROR = 0.01
_SLAB_BYTES = 1 << 24


def representative(
    source: Source,
    is_phase: Callable[[Array], Array],
    *,
    voxel_nm: tuple[float, float, float] | None,
    job: Job,
    quantity: Quantity = "fraction",
) -> RepresentativeResult:
    """Measure a property in sub-volumes from 8 voxels up to half the shortest side, in one pass.

    Parameters
    ----------
    source : Source
        Read a few slices at a time.
    is_phase : callable
        Says of a block of voxels which belong to the phase.
    voxel_nm : tuple of float or None
        (z, y, x); where it is not known, voxels are taken as cubes and lengths left out.
    job : Job
        Progress and cancelling.
    quantity : {'fraction', 'surface'}
        Share of voxels, or area of the voxel faces between the phase and the rest per volume (1/nm; 1/voxel
        where the size is not known). Faces give up to 1.5 times the smooth surface, which does not matter for
        how it varies.

    Raises
    ------
    ParameterError
        If the quantity is not known.
    Cancelled
        If the user asked to stop.
    """
    if quantity not in ("fraction", "surface"):
        raise ParameterError("no such quantity", expected="fraction or surface", got=quantity)
    spacing = np.array(voxel_nm or (1.0, 1.0, 1.0))
    # Voxels at the first faces have no neighbour behind which a surface could lie.
    start = 1 if quantity == "surface" else 0
    whole = np.array(source.shape) - start
    tables = [_Table(shape, whole, start) for shape in _shapes(whole, spacing)]
    if not tables:
        return RepresentativeResult(quantity=quantity, sizes=())
    total = _count(source, is_phase, tables, spacing, job, quantity)
    volume_px = float(np.prod(whole, dtype=np.float64))
    unit = 1.0 if quantity == "fraction" else 1 / float(np.prod(spacing))
    sizes = tuple(_size(table, spacing, voxel_nm is not None, unit) for table in tables)
    volumes = [float(np.prod(table.shape)) for table in tables]
    value = total * unit / volume_px
    point = value * (1 - value) if quantity == "fraction" else None
    return _judged(quantity, sizes, volumes, value, point, volume_px, spacing if voxel_nm else None)


def fitted_sizes(
    sizes: Sequence[RepresentativeSize], volumes: Sequence[float], point: float | None = None
) -> range:
    """Which sizes the fit takes: the longest run of large ones along which the variance falls as 1 / V.

    A size counts if there are at least eight sub-volumes of it and they differ. Of a run, the slope of
    log(sd²) against log(V), weighted with the number of sub-volumes, has to be -1 to within 0.2, or to within
    twice its own statistical error where that is larger, but no more than 1/3. If the variance of single
    points is given, the smallest sub-volumes have to be 64 times the integral range, so four times as wide:
    smaller ones vary less, as much of the structure reaches across their borders.

    Parameters
    ----------
    sizes : sequence of RepresentativeSize
        From small to large.
    volumes : sequence of float
        Of a sub-volume of each size, in voxels.
    point : float, optional
        Variance of single points, φ (1 - φ).

    Returns
    -------
    range
        Places in `sizes`; empty where there is no such run of three sizes.
    """
    usable = [k for k, size in enumerate(sizes) if size.count >= _FEWEST and size.sd > 0]
    stop = usable[-1] + 1 if usable else 0
    for start in usable[:-2]:
        run = range(start, stop)
        if any(k not in usable for k in run):
            continue
        slope, error = _slope([sizes[k] for k in run], [volumes[k] for k in run])
        falls = error <= _SLOPE_ERROR and abs(slope + 1) <= max(_SLOPE, 2 * error)
        if falls and (point is None or volumes[start] * point >= _TIMES_RANGE * _level(sizes, volumes, run)):
            return run
    return range(0)


def _level(sizes: Sequence[RepresentativeSize], volumes: Sequence[float], run: range) -> float:
    """Best product of variance and volume; at slope -1 that is the weighted mean of its logarithm."""
    weights = [sizes[k].count - 1 for k in run]
    return float(np.exp(np.average([np.log(sizes[k].sd ** 2 * volumes[k]) for k in run], weights=weights)))


def _slope(sizes: Sequence[RepresentativeSize], volumes: Sequence[float]) -> tuple[float, float]:
    """Slope of log(sd²) against log(V), and its standard error from the numbers of sub-volumes."""
    # The logarithm of a variance of n values is off by sqrt(2 / (n - 1)).
    weights = np.array([(size.count - 1) / 2 for size in sizes])
    x, y = np.log(volumes), np.log([size.sd**2 for size in sizes])
    x = x - np.average(x, weights=weights)
    spread = float((weights * x**2).sum())
    return float((weights * x * y).sum()) / spread, spread**-0.5


def _judged(
    quantity: Quantity,
    sizes: tuple[RepresentativeSize, ...],
    volumes: list[float],
    value: float,
    point: float | None,
    volume_px: float,
    spacing: Array | None,
) -> RepresentativeResult:
    run = fitted_sizes(sizes, volumes, point)
    if not run or value == 0:
        return RepresentativeResult(quantity=quantity, sizes=sizes)
    fitted = _level(sizes, volumes, run)
    needed_px = fitted / (_RELATIVE_ERROR * value) ** 2
    voxel = None if spacing is None else float(np.prod(spacing))
    return RepresentativeResult(
        quantity=quantity,
        sizes=sizes,
        integral_range_nm3=None if voxel is None or point is None else fitted / point * voxel,
        standard_error=(fitted / volume_px) ** 0.5,
        side_for_1_percent_nm=None if voxel is None else (needed_px * voxel) ** (1 / 3),
        representative=volume_px >= needed_px,
    )


class _Table:
    """Sums of one size of sub-volumes, filled from cells that lie within them."""

    def __init__(self, shape: tuple[int, int, int], whole: Array, start: int) -> None:
        self.shape = shape
        self.start = start
        self.counts = [int(length) // side for length, side in zip(whole, shape, strict=True)]
        self.sums = np.zeros(self.counts)

    def edges(self, axis: int) -> range:
        """Where sub-volumes begin and end along an axis."""
        stop = self.start + self.counts[axis] * self.shape[axis]
        return range(self.start, stop + 1, self.shape[axis])

    def add(self, z: int, cells: Array, rows: Array, columns: Array) -> None:
        """Add cells that begin at slice `z`, at these rows and columns of voxels."""
        if not self.start <= z < self.edges(0)[-1]:
            return
        heights = np.searchsorted(rows, self.edges(1))
        widths = np.searchsorted(columns, self.edges(2))
        inside = cells[: heights[-1], : widths[-1]]
        partly = np.add.reduceat(inside, heights[:-1], axis=0)
        layer = (z - self.start) // self.shape[0]
        self.sums[layer] += np.add.reduceat(partly, widths[:-1], axis=1)


@dataclass(frozen=True)
class _Cells:
    """The voxels between any two edges of sub-volumes of any size."""

    starts: tuple[Array, Array, Array]

    @classmethod
    def of(cls, tables: Sequence[_Table]) -> _Cells:
        edges = [np.unique([0, *(e for table in tables for e in table.edges(axis))]) for axis in range(3)]
        return cls((edges[0], edges[1], edges[2]))

    def places(self, axis: int, length: int) -> Array:
        """Cell of each voxel along an axis."""
        return np.searchsorted(self.starts[axis], np.arange(length), side="right").astype(np.int64) - 1


def _count(
    source: Source,
    is_phase: Callable[[Array], Array],
    tables: Sequence[_Table],
    spacing: Array,
    job: Job,
    quantity: Quantity,
) -> float:
    """Fill the tables; returns the sum over the whole volume."""
    from core.measure.kernels.blocks import count_faces, count_voxels

    cells, start = _Cells.of(tables), tables[0].start
    depth, height, width = source.shape
    rows, columns = cells.places(1, height), cells.places(2, width)
    areas = np.prod(spacing) / spacing
    room = np.zeros((len(cells.starts[1]), len(cells.starts[2])))
    if quantity == "fraction":
        room = room.astype(np.int64)
    total, begun = 0.0, 0
    before = np.zeros((height, width), dtype=np.bool_)
    for z, plane in enumerate(_planes(source, is_phase, job)):
        if quantity == "fraction":
            count_voxels(plane, rows, columns, room)
        else:
            count_faces(plane, before, rows, columns, areas, z > 0, room)
            before = plane
        if z + 1 == depth or z + 1 in cells.starts[0]:
            for table in tables:
                table.add(begun, room, cells.starts[1], cells.starts[2])
            if begun >= start:
                total += float(room[start:, start:].sum())
            room[:], begun = 0, z + 1
    return total


def _planes(source: Source, is_phase: Callable[[Array], Array], job: Job) -> Iterator[Array]:
    depth, height, width = source.shape
    thick = max(1, _SLAB_BYTES // (height * width * source.dtype.itemsize))
    starts = range(0, depth, thick)
    for z in job.track(starts, len(starts), "Sub-volumes"):
        yield from is_phase(source.read(slice(z, min(depth, z + thick))))


def _shapes(whole: Array, spacing: Array) -> list[tuple[int, int, int]]:
    """Sub-volumes near to cubes in space, from 8 voxels along the finest axis to half the shortest side."""
    lengths = whole * spacing
    side, largest = _SMALLEST_PX * float(spacing.min()), float(lengths.min()) / 2
    shapes: list[tuple[int, int, int]] = []
    while side <= largest * (1 + 1e-9):
        z, y, x = (int(max(1, round(side / size))) for size in spacing)
        fits = all(2 * n <= length for n, length in zip((z, y, x), whole, strict=True))
        if fits and (z, y, x) not in shapes:
            shapes.append((z, y, x))
        side *= 2 ** (1 / _PER_DOUBLING)
    return shapes


def _size(table: _Table, spacing: Array, known: bool, unit: float) -> RepresentativeSize:
    values = table.sums / float(np.prod(table.shape)) * unit
    finest = int(np.argmin(spacing))
    volume = float(np.prod(np.array(table.shape) * spacing))
    return RepresentativeSize(
        side_px=table.shape[finest],
        side_nm=volume ** (1 / 3) if known else None,
        count=values.size,
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
    )
