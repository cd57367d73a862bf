"""Where all slices lie, from measurements between pairs of them that need not agree.

Weighted least squares over all pairs; pairs that contradict the others lose their weight (Geman-McClure,
after a start with absolute values), slices whose pairs do are given up and follow their neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve

from core.align.options import Model
from core.volume import Array

_FLOOR_PX = 0.02  # pairs are not trusted more than that
_SUSPECT_PX = 1.0  # disagreement from which on a slice can be given up
_ROUNDS = 12
_HOLD = 1e-6  # weight of "lies like its neighbour", against that of the weakest measurement


@dataclass(frozen=True)
class Edge:
    """A measurement: how slice `moving` lies to slice `fixed`."""

    fixed: int
    moving: int
    matrix: Array  # moving to fixed
    sigma_px: float
    confidence: float


@dataclass(frozen=True)
class Poses:
    """Where the slices lie.

    Attributes
    ----------
    transforms : ndarray of float64, shape (n, 3, 3)
        Of each slice, to slice 0.
    residual_px : ndarray of float64, shape (n,)
        Root mean square of what the measurements of a slice differ from the result.
    parts : ndarray of int64, shape (n,)
        Slices of one number are connected by measurements.
    given_up : tuple of int
        Slices whose measurements contradict the others.
    """

    transforms: Array
    residual_px: Array
    parts: Array
    given_up: tuple[int, ...]


def solve(slices: int, edges: Sequence[Edge], model: Model, shape_yx: tuple[int, int]) -> Poses:
    """Find where all slices lie.

    With other models than translations the rows of the matrices are unknowns of a linear system; turns are
    brought back to true turns afterwards.
    """
    system = _System(slices, edges, model, shape_yx)
    alive = np.ones(len(edges), bool)
    given_up: list[int] = []
    while True:
        unknowns, weights = system.robust(alive)
        residual = system.residual(unknowns)
        suspect = _suspect(slices, edges, alive, residual, weights)
        if suspect is None:
            break
        given_up.append(suspect)
        alive &= np.array([suspect not in (edge.fixed, edge.moving) for edge in edges], bool)
    return Poses(
        system.transforms(unknowns),
        _per_slice(slices, edges, residual),
        _parts(slices, [e for e, a in zip(edges, alive, strict=True) if a]),
        tuple(sorted(given_up)),
    )


def _per_slice(slices: int, edges: Sequence[Edge], residual: Array) -> Array:
    total, count = np.zeros(slices), np.zeros(slices)
    for ends in ([e.fixed for e in edges], [e.moving for e in edges]):
        np.add.at(total, ends, residual**2)
        np.add.at(count, ends, 1)
    found: Array = np.sqrt(total / np.maximum(count, 1))
    return found


def _parts(slices: int, edges: Sequence[Edge]) -> Array:
    rows, columns = [e.fixed for e in edges], [e.moving for e in edges]
    graph = sparse.coo_array((np.ones(len(edges)), (rows, columns)), shape=(slices, slices))
    found: Array = csgraph.connected_components(graph, directed=False)[1]
    return found


def _suspect(slices: int, edges: Sequence[Edge], alive: Array, residual: Array, weights: Array) -> int | None:
    """The slice that contradicts most, if at least half of its several measurements lost their weight."""
    mine: list[list[int]] = [[] for _ in range(slices)]
    for k in np.flatnonzero(alive).tolist():
        mine[edges[k].fixed].append(k)
        mine[edges[k].moving].append(k)
    worst, most = None, _SUSPECT_PX
    for index, own in enumerate(mine):
        if len(own) < 2 or float(np.median(weights[own])) > 0.5:
            continue
        typical = float(np.median(residual[own]))
        if typical > most:
            worst, most = index, typical
    return worst


class _System:
    """The linear system: for each pair U(moving) - M U(fixed) = D, U one or three rows of two."""

    def __init__(self, slices: int, edges: Sequence[Edge], model: Model, shape_yx: tuple[int, int]) -> None:
        self._slices, self._edges, self._model = slices, edges, model
        height, width = shape_yx
        half = 0.5 * max(shape_yx)
        # Unit of length: half the longer side, from the middle, so that all elements weigh alike.
        self._norm = np.array([[half, 0, (width - 1) / 2], [0, half, (height - 1) / 2], [0, 0, 1]])
        self._px = 1.0 if model == "translation" else half
        self._size = 1 if model == "translation" else 3
        self._matrix, self._right = self._measured()
        self._hold, self._hold_right = self._held()
        sigma = np.array([edge.sigma_px for edge in edges])
        self._trust = (_FLOOR_PX**2 / (sigma**2 + _FLOOR_PX**2)) if len(edges) else np.zeros(0)

    def _measured(self) -> tuple[sparse.csr_array, Array]:
        k, n = self._size, len(self._edges)
        rows = np.arange(n * k)
        moving = np.array([e.moving for e in self._edges], int).repeat(k) * k + np.tile(np.arange(k), n)
        plus = sparse.coo_array((np.ones(n * k), (rows, moving)), shape=(n * k, self._slices * k))
        right = np.zeros((n * k, 2))
        blocks = np.ones((n, 1, 1))
        if k == 1:
            for at, edge in enumerate(self._edges):
                right[at] = edge.matrix[:2, 2]
        else:
            inverse = np.linalg.inv(self._norm)
            blocks = np.array([(inverse @ e.matrix @ self._norm).T for e in self._edges]).reshape(n, 3, 3)
        across = np.array([e.fixed for e in self._edges], int).repeat(k * k) * k + np.tile(
            np.tile(np.arange(k), k), n
        )
        minus = sparse.coo_array((blocks.ravel(), (rows.repeat(k), across)), shape=(n * k, self._slices * k))
        return sparse.csr_array(plus - minus), right

    def _held(self) -> tuple[sparse.csr_array, Array]:
        """Weak rows, each slice like the one before; and slice 0 where it is."""
        k, n = self._size, self._slices
        ones = np.ones((n - 1) * k)
        near = sparse.diags_array([-ones, ones], offsets=[0, k], shape=((n - 1) * k, n * k))
        first = sparse.eye_array(k, n * k)
        right = np.zeros((n * k, 2))
        if k == 3:
            right[-3:] = np.eye(3)[:, :2]
        return sparse.csr_array(sparse.vstack([near, first])), right

    def robust(self, alive: Array) -> tuple[Array, Array]:
        """Unknowns, shape (n k, 2), and what share of its trust each pair kept."""
        trust = np.where(alive, self._trust, 0.0)
        kept = np.ones(len(trust))
        unknowns = self._solved(trust)
        if not alive.any():
            return unknowns, kept
        for turn in range(_ROUNDS):
            # In units of what each is known to.
            residual = self.residual(unknowns) * np.sqrt(self._trust) / _FLOOR_PX
            scale = max(1.0, 1.4826 * float(np.median(residual[alive])))
            if turn < _ROUNDS // 2:
                kept = scale / np.maximum(residual, scale)
            else:
                kept = 1 / (1 + (residual / (4 * scale)) ** 2) ** 2
            unknowns = self._solved(trust * kept)
        return unknowns, kept

    def _solved(self, weight: Array) -> Array:
        k = self._size
        least = float(self._trust.min()) if self._trust.size else 1.0
        hold = np.full(self._slices * k, _HOLD * least)
        hold[-k:] = 1.0
        w = sparse.diags_array(weight.repeat(k)) if weight.size else None
        normal = self._hold.T @ sparse.diags_array(hold) @ self._hold
        right = self._hold.T @ (hold[:, None] * self._hold_right)
        if w is not None:
            normal = normal + self._matrix.T @ w @ self._matrix
            right = right + self._matrix.T @ (weight.repeat(k)[:, None] * self._right)
        found: Array = spsolve(sparse.csc_array(normal), right)
        return found.reshape(-1, 2)

    def residual(self, unknowns: Array) -> Array:
        """Length in px that each pair is away from the result."""
        if not self._edges:
            return np.zeros(0)
        away = (self._matrix @ unknowns - self._right).reshape(len(self._edges), -1)
        found: Array = np.sqrt((away**2).sum(axis=1)) * self._px
        return found

    def transforms(self, unknowns: Array) -> Array:
        """Matrices of all slices, to slice 0."""
        out = np.tile(np.eye(3), (self._slices, 1, 1))
        if self._size == 1:
            out[:, :2, 2] = unknowns - unknowns[0]
            return out
        out[:, :2] = unknowns.reshape(-1, 3, 2).transpose(0, 2, 1)
        if self._model == "rigid":
            turn = np.arctan2(out[:, 1, 0] - out[:, 0, 1], out[:, 0, 0] + out[:, 1, 1])
            out[:, 0, 0], out[:, 0, 1] = np.cos(turn), -np.sin(turn)
            out[:, 1, 0], out[:, 1, 1] = np.sin(turn), np.cos(turn)
        found: Array = self._norm @ out @ np.linalg.inv(self._norm)
        return found
