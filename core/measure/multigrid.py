"""The coarser levels that make conjugate gradients fast whatever the size and shape of a phase.

A coarse unknown is a group of unknowns that share one correction. Groups never bridge a gap, as they follow
strong links, and each level is made from the links of the one below, so that thin walls, long necks and large
contrasts stay what they are. On every level two steps of conjugate gradients improve what the next one says.

References
----------
Notay Y., Electron. Trans. Numer. Anal. 37 (2010) 123 (pairs along strong links); Notay Y., Vassilevski P.S.,
Numer. Linear Algebra Appl. 15 (2008) 473, doi:10.1002/nla.542 (the cycle).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.job import Job
from core.volume import Array

_DIRECT = 600
_PAIRINGS = 3
_STALLED = 0.8
_GOOD_ENOUGH = 0.25
_SWEEPS = 20
_ROWS = 1 << 18
_LINKS = 1 << 20


@dataclass(frozen=True)
class Graph:
    """Conducting links between unknowns; see ``kernels/graph.py``.

    Attributes
    ----------
    starts : ndarray of int64, shape (unknowns + 1,)
    columns, values : ndarray of int32 and float32, shape (links,)
    anchor, diagonal : ndarray of float32, shape (unknowns,)
    """

    starts: Array
    columns: Array
    values: Array
    anchor: Array
    diagonal: Array

    @property
    def size(self) -> int:
        """Unknowns."""
        return len(self.anchor)


def graph_of(sizes: Array, columns: Array, values: Array, anchor: Array) -> Graph:
    """Put a graph together from the number of links of each row, and the links."""
    from core.measure.kernels.graph import diagonals

    starts = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=starts[1:])
    diagonal = np.empty(len(sizes), dtype=np.float32)
    diagonals(starts, values, anchor, diagonal)
    return Graph(starts, columns, values, anchor, diagonal)


class Coarse:
    """Approximate solver for the unknowns of a graph: ``solve(0, right)``.

    Parameters
    ----------
    graph : Graph
        Every part of it has an anchor somewhere.
    job : Job
        Cancelling, while the levels are made and while they are used.
    """

    def __init__(self, graph: Graph, job: Job) -> None:
        self._job = job
        self._graphs = [graph]
        self._groups: list[Array] = []
        while self._graphs[-1].size > _DIRECT:
            coarser, group = _coarsened(self._graphs[-1], job)
            if coarser.size > _STALLED * self._graphs[-1].size:
                break
            self._graphs.append(coarser)
            self._groups.append(group)
        last = self._graphs[-1]
        self._factor: Any = _factor(last) if last.size <= _DIRECT else None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Unknowns of each level."""
        return tuple(graph.size for graph in self._graphs)

    def solve(self, level: int, right: Array) -> Array:
        """Potentials for these flows into the unknowns of a level; float32.

        Two steps of flexible conjugate gradients, or one where that is good enough.
        """
        from core.measure.kernels.graph import combine, product

        if level == len(self._graphs) - 1:
            return self._last(right)
        first = self._improve(level, right)
        first_flow = self._flow(level, first)
        energy, gain = product(first, first_flow), product(first, right)
        if energy <= 0:
            return first
        step = gain / energy
        left = np.empty_like(right)
        combine(1.0, right, -step, first_flow, left)
        if product(left, left) <= _GOOD_ENOUGH**2 * product(right, right):
            combine(step, first, 0.0, first, first)
            return first
        second = self._improve(level, left)
        second_flow = self._flow(level, second)
        mixed = product(second, first_flow)
        rest = product(second, second_flow) - mixed**2 / energy
        share = product(second, left) / rest if rest > 0 else 0.0
        combine(step - mixed * share / energy, first, share, second, first)
        return first

    def _improve(self, level: int, right: Array) -> Array:
        """Relax, correct on the next level, relax the other way round."""
        from core.measure.kernels.graph import prolong, relax, restrict_left

        self._job.check()
        graph, group = self._graphs[level], self._groups[level]
        rows = (graph.starts, graph.columns, graph.values, graph.diagonal)
        found = np.zeros_like(right)
        relax(*rows, right, found, True)
        coarse = np.zeros(self._graphs[level + 1].size, dtype=np.float32)
        restrict_left(*rows, right, found, group, coarse)
        prolong(group, self.solve(level + 1, coarse), found)
        relax(*rows, right, found, False)
        return found

    def _flow(self, level: int, found: Array) -> Array:
        from core.measure.kernels.graph import flow

        graph = self._graphs[level]
        out = np.empty_like(found)
        flow(graph.starts, graph.columns, graph.values, graph.diagonal, found, out)
        return out

    def _last(self, right: Array) -> Array:
        if self._factor is not None:
            exact: Array = self._factor.solve(right.astype(np.float64)).astype(np.float32)
            return exact
        from core.measure.kernels.graph import relax

        graph = self._graphs[-1]
        found = np.zeros_like(right)
        for forward in (True, False) * _SWEEPS:
            self._job.check()
            relax(graph.starts, graph.columns, graph.values, graph.diagonal, right, found, forward)
        return found


