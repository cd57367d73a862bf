"""The voxels that conduct from face to face, numbered, and what conjugate gradients do with them in pieces.

Pieces are runs of planes across the flow. They are cut the same way whatever the number of threads, and their
sums are added in the same order, so that threads cannot change a result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from core.job import Job
from core.measure.multigrid import Coarse, Graph, graph_of
from core.volume import Array

R = TypeVar("R")
_PIECE_VOXELS = 1 << 20
_CELL_VOXELS = 8
_NO_GROUPS = np.zeros(0, dtype=np.float32)
_NOWHERE, _CONDUCTS, _FROM_FIRST, _THROUGH = 0, 1, 2, 3


@dataclass(frozen=True)
class Conducting:
    """Unknowns of the finest level; see ``kernels/conductivity.py``.

    Flow is along the first axis, from potential 0 to potential 1. Vectors hold one value per unknown; they
    are float64 where they add up over the iterations (potentials, what is left of the flows), else float32.

    Attributes
    ----------
    number : ndarray of int32, shape (planes + 2, rows + 2, columns + 2)
    sigma : ndarray of float64, shape (unknowns,) or (1,)
        Conductivities as a share of the greatest, `scale`.
    couplings : ndarray of float64, shape (3,)
    firsts : ndarray of int64, shape (planes + 1,)
        First unknown of each plane.
    pieces : tuple of tuple of int
        First plane of each piece and the one after its last.
    graph : Graph
        Links between the groups.
    group : ndarray of int32, shape (unknowns,)
    """

    number: Array
    sigma: Array
    scale: float
    couplings: Array
    firsts: Array
    pieces: tuple[tuple[int, int], ...]
    graph: Graph
    group: Array
    pool: ThreadPoolExecutor
    job: Job

    @property
    def size(self) -> int:
        """Unknowns."""
        return int(self.firsts[-1])

    def linear(self) -> Array:
        """Potentials that rise evenly from face to face."""
        planes = len(self.firsts) - 1
        return np.repeat((np.arange(planes) + 0.5) / planes, np.diff(self.firsts))

    def apply(self, values: Array, out: Array) -> float:
        """Flows out of all unknowns were both faces at 0, into `out`; returns their product with `values`."""
        from core.measure.kernels.conductivity import APPLY

        return sum(self._sweep(APPLY, 0, values, out, _NO_GROUPS))

    def left(self, potentials: Array, out: Array) -> None:
        """Flows missing for these potentials, into `out`."""
        self.apply(potentials, out)
        np.negative(out, out=out)
        out[self.firsts[-2] :] += self._to_face(-1)

    def power(self, potentials: Array, room: Array) -> float:
        """Power spent at unit voltage, as effective conductivity; least for the right potentials."""
        to_face = self._to_face(-1)
        last = potentials[self.firsts[-2] :]
        spent = self.apply(potentials, room) - 2 * float((to_face * last).sum()) + float(to_face.sum())
        planes, rows, columns = (length - 2 for length in self.number.shape)
        return float(self.scale * spent * planes / (rows * columns))

    def face_flows(self, potentials: Array) -> tuple[float, float]:
        """Flow in through the last face and out through the first one."""
        first, last = potentials[: self.firsts[1]], potentials[self.firsts[-2] :]
        return float((self._to_face(-1) * (1 - last)).sum()), float((self._to_face(0) * first).sum())

    def precondition(self, left: Array, out: Array, coarse: Coarse) -> None:
        """Potentials that roughly give the flows `left`, into `out`: relax, correct, relax back."""
        from core.measure.kernels.conductivity import RELAX, RESTRICT, prolong

        out.fill(0)
        right = np.zeros(self.graph.size, dtype=np.float32)
        self._sweep(RELAX, 0, out, left, right)
        self._sweep(RELAX, 1, out, left, right)
        self._sweep(RESTRICT, 0, out, left, right)
        found = coarse.solve(0, right)
        self._each_run(lambda start, stop: prolong(start, stop, self.group, found, out))
        self._sweep(RELAX, 1, out, left, right)
        self._sweep(RELAX, 0, out, left, right)

    def _sweep(self, task: int, colour: int, values: Array, flows: Array, coarse: Array) -> list[float]:
        from core.measure.kernels.conductivity import sweep

        grid, group = (self.number, self.sigma, self.couplings), self.group
        return self._each(
            lambda first, last: float(sweep(*grid, first, last, task, colour, values, flows, group, coarse))
        )

    def products(self, one: Array, first: Array, second: Array) -> tuple[float, float]:
        """Scalar products of `one` with two others."""
        from core.measure.kernels.conductivity import products

        both = self._each_run(lambda start, stop: products(start, stop, one, first, second))
        return sum(float(pair[0]) for pair in both), sum(float(pair[1]) for pair in both)

    def direction(self, share: float, new: Array, along: Array) -> None:
        """``along = new - share * along``."""
        from core.measure.kernels.conductivity import direction

        self._each_run(lambda start, stop: direction(start, stop, share, new, along))

    def advance(self, step: float, along: Array, flow: Array, found: Array, left: Array) -> None:
        """``found += step * along`` and ``left -= step * flow``."""
        from core.measure.kernels.conductivity import advance

        self._each_run(lambda start, stop: advance(start, stop, step, along, flow, found, left))

    def _to_face(self, plane: int) -> Array:
        """Conductance of each unknown of an outermost plane to its face."""
        part = slice(0, self.firsts[1]) if plane == 0 else slice(self.firsts[-2], None)
        count = int(self.firsts[1] if plane == 0 else self.firsts[-1] - self.firsts[-2])
        own = self.sigma[part] if len(self.sigma) > 1 else np.ones(count)
        faces: Array = 2 * self.couplings[0] * own
        return faces

    def _each(self, function: Callable[[int, int], R]) -> list[R]:
        """What `function` says for each piece's planes, in order."""

        def checked(piece: tuple[int, int]) -> R:
            self.job.check()
            return function(*piece)

        return list(self.pool.map(checked, self.pieces))

    def _each_run(self, function: Callable[[int, int], R]) -> list[R]:
        """The same for each piece's unknowns."""
        return self._each(lambda first, last: function(int(self.firsts[first]), int(self.firsts[last])))


