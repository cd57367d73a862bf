"""Effective conductivity: exact for layers, equal to a direct solution of the same system, within bounds."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from core.errors import Cancelled, ParameterError, VoxelError
from core.job import Job
from core.measure.conductivity import Conductivity, conductivities_of, effective_conductivity
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import Array

CUBES = (1.0, 1.0, 1.0)


def conductivity(
    values: Array, axis: int = 0, voxel_nm: tuple[float, float, float] = CUBES, **more: Any
) -> Conductivity:
    return effective_conductivity(values, axis=axis, voxel_nm=voxel_nm, job=Job(), **more)


def value(values: Array, axis: int = 0, voxel_nm: tuple[float, float, float] = CUBES, **more: Any) -> float:
    found = conductivity(values, axis, voxel_nm, **more)
    assert found.value is not None
    return found.value


def directly(values: Array, axis: int, voxel_nm: tuple[float, float, float]) -> float:
    """The same conductances put together as a matrix and solved by elimination; 0 < values."""
    sigma = np.moveaxis(values, axis, 0).astype(float)
    sizes = [voxel_nm[axis], *(size for k, size in enumerate(voxel_nm) if k != axis)]
    number = np.arange(sigma.size).reshape(sigma.shape)
    diagonal, right = np.zeros(sigma.shape), np.zeros(sigma.shape)
    rows, columns, entries = [], [], []
    for k in range(3):
        area = np.prod(sizes) / sizes[k]
        one, other = (np.moveaxis(sigma, k, 0)[part] for part in (slice(None, -1), slice(1, None)))
        g = area / sizes[k] / (0.5 / one + 0.5 / other)
        first, second = (np.moveaxis(number, k, 0)[part] for part in (slice(None, -1), slice(1, None)))
        rows += [first.ravel(), second.ravel()]
        columns += [second.ravel(), first.ravel()]
        entries += [-g.ravel(), -g.ravel()]
        np.moveaxis(diagonal, k, 0)[:-1] += g
        np.moveaxis(diagonal, k, 0)[1:] += g
        if k == 0:
            to_face = 2 * area / sizes[0] * sigma
            diagonal[0] += to_face[0]
            diagonal[-1] += to_face[-1]
            right[-1] += to_face[-1]
    rows.append(number.ravel())
    columns.append(number.ravel())
    entries.append(diagonal.ravel())
    matrix = coo_matrix((np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))))
    potential = spsolve(matrix.tocsc(), right.ravel()).reshape(sigma.shape)
    flow = float((to_face[0] * potential[0]).sum())
    return flow * sizes[0] * len(sigma) / (sizes[1] * sizes[2] * sigma[0].size)


@pytest.mark.parametrize("voxel_nm", [CUBES, (10.0, 2.0, 3.0)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layers_are_exact(axis: int, voxel_nm: tuple[float, float, float]) -> None:
    """Arithmetic mean along, harmonic mean across, at a contrast of 1:1000."""
    layers = np.random.default_rng(3).choice([1.0, 1000.0], 24)
    volume = np.moveaxis(np.broadcast_to(layers[:, None, None], (24, 10, 11)), 0, axis).copy()
    for along in range(3):
        exact = 1 / np.mean(1 / layers) if along == axis else layers.mean()
        assert value(volume, along, voxel_nm) == pytest.approx(exact, rel=1e-8)


@settings(max_examples=25)
@given(
    exponents=arrays(np.float64, st.tuples(*[st.integers(1, 6)] * 3), elements=st.floats(-2, 2)),
    axis=st.integers(0, 2),
    voxel_nm=st.tuples(*[st.floats(0.5, 20)] * 3),
)
def test_direct_solution_and_bounds_of_any_conductivities(
    exponents: Array, axis: int, voxel_nm: tuple[float, float, float]
) -> None:
    volume = 10**exponents
    found = conductivity(volume, axis, voxel_nm, tolerance=1e-8)
    assert found.value == pytest.approx(directly(volume, axis, voxel_nm), rel=1e-6)
    assert found.residual is not None
    assert found.residual <= 1e-8
    slack = 1 + 1e-9
    assert 1 / np.mean(1 / volume) / slack <= found.value <= volume.mean() * slack  # Wiener


def test_direct_solution_with_coarser_levels() -> None:
    """2560 unknowns: the cells, pairs and both kinds of levels are used."""
    volume = 10 ** np.random.default_rng(5).uniform(-2, 2, (16, 16, 16))
    volume[:, :, 8:] *= 1e-3
    for axis in range(3):
        exact = directly(volume, axis, (3.0, 1.0, 2.0))
        assert value(volume, axis, (3.0, 1.0, 2.0)) == pytest.approx(exact, rel=1e-6)


def test_insulating_spheres_follow_maxwell() -> None:
    """One sphere in a cell of a simple cubic array; 4 % are far enough apart for the formula to hold.

    Stairs stand in the way of the flow more than a smooth surface does, in proportion to the voxel.
    """
    ratios = []
    for side in (20, 40):
        z, y, x = np.indices((side,) * 3) - (side - 1) / 2
        around = z**2 + y**2 + x**2 > (0.04 * side**3 * 3 / (4 * np.pi)) ** (2 / 3)
        share = 1 - float(around.mean())
        ratios.append((1 - value(around)) / (1 - (1 - share) / (1 + share / 2)))
    assert 1 < ratios[1] < ratios[0] < 1.15
    assert 2 * ratios[1] - ratios[0] == pytest.approx(1, abs=0.015)


def wave(side: int, fraction: float, voxel_nm: float = 2.5) -> Array:
    params = LeveledWave(ligament_nm=(15,), solid_fraction=(fraction,))
    pattern = pattern_of(params, shape=(side,) * 3, voxel_nm=voxel_nm, seed=4, job=Job())
    solid: Array = pattern.read(*[(0, side)] * 3) > 0
    return solid


def test_bounds_of_hashin_and_shtrikman() -> None:
    """An isotropic structure of conductivities 1 and 20; and of 1 and 0, below the upper bound."""
    solid = wave(48, 0.5)
    share, low, high = float(solid.mean()), 1.0, 20.0
    below = low + share / (1 / (high - low) + (1 - share) / (3 * low))
    above = high + (1 - share) / (1 / (low - high) + share / (3 * high))
    for axis in range(3):
        assert below < value(np.where(solid, high, low), axis) < above
        assert 0.1 < value(solid, axis) < 2 * share / (3 - share)


def test_swapped_axes_swap_answers_and_the_size_of_voxels_changes_nothing() -> None:
    volume = np.random.default_rng(6).random((9, 12, 15)) + 0.1
    plain = [value(volume, axis, (1.0, 2.0, 3.0)) for axis in range(3)]
    turned = [value(np.transpose(volume, (2, 0, 1)), axis, (3.0, 1.0, 2.0)) for axis in range(3)]
    assert turned == pytest.approx([plain[2], plain[0], plain[1]], rel=1e-8)
    larger = [value(volume, axis, (100.0, 200.0, 300.0)) for axis in range(3)]
    assert larger == pytest.approx(plain, rel=1e-10)
    assert value(7 * volume) == pytest.approx(7 * value(volume), rel=1e-8)


def test_threads_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.measure.conducting._PIECE_VOXELS", 5000)
    solid = wave(32, 0.5)
    assert conductivity(solid, threads=1) == conductivity(solid, threads=3)


def test_islands_and_dead_ends_do_not_conduct() -> None:
    """A straight channel, an island, and a branch of each face that leads nowhere."""
    phase = np.zeros((20, 20, 20), dtype=np.bool_)
    phase[:, 3:6, 3:7] = True
    phase[8:12, 12:15, 12:15] = True
    phase[:5, 10, 3] = phase[15:, 10, 3] = True
    assert value(phase) == pytest.approx(12 / 400, rel=1e-9)
    found = conductivity(phase, axis=1)
    assert (found.value, found.residual) == (0.0, None)
    assert "nothing conducts" in found.note
    assert conductivity(np.zeros((3, 3, 3), dtype=np.bool_)).value == 0.0


def test_edges_do_not_conduct() -> None:
    phase = np.zeros((2, 2, 1), dtype=np.bool_)
    phase[0, 0] = phase[1, 1] = True
    assert conductivity(phase).value == 0.0


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 5), (7, 1, 1), (9, 1, 4)])
def test_thin_volumes(shape: tuple[int, int, int]) -> None:
    for axis in range(3):
        assert value(np.full(shape, 2.5), axis, (1.0, 4.0, 2.0)) == pytest.approx(2.5, rel=1e-9)


def test_an_unfinished_iteration_is_told() -> None:
    volume = 10 ** np.random.default_rng(7).uniform(-2, 2, (16, 16, 16))
    found = conductivity(volume, most_iterations=2)
    assert found.value is None
    assert found.residual is not None
    assert found.residual > 1e-6
    assert "did not come to an end in 2 steps" in found.note


def test_conductivities_of_labels() -> None:
    labels = np.array([[[0, 1, 5]]], dtype=np.uint8)
    found = conductivities_of(labels, {0: 0.0, 1: 2.0, 5: 0.5})
    assert found.tolist() == [[[0.0, 2.0, 0.5]]]
    with pytest.raises(ParameterError, match="no conductivity"):
        conductivities_of(labels, {0: 0.0, 1: 2.0})


def test_refusals() -> None:
    good = np.ones((4, 4, 4))
    for axis, voxel_nm, tolerance in ((3, CUBES, 1e-6), (0, (0.0, 1.0, 1.0), 1e-6), (0, CUBES, 2.0)):
        with pytest.raises(ParameterError):
            conductivity(good, axis, voxel_nm, tolerance=tolerance)
    with pytest.raises(ParameterError, match="cannot conduct"):
        conductivity(np.ones((4, 4)))
    with pytest.raises(ParameterError, match="cannot conduct"):
        conductivity(good.astype(np.uint8))
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(VoxelError, match="negative or not finite"):
            conductivity(np.full((2, 2, 2), wrong))
    with pytest.raises(VoxelError, match="too far apart"):
        conductivity(np.array([[[1.0, 1e-12]]]))


def test_stops_when_asked() -> None:
    stop = threading.Event()
    job = Job(report=lambda progress: stop.set() if progress.done else None, stop=stop)
    with pytest.raises(Cancelled):
        effective_conductivity(np.ones((8, 8, 8)), axis=0, voxel_nm=CUBES, job=job)
