"""Exact distances, against another implementation and by hand."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.measure.distance import distances_nm, lattice_of, squared_distances

VOXELS_NM = [(1.0, 1.0, 1.0), (2.5, 2.5, 2.5), (10.0, 5.0, 5.0), (4.0, 1.0, 1.0), (3.3, 1.1, 2.7)]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 40)),
    share=st.sampled_from([0.5, 0.9, 0.99]),
    voxel_nm=st.sampled_from(VOXELS_NM),
)
def test_equals_scipy(
    seed: int, shape: tuple[int, int, int], share: float, voxel_nm: tuple[float, ...]
) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    solid.flat[seed % solid.size] = False
    found = distances_nm(solid, voxel_nm=voxel_nm, job=Job(), threads=2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, distance_transform_edt(solid, sampling=voxel_nm), rtol=5e-7)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_far_away(axis: int) -> None:
    # Farther than neighbours are looked at one by one, and with places whose own row holds nothing.
    solid = np.ones((420, 7, 5), bool)
    for z, y, x in ((90, 1, 1), (93, 5, 2), (330, 6, 4)):
        solid[z, y, x] = False
    solid = np.moveaxis(solid, 0, axis)
    found = squared_distances(solid, lattice_of((1, 1, 1)), job=Job())
    assert found.max() > 97**2
    np.testing.assert_array_equal(found, np.rint(distance_transform_edt(solid) ** 2))


def test_without_the_other_phase_there_is_no_distance() -> None:
    assert np.all(np.isinf(distances_nm(np.ones((3, 130, 4), bool), voxel_nm=(1, 1, 1), job=Job())))
    assert not distances_nm(np.zeros((3, 4, 5), bool), voxel_nm=(1, 1, 1), job=Job()).any()


def test_the_border_bounds_nothing() -> None:
    solid = np.ones((1, 1, 9), bool)
    solid[0, 0, 2] = False
    assert distances_nm(solid, voxel_nm=(7, 7, 2), job=Job())[0, 0].tolist() == [4, 2, 0, 2, 4, 6, 8, 10, 12]


def test_ratios_that_are_nearly_whole_are_whole() -> None:
    assert lattice_of((3.3, 1.1, 1.1)).weights == (9.0, 1.0, 1.0)
    assert lattice_of((2, 2, 5)).weights == (1.0, 1.0, 6.25)
    assert lattice_of((3.3, 1.1, 1.1)).whole
    assert not lattice_of((2, 2, 5)).whole


@pytest.mark.parametrize("voxel_nm", [(0, 1, 1), (1, -1, 1), (np.nan, 1, 1), (1, 1), (1, 1, 5000)])
def test_refuses_edges_that_are_no_lengths(voxel_nm: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="voxel"):
        lattice_of(voxel_nm)


@pytest.mark.parametrize("solid", [np.zeros((3, 3), bool), np.zeros((3, 3, 3)), np.zeros((0, 3, 3), bool)])
def test_refuses_what_is_no_volume_of_bool(solid: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="True and False"):
        squared_distances(solid, lattice_of((1, 1, 1)), job=Job())


def test_stops_when_asked() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        squared_distances(np.ones((4, 4, 4), bool), lattice_of((1, 1, 1)), job=Job(stop=stop))