def _factor(graph: Graph) -> Any:
    # Not a dense factorisation: the threads of the numerical library wait for each other on a busy computer.
    from scipy.sparse import csc_matrix, diags
    from scipy.sparse.linalg import splu

    shape = (graph.size, graph.size)
    links = csc_matrix((graph.values.astype(np.float64), graph.columns, graph.starts), shape)
    # Summed anew: rounded to float32, a part that is hardly held at all could become singular.
    diagonal = graph.anchor.astype(np.float64) + np.asarray(links.sum(axis=0)).ravel()
    return splu((diags(diagonal) - links).tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0)


def _coarsened(graph: Graph, job: Job) -> tuple[Graph, Array]:
    """The next level, of groups of up to eight, and the group of each unknown."""
    whole: Array | None = None
    for _ in range(_PAIRINGS):
        graph, group = _paired(graph, job)
        whole = group if whole is None else group[whole]
    assert whole is not None
    return graph, whole


def _paired(graph: Graph, job: Job) -> tuple[Graph, Array]:
    from core.measure.kernels.graph import members, pair, strongest

    best = np.empty(graph.size, dtype=np.float32)
    strongest(graph.starts, graph.values, best)
    group = np.full(graph.size, -1, dtype=np.int32)
    count = 0
    rows = (graph.starts, graph.columns, graph.values, graph.diagonal, best)
    for first in range(0, graph.size, _ROWS):
        job.check()
        count = pair(*rows, first, min(graph.size, first + _ROWS), count, group)
    firsts = np.zeros(count + 1, dtype=np.int64)
    order = np.empty(graph.size, dtype=np.int32)
    members(group, firsts, order)
    sizes, columns, values = _merged(graph, group, firsts, order, job)
    anchor = np.bincount(group, weights=graph.anchor, minlength=count).astype(np.float32)
    return graph_of(sizes, columns, values, anchor), group


def _merged(graph: Graph, group: Array, firsts: Array, order: Array, job: Job) -> tuple[Array, Array, Array]:
    """Links between groups: how many each has, the other ends, and the conductances."""
    from core.measure.kernels.graph import merge

    count = len(firsts) - 1
    place = np.full(count, -1, dtype=np.int64)
    sizes = np.empty(count, dtype=np.int64)
    columns, values = [], []
    # Where the links of each group begin, were they written out before any are summed.
    links = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(group, weights=np.diff(graph.starts), minlength=count), out=links[1:])
    cuts = np.unique(np.searchsorted(links, [*range(0, int(links[-1]), _LINKS), int(links[-1])], "left"))
    for first, last in pairwise([0, *(int(cut) for cut in cuts if 0 < cut < count), count]):
        job.check()
        room = int(links[last] - links[first])
        new_columns, new_values = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.float32)
        rows = (graph.starts, graph.columns, graph.values, group, firsts, order, first, last)
        filled = merge(*rows, place, sizes[first:last], new_columns, new_values)
        columns.append(new_columns[:filled].copy())
        values.append(new_values[:filled].copy())
    return sizes, np.concatenate(columns), np.concatenate(values)
