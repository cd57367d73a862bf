"""Filled planes are what the method says; measured ones stay bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter

from core.errors import Cancelled, ParameterError, VoxelError
from core.execute.calls import surveyed
from core.execute.lazy import applied
from core.job import Job
from core.recipe import RecipeStep
from core.step import Room
from core.steps.fill import FILL, FillParams
from core.volume import Array, Volume, VolumeInfo, volume_of
from tests.core.steps.rebuilding import read_in_pieces, rebuilt

METHODS = ["nearest", "linear", "cubic-spline", "signed-distance"]


def gapped(planes: Array, places: Array, **info: Any) -> Volume:
    depth = int(places[-1]) + 1
    stack = np.zeros((depth, *planes.shape[1:]), planes.dtype)
    stack[places] = planes
    origin = np.isin(np.arange(depth), places).astype(int)
    return volume_of(stack, voxel_nm=(2.5, 2.5, 2.5), origin=tuple(origin.tolist()), **info)


def places_of(count: int, seed: int = 1) -> Array:
    steps = np.random.default_rng(seed).integers(1, 7, size=count - 1)
    return np.concatenate([[0], np.cumsum(steps)])


def smooth(count: int, *, binary: bool, seed: int = 1) -> Array:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(count, 24, 31)), (1, 3, 3))
    field /= field.std()
    return (field > 0.2) * np.uint8(255) if binary else np.clip(128 + 40 * field, 0, 255).astype(np.float32)


@settings(max_examples=12)
@given(st.integers(2, 30), st.integers(1, 9), st.sampled_from(METHODS), st.booleans())
def test_blocks_change_nothing_and_measured_planes_stay(
    count: int, planes: int, method: str, binary: bool
) -> None:
    if method == "signed-distance":
        binary = True
    places = places_of(count, count)
    data = smooth(count, binary=binary)
    result = rebuilt(FILL, gapped(data, places, content="binary" if binary else "grey"), method=method)
    whole = result.read()
    assert np.array_equal(read_in_pieces(result, planes), whole)
    assert np.array_equal(whole[places], data)
    assert result.info.origin == tuple(1 if z in places else 2 for z in range(len(whole)))
    if binary:
        assert set(np.unique(whole)) <= {0, 255}


def test_cubic_spline_is_the_one_of_scipy() -> None:
    places = places_of(50)
    data = smooth(50, binary=False)
    found = rebuilt(FILL, gapped(data, places), method="cubic-spline").read()
    expected = CubicSpline(places, data, axis=0)(np.arange(len(found)))
    assert np.abs(found - expected).max() < 1e-4


def test_linear_and_nearest() -> None:
    data = np.array([10, 30, 20], np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)
    volume = gapped(data, np.array([0, 4, 6]))
    assert rebuilt(FILL, volume, method="linear").read()[:, 0, 0].tolist() == [10, 15, 20, 25, 30, 25, 20]
    assert rebuilt(FILL, volume, method="nearest").read()[:, 0, 0].tolist() == [10, 10, 30, 30, 30, 20, 20]


def test_two_phases_stay_two_and_holes_are_closed() -> None:
    places = places_of(12)
    data = smooth(12, binary=True)
    plain = rebuilt(FILL, gapped(data, places), method="cubic-spline", hole_px=0)
    expected = CubicSpline(places, data.astype(float), axis=0)(np.arange(plain.info.shape[0]))
    sure = np.abs(expected - 127.5) > 0.01
    assert np.array_equal((plain.read() > 0)[sure], (expected > 127.5)[sure])
    assert plain.info.content == "binary"
    ring = np.full((2, 20, 20), 255, np.uint8)
    ring[0, 8:11, 8:11] = 0
    volume = gapped(ring, np.array([0, 4]), content="binary")
    assert (rebuilt(FILL, volume, method="cubic-spline").read()[1] > 0).all()
    assert not (rebuilt(FILL, volume, method="cubic-spline", hole_px=9).read()[1] > 0).all()


def test_shapes_are_nearer_to_a_true_ball_than_slices_are() -> None:
    z, y, x = np.mgrid[:41, :64, :64].astype(float)
    ball = np.hypot(np.hypot(z - 20, y - 32), x - 32) < 19
    places = np.array([0, 3, 8, 12, 15, 21, 25, 28, 33, 37, 40])
    volume = gapped(ball[places] * np.uint8(255), places)
    wrong = {method: (rebuilt(FILL, volume, method=method).read() > 0) != ball for method in METHODS}
    misplaced = {method: np.count_nonzero(found) for method, found in wrong.items()}
    assert misplaced["signed-distance"] < 0.3 * misplaced["nearest"]
    assert misplaced["signed-distance"] < 0.3 * misplaced["cubic-spline"]


def test_nothing_to_fill() -> None:
    data = smooth(5, binary=False)
    for volume in (volume_of(data), gapped(data, np.arange(5))):
        result = rebuilt(FILL, volume)
        assert np.array_equal(result.read(), data)
        assert result.info == volume.info


def test_beyond_the_ends_planes_repeat() -> None:
    data = np.array([0, 5, 9, 0], np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    volume = volume_of(data, origin=(0, 1, 1, 0))
    for method in METHODS[:3]:
        assert rebuilt(FILL, volume, method=method, voxels="grey").read()[:, 0, 0].tolist() == [5, 5, 9, 9]


def test_one_slice_and_labels_only_nearest() -> None:
    one = volume_of(np.full((3, 2, 2), 4, np.uint8), origin=(0, 1, 0))
    assert (rebuilt(FILL, one, method="nearest").read() == 4).all()
    labels = gapped(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), np.array([0, 2, 5]), content="labels")
    assert np.unique(rebuilt(FILL, labels, method="nearest").read()).tolist() == list(range(12))
    for volume, text in ((one, "at least 2"), (labels, "label")):
        with pytest.raises(ParameterError, match=text):
            rebuilt(FILL, volume, method="linear")


def test_refusals() -> None:
    grey = gapped(smooth(6, binary=False), places_of(6))
    with pytest.raises(VoxelError, match="solid or pore") as caught:
        rebuilt(FILL, grey, method="signed-distance")
    assert "linear" in str(caught.value)
    everywhere = ((0.0, 0.0), (0.0, 9.0), (9.0, 9.0))
    info = VolumeInfo((3, 9, 9), np.dtype(np.uint8), origin=(1, 0, 1), footprint=(everywhere, (), everywhere))
    with pytest.raises(ParameterError, match="crop to the common area"):
        FILL.result_info(info, FillParams(method="nearest"))
    with pytest.raises(ParameterError, match="at least 2"):
        FILL.result_info(
            VolumeInfo((2, 9, 9), np.dtype(np.uint8), origin=(0, 0)), FillParams(method="linear")
        )
    with pytest.raises(ValueError, match="method"):
        FillParams(method="model:")


def test_a_slice_of_grey_values_among_two_phases_is_refused() -> None:
    data = np.tile(smooth(1, binary=True), (60, 1, 1))
    data[1, 3, 3] = 77  # not among the slices that are looked at first
    volume = gapped(data, np.arange(60) * 3)
    with pytest.raises(VoxelError, match="slice 3 is not of two phases"):
        rebuilt(FILL, volume, method="linear").read()
    assert rebuilt(FILL, volume, method="linear", voxels="grey").read()[3, 3, 3] == 77


@pytest.mark.parametrize(
    ("content", "values", "means"),
    [
        ("binary", (0, 255), "signed-distance"),
        ("grey", (20, 90, 200), "cubic-spline"),
        ("labels", (1, 2, 3), "nearest"),
    ],
)
def test_without_a_method_the_voxels_decide(content, values, means):
    rng = np.random.default_rng(4)
    planes = np.zeros((9, 20, 24), np.uint8)
    planes[::2] = rng.choice(np.array(values, np.uint8), (5, 20, 24))
    volume = volume_of(planes, content=content, origin=(1, 0) * 4 + (1,), voxel_nm=(5.0, 5.0, 5.0))
    results = [rebuilt(FILL, volume, method=method).read() for method in ("auto", means)]
    np.testing.assert_array_equal(results[0], results[1])


class _Endless:
    """A network that answers only when it is told to stop."""

    def run(self, x: Array, job: Job | None = None) -> Any:
        assert job is not None
        job.stop.set()  # as a user would, from another thread, while the network computes
        job.check()


@pytest.mark.parametrize(("model", "binary"), [("fill-shapes", True), ("fill-grey", False)])
def test_a_network_can_be_stopped_within_a_plane(
    monkeypatch: pytest.MonkeyPatch, model: str, binary: bool
) -> None:
    volume = gapped(smooth(4, binary=binary), np.array([0, 3, 7, 11]), content="binary" if binary else "grey")
    entry = RecipeStep(FILL, FillParams(method=f"model:{model}"))
    estimate = surveyed(entry, volume, Job(), Room())
    monkeypatch.setattr("core.models.session.open_session", lambda *_: _Endless())
    with pytest.raises(Cancelled):
        applied(volume, entry, estimate, job=Job()).read()
