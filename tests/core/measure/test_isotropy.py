"""The three isotropy errors are near zero for what is alike along all axes, and large for what is not."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.measure.isotropy import (
    IsotropyCounter,
    function_error,
    isotropy_errors,
    plane_error,
    size_error,
)
from core.measure.patches import MOST_CUBES, PatchGrid
from core.measure.results import PlaneCurves
from core.volume import ArraySource


def test_function_error_of_thesis_equation() -> None:
    z, y, x = np.array([1.0, 0.0]), np.array([0.6, 0.8]), np.array([0.0, 2.0])
    expected = 0.5 * (2 * np.sqrt(5) / (2 + 1) + 2 * np.sqrt(0.8) / (1 + 1))
    assert function_error(np.stack([z, y, x])) == pytest.approx(expected)
    assert function_error(np.stack([y, y, y])) == 0


def test_size_error_of_thesis_equation() -> None:
    """Sizes 20 along z and 10 along y and x: planes 10, 15 and 15, so half of 2 * 5 / 10."""
    assert size_error((20.0, 10.0, 10.0)) == pytest.approx(0.5)
    assert size_error((10.0, 10.0, 10.0)) == 0
    assert size_error((100.0, 10.0, 10.0)) > 1
    assert size_error((10.0, 12.0, 8.0)) == pytest.approx((0.1 + 0.1) / 2)


def test_noise_is_isotropic_and_stretched_noise_is_not() -> None:
    noise = np.random.default_rng(1).random((64, 64, 64)) < 0.4
    found = isotropy_errors(ArraySource(noise.astype(np.uint8)), Job())
    assert max(found.e_tpcf, found.e_lpf, found.e_d) < 0.02
    assert (found.patches, found.patch_px, found.range_px, found.spread) == (1, (64, 64, 64), 32, None)
    stretched = np.repeat(noise[:16], 4, axis=0)
    worse = isotropy_errors(ArraySource(stretched.astype(np.uint8)), Job())
    assert worse.e_tpcf > 0.05
    assert worse.e_lpf > 0.3
    assert worse.e_d > 0.5


def test_functions_are_averaged_over_patches_before_they_are_compared() -> None:
    """One half stretched along z, the other along x and y: each is anisotropic, both together hardly."""
    noise = np.random.default_rng(2).random((2, 64, 64, 64)) < 0.4
    along_z = np.repeat(noise[0, :32], 2, axis=0)
    across = np.repeat(np.repeat(noise[1, :, :32, :32], 2, axis=1), 2, axis=2)
    both = np.concatenate([along_z, across], axis=2).astype(np.uint8)
    found = isotropy_errors(ArraySource(both), Job(), patch_px=64)
    single = [isotropy_errors(ArraySource(part.astype(np.uint8)), Job()).e_d for part in (along_z, across)]
    assert found.patches == 2
    assert found.spread is not None
    assert found.spread[2] == pytest.approx(abs(single[0] - single[1]) / 2)
    assert found.e_d < min(single)


def test_refuses_thin_and_empty_volumes() -> None:
    with pytest.raises(ParameterError, match="thin"):
        isotropy_errors(ArraySource(np.ones((3, 50, 50), dtype=np.uint8)), Job())
    with pytest.raises(VoxelError, match="nothing is solid"):
        isotropy_errors(ArraySource(np.zeros((8, 8, 8), dtype=np.uint8)), Job())


def test_averages_within_planes_see_what_is_stretched_and_tell_their_spread() -> None:
    noise = np.random.default_rng(3).random((32, 64, 64)) < 0.4
    grid = PatchGrid.of((64, 64, 64), (1.0, 1.0, 1.0), patch_px=32)
    found = []
    for solid in (np.random.default_rng(4).random((64, 64, 64)) < 0.4, np.repeat(noise, 2, axis=0)):
        counter = IsotropyCounter(grid, np.ones(64, dtype=bool))
        for first in (0, 32):
            for task in counter.add(solid[first : first + 32]):
                task()
            counter.settle(Job())
        result = counter.finish(None)
        assert result is not None
        isotropy, _, curves = result
        assert curves is not None
        assert curves.xy[0] == pytest.approx(solid.mean(), abs=0.01)
        assert isotropy.plane_patches == 4
        assert isotropy.e_tpcf_plane_sd is not None
        found.append((isotropy.e_tpcf_plane or 0, isotropy.e_tpcf_plane_sd))
    assert found[0][0] < 0.01
    assert found[1][0] > 0.03
    assert 0 < found[0][1] < 0.01


def test_planes_across_z_stand_for_z() -> None:
    flat = (0.4, 0.2, 0.1)
    steep = (0.4, 0.1, 0.0)
    assert plane_error(PlaneCurves(xy=flat, xz=flat, yz=flat)) == 0
    along_z = plane_error(PlaneCurves(xy=steep, xz=flat, yz=flat))
    expected = function_error(np.array([steep, flat, flat]))
    assert along_z == pytest.approx(expected)


def test_a_thin_wide_stack_has_no_more_cubes_than_can_be_counted_soon() -> None:
    ones = (1.0, 1.0, 1.0)
    grid = PatchGrid.of((4, 2048, 2048), ones)
    assert len(grid.corners) == MOST_CUBES == len(set(grid.corners))
    rows, columns = (np.array(places) for places in zip(*grid.corners, strict=True))
    for places in (rows, columns):
        assert set(places % 4) == {0}
        shares = np.histogram(places, bins=4, range=(0, 2048))[0]
        assert shares.min() > 0.9 * MOST_CUBES / 4
    layers = PatchGrid.of((1000, 1000, 1000), ones, patch_px=10)
    assert layers.layers * len(layers.corners) <= MOST_CUBES
    assert len(PatchGrid.of((64, 256, 256), ones, patch_px=16).corners) == 256