@contextlib.contextmanager
def conducting(
    conductivities: Array, spacing: Array, *, threads: int, job: Job, name: str
) -> Iterator[Conducting | None]:
    """Number what conducts through the volume, group it, and start the threads.

    Parameters
    ----------
    conductivities : ndarray of bool or float, shape (planes, rows, columns)
        Flow is along the first axis.
    spacing : ndarray of float64, shape (3,)
        Size of the voxels.

    Yields
    ------
    Conducting or None
        None where nothing conducts from face to face.
    """
    number, firsts = _numbered(conductivities, job, name)
    if firsts[-1] == 0:
        yield None
        return
    couplings = (spacing[0] / spacing) ** 2
    sigma, scale = _sigma(conductivities, number, firsts, job)
    cell = _cell(number.shape, spacing)
    grid = (number, sigma, couplings, cell)
    group, bounds = _groups(grid, int(firsts[-1]), job)
    sizes, columns, values = _links(grid, group, bounds, job)
    anchor = np.zeros(bounds[-1])
    for part in (slice(0, firsts[1]), slice(firsts[-2], None)):
        own = 2 * couplings[0] * (sigma[part] if len(sigma) > 1 else np.ones(len(group[part])))
        anchor += np.bincount(group[part], weights=own, minlength=bounds[-1])
    graph = graph_of(sizes, columns, values, anchor.astype(np.float32))
    with ThreadPoolExecutor(threads, thread_name_prefix="conduction") as pool:
        pieces = _pieces(number.shape, int(cell[0]))
        yield Conducting(number, sigma, scale, couplings, firsts, pieces, graph, group, pool, job)


def _numbered(conductivities: Array, job: Job, name: str) -> tuple[Array, Array]:
    """Numbers of the unknowns, and the first one of each plane."""
    from core.measure.kernels.conductivity import count_plane

    planes, rows, columns = conductivities.shape
    marks = np.zeros((planes + 2, rows + 2, columns + 2), dtype=np.uint8)
    for z in job.track(range(planes), planes, name):
        marks[z + 1, 1:-1, 1:-1] = conductivities[z] > 0
    _flood(marks, 1, _CONDUCTS, _FROM_FIRST, job)
    _flood(marks, planes, _FROM_FIRST, _THROUGH, job)
    number = np.full(marks.shape, -1, dtype=np.int32)
    firsts = np.zeros(planes + 1, dtype=np.int64)
    for z in range(planes):
        job.check()
        firsts[z + 1] = count_plane(marks[z + 1], _THROUGH, firsts[z], number[z + 1])
    return number, firsts


