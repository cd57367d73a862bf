"""Correlations averaged over directions equal sums over displacements."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from core.errors import ParameterError
from core.job import Job
from core.measure.directions import plane_correlation, radial_correlation
from core.volume import Array


def share(solid: Array, shift: tuple[int, ...]) -> float:
    """Share of the pairs at one displacement that are both solid."""
    here = tuple(slice(max(0, -d), n - max(0, d)) for d, n in zip(shift, solid.shape, strict=True))
    there = tuple(slice(max(0, d), n - max(0, -d)) for d, n in zip(shift, solid.shape, strict=True))
    return float((solid[here] & solid[there]).mean())


@pytest.mark.parametrize(
    ("axes", "steps"), [((1, 2), (1.0, 1.0)), ((0, 2), (2.0, 1.0)), ((0, 1), (1.0, 1.5))]
)
def test_planes_equal_sums_over_displacements(axes: tuple[int, int], steps: tuple[float, float]) -> None:
    solid = np.random.default_rng(1).random((8, 12, 10)) < 0.4
    total, count = plane_correlation(solid, axes, steps=steps, lags=4, job=Job())
    expected: list[list[float]] = [[] for _ in range(5)]
    for a, b in product(range(-5, 6), repeat=2):
        ring = int(np.hypot(a * steps[0], b * steps[1]) + 0.5)
        if ring <= 4 and (a > 0 or (a == 0 and b >= 0)):
            shift = [0, 0, 0]
            shift[axes[0]], shift[axes[1]] = a, b
            expected[ring].append(share(solid, tuple(shift)))
    for lag in range(5):
        assert count[lag] == len(expected[lag])
        if count[lag]:
            assert total[lag] / count[lag] == pytest.approx(np.mean(expected[lag]), abs=1e-6)


def test_shells_equal_sums_over_displacements() -> None:
    solid = np.random.default_rng(2).random((9, 8, 10)) < 0.4
    edges = [0, 1.5, 2, 3.7]
    found = radial_correlation(solid, edges)
    expected: list[list[float]] = [[] for _ in range(3)]
    for shift in product(range(-4, 5), repeat=3):
        shell = int(np.searchsorted(edges, np.linalg.norm(shift), side="right")) - 1
        if shell < 3:
            expected[shell].append(share(solid, shift))
    assert found == pytest.approx([np.mean(values) for values in expected], abs=1e-6)


def test_refuses_lags_beyond_the_volume() -> None:
    with pytest.raises(ParameterError, match="lags"):
        radial_correlation(np.ones((4, 8, 8), dtype=bool), [0, 4.0])
    with pytest.raises(ParameterError, match="lags"):
        plane_correlation(np.ones((4, 8, 8), dtype=bool), (0, 1), steps=(1, 1), lags=4, job=Job())
