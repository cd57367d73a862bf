"""Signed distances are exact, and shapes between slices lie between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt, gaussian_filter

from core.rebuild import signed
from core.rebuild.holes import without_small_holes
from core.rebuild.signed import fitting_cap, shape_into, signed_distances
from core.rebuild.weights import row_at


def blobs(shape: tuple[int, int, int], seed: int = 1, level: float = 0.0) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=shape), (0, 2, 2))
    return field / field.std() > level


def expected_distance(plane: np.ndarray, cap: float) -> np.ndarray:
    inside = distance_transform_edt(plane) if not plane.all() else np.full(plane.shape, np.inf)
    outside = distance_transform_edt(~plane) if plane.any() else np.full(plane.shape, np.inf)
    return np.clip(np.where(plane, inside - 0.5, 0.5 - outside), -cap, cap)


@given(st.integers(1, 20), st.integers(1, 24), st.integers(0, 999), st.floats(1, 30), st.floats(0.05, 0.95))
def test_distances_are_exact(high: int, wide: int, seed: int, cap: float, share: float) -> None:
    planes = np.random.default_rng(seed).random((2, high, wide)) < share
    found = signed_distances(planes, cap, 0.0)
    for plane, distance in zip(planes, found, strict=True):
        assert np.allclose(distance, expected_distance(plane, cap), atol=1e-5)


def test_smoothing_is_a_gaussian() -> None:
    planes = blobs((3, 40, 50))
    found = signed_distances(planes, 5.0, 1.3)
    plain = np.stack([expected_distance(plane, 5.0) for plane in planes])
    wanted = gaussian_filter(plain, (0, 1.3, 1.3), truncate=3.0, mode="nearest")
    assert np.allclose(found, wanted, atol=1e-5)


@given(st.integers(0, 99))
def test_solid_and_pore_are_treated_alike(seed: int) -> None:
    planes = blobs((2, 15, 17), seed, 0.3)
    assert np.array_equal(signed_distances(planes, 4.0, 0.6), -signed_distances(~planes, 4.0, 0.6))


def test_a_cone_is_rebuilt() -> None:
    y, x = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(y, x)
    cone = np.stack([radius < 8 + 0.8 * z for z in range(21)])
    knots = np.array([0, 4, 9, 12, 16, 20])
    out = np.zeros(cone.shape, np.uint8)
    rows = [row_at(knots.astype(float), float(z), "local-cubic") for z in range(21)]
    shape_into(out, range(21), cone[knots] * np.uint8(255), rows, 0, 255.0, cap_px=12.0, smoothing_px=0.6)
    wrong = (out > 0) != cone
    assert wrong.mean() < 0.003
    nearest = cone[knots[np.abs(np.arange(21)[:, None] - knots).argmin(axis=1)]]
    assert wrong.sum() < (nearest != cone).sum() / 7


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = blobs((8, 200, 90)) * np.uint8(1)
    rows = [row_at(np.arange(8) * 4.0, z, "local-cubic") for z in (13.0, 14.0, 22.0)]
    results = []
    for voxels in (1 << 21, 1):
        monkeypatch.setattr(signed, "_STRIP_VOXELS", voxels)
        results.append(np.zeros((3, 200, 90), np.uint8))
        shape_into(results[-1], range(3), planes, rows, 0, 1.0, cap_px=5.5, smoothing_px=0.8)
    assert np.array_equal(*results)
    assert 0 < results[0].mean() < 1


def test_cap_follows_the_thinner_phase() -> None:
    stripes = np.zeros((60, 60), bool)
    for first in range(0, 60, 20):
        stripes[:, first : first + 6] = True
    # Distances of the centres from the edge: 0.5, 1.5, 2.5, 2.5, 1.5, 0.5; at the border the stripe is wider.
    assert 4.0 <= fitting_cap([stripes]) <= 5.5
    assert fitting_cap([~stripes]) == pytest.approx(fitting_cap([stripes]))
    assert fitting_cap([np.ones((5, 5), bool), np.zeros((5, 5), bool)]) == signed.USUAL_CAP_PX


def test_only_small_enclosed_holes_are_filled() -> None:
    plane = np.ones((30, 30), bool)
    plane[3:7, 3:7] = False  # 16 px
    plane[12:17, 12:16] = False  # 20 px
    plane[25:30, 10:12] = False  # 10 px, at the border
    filled = without_small_holes(plane, 20)
    assert filled[3:7, 3:7].all()
    assert not filled[12:17, 12:16].any()
    assert not filled[25:30, 10:12].any()
    assert np.array_equal(without_small_holes(plane, 16), plane)
