"""Local thickness against its definition, by hand, and however the volume is cut."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt, gaussian_filter

from core.errors import Cancelled, NotEnoughMemoryError, ParameterError, VoxelError
from core.job import Job, Progress
from core.measure.distance import lattice_of
from core.measure.thickness import local_thickness, thickness_distribution
from core.volume import Array, ArraySource

Edges = tuple[float, float, float]
VOXELS_NM: list[Edges] = [(1, 1, 1), (2.5, 2.5, 2.5), (10, 5, 5), (4, 1, 1), (3.3, 1.1, 2.7), (1, 2.2, 1.3)]


def by_definition(solid: Array, voxel_nm: Edges) -> Array:
    """Every ball against every voxel."""
    lattice = lattice_of(voxel_nm)
    weights = np.array(lattice.weights)
    inside, outside = np.argwhere(solid), np.argwhere(~solid)

    def squared(one: Array, other: Array) -> Array:
        return (((one[:, None] - other[None]) ** 2) * weights).sum(axis=-1)

    radius = squared(inside, outside).min(axis=1)
    margin = 1.0 if lattice.whole else 1 - 1e-6
    covering = np.where(squared(inside, inside) < radius * margin, radius, 0).max(axis=1)
    out = np.zeros(solid.shape)
    out[solid] = 2 * lattice.unit_nm * np.sqrt(covering)
    return out


def blobs(shape: tuple[int, ...], *, seed: int, sigma: float, share: float) -> Array:
    field = gaussian_filter(np.random.default_rng(seed).random(shape), sigma, mode="wrap")
    return field > np.quantile(field, 1 - share)


def a_ball(side: int, radius: float) -> Array:
    return np.linalg.norm(np.indices((side,) * 3) - (side - 1) / 2, axis=0) < radius


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 11), st.integers(1, 11), st.integers(1, 13)),
    sigma=st.sampled_from([0.3, 0.7, 1.5, 2.5]),
    share=st.floats(0.2, 0.98),
    voxel_nm=st.sampled_from(VOXELS_NM),
)
def test_equals_the_definition(
    seed: int, shape: tuple[int, int, int], sigma: float, share: float, voxel_nm: Edges
) -> None:
    solid = blobs(shape, seed=seed, sigma=sigma, share=share)
    solid.flat[seed % solid.size] = False
    solid.flat[(seed * 7 + 1) % solid.size] |= (
        solid.size > 1 and (seed * 7 + 1) % solid.size != seed % solid.size
    )
    expected = by_definition(solid, voxel_nm) if solid.any() else np.zeros(shape)
    found = local_thickness(solid, voxel_nm=voxel_nm, job=Job(), threads=2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    if solid.any():
        told = thickness_distribution(ArraySource(solid), np.asarray, voxel_nm=voxel_nm, job=Job())
        values = expected[solid]
        assert told.count == values.size
        assert (told.mean_nm, told.median_nm) == pytest.approx((values.mean(), np.median(values)), rel=1e-6)
        assert told.sd_nm == pytest.approx(values.std(), rel=1e-5, abs=1e-5)
        assert sum(told.shares) == pytest.approx(1)


@pytest.mark.parametrize(("shape", "sigma"), [((1, 90, 150), 9), ((90, 1, 128), 9), ((5, 30, 70), 4)])
def test_balls_wider_than_a_word(shape: tuple[int, int, int], sigma: float) -> None:
    solid = blobs(shape, seed=5, sigma=sigma, share=0.45)
    squared = np.rint(distance_transform_edt(solid) ** 2)[solid]
    assert squared.max() > 60
    places = np.argwhere(solid)
    expected = np.zeros(len(places))
    for place, radius in zip(places, squared, strict=True):
        covered = ((places - place) ** 2).sum(axis=1) < radius
        expected[covered] = np.maximum(expected[covered], radius)
    found = local_thickness(solid, voxel_nm=(1, 1, 1), job=Job())
    np.testing.assert_allclose(found[solid], 2 * np.sqrt(expected), rtol=1e-6)


def test_a_large_ball() -> None:
    solid = a_ball(101, 45.2)
    found = local_thickness(solid, voxel_nm=(2, 2, 2), job=Job())
    assert found.max() == pytest.approx(2 * 2 * 45.2, abs=2)
    assert np.mean(found[solid] == found.max()) > 0.97
    assert not found[~solid].any()


@pytest.mark.parametrize(("voxels", "thickness_nm"), [(1, 4), (2, 4), (3, 8), (8, 16), (9, 20)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_plates(voxels: int, thickness_nm: float, axis: int) -> None:
    plate = np.zeros((20, 20, 20), bool)
    np.moveaxis(plate, axis, 0)[5 : 5 + voxels] = True
    found = local_thickness(plate, voxel_nm=(2, 2, 2), job=Job())
    assert found[plate] == pytest.approx(thickness_nm)


def test_turning_the_volume_turns_the_answer_and_larger_voxels_are_thicker() -> None:
    solid = blobs((20, 24, 28), seed=2, sigma=2, share=0.5)
    found = local_thickness(solid, voxel_nm=(4, 2, 2), job=Job())
    turned = local_thickness(solid.transpose(2, 0, 1).copy(), voxel_nm=(2, 4, 2), job=Job())
    np.testing.assert_array_equal(turned, found.transpose(2, 0, 1))
    view = local_thickness(solid[:, ::-1, ::-1], voxel_nm=(4, 2, 2), job=Job())
    np.testing.assert_array_equal(view, found[:, ::-1, ::-1])
    np.testing.assert_allclose(local_thickness(solid, voxel_nm=(12, 6, 6), job=Job()), 3 * found, rtol=1e-6)


@pytest.mark.parametrize("voxel_nm", [(5, 5, 5), (10, 5, 5), (3.3, 1.1, 2.7)])
@pytest.mark.parametrize("memory_mb", [0.5, 0.9, 2.0])
def test_cutting_does_not_change_the_distribution(voxel_nm: Edges, memory_mb: float) -> None:
    labels = blobs((60, 70, 80), seed=4, sigma=1.6, share=0.4).astype(np.uint8) + 1

    def told(memory_mb: float | None) -> object:
        return thickness_distribution(
            ArraySource(labels), lambda a: a == 2, voxel_nm=voxel_nm, job=Job(), memory_mb=memory_mb
        )

    assert told(memory_mb) == told(None)


def test_one_large_ball_among_small_things_is_not_cut() -> None:
    # Where a box sees nothing but small things its halo may stay small; beside the ball it has to grow.
    solid = np.zeros((220, 64, 64), bool)
    solid[70:106, 10:46, 10:46] = a_ball(36, 17.7)
    solid[::6, ::5, ::4] = True

    def told(memory_mb: float | None) -> object:
        return thickness_distribution(
            ArraySource(solid), np.asarray, voxel_nm=(1, 1, 1), job=Job(), memory_mb=memory_mb
        )

    assert told(7.5) == told(None)


def test_refuses_what_does_not_fit() -> None:
    source = ArraySource(a_ball(64, 30))
    with pytest.raises(NotEnoughMemoryError, match=r"MiB") as caught:
        thickness_distribution(source, np.asarray, voxel_nm=(1, 1, 1), job=Job(), memory_mb=1.0)
    assert caught.value.remedy


def test_reads_no_more_than_it_may_hold() -> None:
    largest = 0

    class Watched(ArraySource):
        def read(self, *ranges: slice) -> Array:
            nonlocal largest
            found = super().read(*ranges)
            largest = max(largest, found.size)
            return found

    source = Watched(blobs((60, 70, 80), seed=4, sigma=1.6, share=0.4))
    thickness_distribution(source, np.asarray, voxel_nm=(1, 1, 1), job=Job(), memory_mb=0.9)
    assert 0 < largest * 12 <= 0.9 * (1 << 20)


def test_empty_and_full() -> None:
    empty, full = np.zeros((4, 5, 6), bool), np.ones((4, 5, 6), bool)
    assert not local_thickness(empty, voxel_nm=(1, 1, 1), job=Job()).any()
    with pytest.raises(VoxelError, match="nothing bounds"):
        local_thickness(full, voxel_nm=(1, 1, 1), job=Job())
    with pytest.raises(VoxelError, match="nothing bounds"):
        thickness_distribution(ArraySource(full), np.asarray, voxel_nm=(1, 1, 1), job=Job())
    with pytest.raises(VoxelError, match="no voxel"):
        thickness_distribution(ArraySource(empty), np.asarray, voxel_nm=(1, 1, 1), job=Job())


def test_refuses_numbers() -> None:
    with pytest.raises(ParameterError, match="True and False"):
        local_thickness(np.ones((3, 3, 3)), voxel_nm=(1, 1, 1), job=Job())


def test_tells_its_progress_and_stops_in_the_middle() -> None:
    solid = blobs((40, 40, 40), seed=1, sigma=2, share=0.5)
    heard: list[Progress] = []
    local_thickness(solid, voxel_nm=(1, 1, 1), job=Job(heard.append))
    assert heard
    assert heard[-1].fraction == 1
    stop = threading.Event()
    with pytest.raises(Cancelled):
        local_thickness(solid, voxel_nm=(1, 1, 1), job=Job(lambda _progress: stop.set(), stop))
    with pytest.raises(Cancelled):
        thickness_distribution(
            ArraySource(solid), np.asarray, voxel_nm=(1, 1, 1), job=Job(lambda _progress: stop.set(), stop)
        )