def _flood(marks: Array, plane: int, found: int, new: int, job: Job) -> None:
    """Change the mark of all that hangs together with a plane."""
    from core.measure.kernels.conductivity import flood

    flat = marks.reshape(-1)
    strides = np.array([marks.shape[1] * marks.shape[2], marks.shape[2], 1], dtype=np.int64)
    front = np.flatnonzero(marks[plane] == found) + plane * strides[0]
    marks[plane][marks[plane] == found] = new
    while len(front):
        job.check()
        out = np.empty(6 * len(front), dtype=np.int64)
        front = out[: flood(flat, front, len(front), strides, found, new, out)].copy()


def _sigma(conductivities: Array, number: Array, firsts: Array, job: Job) -> tuple[Array, float]:
    """Conductivities of the unknowns as shares of the greatest (one value if all are alike), and that."""
    if conductivities.dtype.kind == "b":
        return np.ones(1), 1.0
    sigma = np.empty(firsts[-1])
    for z, plane in enumerate(conductivities):
        job.check()
        sigma[firsts[z] : firsts[z + 1]] = plane[number[z + 1, 1:-1, 1:-1] >= 0]
    scale = float(sigma.max())
    if sigma.min() == scale:
        return np.ones(1), scale
    sigma /= scale
    return sigma, scale


def _cell(shape: tuple[int, ...], spacing: Array) -> Array:
    """Voxels along the axes of a cell of eight, as near to a cube in space as may be."""
    cell = np.ones(3, dtype=np.int64)
    while cell.prod() < _CELL_VOXELS:
        sides = np.where(cell < np.array(shape) - 2, cell * spacing, np.inf)
        if not np.isfinite(sides).any():
            break
        cell[int(np.argmin(sides[::-1])) * -1 + 2] *= 2
    return cell


def _groups(grid: tuple[Array, Array, Array, Array], size: int, job: Job) -> tuple[Array, list[int]]:
    """Group of every unknown, and the first group of each layer of cells."""
    from core.measure.kernels.cells import group_layer

    group = np.empty(size, dtype=np.int32)
    bounds = [0]
    for layer in range(_layers(grid)):
        job.check()
        bounds.append(int(group_layer(*grid, layer, bounds[-1], group)))
    return group, bounds


def _links(
    grid: tuple[Array, Array, Array, Array], group: Array, bounds: list[int], job: Job
) -> tuple[Array, Array, Array]:
    """Links between groups: how many each has, the other ends, and the conductances."""
    from core.measure.kernels.cells import MOST_LINKS, link_layer

    parts = []
    for layer in range(_layers(grid)):
        job.check()
        rows = bounds[layer + 1] - bounds[layer]
        sizes = np.zeros(rows, dtype=np.int32)
        columns = np.empty((rows, MOST_LINKS), dtype=np.int32)
        values = np.empty((rows, MOST_LINKS), dtype=np.float32)
        link_layer(*grid, layer, bounds[layer], group, sizes, columns, values)
        used = np.arange(MOST_LINKS) < sizes[:, None]
        parts.append((sizes, columns[used], values[used]))
    sizes, columns, values = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    return sizes, columns, values


def _layers(grid: tuple[Array, Array, Array, Array]) -> int:
    planes: int = grid[0].shape[0] - 2
    return -(-planes // int(grid[3][0]))


def _pieces(shape: tuple[int, ...], layer: int) -> tuple[tuple[int, int], ...]:
    """Runs of planes of about a million voxels, whole layers of cells each."""
    planes, rows, columns = (length - 2 for length in shape)
    thick = layer * max(1, _PIECE_VOXELS // (layer * rows * columns))
    return tuple((first, min(planes, first + thick)) for first in range(0, planes, thick))
