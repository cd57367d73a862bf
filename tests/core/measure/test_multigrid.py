"""The coarser levels shrink whatever the graph looks like, and come close to the solution."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve

from core.errors import Cancelled
from core.job import Job
from core.measure.multigrid import Coarse, Graph, graph_of
from core.volume import Array


def linked(one: Array, other: Array, values: Array, anchor: Array) -> tuple[Graph, Array]:
    """A graph of these links, and its matrix."""
    size = len(anchor)
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    links = coo_matrix((np.concatenate([values, values]), both), shape=(size, size)).tocsr()
    graph = graph_of(
        np.diff(links.indptr),
        links.indices.astype(np.int32),
        links.data.astype(np.float32),
        anchor.astype(np.float32),
    )
    return graph, (diags(links.sum(axis=1).A1 + anchor) - links).tocsc()


def star(leaves: int) -> tuple[Graph, Array]:
    """One unknown in the middle, held, and many that hang on it."""
    anchor = np.zeros(leaves + 1)
    anchor[0] = 1
    return linked(np.zeros(leaves, dtype=int), np.arange(1, leaves + 1), np.ones(leaves), anchor)


def lattice(side: int) -> tuple[Graph, Array]:
    """A square with links of very different conductance, held along one side."""
    number = np.arange(side * side).reshape(side, side)
    one = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    other = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    anchor = np.zeros(side * side)
    anchor[:side] = 1
    return linked(one, other, 10 ** np.random.default_rng(1).uniform(-2, 2, len(one)), anchor)


@pytest.mark.parametrize("made", [star(5000), lattice(80)])
def test_levels_shrink_and_take_most_of_the_error(made: tuple[Graph, Array]) -> None:
    graph, matrix = made
    coarse = Coarse(graph, Job())
    assert coarse.sizes[0] == graph.size
    assert all(4 * low < high for high, low in zip(coarse.sizes, coarse.sizes[1:], strict=False))
    assert coarse.sizes[-1] <= 600
    right = np.random.default_rng(2).normal(size=graph.size).astype(np.float32)
    exact = spsolve(matrix, right.astype(float))
    error = coarse.solve(0, right) - exact
    assert error @ (matrix @ error) < 0.5 * (exact @ (matrix @ exact))


def test_a_small_graph_is_solved_directly() -> None:
    graph, matrix = lattice(20)
    right = np.random.default_rng(3).normal(size=400).astype(np.float32)
    assert Coarse(graph, Job()).solve(0, right) == pytest.approx(spsolve(matrix, right), rel=1e-4, abs=1e-4)


def test_unknowns_that_do_not_hang_together_stay_apart() -> None:
    """Nothing to group: relaxing alone gives the answer."""
    size = 1000
    nothing = np.zeros(0, dtype=int)
    graph, _ = linked(nothing, nothing, np.zeros(0), np.full(size, 2.0))
    coarse = Coarse(graph, Job())
    assert coarse.sizes == (size,)
    assert coarse.solve(0, np.full(size, 3, dtype=np.float32)) == pytest.approx(np.full(size, 1.5))


def test_stops_when_asked() -> None:
    stop = threading.Event()
    coarse = Coarse(lattice(40)[0], Job(stop=stop))
    stop.set()
    with pytest.raises(Cancelled):
        coarse.solve(0, np.ones(1600, dtype=np.float32))
    with pytest.raises(Cancelled):
        Coarse(lattice(40)[0], Job(stop=stop))
